"""Submitting and watching jobs over HTTP, on real tables."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from api_fixtures import Api, ids, records, total

from enrichment.store import fleet


@pytest.fixture(scope="module")
def api(database: str, url_for: Callable[[str], str]) -> Iterator[Api]:
    made = Api(database, url_for("assay_api"))
    yield made
    made.close()


def test_a_submit_opens_a_job_and_files_its_first_work(api: Api) -> None:
    answer = api.ask("POST", "/v1/jobs", {"source": "crm", "target": "company", "limit": 7})
    assert answer.status_code == 201
    job = answer.json()
    assert answer.headers["location"] == f"/v1/jobs/{job['id']}"
    assert (job["source"], job["target"], job["state"]) == ("crm", "company", "running")
    assert job["calls"] == {"planning": 0, "audit": 0}
    assert job["tokens"] == {"input": 0, "output": 0}
    assert job["cost"] is None
    work = api.rows("SELECT stage, position, status FROM work WHERE job_id = %(id)s", id=job["id"])
    assert work == [{"stage": "fetch", "position": 0, "status": "ready"}]


def test_what_belongs_in_the_body_is_not_taken_from_the_query_and_dropped(api: Api) -> None:
    body = {"source": "crm", "target": "company"}
    for path in ("/v1/jobs?limit=5", "/v1/dead-letters/replay?job=1"):
        refused = api.ask("POST", path, body).json()
        (told,) = refused["errors"]
        assert (refused["status"], told["field"]) == (422, path.partition("?")[2].partition("=")[0])
        assert "in the body" in told["message"]


def test_records_are_stored_and_bad_ones_are_dead_letters_while_nothing_else_is_lost(api: Api) -> None:
    body = b"""{"target": "company", "records": [{"name": "a", "n": 1.10}, 5, {"no": "key"}, {"name": "b", "n": NaN},
        {"name": "c"}, {"n": 1.10, "name": "a"}, {"name": "c", "other": true}], "source": "pushed"}"""
    answer = api.ask("POST", "/v1/jobs", content=body)
    assert answer.status_code == 201
    job = answer.json()
    assert job["counts"]["in_flight"] == 2
    assert job["counts"]["dead"] == 4
    assert job["counts"]["accepted"] == total(job["counts"]) == 6
    codes = api.rows("SELECT code FROM dead_letter WHERE job_id = %(id)s ORDER BY code", id=job["id"])
    assert [row["code"] for row in codes] == ["duplicate_key", "key_missing", "record_malformed", "record_malformed"]
    work = api.rows("SELECT stage FROM work WHERE job_id = %(id)s", id=job["id"])
    assert work == [{"stage": "map"}]


def test_a_good_body_keeps_exact_numbers(api: Api) -> None:
    body = b'{"source": "pushed", "target": "company", "records": [{"name": "exact", "n": 0.1000000000000000000001}]}'
    job = api.ask("POST", "/v1/jobs", content=body).json()
    assert job["counts"]["in_flight"] == 1


def test_the_same_key_and_body_is_the_same_job_and_another_body_is_refused(api: Api) -> None:
    body = {"source": "crm", "target": "company"}
    first = api.ask("POST", "/v1/jobs", body, headers={"Idempotency-Key": "k1"})
    again = api.ask("POST", "/v1/jobs", {"target": "company", "source": "crm"}, headers={"Idempotency-Key": "k1"})
    other = api.ask("POST", "/v1/jobs", {**body, "limit": 1}, headers={"Idempotency-Key": "k1"})
    stranger = api.ask("POST", "/v1/jobs", body, role="admin", headers={"Idempotency-Key": "k1"})
    assert (first.status_code, again.status_code, other.status_code) == (201, 200, 409)
    assert first.json()["id"] == again.json()["id"]
    assert other.json()["code"] == "conflict"
    assert stranger.status_code == 201
    assert stranger.json()["id"] != first.json()["id"]


@pytest.mark.parametrize(
    ("body", "spelt", "other"),
    [
        (
            {"source": "crm", "target": "company", "ids": ["7", "8"]},
            {"refresh": False, "dry_run": False, "priority": 0, "limit": None, "missing": None, "ids": [7, 8]},
            {"refresh": True},
        ),
        ({"source": "pushed", "target": "company", "records": records(2)}, {"receive": False}, {"records": records(3)}),
        ({"source": "pushed", "target": "company", "records": records(1)}, {"ids": None}, {"records": []}),
    ],
)
def test_a_default_that_is_spelt_out_asks_for_the_same(
    api: Api, body: dict[str, Any], spelt: dict[str, Any], other: dict[str, Any]
) -> None:
    key = {"Idempotency-Key": f"spelt-{json.dumps(other)}"}
    first = api.ask("POST", "/v1/jobs", body, headers=key)
    again = api.ask("POST", "/v1/jobs", {**body, **spelt}, headers=key)
    assert (first.status_code, again.status_code, again.json()["id"]) == (201, 200, first.json()["id"])
    assert api.ask("POST", "/v1/jobs", {**body, **other}, headers=key).status_code == 409


def test_a_default_beside_a_record_that_is_no_json_asks_for_the_same_too(api: Api) -> None:
    key = {"Idempotency-Key": "spelt-malformed"}
    head, tail = b'{"source": "pushed", "target": "company", ', b'"records": [{"name": "a"}, {"name": NaN}]}'
    first = api.ask("POST", "/v1/jobs", content=head + tail, headers=key)
    again = api.ask("POST", "/v1/jobs", content=head + b'"refresh": false, ' + tail, headers=key)
    other = api.ask("POST", "/v1/jobs", content=head + tail.replace(b'"a"', b'"b"'), headers=key)
    assert (first.status_code, again.status_code, other.status_code) == (201, 200, 409)


def test_the_same_submit_at_once_is_one_job(api: Api) -> None:
    body = {"source": "pushed", "target": "company", "records": records(25)}
    with ThreadPoolExecutor(8) as pool:
        answers = list(
            pool.map(lambda _: api.ask("POST", "/v1/jobs", body, headers={"Idempotency-Key": "race"}), range(8))
        )
    assert {a.status_code for a in answers} == {200, 201}
    assert [a.status_code for a in answers].count(201) == 1
    (job_id,) = {a.json()["id"] for a in answers}
    shown = api.ask("GET", f"/v1/jobs/{job_id}").json()
    assert shown["counts"]["accepted"] == 25
    assert len(api.rows("SELECT 1 FROM work WHERE job_id = %(id)s", id=job_id)) == 3


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"source": "crmm", "target": "company"}, 404, "not_found"),
        ({"source": "crm", "target": "compny"}, 404, "not_found"),
        ({"source": "crm", "target": "company", "missing": "employe_count"}, 422, "unknown_field"),
        ({"source": "crm", "target": "company", "records": []}, 422, "usage"),
        ({"source": "pushed", "target": "company"}, 422, "usage"),
        ({"source": "pushed", "target": "company", "records": [], "ids": ["1"]}, 422, "usage"),
        ({"source": "crm", "target": "company", "ids": ["1"], "missing": "country"}, 422, "usage"),
        ({"source": "crm", "target": "company", "ids": [" "]}, 422, "usage"),
        ({"source": "crm", "target": "company", "limit": 0}, 422, "invalid"),
        ({"source": "crm", "target": "company", "url": "http://169.254.169.254/"}, 422, "invalid"),
        ({"source": "pushed", "target": "company", "records": {"a": 1}}, 422, "invalid"),
        ({"target": "company"}, 422, "invalid"),
    ],
)
def test_what_cannot_be_done_says_why(api: Api, body: object, status: int, code: str) -> None:
    answer = api.ask("POST", "/v1/jobs", body)
    assert answer.headers["content-type"] == "application/problem+json"
    told = answer.json()
    assert (answer.status_code, told["code"]) == (status, code)
    assert told["hint"]
    assert "169.254" not in answer.text


def test_a_near_name_is_proposed(api: Api) -> None:
    assert "'crm'" in api.ask("POST", "/v1/jobs", {"source": "crmm", "target": "company"}).json()["detail"]
    missing = {"source": "crm", "target": "company", "missing": "employe_count"}
    assert "'employee_count'" in api.ask("POST", "/v1/jobs", missing).json()["detail"]


def test_ids_become_the_scope_once_each(api: Api) -> None:
    job = api.ask("POST", "/v1/jobs", {"source": "crm", "target": "company", "ids": ["7", 8, " 7 ", "9"]}).json()
    rows = api.rows("SELECT record_id FROM job_scope WHERE job_id = %(id)s ORDER BY ordinal", id=job["id"])
    assert [row["record_id"] for row in rows] == ["7", "8", "9"]
    assert job["scope"]["scoped"] is True


def test_ids_of_an_inline_source_are_taken_from_what_was_sent_before(api: Api) -> None:
    api.ask("POST", "/v1/jobs", {"source": "pushed", "target": "company", "records": records(3, first=700)})
    asked = {"source": "pushed", "target": "company", "ids": ["company 700", "nobody", "company 702"], "refresh": True}
    job = api.ask("POST", "/v1/jobs", asked).json()
    assert job["counts"]["in_flight"] == 2
    assert job["counts"]["dead"] == 1
    (letter,) = api.rows("SELECT code, record_id FROM dead_letter WHERE job_id = %(id)s", id=job["id"])
    assert letter == {"code": "not_found", "record_id": "nobody"}


def test_missing_names_the_records_behind_rows_with_an_empty_field(api: Api) -> None:
    with api.database.transaction() as tx:
        tx.execute("INSERT INTO public.company (name, employee_count, country) VALUES ('x', 1, NULL), ('y', 1, 'DE')")
        tx.execute(
            """
            INSERT INTO assertion (target, key, source, record_id, observation, plan_id, gate_id, version_type, state)
            VALUES ('company', 'x', 'crm', '101', 1, 1, 1, 0, 'standing'),
                   ('company', 'y', 'crm', '102', 1, 1, 1, 0, 'standing'),
                   ('company', 'x', 'dump', '103', 1, 1, 1, 0, 'standing')
            """
        )
    job = api.ask("POST", "/v1/jobs", {"source": "crm", "target": "company", "missing": "country"}).json()
    rows = api.rows("SELECT record_id FROM job_scope WHERE job_id = %(id)s", id=job["id"])
    assert [row["record_id"] for row in rows] == ["101"]
    none = api.ask("POST", "/v1/jobs", {"source": "dump", "target": "company", "missing": "employee_count"}).json()
    assert api.rows("SELECT 1 FROM work WHERE job_id = %(id)s", id=none["id"]) == []


def test_batches_are_taken_once_each_and_in_order(api: Api) -> None:
    opened = api.ask("POST", "/v1/jobs", {"source": "pushed", "target": "company", "receive": True}).json()
    path = f"/v1/jobs/{opened['id']}"
    assert opened["state"] == "receiving"
    assert api.ask("PUT", f"{path}/batches/2", records(3)).json()["code"] == "batch_gap"
    assert api.ask("PUT", f"{path}/batches/1", records(12)).json()["batches"] == 1
    assert api.ask("PUT", f"{path}/batches/1", records(12)).status_code == 200
    other = api.ask("PUT", f"{path}/batches/1", records(12, first=50))
    assert (other.status_code, other.json()["code"]) == (409, "other_batch")
    lines = b'{"name": "line 1"}\n\n{"name": "line 2", "n": Infinity}\nno json\n{"name": "line 3"}'
    assert api.ask("PUT", f"{path}/batches/2", content=lines).json()["batches"] == 2
    assert api.ask("GET", path).json()["batches"] == 2
    wrong = api.ask("POST", f"{path}/seal", {"batches": 3})
    assert (wrong.status_code, wrong.json()["code"]) == (409, "batch_gap")
    sealed = api.ask("POST", f"{path}/seal", {"batches": 2}).json()
    assert sealed["state"] == "running"
    assert api.ask("POST", f"{path}/seal").status_code == 200
    assert sealed["counts"]["in_flight"] == 14
    assert sealed["counts"]["dead"] == 2
    assert sealed["counts"]["accepted"] == total(sealed["counts"]) == 16
    assert api.ask("PUT", f"{path}/batches/2", content=lines).status_code == 200
    assert api.ask("PUT", f"{path}/batches/2", content=lines[:40]).json()["code"] == "other_batch"
    late = api.ask("PUT", f"{path}/batches/3", records(1))
    assert (late.status_code, late.json()["code"]) == (409, "not_receiving")


def test_a_batch_sent_by_many_at_once_is_stored_once(api: Api) -> None:
    opened = api.ask("POST", "/v1/jobs", {"source": "pushed", "target": "company", "receive": True}).json()
    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(lambda _: api.ask("PUT", f"/v1/jobs/{opened['id']}/batches/1", records(10)), range(6)))
    assert {a.status_code for a in answers} == {200}
    assert len(api.rows("SELECT 1 FROM payload WHERE job_id = %(id)s", id=opened["id"])) == 1
    assert len(api.rows("SELECT 1 FROM work WHERE job_id = %(id)s", id=opened["id"])) == 1


def test_a_full_queue_answers_429_and_the_same_submit_still_gives_its_job(api: Api) -> None:
    full = Api(*api.urls, queue_limit=0)
    try:
        body = {"source": "crm", "target": "company"}
        known = api.ask("POST", "/v1/jobs", body, headers={"Idempotency-Key": "before"}).json()
        full.keys = api.keys
        answer = full.ask("POST", "/v1/jobs", body)
        assert (answer.status_code, answer.json()["code"]) == (429, "queue_full")
        assert int(answer.headers["retry-after"]) > 0
        again = full.ask("POST", "/v1/jobs", body, headers={"Idempotency-Key": "before"})
        assert (again.status_code, again.json()["id"]) == (200, known["id"])
    finally:
        full.close()


def test_a_streamed_job_is_held_up_by_a_full_queue_and_goes_on_where_it_was(api: Api) -> None:
    opened = api.ask("POST", "/v1/jobs", {"source": "pushed", "target": "company", "receive": True}).json()
    path = f"/v1/jobs/{opened['id']}"
    assert api.ask("PUT", f"{path}/batches/1", records(10, first=900)).status_code == 200
    full = Api(*api.urls, queue_limit=0)
    try:
        full.keys = api.keys
        held_up = full.ask("PUT", f"{path}/batches/2", records(10, first=910))
        assert (held_up.status_code, held_up.json()["code"]) == (429, "queue_full")
        assert held_up.headers["content-type"] == "application/problem+json"
        assert int(held_up.headers["retry-after"]) > 0
        assert full.ask("PUT", f"{path}/batches/1", records(10, first=900)).status_code == 200
        # what is on its way to a worker counts, what a person has paused does not
        api.rows("UPDATE work SET status = 'published' WHERE kind = 'chunk' AND status = 'ready' RETURNING 1")
        assert full.ask("PUT", f"{path}/batches/2", records(10, first=910)).status_code == 429
        api.rows("UPDATE job SET state = 'paused' WHERE id <> %(id)s RETURNING 1", id=opened["id"])
        api.rows("UPDATE work SET status = 'done' WHERE job_id = %(id)s RETURNING 1", id=opened["id"])
        assert full.ask("PUT", f"{path}/batches/2", records(10, first=910)).status_code == 200
    finally:
        full.close()
    assert api.ask("GET", path).json()["counts"]["accepted"] == 20


def test_cancel_pause_and_resume_say_when_it_is_too_late(api: Api) -> None:
    job = api.ask("POST", "/v1/jobs", {"source": "pushed", "target": "company", "records": records(4, first=50)}).json()
    path = f"/v1/jobs/{job['id']}"
    assert api.ask("POST", f"{path}/pause").json()["state"] == "paused"
    assert api.ask("POST", f"{path}/pause").status_code == 200
    assert api.ask("POST", f"{path}/resume").json()["state"] == "running"
    cancelled = api.ask("POST", f"{path}/cancel").json()
    assert cancelled["state"] == "cancelled"
    assert cancelled["counts"]["cancelled"] == 4
    assert cancelled["counts"]["accepted"] == total(cancelled["counts"])
    assert api.ask("POST", f"{path}/cancel").status_code == 200
    for act in ("pause", "resume"):
        answer = api.ask("POST", f"{path}/{act}")
        assert (answer.status_code, answer.json()["code"]) == (409, "wrong_state")
    assert api.ask("POST", "/v1/jobs/999999/cancel").status_code == 404


def test_listings_go_on_where_the_page_before_ended(api: Api) -> None:
    made = [api.ask("POST", "/v1/jobs", {"source": "dump", "target": "company"}).json()["id"] for _ in range(5)]
    first = api.ask("GET", "/v1/jobs?source=dump&limit=3", role="reader").json()
    second = api.ask("GET", f"/v1/jobs?source=dump&limit=3&cursor={first['next']}", role="reader").json()
    assert ids(first["items"])[:3] == made[:1:-1]
    assert set(ids(second["items"])) >= set(made[:2])
    assert not set(ids(first["items"])) & set(ids(second["items"]))
    assert api.ask("GET", "/v1/jobs?cursor=x").json()["code"] == "cursor"


def test_keys_are_needed_known_and_of_a_fitting_role(api: Api) -> None:
    nobody = api.ask("GET", "/v1/jobs", role=None)
    assert (nobody.status_code, nobody.json()["code"]) == (401, "unauthorized")
    assert nobody.headers["www-authenticate"].startswith("Bearer")
    for said in ("Basic abc", "Bearer", "Bearer ", api.keys["reader"]):
        other = api.ask("GET", "/v1/jobs", role=None, headers={"Authorization": said})
        told = {name: value for name, value in other.json().items() if name != "request_id"}
        assert (other.status_code, told.items() <= nobody.json().items()) == (401, True), said
    wrong = api.ask("GET", "/v1/jobs", role=None, headers={"Authorization": f"Bearer {api.keys['reader']}x"})
    assert wrong.status_code == 401
    refused = api.ask("POST", "/v1/jobs", {"source": "crm", "target": "company"}, role="reader")
    assert (refused.status_code, refused.json()["code"]) == (403, "forbidden")


def test_a_revoked_key_is_not_known_from_then_on(api: Api) -> None:
    extra = Api(*api.urls)
    assert extra.ask("GET", "/v1/jobs").status_code == 200
    with extra.database.transaction() as tx:
        (row,) = [k for k in fleet.keys(tx) if extra.keys["producer"].startswith(k.prefix) and k.role == "producer"]
        fleet.revoke_key(tx, row.id)
    assert extra.ask("GET", "/v1/jobs").status_code == 401
    extra.close()


def test_whatever_can_be_read_can_be_asked_for_without_its_content(api: Api) -> None:
    """As load balancers and `curl -I` do."""
    for path in ("/healthz", "/v1/jobs", "/metrics", "/openapi.json"):
        read, head = (api.ask(method, path) for method in ("GET", "HEAD"))
        assert (head.status_code, head.headers["content-type"]) == (200, read.headers["content-type"])
    assert api.ask("HEAD", "/v1/jobs", role=None).status_code == 401
    assert api.ask("HEAD", "/v1/jobs/1/cancel").status_code == 405


def test_every_error_is_a_problem_document_with_a_request_id(api: Api) -> None:
    unknown = api.ask("GET", "/v1/nothing", headers={"X-Request-ID": "mine-1"})
    assert (unknown.status_code, unknown.json()["code"]) == (404, "unknown_address")
    assert unknown.headers["x-request-id"] == unknown.json()["request_id"] == "mine-1"
    other = api.ask("DELETE", "/v1/jobs")
    assert (other.status_code, other.json()["code"]) == (405, "method_not_allowed")
    assert other.headers["allow"] == "GET, HEAD, POST"
    malformed = api.ask("POST", "/v1/jobs", content=b'{"source": ')
    assert (malformed.status_code, malformed.json()["code"]) == (400, "malformed_body")
    kind = api.ask("POST", "/v1/jobs", content=b"a=1", headers={"Content-Type": "application/x-www-form-urlencoded"})
    assert kind.status_code == 415
    deep = api.ask("POST", "/v1/jobs/1/seal", content=b"[" * 5_000 + b"]" * 5_000)
    assert deep.status_code == 400
    number = api.ask("GET", "/v1/jobs/abc")
    assert (number.status_code, number.json()["errors"][0]["field"]) == (422, "job_id")
    for answer in (unknown, other, malformed, kind, deep, number):
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json()["status"] == answer.status_code


def test_a_body_beyond_the_limit_is_refused_before_it_is_kept(api: Api) -> None:
    small = Api(*api.urls, max_body_bytes=1_000)
    answer = small.ask("POST", "/v1/jobs", content=b" " * 1_001)
    assert (answer.status_code, answer.json()["code"]) == (413, "body_too_large")
    streamed = small.client.post(
        "/v1/jobs",
        content=(b" " * 500 for _ in range(3)),
        headers={"Authorization": f"Bearer {small.keys['producer']}", "Content-Type": "application/json"},
    )
    assert streamed.status_code == 413
    small.close()


def test_what_nobody_foresaw_is_answered_without_a_word_of_it(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    def burst(*_: object, **__: object) -> None:
        raise RuntimeError("the password is hunter2")

    monkeypatch.setattr("enrichment.job_views.view", burst)
    answer = api.ask("GET", "/v1/jobs/1")
    assert (answer.status_code, answer.json()["code"]) == (500, "internal")
    assert "hunter2" not in answer.text


@pytest.mark.parametrize(
    "listing", ["jobs", "dead-letters", "dead-letters/stats", "plans", "reviews", "breakers", "budgets", "freezes"]
)
def test_no_listing_ignores_what_it_does_not_know(api: Api, listing: str) -> None:
    told = api.ask("GET", f"/v1/{listing}?nonsense=1").json()
    assert (told["status"], told["errors"][0]["field"]) == (422, "nonsense")


@pytest.mark.parametrize(
    ("query", "known"),
    [
        ("jobs?state=bogus", "paused"),
        ("plans?state=bogus", "probation"),
        ("reviews?state=bogus", "expired"),
        ("dead-letters?state=bogus", "permanent"),
        ("dead-letters?stage=bogus", "upsert"),
    ],
)
def test_a_value_that_no_filter_has_is_refused_with_those_that_there_are(api: Api, query: str, known: str) -> None:
    told = api.ask("GET", f"/v1/{query}").json()
    name = query.partition("?")[2].partition("=")[0]
    assert (told["status"], told["errors"][0]["field"]) == (422, name)
    # said in the sentence itself, since the command line shows nothing else
    assert told["detail"].startswith(f"{name}: should be")
    assert known in told["detail"]
    assert told["detail"] != told["hint"]


@pytest.mark.parametrize("listing", ["jobs", "plans", "dead-letters", "dead-letters/stats", "compensations"])
def test_a_misspelt_name_does_not_list_nothing(api: Api, listing: str) -> None:
    told = api.ask("GET", f"/v1/{listing}?target=compani").json()
    assert (told["status"], told["errors"][0]["field"]) == (422, "target")
    assert "did you mean 'company'" in told["detail"]
    assert api.ask("GET", f"/v1/{listing}?target=company").status_code == 200


def test_a_misspelt_member_is_told_with_the_one_that_is_meant(api: Api) -> None:
    told = api.ask("POST", "/v1/jobs", {"source": "pushed", "targt": "company", "records": []}).json()
    assert told["status"] == 422
    assert told["detail"] == "targt: there is no such member, did you mean 'target'? (1 more is wrong)"
    assert {(one["field"], one["rule"]) for one in told["errors"]} == {
        ("targt", "extra_forbidden"),
        ("target", "missing"),
    }


def test_several_wrong_members_are_counted(api: Api) -> None:
    told = api.ask("GET", "/v1/jobs?one=1&two=2&state=done").json()
    assert told["detail"].endswith("(1 more is wrong)")
