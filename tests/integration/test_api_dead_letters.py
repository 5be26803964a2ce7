"""Dead letters over HTTP, with a fleet that works on what is filed."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from api_fixtures import Api, total
from fleet_ground import Script
from inline_fleet import InlineFleet
from jsonschema import Draft202012Validator

from enrichment.connectors.pages import RefusedRecord
from enrichment.gate.version import gate_version
from enrichment.store import letters, registry, replays
from enrichment.store.letters import NewLetter
from schemas.codes import Code
from schemas.source import FileSource, InlineSource
from schemas.target import Target, TargetField
from workers.api import create_app
from workers.api.described import CELL

TARGET = Target(
    name="company",
    table="company",
    create=True,
    fields=(
        TargetField(name="name", type="string", identity=True, kind="name"),
        TargetField(name="employees", type="integer", kind="count", minimum=0, on_fault="reject"),
    ),
)
PUSHED = InlineSource(name="pushed", connector="inline", key="/id")
SCRIPT = {"name": ("/name", ()), "employees": ("/employees", ("parse_integer",))}


@dataclasses.dataclass
class Ground:
    api: Api
    fleet: InlineFleet
    dump: Path

    def send(self, *records: dict[str, Any]) -> int:
        body = {"source": "pushed", "target": "company", "records": list(records)}
        job: int = self.api.ask("POST", "/v1/jobs", body).json()["id"]
        self.fleet.run()
        return job

    def job(self, job: int) -> dict[str, Any]:
        shown: dict[str, Any] = self.api.ask("GET", f"/v1/jobs/{job}").json()
        assert shown["counts"]["accepted"] == total(shown["counts"])
        return shown

    def letters(self, **query: Any) -> list[dict[str, Any]]:
        asked = "&".join(f"{name}={value}" for name, value in query.items())
        items: list[dict[str, Any]] = self.api.ask("GET", f"/v1/dead-letters?limit=500&{asked}").json()["items"]
        return items

    def letter(self, number: int) -> dict[str, Any]:
        found: dict[str, Any] = self.api.ask("GET", f"/v1/dead-letters/{number}").json()
        return found

    def replay(self, body: dict[str, Any]) -> Any:
        return self.api.ask("POST", "/v1/dead-letters/replay", body)

    def change_gate(self) -> None:
        """Another reading of the source: what failed before may come through now."""
        before = self.api.rows("SELECT count(*) AS n FROM gate")[0]["n"]
        source = PUSHED.model_copy(update={"currency_hints": {"$": "USD" if before % 2 else "CAD"}})
        with self.api.database.transaction() as tx:
            registry.sync_source(tx, source, gate_version=gate_version())


@pytest.fixture
def ground(database: str, url_for: Callable[[str], str], tmp_path: Path) -> Iterator[Ground]:
    api = Api(database, url_for("assay_api"))
    api.clear("company")
    dump = tmp_path / "dump.jsonl"
    sources = [PUSHED, FileSource(name="dump", connector="file", path=str(dump), key="/id")]
    fleet = InlineFleet(database, sources=sources, targets=[TARGET], asking=Script(SCRIPT))
    fleet.configure(roots=(tmp_path,))
    api.configure(sources, [TARGET], secret=b"a secret of the tests")
    yield Ground(api, fleet, dump)
    fleet.close()
    api.close()


GOOD = {"id": "1", "name": "one", "employees": "12"}
BAD = {"id": "2", "name": "two", "employees": "between 5 and 9"}


@pytest.mark.parametrize("listing", ["/v1/dead-letters?", "/v1/dead-letters/stats?"])
def test_a_misspelt_code_is_refused_unless_a_letter_has_it(ground: Ground, listing: str) -> None:
    told = ground.api.ask("GET", f"{listing}code=ambigous").json()
    assert (told["status"], told["errors"][0]["field"]) == (422, "code")
    assert told["detail"] == "code: there is no code 'ambigous', did you mean 'ambiguous'?"
    # a user's own source may refuse with codes of its own
    for code in ("ambiguous", "embargoed"):
        assert ground.api.ask("GET", f"{listing}code={code}").status_code == 200
    ground.send(BAD)
    with ground.api.database.transaction() as tx:
        tx.execute("UPDATE dead_letter SET code = 'ambigous'")
    assert len(ground.api.ask("GET", f"{listing}code=ambigous").json()["items"]) == 1


@pytest.mark.parametrize("act", [{}, {"reason": "they are gone"}], ids=["replay", "discard"])
@pytest.mark.parametrize(
    ("said", "meant"),
    [({"code": "ambigous"}, "ambiguous"), ({"source": "push"}, "pushed"), ({"target": "compani"}, "company")],
)
def test_a_misspelt_filter_does_not_act_on_nothing(
    ground: Ground, act: dict[str, Any], said: dict[str, Any], meant: str
) -> None:
    path = f"/v1/dead-letters/{'discard' if act else 'replay'}"
    told = ground.api.ask("POST", path, {**act, "filter": said}, role="admin").json()
    assert (told["status"], [one["field"] for one in told["errors"]]) == (422, list(said))
    assert f"did you mean {meant!r}" in told["detail"]


def test_a_lost_record_makes_a_partial_job_and_says_why(ground: Ground) -> None:
    job = ground.job(ground.send(GOOD, BAD, {"name": "no id"}))
    assert job["state"] == "partial"
    assert (job["counts"]["written"], job["counts"]["dead"]) == (1, 2)
    found = {letter["record_id"]: letter for letter in ground.letters(job=job["id"])}
    assert set(found) == {"2", "#/records/2"}
    letter = found["2"]
    assert (letter["stage"], letter["code"], letter["state"]) == ("gate", "ambiguous", "open")
    assert letter["issues"][0]["field"] == "employees"
    assert "between" not in json.dumps(letter)
    assert ground.letters(field="employees", job=job["id"])[0]["id"] == letter["id"]
    assert ground.letters(code="type") == []
    (group,) = [g for g in ground.api.ask("GET", "/v1/dead-letters/stats").json()["items"] if g["stage"] == "gate"]
    assert (group["code"], group["field"], group["letters"], group["example"]) == (
        "ambiguous", "employees", 1, letter["id"],
    )  # fmt: skip


def test_a_letter_shows_the_record_and_what_stood_where_its_issue_arose(ground: Ground) -> None:
    ground.send(GOOD, {**BAD, "share": 0.5})
    (listed,) = ground.letters()
    letter = ground.letter(listed["id"])
    assert letter["record"] == {**BAD, "share": "0.5"}
    (issue,) = letter["issues"]
    assert (issue["paths"], issue["source_text"]) == (["/employees"], ["between 5 and 9"])
    assert "record" not in listed
    assert "source_text" not in listed["issues"][0]
    # where the record as a whole cannot be shown, what matters still can; without a payload nothing can
    ground.send({**BAD, "id": "3", "name": "three", "story": "long " * 10_000})
    large = ground.letter(ground.letters()[0]["id"])
    assert (list(large["record"]), large["issues"][0]["source_text"]) == (["too_large_to_show"], ["between 5 and 9"])
    with ground.api.database.transaction() as tx:
        tx.execute("DELETE FROM payload")
    gone = ground.letter(listed["id"])
    assert (gone["record"], gone["issues"][0]["source_text"]) == (None, [])
    assert gone["issues"][0]["paths"] == ["/employees"]


def test_what_never_became_a_record_is_kept_with_its_letter(ground: Ground) -> None:
    lines = [
        b'{"id": "1", "name": "one", "employees": "5"}',
        b'{"name": "no id", "employees": "canary"}',
        b'{"id": "2", "name": "\xff\xfe", broken',
        b'{"id": "3", "deep": ' + b"[" * 150 + b"]" * 150 + b"}",
        b'{"id": "1", "name": "one", "employees": "canary twin"}',
        b'{"id": "4", "long": "' + "\u20ac".encode() * 400_000 + b'"}',
    ]
    ground.dump.write_bytes(b"\n".join(lines))
    ground.api.ask("POST", "/v1/jobs", {"source": "dump", "target": "company"})
    ground.fleet.run()
    listed = ground.letters()
    found = {letter["code"]: ground.letter(letter["id"]) for letter in listed}
    assert found["key_missing"]["text"] == '{"name":"no id","employees":"canary"}'
    assert found["record_malformed"]["text"] == '{"id": "2", "name": "\\xff\\xfe", broken'
    assert found["record_too_deep"]["text"].startswith('{"id": "3", "deep": [[[')
    assert found["duplicate_key"]["text"] == '{"id":"1","name":"one","employees":"canary twin"}'
    large = found["record_too_large"]["text"]
    assert (large[:30], large[-2:], len(large) < 4_096) == ('{"id": "4", "long": "' + "€" * 9, "€…", True)
    assert len(found) == 5
    # nobody else is told of it
    assert "canary" not in json.dumps(listed)
    with ground.api.database.transaction() as tx:
        told = letters.unannounced(tx, limit=10)
        other = tx.execute("SELECT j::text, w::text FROM job j, work w").fetchall()
    assert len(told) == 5
    assert "canary" not in str([*told, *other])
    assert "canary" not in repr(RefusedRecord("#1", Code.KEY_MISSING, "no key", b"canary"))
    assert "canary" not in repr(NewLetter("#1", Code.KEY_MISSING, [], body=b"canary"))


def test_what_was_sent_along_and_could_not_be_read_is_shown_with_its_letter(ground: Ground) -> None:
    ground.send(GOOD, {"name": "no id"}, {**GOOD, "employees": "13"})
    texts = {one["code"]: ground.letter(one["id"])["text"] for one in ground.letters()}
    assert texts == {"key_missing": '{"name":"no id"}', "duplicate_key": '{"id":"1","name":"one","employees":"13"}'}


def test_what_nothing_has_changed_for_is_refused_and_costs_nothing(ground: Ground) -> None:
    ground.send(GOOD, BAD)
    (letter,) = ground.letters()
    before = len(ground.api.rows("SELECT 1 FROM job"))
    calls = ground.api.rows("SELECT count(*) AS n FROM model_call")[0]["n"]
    answer = ground.replay({"ids": [letter["id"]]})
    assert (answer.status_code, answer.json()["code"]) == (409, "futile")
    assert ground.letter(letter["id"])["prospect"] == "futile"
    dry = ground.replay({"ids": [letter["id"]], "dry_run": True}).json()
    assert (dry["matched"], dry["replayable"], dry["refused_counts"]) == (1, 0, {"futile": 1})
    assert len(ground.api.rows("SELECT 1 FROM job")) == before
    assert ground.api.rows("SELECT count(*) AS n FROM model_call")[0]["n"] == calls
    assert ground.letters()[0]["state"] == "open"


@pytest.mark.parametrize("cause", ["gate", "target", "plan", "payload", "poison"])
def test_each_changed_cause_alone_makes_a_replay_worth_while(ground: Ground, cause: str) -> None:
    ground.send(GOOD, BAD)
    (letter,) = ground.letters()
    with ground.api.database.transaction() as tx:
        if cause == "plan":
            tx.execute("UPDATE plan SET state = 'condemned'")
        elif cause == "target":
            tx.execute("UPDATE dead_letter SET target_version = 'another'")
        elif cause == "payload":
            tx.execute("UPDATE record SET observation = observation + 1 WHERE record_id = '2'")
        elif cause == "poison":
            tx.execute("UPDATE dead_letter SET code = 'poison'")
    if cause == "gate":
        ground.change_gate()
    shown = ground.letter(letter["id"])
    assert shown["prospect"] == "replay"
    assert shown["changed"] == ([] if cause == "poison" else [cause])


def test_a_field_condemned_since_is_a_changed_plan(ground: Ground) -> None:
    ground.send(GOOD, BAD)
    (letter,) = ground.letters()
    with ground.api.database.transaction() as tx:
        tx.execute("UPDATE plan_field SET state = 'condemned', decided_at = now() WHERE name = 'employees'")
    assert ground.letter(letter["id"])["changed"] == ["plan"]


def test_a_replay_that_comes_through_mends_the_job_that_lost_the_record(ground: Ground) -> None:
    job = ground.send(GOOD, BAD)
    (letter,) = ground.letters()
    ground.send({**BAD, "employees": "9"})
    done = ground.replay({"ids": [letter["id"]]}).json()
    assert done["matched"] == done["replayable"] == 1
    ground.fleet.run()
    assert ground.letter(letter["id"])["state"] == "resolved"
    assert ground.job(job)["state"] == "done"
    # what it had written was there when it ended
    assert ground.fleet.rows("SELECT FROM work WHERE job_id = %(job)s AND dedup = 'missing:' || %(job)s", job=job) == []
    assert ground.job(job)["counts"]["dead"] == 0
    replay = ground.job(done["jobs"][0])
    assert (replay["state"], replay["replay"], replay["counts"]["accepted"]) == ("done", True, 1)
    rows = ground.api.rows("SELECT name, employees FROM public.company ORDER BY name")
    assert rows == [{"name": "one", "employees": 12}, {"name": "two", "employees": 9}]


def test_two_failed_replays_are_the_last_until_a_person_says_otherwise(ground: Ground) -> None:
    job = ground.send(GOOD, BAD)
    (letter,) = ground.letters()
    for round_ in (1, 2):
        ground.change_gate()
        done = ground.replay({"filter": {"code": "ambiguous"}}).json()
        assert len(done["jobs"]) == 1
        ground.fleet.run()
        now = ground.letter(letter["id"])
        assert (now["replays"], now["failed_replays"]) == (round_, round_)
        assert now["state"] == ("open" if round_ == 1 else "permanent")
        assert ground.job(done["jobs"][0])["state"] == "partial"
        # whoever asks for the letters of the replay finds it too, though another job gave the record up
        found = ground.api.ask("GET", f"/v1/dead-letters?job={done['jobs'][0]}").json()["items"]
        assert [one["id"] for one in found] == [letter["id"]]
        if round_ == 1:
            assert now["prospect"] == "futile"
    assert len(ground.letters()) == 1
    ground.change_gate()
    assert ground.replay({"all": True}).json()["matched"] == 0
    refused = ground.replay({"ids": [letter["id"]]})
    assert (refused.status_code, refused.json()["code"]) == (409, "not_open")
    path = f"/v1/dead-letters/{letter['id']}/reopen"
    assert ground.api.ask("POST", path, {"reason": "a new parser"}).status_code == 403
    assert ground.api.ask("POST", path, {"reason": "a new parser"}, role="admin").json()["state"] == "open"
    assert len(ground.replay({"ids": [letter["id"]]}).json()["jobs"]) == 1
    assert ground.job(job)["state"] == "partial"


def test_where_none_can_be_tried_again_every_reason_is_told(ground: Ground) -> None:
    ground.send(GOOD, BAD, {**BAD, "id": "b2"}, "no record")
    refused = ground.replay({"filter": {"state": "open"}})
    assert refused.status_code == 409
    told = refused.json()["detail"]
    assert "none of 3 dead letters can be tried again: of 2, payload, plan" in told
    assert "; of 1, no payload of the record is stored" in told


def test_operators_at_once_try_each_letter_once(ground: Ground) -> None:
    ground.send(GOOD, *({**BAD, "id": f"b{i}"} for i in range(30)))
    ground.change_gate()
    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(lambda _: ground.replay({"filter": {"stage": "gate"}}), range(6)))
    assert {a.status_code for a in answers} == {200}
    assert sum(a.json()["replayable"] for a in answers) == 30
    jobs = [job for a in answers for job in a.json()["jobs"]]
    items = ground.api.rows("SELECT record_id FROM item WHERE job_id = ANY(%(jobs)s)", jobs=jobs)
    assert len(items) == len({row["record_id"] for row in items}) == 30
    assert {letter["replays"] for letter in ground.letters()} == {1}


def test_more_than_a_hundred_have_to_be_confirmed_as_they_were_shown(ground: Ground) -> None:
    ground.send(GOOD, *({**BAD, "id": f"b{i}"} for i in range(101)))
    ground.change_gate()
    asked = {"filter": {"code": "ambiguous"}}
    bare = ground.replay(asked)
    assert (bare.status_code, bare.json()["code"]) == (409, "confirmation")
    dry = ground.replay({**asked, "dry_run": True}).json()
    assert (dry["replayable"], dry["dry_run"], dry["jobs"]) == (101, True, [])
    for wrong in ("", "x", f"99999999999.{'0' * 40}", dry["confirm"].replace(".", "0.")):
        assert ground.replay({**asked, "confirm": wrong}).json()["code"] == "confirmation"
    other = ground.replay({**asked, "refetch": True, "confirm": dry["confirm"]})
    assert other.status_code == 409
    discarding = {**asked, "reason": "no", "confirm": dry["confirm"]}
    assert ground.api.ask("POST", "/v1/dead-letters/discard", discarding, role="admin").json()["code"] == "confirmation"
    ground.api.rows("UPDATE dead_letter SET state = 'discarded' WHERE record_id = 'b7' RETURNING 1")
    ground.send(*({**BAD, "id": f"c{i}"} for i in range(1)))
    ground.change_gate()
    assert ground.replay({**asked, "confirm": dry["confirm"]}).json()["code"] == "confirmation"
    dry = ground.replay({**asked, "dry_run": True}).json()
    late = dataclasses.replace(ground.api.app.state.context, now=lambda: 4_000_000_000.0)
    ground.api.app.state.context, kept = late, ground.api.app.state.context
    assert ground.replay({**asked, "confirm": dry["confirm"]}).json()["code"] == "confirmation"
    ground.api.app.state.context = kept
    done = ground.replay({**asked, "confirm": dry["confirm"]})
    assert (done.status_code, done.json()["replayable"]) == (200, 101)
    assert ground.replay({**asked, "confirm": dry["confirm"]}).json()["matched"] == 0


def test_a_job_says_what_trying_its_letters_again_takes(ground: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    job = ground.send(GOOD, BAD, {**GOOD, "name": "another"}, {"no": "key"})
    assert {one["code"]: ground.letter(one["id"])["prospect"] for one in ground.letters()} == {
        "ambiguous": "futile",
        "duplicate_key": "not_refetchable",
        "key_missing": "not_refetchable",
    }
    assert ground.job(job)["letters"] == {"replay": 1, "refetch": 0, "resubmit": 2}
    other = ground.send({**GOOD, "id": "alone"})
    assert ground.job(other)["letters"] is None
    with ground.api.database.transaction() as tx:
        # a job that has tried them again lists them as its own
        tx.execute("UPDATE dead_letter SET replay_job_id = %s", (other,))
        assert replays.ways(tx, other) == {"replay": 1, "refetch": 0, "resubmit": 2}
    # each letter is looked at, so that not every job of a listing is asked, and not every letter of a large one
    assert all("letters" not in one for one in ground.api.ask("GET", "/v1/jobs").json()["items"])
    monkeypatch.setattr("enrichment.store.replays.LOOKED_AT", 2)
    assert sum(ground.job(job)["letters"].values()) == 2


def test_a_token_for_something_else_is_refused_where_none_is_needed(ground: Ground) -> None:
    ground.send(GOOD, BAD)
    (letter,) = ground.letters()
    ground.change_gate()
    asked = {"ids": [letter["id"]], "confirm": f"99999999999.{'0' * 40}"}
    assert ground.replay(asked).json()["code"] == "confirmation"
    body = {**asked, "reason": "no"}
    assert ground.api.ask("POST", "/v1/dead-letters/discard", body, role="admin").json()["code"] == "confirmation"
    assert ground.letter(letter["id"])["state"] == "open"


@pytest.mark.parametrize("filter", [{}, {"job": None}])
def test_a_filter_that_narrows_nothing_does_not_mean_every_letter(ground: Ground, filter: dict[str, Any]) -> None:  # noqa: A002
    ground.send(GOOD, BAD)
    ground.change_gate()
    for path, body in (("replay", {}), ("discard", {"reason": "no"})):
        said = ground.api.ask("POST", f"/v1/dead-letters/{path}", {**body, "filter": filter}, role="admin")
        bare = ground.api.ask("POST", f"/v1/dead-letters/{path}", body, role="admin")
        assert (said.status_code, said.json()["hint"]) == (422, bare.json()["hint"])
        assert "all = true" in said.json()["hint"]
    assert {letter["state"] for letter in ground.letters()} == {"open"}


def test_discarded_records_are_counted_as_such_and_the_job_stays_partial(ground: Ground) -> None:
    job = ground.send(GOOD, BAD)
    (letter,) = ground.letters()
    path = "/v1/dead-letters/discard"
    asked = {"ids": [letter["id"]], "reason": "dissolved"}
    assert ground.api.ask("POST", path, asked).status_code == 403
    assert ground.api.ask("POST", path, {**asked, "reason": ""}, role="admin").status_code == 422
    dry = ground.api.ask("POST", path, {**asked, "dry_run": True}, role="admin").json()
    assert (dry["discarded"], ground.letters()[0]["state"]) == (1, "open")
    assert ground.api.ask("POST", path, asked, role="admin").json()["discarded"] == 1
    assert ground.letter(letter["id"])["note"] == "dissolved"
    shown = ground.job(job)
    assert (shown["state"], shown["counts"]["discarded"], shown["counts"]["dead"]) == ("partial", 1, 0)
    assert ground.api.ask("POST", path, asked, role="admin").json()["code"] == "not_open"
    ground.api.ask("POST", f"/v1/dead-letters/{letter['id']}/reopen", {"reason": "found"}, role="admin")
    assert ground.job(job)["counts"]["dead"] == 1


def test_a_replay_that_is_cancelled_counts_against_nothing(ground: Ground) -> None:
    ground.send(GOOD, BAD)
    (letter,) = ground.letters()
    ground.change_gate()
    done = ground.replay({"ids": [letter["id"]]}).json()
    assert ground.letter(letter["id"])["state"] == "replaying"
    ground.api.ask("POST", f"/v1/jobs/{done['jobs'][0]}/cancel")
    now = ground.letter(letter["id"])
    assert (now["state"], now["failed_replays"]) == ("open", 0)


def test_a_letter_whose_record_was_written_meanwhile_is_resolved(ground: Ground) -> None:
    job = ground.send(GOOD, BAD)
    (letter,) = ground.letters()
    ground.send({**BAD, "employees": "9"})
    ground.replay({"ids": [letter["id"]]})
    ground.fleet.run()
    assert ground.letter(letter["id"])["state"] == "resolved"
    assert ground.job(job)["counts"]["unchanged"] + ground.job(job)["counts"]["written"] == 2


def test_what_never_became_a_record_is_read_again_from_its_source(ground: Ground) -> None:
    ground.dump.write_text('{"id": "1", "name": "one", "employees": "5"}\n{"id": "2", broken\n')
    job = ground.api.ask("POST", "/v1/jobs", {"source": "dump", "target": "company"}).json()["id"]
    ground.fleet.run()
    (letter,) = ground.letters()
    assert (letter["code"], ground.job(job)["state"]) == ("record_malformed", "partial")
    assert ground.job(job)["letters"] == {"replay": 0, "refetch": 1, "resubmit": 0}
    assert ground.replay({"ids": [letter["id"]]}).json()["code"] == "needs_refetch"
    # Still broken: the letter counts the failure.
    ground.replay({"ids": [letter["id"]], "refetch": True})
    ground.fleet.run()
    assert ground.letter(letter["id"])["failed_replays"] == 1
    ground.dump.write_text(
        '{"id": "1", "name": "one", "employees": "5"}\n{"id": "2", "name": "two", "employees": "6"}\n'
    )
    (replay,) = ground.replay({"ids": [letter["id"]], "refetch": True}).json()["jobs"]
    ground.fleet.run()
    assert ground.letter(letter["id"])["state"] == "resolved"
    assert ground.job(job)["state"] == "done"
    assert ground.job(replay)["counts"]["written"] == 1


def test_a_record_is_refetched_by_its_id(ground: Ground) -> None:
    ground.dump.write_text(
        '{"id": "1", "name": "one", "employees": "5"}\n{"id": "2", "name": "two", "employees": "?"}\n'
    )
    job = ground.api.ask("POST", "/v1/jobs", {"source": "dump", "target": "company"}).json()["id"]
    ground.fleet.run()
    (letter,) = ground.letters()
    ground.dump.write_text(
        '{"id": "1", "name": "one", "employees": "5"}\n{"id": "2", "name": "two", "employees": "7"}\n'
    )
    (replay,) = ground.replay({"ids": [letter["id"]], "refetch": True}).json()["jobs"]
    ground.fleet.run()
    assert ground.job(replay)["counts"]["accepted"] == 1
    assert ground.letter(letter["id"])["state"] == "resolved"
    assert ground.job(job)["state"] == "done"


def test_what_was_sent_along_cannot_be_asked_for_again(ground: Ground) -> None:
    ground.send(GOOD, {"name": "no id"})
    (letter,) = ground.letters()
    for refetch in (False, True):
        answer = ground.replay({"ids": [letter["id"]], "refetch": refetch})
        assert (answer.status_code, answer.json()["code"]) == (409, "not_refetchable")


def test_it_must_be_said_which_letters_are_meant(ground: Ground) -> None:
    for body in ({}, {"ids": [1], "all": True}, {"filter": {"job": 1}, "ids": [1]}):
        assert ground.replay(body).status_code == 422
    assert ground.replay({"filter": {"cod": "type"}}).json()["errors"][0]["field"] == "cod"
    assert ground.replay({"ids": [10**9]}).status_code == 404
    assert ground.api.ask("GET", "/v1/dead-letters?nonsense=1").status_code == 422
    assert ground.api.ask("GET", "/v1/dead-letters/999999").status_code == 404


def test_the_application_is_described(ground: Ground) -> None:
    described = create_app(ground.api.app.state.context).openapi()
    assert "/v1/dead-letters/replay" in described["paths"]
    opened = described["paths"]["/v1/jobs"]["post"]["responses"]
    assert opened["200"]["content"].keys() == opened["201"]["content"].keys() == {"application/json"}
    assert described["paths"]["/metrics"]["get"]["responses"]["200"]["content"].keys() == {"text/plain"}
    assert "requestBody" in described["paths"]["/v1/plans/import"]["post"]


def test_answers_are_as_they_are_described(ground: Ground) -> None:
    job = ground.send(GOOD, BAD, {"name": "no id"})
    letter, *_ = ground.letters()
    (plan, *_) = ground.api.ask("GET", "/v1/plans").json()["items"]
    described = create_app(ground.api.app.state.context).openapi()
    asked = {
        "/v1/jobs": "/v1/jobs",
        "/v1/jobs/{job_id}": f"/v1/jobs/{job}",
        "/v1/dead-letters": "/v1/dead-letters",
        "/v1/dead-letters/{letter_id}": f"/v1/dead-letters/{letter['id']}",
        "/v1/plans": "/v1/plans",
        "/v1/plans/{plan_id}": f"/v1/plans/{plan['id']}",
        "/v1/rows/{target}/{key}/lineage": f"/v1/rows/company/{GOOD['name']}/lineage",
        "/v1/rows/{target}/lineage": f"/v1/rows/company/lineage?key={BAD['id']}",
    }
    for path, address in asked.items():
        (shown,) = described["paths"][path]["get"]["responses"]["200"]["content"].values()
        assert {"required", "anyOf"} & shown["schema"].keys()
        Draft202012Validator(shown["schema"]).validate(ground.api.ask("GET", address).json())
    (shown,) = described["paths"]["/v1/jobs/{job_id}"]["get"]["responses"]["200"]["content"].values()
    Draft202012Validator(shown["schema"]).validate(ground.api.ask("GET", f"/v1/jobs/{job}?counts=false").json())
    body = {"source": "pushed", "target": "company", "receive": True}
    receiving = ground.api.ask("POST", "/v1/jobs", body).json()["id"]
    batch = ground.api.ask("PUT", f"/v1/jobs/{receiving}/batches/1", [GOOD]).json()
    put = described["paths"]["/v1/jobs/{job_id}/batches/{number}"]["put"]
    (shown,) = put["responses"]["200"]["content"].values()
    Draft202012Validator(shown["schema"]).validate(batch)
    for listing in (asked["/v1/rows/{target}/{key}/lineage"], asked["/v1/rows/{target}/lineage"]):
        cells = ground.api.ask("GET", listing).json()["items"]
        assert [cell["field"] for cell in cells] == ["name", "employees"]
        for cell in cells:
            Draft202012Validator(CELL).validate(cell)


def test_a_job_that_has_ended_counts_by_code_what_it_gave_up_on(ground: Ground) -> None:
    job = ground.send(GOOD, {"name": "no id"}, {"id": "2", "name": "two", "employees": "-1"}, {"name": "nor here"})
    assert ground.job(job)["refused_counts"] == {"key_missing": 2, "out_of_range": 1}
    assert all("refused_counts" not in one for one in ground.api.ask("GET", "/v1/jobs").json()["items"])
    assert ground.job(ground.send({**GOOD, "id": "3", "name": "other"}))["refused_counts"] == {}


@pytest.mark.parametrize(
    "path",
    [
        "/v1/dead-letters?record_id=%00",
        "/v1/dead-letters?code=a%00",
        "/v1/rows/company/%00/lineage",
        "/v1/rows/company/lineage?key=%00",
    ],
)
def test_what_no_text_can_hold_is_asked_wrongly(ground: Ground, path: str) -> None:
    told = ground.api.ask("GET", path)
    assert (told.status_code, told.json()["errors"][0]["message"]) == (422, "holds U+0000, which no text here has")


@pytest.mark.parametrize("letter", [2**63, 0])
def test_what_is_no_number_of_a_letter_is_asked_wrongly(ground: Ground, letter: int) -> None:
    told = ground.api.ask("POST", "/v1/dead-letters/replay", {"ids": [letter], "dry_run": True}, role="admin")
    assert (told.status_code, told.json()["errors"][0]["field"]) == (422, "ids.0")
