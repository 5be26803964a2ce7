"""What a person decides over HTTP, what follows from it, and what can be seen from outside."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from typing import Any

import pytest
from api_fixtures import Api, total
from fastapi.testclient import TestClient
from fleet_ground import Script
from inline_fleet import InlineFleet

from schemas.budget import Cap, Caps
from schemas.source import InlineSource
from schemas.target import Target, TargetField
from workers.api import create_app
from workers.doctor import work as doctor_work

TARGET = Target(
    name="company",
    table="company",
    create=True,
    fields=(
        TargetField(name="name", type="string", identity=True, kind="name"),
        TargetField(name="staff", type="integer", kind="count"),
        TargetField(name="city", type="string", kind="text"),
    ),
)
PUSHED = InlineSource(name="pushed", connector="inline", key="/id")
SCRIPT = {"name": ("/name", ()), "staff": ("/staff", ("parse_integer",)), "city": ("/town", ())}


@dataclasses.dataclass
class Ground:
    api: Api
    fleet: InlineFleet
    script: Script

    def send(self, count: int, *, first: int = 0, run: bool = True, **changes: Any) -> int:
        sent = [
            {"id": str(i), "name": f"n{i}", "staff": str(10 + i), "town": f"t{i % 3}", **changes}
            for i in range(first, first + count)
        ]
        body = {"source": "pushed", "target": "company", "records": sent}
        job: int = self.api.ask("POST", "/v1/jobs", body).json()["id"]
        if run:
            self.fleet.run()
        return job

    def ask(self, method: str, path: str, body: Any = None, *, role: str = "admin", status: int = 200) -> Any:
        answer = self.api.ask(method, path, body, role=role)
        assert answer.status_code == status, answer.text
        return answer.json()

    def job(self, job: int) -> dict[str, Any]:
        shown: dict[str, Any] = self.ask("GET", f"/v1/jobs/{job}")
        assert shown["counts"]["accepted"] == total(shown["counts"])
        return shown

    def plan(self) -> dict[str, Any]:
        found: dict[str, Any] = self.ask("GET", "/v1/plans")["items"][0]
        return found


@pytest.fixture
def ground(database: str, url_for: Callable[[str], str]) -> Iterator[Ground]:
    api = Api(database, url_for("assay_api"))
    api.clear("company")
    script = Script(SCRIPT)
    fleet = InlineFleet(database, sources=[PUSHED], targets=[TARGET], asking=script)
    api.configure([PUSHED], [TARGET])
    yield Ground(api, fleet, script)
    fleet.close()
    api.close()


def test_a_plan_is_shown_with_its_bindings_and_their_audit(ground: Ground) -> None:
    ground.send(3)
    plan = ground.plan()
    assert {b["target"] for b in plan["bindings"]} == {"name", "staff", "city"}
    staff = next(b for b in plan["bindings"] if b["target"] == "staff")
    assert staff["alternatives"][0]["paths"] == ["/staff"]
    assert staff["origin"]
    assert {f["name"] for f in plan["fields"]} == {"name", "staff", "city"}
    assert all({"state", "audited", "defects"} <= f.keys() for f in plan["fields"])
    shown = ground.ask("GET", f"/v1/plans/{plan['id']}", role="reader")
    # what its auditor saw is counted for one plan, not for a listing
    assert {name: value for name, value in shown.items() if name != "recall"} == plan
    assert ground.ask("GET", "/v1/plans?state=condemned")["items"] == []
    for query in ("state=nonsense", "states=released"):
        told = ground.api.ask("GET", f"/v1/plans?{query}").json()
        assert (told["status"], told["errors"][0]["field"]) == (422, query.partition("=")[0])


def test_a_person_releases_a_plan_and_its_rows_are_written(ground: Ground) -> None:
    ground.script.audit = lambda *_: "unsure"
    job = ground.send(30, run=False)
    ground.fleet.run(turns=200, until=lambda: bool(ground.api.rows("SELECT 1 FROM staged")))
    plan = ground.plan()
    assert ground.job(job)["counts"]["written"] == 0
    ground.ask("POST", f"/v1/plans/{plan['id']}/approve", role="producer", status=403)
    one = ground.ask("POST", f"/v1/plans/{plan['id']}/approve", {"fields": ["city"], "reason": "seen"})
    assert {f["name"] for f in one["fields"] if f["state"] == "released"} == {"city"}
    assert (one["state"], one["decisions"][0]["by"], one["decisions"][0]["reason"]) == ("probation", "admin", "seen")
    done = ground.ask("POST", f"/v1/plans/{plan['id']}/approve")
    assert done["state"] == "released"
    ground.fleet.run()
    assert ground.job(job)["counts"]["written"] == 30
    wrong = ground.ask("POST", f"/v1/plans/{plan['id']}/approve", {"fields": ["cty"]}, status=422)
    assert (wrong["code"], "'city'" in wrong["detail"]) == ("unknown_field", True)


def test_a_changed_gate_is_tried_on_stored_records_and_writes_nothing(ground: Ground) -> None:
    ground.send(20)
    ground.send(1, first=20, name="")
    plan = ground.plan()["id"]
    same = ground.ask("GET", f"/v1/plans/{plan}/shadow", role="reader")
    assert (same["records"], same["differs"], list(same["judged_by"])) == (21, False, [same["gate"]])
    fields = {f.name: f for f in TARGET.fields}
    fields["staff"] = fields["staff"].model_copy(update={"maximum": Decimal(19)})
    fields["city"] = fields["city"].model_copy(update={"pattern": "^t[01]$", "on_fault": "reject"})
    stricter = Target(name="company", table="company", create=True, fields=tuple(fields.values()))
    ground.api.configure([PUSHED], [stricter])
    before = ground.api.rows("SELECT (SELECT sum(id) FROM staged) AS s, (SELECT max(id) FROM work) AS w")
    found = ground.ask("GET", f"/v1/plans/{plan}/shadow")
    assert (found["records"], found["refused"], found["codes"], found["accepted"]) == (21, 6, {"pattern": 6}, 0)
    staff = next(f for f in found["fields"] if f["name"] == "staff")
    assert (staff["same"], staff["emptied"], staff["changed"], staff["reasons"]) == (7, 7, 0, {"out_of_range": 7})
    assert ground.ask("GET", f"/v1/plans/{plan}/shadow?records=5")["records"] == 6
    assert ground.api.rows("SELECT (SELECT sum(id) FROM staged) AS s, (SELECT max(id) FROM work) AS w") == before


def test_a_condemned_field_is_emptied_in_what_was_written(ground: Ground) -> None:
    ground.send(4)
    plan = ground.plan()
    ground.ask("POST", f"/v1/plans/{plan['id']}/condemn", {"fields": ["city"], "reason": "a district"})
    ground.fleet.run()
    rows = ground.api.rows("SELECT staff, city FROM public.company ORDER BY name")
    assert [row["city"] for row in rows] == [None] * 4
    assert [row["staff"] for row in rows] == [10, 11, 12, 13]
    cell = ground.ask("GET", "/v1/rows/company/n1/lineage?field=city")
    assert (cell["value"], cell["reason"], cell["history"][0]["value"]) == (None, "condemned", "t1")


def test_a_job_that_has_ended_names_the_fields_that_no_plan_fills(ground: Ground) -> None:
    del ground.script.bindings["city"]
    job = ground.send(4, run=False)
    assert "unfilled" not in ground.job(job)
    ground.fleet.run()
    assert ground.job(job)["unfilled"] == [{"field": "city", "reasons": ["absent"]}]
    assert ground.job(job)["goes_on"] == {}
    ground.ask("POST", f"/v1/plans/{ground.plan()['id']}/condemn", {"fields": ["staff"], "reason": "a floor"})
    # Its records have ended, and yet its rows change: what is withdrawn, and filled by another plan.
    assert (ground.job(job)["state"], ground.job(job)["goes_on"]) == ("done", {"merge": 1, "plan": 1, "refold": 1})
    ground.fleet.run()
    assert ground.job(job)["goes_on"] == {}
    left = {one["field"]: one["reasons"] for one in ground.job(job)["unfilled"]}
    assert left == {"city": ["absent"], "staff": ["condemned"]}
    assert all("unfilled" not in one for one in ground.ask("GET", "/v1/jobs")["items"])
    # What the configuration fills is not empty.
    ground.api.configure([PUSHED.model_copy(update={"constants": {"city": "Bern"}})], [TARGET])
    assert [one["field"] for one in ground.job(job)["unfilled"]] == ["staff"]
    ground.api.configure([PUSHED], [TARGET])
    # Another shape fills one of them: it is not empty in all that the source gives.
    ground.script.bindings["city"] = ("/place", ())
    other = ground.send(4, first=10, town=None, place="p1", more={"a": 1, "b": 2, "c": 3, "d": 4, "e": 5, "f": 6})
    assert {one["field"] for one in ground.job(other)["unfilled"]} <= {"staff"}


def test_a_job_that_has_ended_names_the_fields_that_are_bound_and_filled_nowhere(ground: Ground) -> None:
    job = ground.send(4, staff="1.234")
    assert ground.job(job)["unread"] == [{"field": "staff", "reasons": ["ambiguous"], "rows": 4}]
    assert ground.job(job)["unfilled"] == []
    # Where a record says nothing, nothing is wrong; where one row is filled, it is a matter of the others.
    more = ground.send(1, first=9, staff="17")
    assert ground.job(more)["unread"] == []


def test_a_job_that_has_ended_says_what_is_asked_about_its_rows(ground: Ground) -> None:
    ground.script.audit = lambda field, *_: "unsure" if field == "city" else "supported"
    job = ground.send(4)
    assert (ground.job(job)["state"], ground.job(job)["questions"]) == ("done", 1)
    (asked,) = ground.ask("GET", "/v1/reviews")["items"]
    ground.ask(
        "POST", f"/v1/reviews/{asked['id']}/decide", {"decision": "approve", "content_hash": asked["content_hash"]}
    )
    ground.fleet.run()
    assert ground.job(job)["questions"] == 0
    assert {row["city"] for row in ground.api.rows("SELECT city FROM public.company")} == {"t0", "t1", "t2"}


def test_a_rollback_is_confirmed_as_shown_and_withdraws_everything(ground: Ground) -> None:
    ground.send(4)
    path = f"/v1/plans/{ground.plan()['id']}/rollback"
    shown = ground.ask("POST", path)
    assert (shown["rows"], shown["done"]) == (4, False)
    assert len(ground.api.rows("SELECT 1 FROM public.company")) == 4
    assert ground.ask("POST", path, {"confirm": "1.x"}, status=409)["code"] == "confirmation"
    ground.send(1, first=50)
    late = ground.ask("POST", path, {"confirm": shown["confirm"]}, status=409)
    assert late["code"] == "confirmation"
    shown = ground.ask("POST", path)
    done = ground.ask("POST", path, {"confirm": shown["confirm"], "reason": "wrong"})
    assert (done["done"], done["state"]) == (True, "condemned")
    assert ground.ask("POST", path, {"confirm": shown["confirm"]}, status=409)["code"] == "wrong_state"
    ground.script.bindings = {}
    ground.fleet.run()
    assert ground.api.rows("SELECT 1 FROM assertion WHERE state = 'standing' AND plan_id = %(p)s", p=done["id"]) == []
    for job in ground.ask("GET", "/v1/jobs")["items"]:
        assert job["counts"]["accepted"] == total(job["counts"])


def test_a_breaker_is_opened_and_closed_by_hand_with_a_reason_and_an_end(ground: Ground) -> None:
    ground.send(30)
    ground.ask("POST", "/v1/defects", {"target": "company", "key": "n3", "field": "staff"}, role="producer")
    (shown,) = ground.ask("GET", "/v1/breakers", role="reader")["items"]
    where, word = f"/v1/breakers/{shown['id']}", {"reason": "maintenance", "seconds": 600}
    ground.ask("POST", f"{where}/open", word, role="producer", status=403)
    ground.ask("POST", f"{where}/open", {"seconds": 600}, status=422)
    # a token is no part of opening, so nobody is let believe that it was looked at
    ground.ask("POST", f"{where}/open", {**word, "confirm": "1.forged"}, status=422)
    opened = ground.ask("POST", f"{where}/open", word)
    assert (opened["state"], opened["reason"], opened["until"] > opened["updated_at"]) == (
        "forced_open",
        "maintenance",
        True,
    )
    (found,) = list(doctor_work.stopped(ground.api.database))
    assert (found.level, "maintenance" in found.message, f"close {shown['id']}" in found.remedy) == ("odd", True, True)
    job = ground.send(5, first=100)
    assert ground.job(job)["counts"]["held"] == 5
    would = ground.ask("POST", f"{where}/close", {"reason": "over"})
    assert (would["done"], would["rows"], would["state"]) == (False, 5, "forced_open")
    for confirm in ("1.forged", would["confirm"][:-1], f"9{would['confirm']}"):
        said = ground.ask("POST", f"{where}/close", {"reason": "over", "confirm": confirm}, status=409)
        assert said["code"] == "confirmation"
    done = ground.ask("POST", f"{where}/close", {"reason": "over", "confirm": would["confirm"]})
    assert (done["done"], done["state"]) == (True, "forced_closed")
    ground.ask("POST", f"{where}/close", {"reason": "over", "confirm": would["confirm"]}, status=409)
    ground.fleet.run()
    assert ground.job(job)["counts"]["written"] == 5
    events = ground.ask("GET", where)["events"]
    assert [(e["after"], e["by"], e["reason"]) for e in events[:2]] == [
        ("forced_closed", "admin", "over"),
        ("forced_open", "admin", "maintenance"),
    ]
    assert [one.level for one in doctor_work.stopped(ground.api.database)] == ["odd"]


def test_a_row_in_review_is_written_or_discarded_as_a_person_says(ground: Ground) -> None:
    ground.script.audit = lambda field, value, *_: "unsupported" if (field, value) == ("name", "n1") else "supported"
    job = ground.send(3)
    shown = ground.job(job)
    assert (shown["state"], shown["counts"]["review"]) == ("blocked", 1)
    (review,) = ground.ask("GET", "/v1/reviews?state=open")["items"]
    assert review["subject"].startswith("row:")
    assert set(review["answers"]) == {"approve", "reject"}
    path = f"/v1/reviews/{review['id']}/decide"
    ground.ask("POST", path, {"decision": "approve"}, role="producer", status=403)
    assert ground.ask("POST", path, {"decision": "maybe"}, status=422)["code"] == "unknown_answer"
    other = ground.ask("POST", path, {"decision": "approve", "content_hash": "0" * 32}, status=409)
    assert other["code"] == "conflict"
    told = {"decision": "approve", "content_hash": review["content_hash"], "reason": "seen"}
    assert ground.ask("POST", path, told)["state"] == "decided"
    ground.ask("POST", path, told, status=409)
    ground.fleet.run()
    assert (ground.job(job)["state"], ground.job(job)["counts"]["written"]) == ("done", 3)


def test_what_else_a_field_could_be_is_looked_for_when_a_question_is_shown(
    ground: Ground, monkeypatch: pytest.MonkeyPatch
) -> None:
    """For thousands of rows at once it took half a minute, in which their keys were locked."""
    monkeypatch.setattr("enrichment.questions._LOOKED_FOR", 0)
    ground.script.audit = lambda field, value, *_: "unsupported" if (field, value) == ("name", "n1") else "supported"
    ground.send(3, label="n?")
    (listed,) = ground.ask("GET", "/v1/reviews?state=open")["items"]
    shown = ground.ask("GET", f"/v1/reviews/{listed['id']}")
    rivals = shown["question"].pop("rivals")
    assert {one["path"]: one["samples"] for one in rivals["name"]}["/label"] == ["n?"]
    assert shown == listed


def test_a_row_that_a_person_rejects_is_discarded(ground: Ground) -> None:
    ground.script.audit = lambda field, value, *_: "unsupported" if (field, value) == ("name", "n1") else "supported"
    job = ground.send(3)
    (review,) = ground.ask("GET", "/v1/reviews?state=open")["items"]
    ground.ask("POST", f"/v1/reviews/{review['id']}/decide", {"decision": "reject"})
    ground.fleet.run()
    shown = ground.job(job)
    assert (shown["state"], shown["counts"]["discarded"], shown["counts"]["written"]) == ("partial", 1, 2)


def test_a_plan_goes_from_one_fleet_to_another(ground: Ground) -> None:
    ground.send(3)
    document = ground.ask("GET", f"/v1/plans/{ground.plan()['id']}/export")
    assert ground.ask("POST", "/v1/plans/import", document, status=409)["code"] == "plan_in_force"
    with ground.api.database.transaction() as tx:
        tx.execute("UPDATE plan SET state = 'superseded'")
    job = ground.send(3, first=10, run=False)
    imported = ground.ask("POST", "/v1/plans/import", document, status=201)
    assert {b["origin"] for b in imported["bindings"]} == {"import"}
    assert imported["state"] == "probation"
    sought = ground.script.count("planning")
    ground.fleet.run()
    assert ground.job(job)["counts"]["written"] == 3
    assert ground.script.count("planning") == sought
    for wrong in ({}, {**document, "bindings": document["bindings"][1:]}, {**document, "bindings": "x"}):
        assert ground.ask("POST", "/v1/plans/import", wrong, status=422)["code"] == "plan_document"
    damaged = {**document, "bindings": [{**b, "alternatives": []} for b in document["bindings"]]}
    assert ground.ask("POST", "/v1/plans/import", damaged, status=422)["code"] == "plan_document"


def test_a_plan_that_is_stored_while_another_is_imported_is_a_conflict(ground: Ground) -> None:
    ground.send(3)
    document = ground.ask("GET", f"/v1/plans/{ground.plan()['id']}/export")
    with ground.api.database.transaction() as tx:
        tx.execute("UPDATE plan SET state = 'superseded'")
    found = """
        INSERT INTO plan OVERRIDING SYSTEM VALUE SELECT r.* FROM plan p, jsonb_populate_record(p, jsonb_build_object(
            'id', nextval('plan_id_seq'), 'try', p."try" + 1, 'state', 'probation')) AS r
    """
    waits = "SELECT 1 FROM pg_locks WHERE NOT granted AND locktype = 'transactionid'"
    with ThreadPoolExecutor(1) as aside:
        with ground.fleet.database.transaction() as search:
            search.execute(found)
            importing = aside.submit(ground.ask, "POST", "/v1/plans/import", document, status=409)
            while not search.execute(waits).rowcount:
                assert not importing.done()
        assert importing.result()["code"] == "plan_in_force"
    assert [row["state"] for row in ground.api.rows("SELECT state FROM plan ORDER BY id")] == [
        "superseded",
        "probation",
    ]


def test_the_audit_reports_what_it_may_say_and_no_more(ground: Ground) -> None:
    assert ground.ask("GET", "/v1/audits/report")["items"] == []
    ground.send(40)
    (entry,) = ground.ask("GET", "/v1/audits/report", role="reader")["items"]
    assert (entry["target"], entry["source"], entry["rows"]) == ("company", "pushed", 40)
    assert entry["audited"] > 0
    assert 0 < entry["visible_wrong_at_most"] < 1
    assert (entry["wrong_at_most"] is None) == entry["statement"].startswith("unknown")
    assert entry["wrong_at_most"] is None or entry["recall"]["planted"] > 0
    assert entry["cells"] == sum(f["cells"] for f in entry["fields"]) > 0
    assert [f["coverage"]["share"] for f in entry["fields"]] == [1.0, 1.0, 1.0]
    assert {f["name"] for f in entry["fields"]} == {"name", "staff", "city"}


def test_figures_are_for_this_machine_and_for_keys(ground: Ground) -> None:
    ground.send(3, staff="between 1 and 2")
    ground.send(2, first=20, name="")
    assert ground.api.ask("GET", "/metrics", role=None).status_code == 401
    text = ground.api.ask("GET", "/metrics", role="reader").text
    assert "assay_database_up 1.0" in text
    assert 'assay_jobs{state="done"} 1.0' in text
    assert 'assay_gate_findings_total{rule="ambiguous",source="pushed",target="company"} 3.0' in text
    assert 'code="identity_missing"' in text
    assert "assay_model_calls_total" in text
    assert "between" not in text
    local = TestClient(create_app(ground.api.app.state.context), client=("127.0.0.1", 5))
    assert local.get("/metrics").status_code == 200
    assert local.get("/metrics", headers={"X-Forwarded-For": "10.0.0.1"}).status_code == 401


def test_readiness_names_what_is_missing(ground: Ground) -> None:
    assert ground.api.ask("GET", "/healthz", role=None).json() == {"status": "ok"}
    answer = ground.api.ask("GET", "/readyz", role=None)
    assert answer.status_code == 503
    checks = answer.json()["checks"]
    assert (checks["database"], checks["tables"], checks["dispatcher"]) == ("ok", "ok", "gives no sign of life")
    with ground.api.database.transaction() as tx:
        tx.execute("INSERT INTO dispatcher (seat, epoch, heartbeat_at) VALUES (1, 1, now())")
    assert ground.api.ask("GET", "/readyz", role=None).status_code == 200
    quiet = dataclasses.replace(ground.api.app.state.context, broker_answers=lambda: False)
    ground.api.app.state.context = quiet
    answer = ground.api.ask("GET", "/readyz", role=None)
    assert (answer.status_code, answer.json()["checks"]["broker"]) == (503, "cannot be reached")


def test_status_tells_what_runs(ground: Ground) -> None:
    ground.send(2)
    status = ground.ask("GET", "/v1/status", role="reader")
    assert {"services", "database", "broker", "api", "model"} <= status.keys()
    assert any(service["name"] == "api" for service in status["services"])
    assert status["jobs"] == {"done": 1}


def test_the_fleet_is_frozen_and_thawed_by_administrators_and_everything_shows_it(ground: Ground) -> None:
    body = {"reason": "wrong figures downstream"}
    ground.ask("POST", "/v1/freezes", body, role="producer", status=403)
    ground.ask("POST", "/v1/freezes", {"reason": ""}, status=422)
    ground.ask("POST", "/v1/freezes", {**body, "source": "nobody"}, status=404)
    (standing,) = ground.ask("POST", "/v1/freezes", body)["items"]
    assert (standing["source"], standing["by"]) == (None, "admin")
    job = ground.send(3, run=False)
    ground.fleet.run(until=lambda: bool(ground.fleet.rows("SELECT 1 FROM work WHERE waits_on = 'frozen'")))
    assert ground.fleet.rows("SELECT * FROM public.company") == []
    assert ground.ask("GET", "/v1/status", role="reader")["frozen"][0]["reason"] == body["reason"]
    assert ground.api.ask("GET", "/readyz", role=None).json()["checks"]["frozen"] == "the fleet"
    assert 'assay_frozen{source=""} 1.0' in ground.api.ask("GET", "/metrics", role="reader").text
    (finding,) = doctor_work.frozen(ground.fleet.database)
    assert (finding.level, finding.remedy.endswith("assay thaw")) == ("odd", True)
    assert ground.ask("POST", "/v1/freezes/thaw", {}) == {"items": [], "next": None}
    assert ground.ask("GET", "/v1/freezes", role="reader")["items"] == []
    ground.ask("POST", "/v1/freezes/thaw", {}, status=404)
    ground.fleet.run()
    assert ground.job(job)["counts"]["written"] == 3


def test_the_page_that_describes_the_api_loads_nothing_from_elsewhere(ground: Ground) -> None:
    page = ground.api.ask("GET", "/docs", role=None)
    assert page.status_code == 200
    addresses = re.findall(r"""(?:src|href)=["']([^"']+)""", page.text)
    assert addresses
    for address in addresses:
        assert address.startswith("/"), address
        assert ground.api.ask("GET", address, role=None).status_code == 200, address


def test_every_address_is_described_and_needs_a_key(ground: Ground) -> None:
    described = ground.api.app.openapi()
    open_to_all = {"/healthz", "/readyz", "/metrics"}
    (scheme,) = described["components"]["securitySchemes"].values()
    assert (scheme["type"], scheme["scheme"]) == ("http", "bearer")
    for path, methods in described["paths"].items():
        for method, about in methods.items():
            assert about["summary"], path
            # which whoever tries a route out, or generates a client, sends a key by
            assert about.get("security") == (None if path in open_to_all else [{"HTTPBearer": []}]), path
            if path in open_to_all:
                continue
            concrete = path.format(
                job_id=1, number=1, letter_id=1, plan_id=1, review_id=1, breaker_id=1, target="t", key="k"
            )
            assert ground.api.ask(method.upper(), concrete, role=None).status_code == 401, path


def test_budgets_are_listed_and_raised_by_administrators_only(ground: Ground) -> None:
    context = ground.api.app.state.context
    caps = Caps(source=Cap(tokens=100), day=Cap(money=Decimal("1.50")))
    ground.api.app.state.context = dataclasses.replace(context, caps=caps)
    path, more = "/v1/budgets/raise", {"scope": "day", "money": "0.25"}
    assert ground.ask("GET", "/v1/budgets", role="reader")["items"][0]["scope"] == "call"
    assert ground.ask("POST", path, more)["money"] == {"cap": "1.75", "used": "0", "reserved": "0"}
    # whoever pages every listing alike may do so with one that is given whole
    listed = {one["scope"]: one for one in ground.ask("GET", "/v1/budgets?limit=1")["items"]}
    assert listed["day"]["money"]["cap"] == "1.75"
    assert 0 <= listed["day"]["ends_in"] <= 86_400
    ground.ask("POST", path, {"scope": "day", "tokens": 5}, status=422)
    ground.ask("POST", path, {"scope": "day", "money": "-1"}, status=422)
    ground.ask("POST", path, more, role="producer", status=403)
    assert "assay_budget_used_tokens" in ground.api.ask("GET", "/metrics", role="reader").text
    ground.api.app.state.context = context
