"""Whatever the model does, no wrong cell stands, every record is somewhere, and the calls are counted.

The incident that this system exists for is the first three tests: a field mapped onto another one, values for what the
source does not have, and rows written twice, while every call was answered with 200.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest
from hostile_fixtures import KNOWN, TARGET, Run, emptied, firm, firms_file, right, running, truth, written

from schemas.kinds import Kind
from schemas.source import FileSource
from schemas.target import TargetField
from tests import hostile_model as hm
from tests.hostile_model import AUDIT, MAP, Fault, HostileModel
from workers.offline_names import AUDITOR, LARGE, SECOND, SMALL

FIRMS = 30
Start = Callable[..., AbstractContextManager[Run]]


@pytest.fixture
def model() -> Iterator[HostileModel]:
    with HostileModel(KNOWN, truth) as server:
        yield server


@pytest.fixture
def start(database: str, tmp_path: Path, model: HostileModel) -> Start:
    """A fleet over an empty database and a file of firms."""
    emptied(database)

    def begun(numbers: Sequence[int] = range(FIRMS), **changes: Any) -> AbstractContextManager[Run]:
        source, root = firms_file(tmp_path, numbers)
        return running(database, model, sources=[source], roots=[root], **changes)

    return begun


def filled(run: Run, field: str) -> int:
    return sum(row[field] is not None for row in run.table())


def all_right(run: Run, numbers: Sequence[int] = range(FIRMS)) -> bool:
    return sorted(run.table(), key=lambda r: r["name"]) == sorted((right(n) for n in numbers), key=lambda r: r["name"])


def turned(run: Run, turns: int) -> None:
    """Some turns, where waits never end by themselves."""
    for _ in range(turns):
        for due in run.fleet.turn():
            run.fleet.step(due)


# The incident


def test_incident_semantic_swap(start: Start, model: HostileModel) -> None:
    """`company_revenue` is mapped to `employee_count`: refused by what the two mean, told, and mapped right."""
    model.play(MAP, hm.binds("employee_count", "/company_revenue", "parse_money"))
    with start() as run:
        run.enrich()
        assert run.refusals() == [("employee_count", "kind_mismatch")]
        assert all_right(run)
        assert (run.state, run.counts) == ("done", {"written": FIRMS})
        assert model.count(MAP) == 2


def test_incident_invention(start: Start, model: HostileModel) -> None:
    """Fields that the source does not have are filled from nowhere, or from something else: no answer of the three
    stands, no row is written, and a person is asked.
    """
    model.play(
        MAP,
        hm.literal("lei", "5299009N55YRQC69CN08"),
        hm.binds("lei", "/identifiers/lei"),
        hm.binds("lei", "/page"),
    )
    with start() as run:
        run.enrich()
        assert run.refusals() == [(None, "malformed"), ("lei", "malformed"), ("lei", "kind_mismatch")]
        assert run.table() == []
        assert (run.state, run.counts, run.reviews()) == ("blocked", {"held": FIRMS}, ["plan_refused"])
        assert model.count(MAP) == 3


def test_incident_duplicates(start: Start, model: HostileModel, tmp_path: Path) -> None:
    """The same records again, in another order, twice in one file, by several jobs: one row each, and no call more."""
    with start() as run:
        run.enrich()
        calls = len(model.asked)
        written(tmp_path / "firms.jsonl", [firm(n) for n in (*reversed(range(FIRMS)), *range(5))])
        for _ in range(2):
            run.enrich()
            assert (run.state, run.counts) == ("done", {"unchanged": FIRMS})
        assert all_right(run)
        assert len(model.asked) == calls
        standing = run.fleet.rows("SELECT count(*) AS n FROM assertion WHERE state = 'standing'")
        assert standing == [{"n": FIRMS}]


# One fault, then the right answer

#: fault -> the field that is refused (null: the answer as a whole) and the rule that refuses it
REFUSED: dict[str, tuple[Fault, str | None, str]] = {
    "money as a count": (
        hm.binds("employee_count", "/company_revenue", "parse_integer"),
        "employee_count",
        "kind_mismatch",
    ),
    "an address for a code": (hm.binds("lei", "/page"), "lei", "kind_mismatch"),
    "a name for a code": (hm.binds("lei", "/name"), "lei", "kind_mismatch"),
    "a pointer that nobody offered": (hm.binds("lei", "/lei"), "lei", "malformed"),
    "a pointer of the target's name": (hm.binds("employee_count", "/employee_count"), "employee_count", "malformed"),
    "an operation that does not exist": (
        hm.binds("employee_count", "/people", "guess"),
        "employee_count",
        "malformed",
    ),
    "an operation without its arguments": (hm.binds("country", "/seat", "part"), "country", "malformed"),
    "a field in both lists": (hm.doubles("employee_count"), "employee_count", "malformed"),
    "a field bound twice": (hm.repeats("employee_count"), "employee_count", "malformed"),
    "a field left out": (hm.drops("country"), "country", "malformed"),
    "a value instead of a pointer": (hm.literal("employee_count", 500), None, "malformed"),
    "a verified flag": (hm.claims(verified=True), None, "malformed"),
    "a confidence": (hm.claims(confidence=0.99), None, "malformed"),
    "a confidence per binding": (hm.claims_in_bindings(confidence=0.99), None, "malformed"),
    "words around the JSON": (hm.in_prose, None, "malformed"),
    "a code fence": (hm.fenced, None, "malformed"),
    "cut off at the limit": (hm.truncated, None, "oversize"),
    "cut off in silence": (hm.cut_without_saying, None, "malformed"),
    "709,000 characters of repetition": (hm.repeating, None, "repetition"),
    "a refusal": (hm.declining, None, "refusal"),
    "an empty text": (hm.empty, None, "malformed"),
    "no text": (hm.nothing, None, "malformed"),
    "no JSON": (hm.not_json, None, "malformed"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_fault_is_told_and_asked_again(name: str, start: Start, model: HostileModel) -> None:
    fault, field, rule = REFUSED[name]
    model.play(MAP, fault)
    with start() as run:
        run.enrich()
        assert run.refusals() == [(field, rule)]
        assert all_right(run)
        assert (run.state, run.counts, run.reviews(), run.letters()) == ("done", {"written": FIRMS}, [], {})
        first, second = model.of(MAP)
        assert [r["rule"] for r in second.document["refused"]] == [rule]
        assert second.fields == (first.fields if field is None else [field])


#: One for each way in which an answer is refused; that each fault is refused is held above.
STUBBORN = (
    "money as a count",
    "a pointer that nobody offered",
    "a field left out",
    "a verified flag",
    "words around the JSON",
    "cut off at the limit",
    "709,000 characters of repetition",
    "a refusal",
)


@pytest.mark.parametrize("name", STUBBORN)
def test_three_faults_are_a_question_for_a_person(name: str, start: Start, model: HostileModel) -> None:
    fault, field, rule = REFUSED[name]
    model.play(MAP, then=fault)
    with start() as run:
        run.enrich()
        assert run.refusals() == [(field, rule)] * 3
        assert [asked.model for asked in model.of(MAP)] == [SMALL, SMALL, LARGE]
        assert run.table() == []
        assert (run.state, run.counts, run.reviews(), run.letters()) == (
            "blocked",
            {"held": FIRMS},
            ["plan_refused"],
            {},
        )
        assert model.count(AUDIT) == 0


def test_abstaining_from_everything_is_allowed(start: Start, model: HostileModel) -> None:
    model.play(MAP, then=hm.abstains)
    with start() as run:
        run.enrich()
        assert (run.state, run.counts, run.refusals()) == ("done", {"written": FIRMS}, [])
        assert [filled(run, name) for name in right(0)] == [FIRMS, 0, 0, 0, 0, 0]
        assert model.count(MAP) == 1


@pytest.mark.parametrize("member", [{"confidence": 0.1}, {"confidence": 0.99}, {"verified": True}, {"verified": False}])
def test_what_a_model_says_of_itself_changes_nothing(member: dict[str, Any], start: Start, model: HostileModel) -> None:
    """T09: the same answer, whatever it claims: the claim is refused and the end is the same."""
    swap = hm.binds("employee_count", "/company_revenue", "parse_integer")
    model.play(MAP, hm.both(swap, hm.claims(**member)), swap, hm.correct)
    with start() as run:
        run.enrich()
        assert run.refusals() == [(None, "malformed"), ("employee_count", "kind_mismatch")]
        assert all_right(run)
        columns = {r["column_name"] for r in run.fleet.rows("SELECT column_name FROM information_schema.columns")}
        assert not columns & {"verified", "confidence"}


# What the gate cannot see

PLAUSIBLE: dict[str, tuple[str, str, tuple[str, ...]]] = {
    "a year of another event": ("founded_year", "/updated_year", ()),
    "a count of something else": ("employee_count", "/office_count", ()),
    "the year in a text about people": ("employee_count", "/people", ("parse_year",)),
    "a place for a country": ("country", "/seat", ()),
}


@pytest.mark.parametrize(("name", "firms"), [*((name, FIRMS) for name in PLAUSIBLE), ("a year of another event", 140)])
def test_a_plausible_error_is_stopped_before_the_first_merge(
    name: str, firms: int, start: Start, model: HostileModel
) -> None:
    """T21: of the right kind, so that no rule objects; two looks at the records condemn the field, and it alone."""
    field, path, ops = PLAUSIBLE[name]
    model.play(MAP, then=hm.binds(field, path, *ops))
    with start(range(firms)) as run:
        run.enrich()
        assert run.wrong_cells() == []
        assert [(n, filled(run, n)) for n in right(0)] == [(n, 0 if n in {field, "lei"} else firms) for n in right(0)]
        assert (run.state, run.counts, run.letters()) == ("done", {"written": firms}, {})
        states = run.fleet.rows("SELECT name, state, defects FROM plan_field WHERE name = %(name)s", name=field)
        assert [(s["name"], s["state"]) for s in states] == [(field, "condemned")]
        ever = run.fleet.rows("SELECT count(*) AS n FROM assertion WHERE cells ? %(field)s", field=field)
        assert ever == [{"n": 0}]
        assert run.fleet.ran.index("judge") < run.fleet.ran.index("merge")
        # once, and three times for something else in its place, where it insists
        assert model.count(MAP) <= 1 + 3


# The auditor errs


def test_an_auditor_that_finds_everything_wrong_writes_nothing(start: Start, model: HostileModel) -> None:
    model.play(AUDIT, then=hm.judging("unsupported"))
    with start() as run:
        run.enrich()
        assert run.table() == []
        assert (run.state, run.counts, run.letters()) == ("blocked", {"held": FIRMS}, {})
        assert "plan_refused" in run.reviews()
        assert model.count(MAP) <= 6


UNTOLD: dict[str, Fault] = {
    "unsure": hm.judging("unsure"),
    "nothing": hm.says_nothing,
    "other cells": hm.judges_others,
    "a cell twice": hm.judges_twice,
    "no JSON": hm.not_json,
    "cut off": hm.truncated,
    "repeating": hm.repeating,
    "declining": hm.declining,
    "verified": hm.claims(verified=True),
}


@pytest.mark.parametrize("name", UNTOLD)
def test_an_auditor_that_tells_nothing_releases_nothing(name: str, start: Start, model: HostileModel) -> None:
    """Every row goes to a person, and the number of calls does not grow with the records."""
    model.play(AUDIT, then=UNTOLD[name])
    with start(range(250)) as run:
        run.enrich()
        assert run.table() == []
        assert (run.state, run.counts) == ("blocked", {"review": 250})
        assert set(run.reviews()) == {"audit_undecided", "not_released"}
        refused = name not in {"unsure", "nothing"}
        assert model.count(AUDIT) <= 6 * (3 if refused else 1)
        # that nobody could read it is said to whoever is asked
        told = {
            one["m"] for one in run.fleet.rows("SELECT question ->> 'message' AS m FROM review WHERE state = 'open'")
        }
        assert all(said is not None and "could be read" in said for said in told) is refused


@pytest.mark.parametrize("verdict", ["unsure", "unsupported"])
def test_a_field_that_cannot_be_decided_goes_to_a_person_while_the_rest_goes_on(
    verdict: str, start: Start, model: HostileModel
) -> None:
    """Unsupported without a second look that confirms it counts as little as unsure."""
    model.always(AUDITOR, hm.judging_field("country", verdict))
    with start(range(140)) as run:
        run.enrich()
        assert run.wrong_cells() == []
        assert filled(run, "employee_count") == 140
        assert filled(run, "country") == 0
        assert (run.state, run.counts, run.reviews()) == ("done", {"written": 140}, ["audit_undecided"])


def test_a_second_look_that_disagrees_blocks_single_rows(start: Start, model: HostileModel) -> None:
    """Two cells of many, found wrong by one auditor and right by the other: those two rows wait for a person."""

    def two(asked: hm.Asked, document: hm.Document) -> None:
        names = {r["id"]: r["source"]["name"] for r in asked.document["records"]}
        for one in document["verdicts"]:
            record, _, field = one["id"].partition(".")
            if field == "country" and names[record] in {"Firm 3", "Firm 7"}:
                one["verdict"] = "unsupported"

    model.always(AUDITOR, hm.editing(two))
    with start(range(140)) as run:
        run.enrich()
        assert run.wrong_cells() == []
        absent = {f"Firm {n}" for n in range(140)} - {row["name"] for row in run.table()}
        assert absent <= {"Firm 3", "Firm 7"}
        assert run.counts == {"written": 140 - len(absent), "review": len(absent)}
        # which rows are looked at is decided by a keyed hash
        sampled = run.fleet.rows(
            "SELECT 1 FROM sample a JOIN staged s ON s.id = a.staged_id"
            " WHERE s.record_id IN ('Firm 3', 'Firm 7') AND a.state = 'judged'"
        )
        assert len(absent) == len(sampled)


def test_missing_verdicts_are_unsure_and_other_rows_are_judged(start: Start, model: HostileModel) -> None:
    model.play(AUDIT, hm.editing(lambda _, document: document.update(verdicts=document["verdicts"][6:])))
    with start(range(140)) as run:
        run.enrich()
        assert run.wrong_cells() == []
        assert (run.state, run.counts) == ("done", {"written": 140})
        assert filled(run, "employee_count") == 140


# The surrounding fails

FAILING: dict[str, Fault] = {
    "429 with Retry-After": hm.limited,
    "500": hm.broken,
    "503": hm.status(503),
    "a proxy's page": hm.proxy_page,
    "reset": hm.resetting,
    "hanging": hm.hanging,
    "too late": hm.late(3.0),
    "no quota": hm.no_quota,
    "wrong key": hm.unauthorized,
    "forbidden": hm.status(403),
    "no such model": hm.status(404, "model_not_found"),
    "the request refused": hm.status(400, "invalid_request_error"),
}


@pytest.mark.parametrize("name", FAILING)
def test_a_failing_surrounding_costs_time_only(name: str, start: Start, model: HostileModel) -> None:
    """Three failed calls for the plan and two for the audit, then answers: nothing was lost, and nobody asked."""
    model.play(MAP, *[FAILING[name]] * 3)
    model.play(AUDIT, *[FAILING[name]] * 2)
    with start(timeout=0.5) as run:
        run.enrich()
        assert all_right(run)
        assert (run.state, run.counts, run.reviews(), run.letters()) == ("done", {"written": FIRMS}, [], {})
        calls = run.fleet.rows("SELECT purpose, outcome FROM model_call WHERE state = 'settled' ORDER BY id")
        assert [c["purpose"] for c in calls] == ["planning", "audit", "audit"]


@pytest.mark.parametrize("name", ["429 with Retry-After", "hanging", "no quota", "wrong key", "the request refused"])
def test_a_model_that_stays_away_is_asked_ten_times_a_day(name: str, start: Start, model: HostileModel) -> None:
    """And never ends in a review: the work waits, its job runs, its records are held."""
    model.play(MAP, then=FAILING[name])
    # a request that is cut before the server has read it is not counted there
    with start(timeout=1.0 if name == "hanging" else 10.0) as run:
        run.job = run.fleet.submit("firms", "firm")
        turned(run, 16)
        assert model.count(MAP) == 10
        assert (run.state, run.counts, run.reviews(), run.letters()) == ("running", {"held": FIRMS}, [], {})
        work = run.fleet.rows("SELECT status, waits_on, error FROM work WHERE kind = 'plan'")
        assert [(w["status"], w["waits_on"]) for w in work] == [("waiting", "model:infrastructure")]


def test_an_auditor_that_stays_away_holds_the_rows(start: Start, model: HostileModel) -> None:
    model.play(AUDIT, then=hm.broken)
    with start() as run:
        run.job = run.fleet.submit("firms", "firm")
        turned(run, 20)
        assert run.table() == []
        assert (run.state, run.counts, run.reviews()) == ("running", {"held": FIRMS}, [])
        assert model.count(AUDIT) <= 2 * 10


def test_a_failure_between_answers_costs_no_answer(start: Start, model: HostileModel) -> None:
    """Two refused answers and a broken server in between: the third answer is still to come, and it is asked for."""
    swap = hm.binds("employee_count", "/company_revenue", "parse_integer")
    model.play(MAP, swap, hm.broken, swap, hm.limited, hm.resetting)
    with start() as run:
        run.enrich()
        assert all_right(run)
        assert [asked.model for asked in model.of(MAP)] == [SMALL, SMALL, SMALL, LARGE, LARGE, LARGE]
        assert model.answered[MAP] == 3
        assert run.refusals() == [("employee_count", "kind_mismatch")] * 2


def test_a_second_auditor_that_fails_costs_no_first_look(start: Start, model: HostileModel) -> None:
    """What the first auditor said is kept while the second one is away."""
    model.play(MAP, then=hm.binds("founded_year", "/updated_year"))
    looks: list[str] = []

    def failing_first(asked: hm.Asked) -> hm.Response:
        looks.append(asked.model)
        return hm.broken(asked) if looks.count(SECOND) == 1 else hm.correct(asked)

    model.always(SECOND, failing_first)
    with start() as run:
        run.enrich()
        assert run.wrong_cells() == []
        assert run.state == "done"
        assert [a.model for a in model.of(AUDIT)].count(AUDITOR) == 2


def test_the_key_goes_to_the_server_and_nowhere_else(start: Start, model: HostileModel) -> None:
    with start(key="sk-canary-1") as run:
        run.enrich()
        assert {asked.key for asked in model.asked} == {"Bearer sk-canary-1"}
        for table in ("model_call", "plan", "work", "dead_letter", "review", "job"):
            assert "sk-canary" not in str(run.fleet.rows(f"SELECT * FROM {table}"))


# Calls grow with shapes


def test_a_thousand_records_of_one_shape_are_one_call(start: Start, model: HostileModel, tmp_path: Path) -> None:
    """T39: and a new field that may fill what was absent asks once more, about that alone."""
    with start(range(1_000)) as run:
        run.enrich()
        assert (run.state, run.counts, run.wrong_cells()) == ("done", {"written": 1_000}, [])
        assert model.count(MAP) == 1
        widened = [{**firm(n), "lei_code": f"{n:018d}00"} for n in range(1_000, 1_150)]
        written(tmp_path / "firms.jsonl", widened)
        run.enrich()
        assert model.count(MAP) <= 2
        assert all(asked.fields == ["lei"] for asked in model.of(MAP)[1:])
        assert run.state == "done"


def test_names_that_say_everything_need_no_model(database: str, tmp_path: Path, model: HostileModel) -> None:
    """T39: the deterministic matcher goes first."""
    emptied(database)
    target = TARGET.model_copy(
        update={"fields": tuple(f for f in TARGET.fields if f.name in {"name", "employee_count", "website"})}
    )
    records = [
        {"name": f"Firm {n}", "employee_count": 1_000 + 13 * n, "website": f"https://www.firm{n}.example.com"}
        for n in range(FIRMS)
    ]
    written(tmp_path / "firms.jsonl", records)
    source = FileSource(name="firms", connector="file", path="firms.jsonl", key="/name")
    with running(database, model, sources=[source], roots=[tmp_path], targets=[target]) as run:
        run.enrich()
        assert run.wrong_cells() == []
        assert (run.state, run.counts) == ("done", {"written": FIRMS})
        assert model.count(MAP) == 0


# Money and its currency

MONEY = TARGET.model_copy(
    update={
        "fields": (
            TARGET.fields[0],
            TargetField(name="revenue", type="number", kind=Kind.MONEY, currency_field="revenue_currency"),
            TargetField(name="revenue_currency", type="string", kind=Kind.CURRENCY),
        )
    }
)


def sales(record: hm.Document) -> hm.Document:
    n = int(record["name"].split()[-1])
    return {"name": record["name"], "revenue": f"{3 + n % 90}500000", "revenue_currency": "EUR"}


@pytest.mark.parametrize("field", [None, "revenue", "revenue_currency"])
@pytest.mark.parametrize("verdict", ["unsupported", "unsure"])
def test_money_is_never_left_without_its_currency(
    field: str | None, verdict: str, database: str, tmp_path: Path
) -> None:
    """Nor a currency without its money, whichever of the two is condemned or cannot be decided."""
    emptied(database)
    source, root = firms_file(tmp_path, range(FIRMS))
    known = {
        "revenue": hm.reads("/company_revenue", "parse_money"),
        "revenue_currency": hm.reads("/company_revenue", "currency_of"),
    }
    with (
        HostileModel(known, sales) as model,
        running(database, model, sources=[source], roots=[root], targets=[MONEY]) as run,
    ):
        if field is not None:
            model.play(AUDIT, then=hm.judging_field(field, verdict))
        run.enrich()
        assert (run.state, run.counts) == ("done", {"written": FIRMS})
        found = {(row["revenue"] is None, row["revenue_currency"]) for row in run.table()}
        assert found == ({(False, "EUR")} if field is None else {(True, None)})
