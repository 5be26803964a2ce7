"""After release: what a sample finds wrong in merged rows is un-written, and what was written before is looked at."""

from __future__ import annotations

import dataclasses
from bisect import bisect_right
from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

import pytest
from fleet_ground import COMPANY, PLAIN, Fleet, Script, companies, company, ground

from enrichment import conditions, probation_draws, reopening
from enrichment.audit import drift
from enrichment.audit.switching import released_sample
from enrichment.context import Tuning
from enrichment.deciding import plans as deciding
from enrichment.model.answer import Answer
from enrichment.store import audit_counts, plans
from schemas.errors import TransientError
from schemas.target import TargetField


@pytest.fixture
def fleet(database: str) -> Iterator[Fleet]:
    made = ground(database)
    yield made
    made.close()


#: Where the letters of a day's lot begin (ISO 2859-1, level II).
LETTERS = (501, 1_201, 3_201, 10_001)


def states(fleet: Fleet) -> dict[str, str]:
    return {row["name"]: row["state"] for row in fleet.rows("SELECT name, state FROM plan_field")}


def released(fleet: Fleet) -> Script:
    """A fleet with a released plan and 300 rows that were merged under it."""
    asking = Script(PLAIN)
    fleet.configure(asking=asking)
    fleet.enrich(companies(range(300)))
    assert set(states(fleet).values()) == {"released"}
    assert len(fleet.table()) == 300
    return asking


def test_a_field_that_goes_wrong_after_release_is_condemned_and_un_written(fleet: Fleet) -> None:
    asking = released(fleet)
    asking.audit = lambda field, *_: "unsupported" if field == "city" else "supported"
    fleet.enrich(companies(range(300, 700)))
    assert states(fleet) == {"code": "released", "name": "released", "employees": "released", "city": "condemned"}
    assert {row["city"] for row in fleet.table()} == {None}
    assert fleet.rows("SELECT 1 FROM assertion WHERE state = 'standing' AND cells ? 'city'") == []


#: What may be so while the test of a plan is done by the first chunks of its source.
_WHILE = [
    "all fields are filled",
    "few rows fill one",
    "few rows fill one, throughout",
    "few rows fill two, throughout",
    "one is unsure",
    "a person",
]


@pytest.mark.parametrize("case", _WHILE)
def test_a_source_that_turns_after_its_first_chunks_does_not_stay_written(database: str, case: str) -> None:
    """All that waited for the release is merged by what the first chunk said; so a sample of it is looked at."""
    turned, back = 200, 300 if "two" in case else 400
    rare = {"employees": range(0, 900 if case.endswith("throughout") else turned, 20)}
    if "two" in case:
        rare["name"] = range(10, 900, 20)
    rarely = {n for numbers in rare.values() for n in numbers}
    doubted: list[str] = []
    instead: list[str] = []

    def turns(n: int) -> bool:
        # Those that fill the rare field are looked at for its sake, and stay right.
        return turned <= n < back and not (case.endswith("throughout") and n in rarely)

    def audit(field: str, value: Any, record: Any, _: str) -> str:
        if case == "one is unsure" and not doubted:
            doubted.append(record["code"])
        if [record["code"]] == doubted:
            return "unsure"
        if doubted and not instead and value == "Turned":
            instead.append(record["code"])  # the row that is drawn in its place, from somewhere among all that wait
        wrong = field == "city" and value == "Turned" and record["code"] not in instead
        return "unsupported" if wrong else "supported"

    fleet = ground(database, asking=Script(PLAIN, audit=audit), tuning=Tuning(plan_wait_seconds=0.0, chunk_size=150))
    records = companies(range(900), city=lambda n: "Turned" if turns(n) else f"City {n}")
    if case.startswith("few"):
        # With a field that few records fill the plan is not released as a whole: the other rows merge all the same.
        records = [{k: v for k, v in one.items() if k not in rare or n in rare[k]} for n, one in enumerate(records)]
    # Everything is staged before the first answer of the auditor, as where that is slower than the source.
    fleet.only = frozenset({"plan", "map", "gate", "audit"})
    fleet.send(records)
    fleet.run()
    first = {
        row["record_id"] for row in fleet.rows("SELECT s.record_id FROM sample a JOIN staged s ON s.id = a.staged_id")
    }
    assert first
    assert all(code < f"C-{turned:05d}" or int(code[2:]) in rarely for code in first)
    plan = fleet.one("SELECT id FROM plan")
    if case == "a person":
        with fleet.acting("api").transaction() as tx:
            deciding.approve(fleet.context_of("api"), tx, plan, fields=None, by="anna", reason="the first look right")
    fleet.only = None
    fleet.execute("UPDATE work SET status = 'ready' WHERE status = 'published'")
    fleet.run()
    assert [row for row in fleet.table() if row["city"] == "Turned" and row["code"] not in instead] == []
    assert states(fleet)["city"] == "condemned"
    assert len(fleet.table()) == 900
    # each row is counted into one lot, and each that was drawn of it once
    (lot,) = fleet.rows("SELECT sum(rows) AS rows, sum(drawn) AS drawn, sum(wrong) AS wrong FROM released_lot")
    assert 0 < lot["rows"] <= 900
    assert lot["drawn"] == fleet.one("SELECT count(*) FROM sample WHERE purpose = 'released'")
    assert lot["wrong"] > 0
    fleet.close()


@pytest.mark.parametrize(("first", "second"), [(1_100, 400), (1_800, 1_400)])
def test_a_delivery_within_one_letter_of_the_lot_is_looked_at_as_any(fleet: Fleet, first: int, second: int) -> None:
    """Right until its plan is released, then one later delivery of the same day is wrong in one field."""
    fleet.configure(
        asking=Script(PLAIN, audit=lambda _, value, *__: "unsupported" if value == "Turned" else "supported")
    )
    fleet.enrich(companies(range(first)))
    assert set(states(fleet).values()) == {"released"}
    (before,) = fleet.rows("SELECT rows, drawn FROM released_lot")
    assert before["drawn"] == released_sample(before["rows"], "normal")
    job = fleet.enrich(companies(range(first, first + second), city="Turned"))
    (lot,) = fleet.rows("SELECT rows, drawn, wrong FROM released_lot")
    letters = [bisect_right(LETTERS, one["rows"]) for one in (before, lot)]
    assert letters[0] == letters[1] > 0, (before, lot, "of no use where the letter gives it a sample")
    assert lot["drawn"] == released_sample(lot["rows"], "normal")
    assert lot["wrong"] > 0
    assert states(fleet)["city"] == "condemned"
    assert {row["city"] for row in fleet.table()} == {None}
    assert fleet.counts(job) == {"written": second}


def test_the_look_back_after_a_single_defect_begins_where_it_was_found(
    fleet: Fleet, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of a small delivery one row is looked at. There are more rows of before than a test is drawn from."""
    monkeypatch.setattr(probation_draws, "_CHOICE", 200)
    fleet.configure(
        asking=Script(PLAIN, audit=lambda _, value, *__: "unsupported" if value == "Turned" else "supported")
    )
    fleet.enrich(companies(range(700)))
    (lot,) = fleet.rows("SELECT rows, drawn FROM released_lot")
    part = max(n for n in range(1, 100) if released_sample(lot["rows"] + n, "normal") == lot["drawn"] + 1)
    fleet.enrich(companies(range(700, 700 + part), city="Turned"))
    assert fleet.one("SELECT wrong FROM released_lot") > 0
    assert [row["code"] for row in fleet.table() if row["city"] == "Turned"] == []
    assert states(fleet)["city"] == "condemned"


def test_small_jobs_under_a_plan_with_an_open_field_are_sampled_together(fleet: Fleet) -> None:
    asking = Script(PLAIN)
    fleet.configure(asking=asking)
    fleet.enrich(companies(range(150), employees=lambda n: n if n < 10 else None))
    assert states(fleet) == {"code": "released", "name": "released", "employees": "probation", "city": "released"}
    asking.audit = lambda field, *_: "unsupported" if field == "city" else "supported"
    for begin in range(200, 500, 10):
        fleet.enrich(companies(range(begin, begin + 10), employees=None))
    assert states(fleet)["city"] == "condemned"
    assert {row["city"] for row in fleet.table()} == {None}
    assert fleet.one("SELECT sum(wrong) FROM released_lot") > 0


def test_one_defect_after_release_opens_the_look_back_and_its_own_cell_is_withdrawn(fleet: Fleet) -> None:
    asking = released(fleet)
    bad: list[str] = []

    def audit(field: str, _: Any, record: Any, __: str) -> str:
        if field == "city" and not bad:
            bad.append(record["code"])
        return "unsupported" if field == "city" and [record["code"]] == bad else "supported"

    before = {row["record_id"] for row in fleet.rows(_SAMPLED)}
    asking.audit = audit
    fleet.enrich(companies(range(300, 700)))
    # the rows of before the defect were looked at again, and the field is released anew
    later = fleet.rows(_SAMPLED)
    looked_back = {row["record_id"] for row in later if row["record_id"] < "C-00300"} - before
    assert len(looked_back) >= 20
    assert states(fleet)["city"] == "released"
    assert fleet.one("SELECT state FROM plan") == "released"
    rows = fleet.table()
    assert len(rows) == 700
    assert [row["code"] for row in rows if row["city"] is None] == bad
    assert fleet.rows(
        "SELECT reasons ->> 'city' AS r FROM assertion WHERE state = 'standing' AND NOT cells ? 'city'"
    ) == [{"r": "condemned"}]


@pytest.mark.parametrize("field", ["code", "name"])
def test_a_row_that_needs_the_cell_found_wrong_goes_at_once(database: str, field: str) -> None:
    name = COMPANY.by_name["name"].model_copy(update={"required": True})
    fleet = ground(database, targets=[company(*(name if f.name == "name" else f for f in COMPANY.fields))])
    asking = released(fleet)
    bad: list[str] = []

    def audit(asked: str, _: Any, record: Any, __: str) -> str:
        if asked == field and not bad:
            bad.append(record["code"])
        return "unsupported" if asked == field and [record["code"]] == bad else "supported"

    asking.audit = audit
    job = fleet.enrich(companies(range(300, 500)))
    assert fleet.one("SELECT state FROM plan") == "released"
    assert {row["code"] for row in fleet.table()} == {f"C-{n:05d}" for n in range(500)} - set(bad)
    (asked,) = fleet.rows("SELECT rule, question FROM review WHERE state = 'open'")
    assert (asked["rule"], asked["question"]["key"], asked["question"]["fields"]) == ("unsupported", bad[0], [field])
    counts = fleet.counts(job)
    assert counts == ({"written": 199, "review": 1} if bad[0] >= "C-00300" else {"written": 200})
    fleet.balanced(job)
    fleet.close()


def test_the_look_back_finds_what_was_wrong_before(fleet: Fleet) -> None:
    asking = released(fleet)
    # every third row was wrong all along, and nobody had seen one
    asking.audit = lambda field, _, record, __: (
        "unsupported" if field == "city" and int(record["code"][-3:]) % 3 == 0 else "supported"
    )
    fleet.enrich(companies(range(300, 420)))
    fleet.enrich(companies(range(420, 700)))
    assert states(fleet)["city"] == "condemned"
    assert {row["city"] for row in fleet.table()} == {None}


#: A field, and who calls all its cells unsupported.
WRONG = ("city", "auditor")
_SAMPLED = "SELECT s.record_id FROM sample a JOIN staged s ON s.id = a.staged_id WHERE a.state = 'judged'"


@pytest.mark.parametrize("change", ["auditor", "gate"])
def test_another_auditor_or_gate_puts_a_released_plan_back_on_probation(
    fleet: Fleet, monkeypatch: pytest.MonkeyPatch, change: str
) -> None:
    asking = released(fleet)

    def reopened() -> list[int]:
        return conditions.reopen_changed(fleet.context_of("model"), asking.models)

    assert reopened() == []
    if change == "auditor":
        asking.models = dataclasses.replace(asking.models, auditor="another")
    else:
        monkeypatch.setattr(conditions, "gate_version", lambda: "another")
    assert reopened() == [fleet.one("SELECT id FROM plan")]
    assert set(states(fleet).values()) == {"probation"}
    assert fleet.one("SELECT state FROM plan") == "probation"
    asked = asking.count("audit")
    # what stands is looked at again, until it is released anew
    fleet.run()
    assert set(states(fleet).values()) == {"released"}
    assert asking.count("audit") - asked <= 7
    assert len(fleet.table()) == 300
    assert reopened() == []


@pytest.mark.parametrize("city", [None, lambda n: f"Town {n % 7}" * 40])
def test_a_field_that_moves_after_release_is_on_probation_again(fleet: Fleet, city: Any) -> None:
    """Emptied, or filled with another sort of value: what the auditor says of the sample alone would not tell."""
    seven = {"employees": lambda n: 40 + n % 7}
    fleet.configure(asking=Script(PLAIN))
    fleet.enrich(companies(range(300), **seven))
    fleet.enrich(companies(range(300, 600), **seven))
    assert set(states(fleet).values()) == {"released"}
    before = fleet.one("SELECT audited FROM plan_field WHERE name = 'city'")
    fleet.enrich(companies(range(1_000, 1_600), city=city, **seven))
    (found,) = fleet.one("SELECT evidence -> 'drift' FROM plan")
    with fleet.database.transaction() as tx:
        (told,) = audit_counts.drifted(tx)
    assert (told.name, told.chance < (told.level or 0.0) <= drift.ALPHA / 2) == (found["field"], True)
    assert (found["field"], found["what"]) == ("city", "fill" if city is None else "values")
    began = {row["name"]: row["began"] for row in fleet.rows("SELECT name, began FROM plan_field")}
    assert began["city"]["audited"] >= before
    assert {name for name, counts in began.items() if counts} == {"city"}
    # as many more looks as a new field needs, back to what was merged before, have released it again
    assert set(states(fleet).values()) == {"released"}


class OtherOrder(Script):
    """Once the matcher's order has fallen, it proposes the one of the newest records."""

    def _plan(self, document: Mapping[str, Any]) -> dict[str, Any]:
        answer = super()._plan(document)
        if all(f["name"] != "opened" for f in document["target"]["fields"]):
            return answer
        answer["abstained"] = [one for one in answer["abstained"] if one["target"] != "opened"]
        ops = [{"op": "parse_date", "args": [{"name": "format", "value": "%m/%d/%Y"}]}]
        answer["bindings"].append({"target": "opened", "alternatives": [{"paths": ["/opened"], "ops": ops}]})
        return answer


@pytest.mark.parametrize("model", [Script, OtherOrder])
def test_dates_whose_order_turns_after_release_do_not_stand(database: str, model: type[Script]) -> None:
    """No auditor can tell by a single record: `03/04/2019` is right in either order."""
    dated = company(*COMPANY.fields, TargetField(name="opened", type="string", format="date"))
    fleet = ground(database, targets=[dated])
    fleet.configure(asking=model(PLAIN))

    def opened(n: int) -> date:
        return date(2000 + n % 20, 1 + n % 12, 1 + n % 28)

    def right() -> set[bool]:
        said = {row["code"]: row["opened"] for row in fleet.table()}
        return {said[f"C-{n:05d}"] == opened(n) for n in (*range(600), *range(1_000, 1_600)) if said.get(f"C-{n:05d}")}

    for numbers in (range(300), range(300, 600)):
        fleet.enrich(companies(numbers, opened=lambda n: f"{opened(n):%d/%m/%Y}"))
    assert (states(fleet)["opened"], right(), len(fleet.table())) == ("released", {True}, 600)
    job = fleet.enrich(companies(range(1_000, 1_600), opened=lambda n: f"{opened(n):%m/%d/%Y}"))
    assert right() == set(), "none of the values stands any more, and none came in their place"
    (told,) = fleet.rows("SELECT evidence -> 'decisions' -> 0 AS act FROM plan ORDER BY id LIMIT 1")
    assert (told["act"]["act"], told["act"]["fields"]) == ("contradict", ["opened"])
    assert len(fleet.table()) == 1_200
    assert fleet.state(job) == "done"
    asked = [one["rule"] for one in fleet.rows("SELECT rule FROM review WHERE state = 'open'")]
    assert asked == (["replacement_refused"] if model is OtherOrder else [])
    fleet.close()


def test_what_was_asked_before_a_new_test_counts_for_nothing_in_it(fleet: Fleet) -> None:
    asking = released(fleet)
    other = dataclasses.replace(asking.models, auditor="another")
    answers: list[str] = []

    def late(field: str, _: Any, __: Any, model: str) -> str:
        if not answers:
            assert conditions.reopen_changed(fleet.context_of("model"), other)
        answers.append(model)
        return "unsupported" if field == "city" and len(answers) <= 40 and model != "another" else "supported"

    asking.audit = late
    fleet.send(companies(range(300, 350)))
    fleet.run(until=lambda: bool(answers))
    (drawn,) = fleet.rows(
        "SELECT count(*) FILTER (WHERE state = 'drawn') AS n, bool_or(state = 'filed') AS filed FROM sample"
    )
    assert drawn["n"] > 0
    assert not drawn["filed"]
    assert fleet.rows("SELECT 1 FROM plan_field WHERE audited > coalesce((began ->> 'audited')::int, 0)") == []
    asking.models, asking.audit = other, lambda *_: "supported"
    fleet.run()
    assert set(states(fleet).values()) == {"released"}
    assert fleet.one("SELECT sum(defects) FROM plan_field") == 0


class Breaking(Script):
    """A model whose second look breaks off once."""

    broke = False

    def ask(self, work: Any, request: Any, *, purpose: str, model: str) -> Answer:
        if model == "second" and not self.broke:
            self.broke = True
            raise TransientError("no answer", hint="try again")
        return super().ask(work, request, purpose=purpose, model=model)


def test_a_first_look_of_before_a_new_test_is_not_kept_for_it(fleet: Fleet) -> None:
    asking = Breaking(
        PLAIN, audit=lambda field, _, __, model: "unsupported" if (field, model) == WRONG else "supported"
    )
    fleet.configure(asking=asking)
    fleet.send(companies(range(15)))
    fleet.run(until=lambda: asking.broke)
    assert fleet.rows("SELECT 1 FROM artifact WHERE stage = 'judge'")
    plan_id = fleet.one("SELECT id FROM plan")
    with fleet.acting("api").transaction() as tx:
        reopening.audit_anew(tx, plans.get(tx, plan_id, lock="UPDATE"))
    asking.models = dataclasses.replace(asking.models, auditor="another")
    fleet.run()
    assert len(fleet.table()) == 15
    # nobody was told to look again at what the new auditor has nothing against
    assert fleet.rows("SELECT 1 FROM sample WHERE verdicts ->> 'city' <> 'supported'") == []
