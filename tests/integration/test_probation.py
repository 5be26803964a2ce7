"""Probation: rows wait until their plan's fields are decided or were looked at themselves."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest
from fleet_ground import COMPANY, PLAIN, Fleet, Script, companies, company, ground

from enrichment import deciding, planning, probation
from enrichment.store import lineage, plans
from schemas.target import TargetField

Audit = Callable[[str, Any, Mapping[str, Any], str], str]


@pytest.fixture
def fleet(database: str) -> Iterator[Fleet]:
    made = ground(database)
    yield made
    made.close()


def script(fleet: Fleet, audit: Audit = lambda *_: "supported", *, second: str | None = "second") -> Script:
    made = Script(PLAIN, audit=audit, second=second)
    fleet.configure(asking=made)
    return made


def states(fleet: Fleet) -> dict[str, str]:
    rows = fleet.rows("SELECT name, state FROM plan_field WHERE plan_id = (SELECT max(id) FROM plan)")
    return {row["name"]: row["state"] for row in rows}


def plan_state(fleet: Fleet) -> str:
    return str(fleet.one("SELECT state FROM plan ORDER BY id DESC LIMIT 1"))


def number(record: Mapping[str, Any]) -> int:
    return int(record["code"].removeprefix("C-"))


def without(fleet: Fleet, *kinds: str) -> None:
    """Work until only these kinds are left."""
    stages = {"map", "gate", "audit", "upsert", "plan", "judge", "merge", "refold"}
    fleet.only = frozenset(stages - set(kinds))
    for _ in range(12):
        for due in fleet.turn():
            fleet.step(due)
    fleet.only = None
    fleet.execute("UPDATE work SET status = 'ready' WHERE status = 'published'")


def test_rows_are_held_until_their_fields_are_decided(fleet: Fleet) -> None:
    asking = script(fleet)
    job = fleet.send(companies(range(150)))
    without(fleet, "judge")
    assert fleet.table() == []
    assert fleet.counts(job) == {"held": 150}
    assert fleet.state(job) == "running"
    fleet.run()
    assert len(fleet.table()) == 150
    assert fleet.counts(job) == {"written": 150}
    assert fleet.state(job) == "done"
    assert plan_state(fleet) == "released"
    assert {row["audited"] for row in fleet.rows("SELECT audited FROM plan_field")} == {116}
    assert asking.count("audit") == 6  # ceil(116 / 20)


def test_a_dry_run_does_not_hide_where_a_row_waits(fleet: Fleet) -> None:
    script(fleet)
    job = fleet.send(companies(range(150)))
    without(fleet, "judge")
    fleet.send(companies(range(150)), dry_run=True)
    without(fleet, "judge")
    with fleet.database.transaction() as tx:
        found = lineage.whereabouts(tx, "company", "C-00000")
    assert found is not None
    assert (found.state, found.job) == ("held", job)


def test_a_row_that_was_looked_at_whole_is_merged_before_any_decision(fleet: Fleet) -> None:
    script(fleet)
    job = fleet.send(companies(range(150)))
    without(fleet, "judge")
    (judge,) = [d for d in fleet.turn() if d.kind == "judge"][:1]
    fleet.step(judge)
    without(fleet, "judge")
    audited = {row["record_id"] for row in fleet.rows(_JUDGED)}
    assert len(audited) == 20
    assert {row["code"] for row in fleet.table()} == audited
    assert fleet.counts(job) == {"held": 130, "written": 20}
    assert plan_state(fleet) == "probation"


_JUDGED = "SELECT s.record_id FROM sample a JOIN staged s ON s.id = a.staged_id WHERE a.state = 'judged'"


def test_a_merge_that_waits_on_a_breaker_ends_when_its_plan_falls(fleet: Fleet) -> None:
    """No row is left by which the breaker could be probed: it waited for ever, and its job ran for ever."""
    script(fleet)
    job = fleet.send(companies(range(150)))
    without(fleet, "judge", "merge")
    fleet.execute("DELETE FROM work WHERE kind = 'merge'")
    with fleet.database.transaction() as tx:
        plan = plans.get(tx, fleet.one("SELECT max(id) FROM plan"))
        planning.file_merge(tx, plan, job_id=job)
        tx.execute("UPDATE work SET status = 'waiting', waits_on = 'breaker:quality:crm' WHERE kind = 'merge'")
        probation.condemn(fleet.context, tx, plan, ["code"], {"code"}, job)
    assert fleet.one("SELECT status FROM work WHERE kind = 'merge'") == "ready"


def test_two_confirmed_defects_condemn_a_field_and_the_rest_of_the_row_goes_on(fleet: Fleet) -> None:
    asking = script(fleet, lambda field, *_: "unsupported" if field == "city" else "supported")
    job = fleet.enrich(companies(range(150)))
    assert states(fleet) == {"code": "released", "name": "released", "employees": "released", "city": "condemned"}
    rows = fleet.table()
    assert len(rows) == 150
    assert {row["city"] for row in rows} == {None}
    assert {row["name"] for row in rows} == {f"Company {n}" for n in range(150)}
    assert fleet.counts(job) == {"written": 150}
    reasons = fleet.rows("SELECT DISTINCT reasons ->> 'city' AS r FROM assertion WHERE state = 'standing'")
    assert reasons == [{"r": "condemned"}]
    assert fleet.letters() == []
    assert {one.model for one in asking.asked if one.purpose == "audit"} == {"auditor", "second"}
    # what comes later under the plan does not fill it either
    fleet.enrich(companies(range(200, 205)))
    assert {row["city"] for row in fleet.table()} == {None}


def test_a_condemned_field_is_withdrawn_from_what_was_already_written(fleet: Fleet) -> None:
    asking = script(fleet, lambda field, *_: "unsupported" if field == "city" and later() else "supported")

    def later() -> bool:
        return asking.count("audit") > 1

    fleet.send(companies(range(150)))
    without(fleet, "judge")
    (judge,) = [d for d in fleet.turn() if d.kind == "judge"][:1]
    fleet.step(judge)
    without(fleet, "judge")
    assert {row["city"] is None for row in fleet.table()} == {False}
    fleet.run()
    assert states(fleet)["city"] == "condemned"
    assert {row["city"] for row in fleet.table()} == {None}
    assert len(fleet.table()) == 150
    assert fleet.rows("SELECT 1 FROM assertion WHERE source = 'baseline'") == []
    assert fleet.rows("SELECT 1 FROM assertion WHERE state = 'standing' AND cells ? 'city'") == []


def test_one_confirmed_defect_empties_its_cell_and_asks_for_more_looks(fleet: Fleet) -> None:
    bad: set[str] = set()

    def audit(field: str, _: Any, record: Mapping[str, Any], __: str) -> str:
        if field == "city" and not bad:
            bad.add(record["code"])
        return "unsupported" if field == "city" and record["code"] in bad else "supported"

    script(fleet, audit)
    fleet.enrich(companies(range(230)))
    assert states(fleet)["city"] == "released"
    rows = fleet.table()
    assert {row["code"] for row in rows if row["city"] is None} == bad
    assert len(rows) == 230
    (city,) = fleet.rows("SELECT audited, defects FROM plan_field WHERE name = 'city'")
    assert city["audited"] == 188
    assert city["defects"] == 1


def test_an_unconfirmed_doubt_blocks_its_own_row_alone(fleet: Fleet) -> None:
    bad: set[str] = set()

    def audit(field: str, _: Any, record: Mapping[str, Any], model: str) -> str:
        if field == "city" and not bad:
            bad.add(record["code"])
        doubted = field == "city" and record["code"] in bad and model == "auditor"
        return "unsupported" if doubted else "supported"

    script(fleet, audit)
    job = fleet.enrich(companies(range(150)))
    assert states(fleet)["city"] == "released"
    assert len(fleet.table()) == 149
    assert {row["code"] for row in fleet.table()}.isdisjoint(bad)
    assert fleet.counts(job) == {"review": 1, "written": 149}
    assert fleet.state(job) == "blocked"
    (review,) = fleet.rows("SELECT subject, question FROM review")
    assert review["question"]["record_id"] in bad


def test_three_unconfirmed_of_forty_ask_a_person_and_the_rest_goes_on(fleet: Fleet) -> None:
    asking = script(
        fleet,
        lambda field, _, record, __: "unsupported" if field == "city" and number(record) % 5 == 0 else "supported",
        second=None,
    )
    job = fleet.enrich(companies(range(300)))
    (review,) = fleet.rows("SELECT subject, rule, state FROM review")
    assert review["subject"].endswith(":city")
    assert (review["rule"], review["state"]) == ("audit_undecided", "open")
    assert states(fleet) == {"code": "released", "name": "released", "employees": "released", "city": "probation"}
    rows = fleet.table()
    assert len(rows) == 300
    assert {row["name"] for row in rows} == {f"Company {n}" for n in range(300)}
    filled = {row["code"] for row in rows if row["city"] is not None}
    judged = fleet.rows("SELECT s.record_id FROM sample a JOIN staged s ON s.id = a.staged_id"
                        " WHERE a.verdicts ->> 'city' = 'supported'")  # fmt: skip
    assert filled == {row["record_id"] for row in judged}
    assert fleet.counts(job) == {"written": 300}
    assert asking.count("audit") <= 8


def test_doubts_that_a_second_look_refutes_ask_nobody_about_the_field(fleet: Fleet) -> None:
    script(
        fleet,
        lambda field, _, record, model: (
            "unsupported" if field == "city" and number(record) % 10 == 0 and model == "auditor" else "supported"
        ),
    )
    fleet.enrich(companies(range(150)))
    assert states(fleet)["city"] == "released"
    assert fleet.rows("SELECT 1 FROM review WHERE rule = 'audit_undecided'") == []
    words = fleet.rows("SELECT DISTINCT verdicts ->> 'city' AS word FROM sample WHERE state = 'judged' ORDER BY 1")
    assert [row["word"] for row in words] == ["refuted", "supported"]
    assert fleet.one("SELECT unconfirmed FROM plan_field WHERE name = 'city'") == 0


def test_unsure_verdicts_count_neither_way_and_their_rows_are_replaced(fleet: Fleet) -> None:
    script(
        fleet, lambda field, _, record, __: "unsure" if field == "city" and number(record) % 10 == 0 else "supported"
    )
    fleet.enrich(companies(range(200)))
    assert states(fleet)["city"] == "released"
    (city,) = fleet.rows("SELECT audited, unsure FROM plan_field WHERE name = 'city'")
    assert city["audited"] >= 116
    assert city["unsure"] >= 5
    assert fleet.one("SELECT count(*) FROM sample") >= 116 + city["unsure"] - 20
    assert len(fleet.table()) == 200


def test_more_than_a_fifth_unsure_asks_a_person_and_no_longer_the_model(fleet: Fleet) -> None:
    asking = script(fleet, lambda field, *_: "unsure" if field == "city" else "supported")
    fleet.enrich(companies(range(400)))
    assert [row["subject"].split(":")[-1] for row in fleet.rows("SELECT subject FROM review")] == ["city"]
    assert asking.count("audit") <= 8
    rows = fleet.table()
    assert len(rows) == 400
    assert {row["city"] for row in rows} == {None}


def test_a_small_shape_is_audited_whole_and_merged(fleet: Fleet) -> None:
    asking = script(fleet)
    job = fleet.enrich(companies(range(5)))
    assert len(fleet.table()) == 5
    assert fleet.counts(job) == {"written": 5}
    assert fleet.state(job) == "done"
    assert plan_state(fleet) == "probation"
    assert asking.count("audit") == 1
    assert len(fleet.rows(_JUDGED)) == 5


def test_what_nobody_could_decide_is_emptied_at_the_end(fleet: Fleet) -> None:
    script(fleet, lambda field, *_: "unsure" if field == "city" else "supported")
    job = fleet.enrich(companies(range(5)))
    rows = fleet.table()
    assert [row["city"] for row in rows] == [None] * 5
    assert [row["name"] for row in rows] == [f"Company {n}" for n in range(5)]
    assert {r["r"] for r in fleet.rows("SELECT reasons ->> 'city' AS r FROM assertion")} == {"not_released"}
    assert fleet.counts(job) == {"written": 5}
    assert fleet.state(job) == "done"


def test_what_was_emptied_is_filled_once_a_person_releases_its_field(fleet: Fleet) -> None:
    script(fleet, lambda field, *_: "unsure" if field == "city" else "supported")
    fleet.enrich(companies(range(5)))
    assert {row["city"] for row in fleet.table()} == {None}
    with fleet.acting("api").transaction() as tx:
        plan = fleet.one("SELECT id FROM plan")
        deciding.approve(fleet.context_of("api"), tx, plan, fields=["city"], by="ada", reason="seen")
    fleet.run()
    assert [row["city"] for row in fleet.table()] == [f"Town {n}" for n in range(5)]
    assert fleet.one("SELECT count(*) FROM assertion WHERE state = 'standing'") == 5


def test_what_was_emptied_is_filled_once_an_audit_releases_its_field(fleet: Fleet) -> None:
    """A source that begins with a few records, and goes on."""

    def audit(field: str, _: Any, record: Mapping[str, Any], __: str) -> str:
        # of one record whoever looks is unsure: which call comes first is nobody's promise
        return "unsure" if field == "city" and record["code"] == "C-00000" else "supported"

    script(fleet, audit)
    fleet.enrich(companies(range(5)))
    assert [row["city"] for row in fleet.table()].count(None) == 1
    fleet.enrich(companies(range(100, 250)))
    assert plan_state(fleet) == "released"
    assert {row["city"] for row in fleet.table()} == {f"Town {n}" for n in range(7)}
    assert fleet.one("SELECT count(*) FROM assertion WHERE state = 'standing'") == 155


@pytest.mark.parametrize("name", ["code", "name"])
def test_rows_whose_identity_or_required_cells_nobody_could_decide_go_to_review(database: str, name: str) -> None:
    target = company(*(_required(f) if f.name == "name" else f for f in COMPANY.fields))
    fleet = ground(database, targets=[target])
    script(fleet, lambda field, *_: "unsure" if field == name else "supported")
    job = fleet.enrich(companies(range(4)))
    assert fleet.table() == []
    assert fleet.counts(job) == {"review": 4}
    assert fleet.state(job) == "blocked"
    rules = fleet.rows("SELECT rule FROM review WHERE subject LIKE 'row:%%'")
    assert rules == [{"rule": "not_released"}] * 4
    fleet.close()


def _required(field: TargetField) -> TargetField:
    return field.model_copy(update={"required": True})


REFERRED = company(
    *(f if f.name != "code" else f.model_copy(update={"name": "slug", "kind": None}) for f in COMPANY.fields)
)


class Second(Script):
    """Proposes /handle for `slug` until it is refused, then /code."""

    def _plan(self, document: Mapping[str, Any]) -> dict[str, Any]:
        refused = {path for r in document["refused"] for path in r["paths"]}
        self.bindings["slug"] = ("/code", ()) if "/handle" in refused else ("/handle", ())
        return super()._plan(document)


def handles(numbers: range) -> list[dict[str, Any]]:
    return [{**r, "handle": f"H-{n:05d}"} for n, r in zip(numbers, companies(numbers), strict=True)]


@pytest.mark.parametrize("begins_well", [0, 20])
def test_a_condemned_identity_sends_all_rows_to_a_successor_plan(database: str, begins_well: int) -> None:
    fleet = ground(database, targets=[REFERRED])

    def audit(field: str, value: Any, record: Mapping[str, Any], _: str) -> str:
        if field != "slug" or (value == record["handle"] and begins_well and asking.count("audit") == 1):
            return "supported"
        return "supported" if value == record["code"] else "unsupported"

    asking = Second(PLAIN, audit=audit)
    fleet.configure(asking=asking)
    job = fleet.send(handles(range(150)))
    without(fleet, "judge")
    if begins_well:
        fleet.step(next(d for d in fleet.turn() if d.kind == "judge"))
        without(fleet, "judge")
        assert len(fleet.table(order="slug")) == begins_well
    fleet.run()
    plans = fleet.rows("SELECT state FROM plan ORDER BY id")
    assert [p["state"] for p in plans] == ["condemned", "released"]
    assert [row["slug"] for row in fleet.table(order="slug")] == [f"C-{n:05d}" for n in range(150)]
    assert fleet.counts(job) == {"written": 150}
    assert fleet.state(job) == "done"
    assert fleet.rows("SELECT 1 FROM assertion WHERE state = 'standing' AND plan_id = (SELECT min(id) FROM plan)") == []
    assert asking.count("planning") <= 3
    fleet.close()


def test_a_released_plans_rows_merge_at_once(fleet: Fleet) -> None:
    asking = script(fleet)
    fleet.enrich(companies(range(120)))
    assert plan_state(fleet) == "released"
    before = asking.count("audit")
    fleet.only = frozenset({"map", "gate", "audit", "upsert"})
    job = fleet.send(companies(range(200, 230)))
    (due,) = fleet.turn()
    fleet.step(due)
    assert fleet.counts(job) == {"written": 30}
    assert len(fleet.table()) == 150
    assert asking.count("audit") == before


def test_a_dry_run_is_staged_apart_and_neither_audited_nor_merged(fleet: Fleet) -> None:
    asking = script(fleet)
    dry = fleet.enrich(companies(range(10)), dry_run=True)
    assert fleet.counts(dry) == {"unchanged": 10}
    assert fleet.state(dry) == "done"
    assert fleet.table() == []
    assert asking.count("audit") == 0
    assert fleet.one("SELECT count(*) FROM staged WHERE state = 'dry' AND dry_job = %(j)s", j=dry) == 10
    real = fleet.enrich(companies(range(10)))
    assert fleet.counts(real) == {"written": 10}
    assert fleet.one("SELECT count(*) FROM staged WHERE state = 'dry'") == 10
    again = fleet.enrich(companies(range(5, 15)), dry_run=True)
    assert fleet.counts(again) == {"unchanged": 10}
    assert len(fleet.table()) == 10


def test_a_defect_after_release_tests_the_field_anew_and_two_condemn_it(fleet: Fleet) -> None:
    wrong: set[str] = set()
    script(
        fleet,
        lambda field, _, record, __: "unsupported" if field == "city" and record["code"] in wrong else "supported",
    )
    fleet.enrich(companies(range(300)))
    assert states(fleet)["city"] == "released"
    later = companies(range(400, 500))
    wrong |= {record["code"] for record in later}
    fleet.enrich(later)
    assert states(fleet) == {"code": "released", "name": "released", "employees": "released", "city": "condemned"}
    assert {row["city"] for row in fleet.table()} == {None}
    assert fleet.one("SELECT sum(wrong) FROM released_lot") >= 2


def test_one_defect_after_release_holds_the_field_until_its_new_test_has_passed(fleet: Fleet) -> None:
    wrong: set[str] = set()

    def audit(field: str, _: Any, record: Mapping[str, Any], __: str) -> str:
        if field == "city" and number(record) >= 400 and not wrong:
            wrong.add(record["code"])
        return "unsupported" if field == "city" and record["code"] in wrong else "supported"

    script(fleet, audit)
    fleet.enrich(companies(range(150)))
    fleet.enrich(companies(range(400, 420)))
    (city,) = fleet.rows("SELECT state, audited, defects, began FROM plan_field WHERE name = 'city'")
    assert (city["state"], city["defects"]) == ("probation", 1)
    assert city["began"]["audited"] >= 116
    job = fleet.enrich(companies(range(1_000, 1_300)))
    (city,) = fleet.rows("SELECT state, audited, began FROM plan_field WHERE name = 'city'")
    assert city["state"] == "released"
    assert city["audited"] - city["began"]["audited"] >= 188
    assert fleet.counts(job) == {"written": 300}
