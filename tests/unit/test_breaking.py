"""The breaker as a value: a clock that is handed in, and no database."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from enrichment.breaking import machine
from enrichment.breaking.keys import Key, of_field, of_plan
from enrichment.breaking.machine import Breaker, Outcome, State
from enrichment.breaking.quality import row_outcomes
from enrichment.store.plan_fields import FieldRow
from enrichment.store.plans import PlanRow
from schemas.plan import Alternative, Binding, Origin, PlanBody

START = datetime(2026, 1, 1, tzinfo=UTC)
FAILED = Outcome("rows", failed=True, reason="defects in city")
PASSED = Outcome("rows", failed=False)


def later(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def told(breaker: Breaker, *outcomes: Outcome, holder: int | None = None, now: datetime = START) -> Breaker:
    for one in outcomes:
        breaker = machine.record(breaker, one, holder=holder, now=now, jitter=1.0)
    return breaker


def opened() -> Breaker:
    return told(Breaker("quality"), *[FAILED] * 5)


def half_open() -> Breaker:
    return machine.tend(opened(), now=later(60), jitter=1.0)


def probe(breaker: Breaker, outcome: Outcome, *, holder: int = 1, now: datetime = START) -> Breaker:
    held, may = machine.admit(breaker, holder, now=now, jitter=1.0)
    assert may
    return told(held, outcome, holder=holder, now=now)


def test_five_failures_of_twenty_open_it_and_four_do_not() -> None:
    assert told(Breaker("quality"), *[FAILED] * 4, *[PASSED] * 16).state == State.CLOSED
    assert told(Breaker("quality"), *[FAILED] * 4, *[PASSED] * 15, FAILED).state == State.OPEN
    # the first one has left the window
    assert told(Breaker("quality"), *[FAILED] * 4, *[PASSED] * 17, FAILED).state == State.CLOSED


def test_three_refused_plans_in_a_row_open_it() -> None:
    refused, kept = Outcome("plans", failed=True), Outcome("plans", failed=False)
    assert told(Breaker("quality"), refused, refused, kept, refused).state == State.CLOSED
    assert told(Breaker("quality"), refused, refused, refused).state == State.OPEN
    # windows do not mix
    assert told(Breaker("quality"), refused, refused, *[FAILED] * 4).state == State.CLOSED


@given(st.lists(st.booleans(), max_size=60))
def test_it_opens_exactly_where_the_last_twenty_say_so(outcomes: list[bool]) -> None:
    breaker = Breaker("quality")
    for n, failed in enumerate(outcomes, start=1):
        breaker = told(breaker, Outcome("rows", failed))
        if sum(outcomes[max(n - 20, 0) : n]) >= 5:
            assert breaker.state == State.OPEN
            return
        assert breaker.state == State.CLOSED


def test_the_cool_down_doubles_up_to_its_cap_and_starts_anew_after_closing() -> None:
    breaker, now, waits = opened(), START, []
    for _ in range(8):
        assert breaker.until is not None
        waits.append((breaker.until - now).total_seconds())
        now = breaker.until
        breaker = probe(breaker, FAILED, now=now)
        assert breaker.state == State.OPEN
    assert waits == [60, 120, 240, 480, 960, 1800, 1800, 1800]
    for _ in range(3):
        now = breaker.until or now
        breaker = probe(breaker, PASSED, now=now)
    assert breaker.state == State.CLOSED
    again = told(breaker, *[FAILED] * 5, now=now)
    assert again.until == now + timedelta(seconds=60)


def test_jitter_stretches_the_cool_down_and_what_was_asked_for_is_a_floor() -> None:
    failed = Outcome("calls", failed=True, wait=30.0)
    breaker = Breaker("model")
    for _ in range(5):
        breaker = machine.record(breaker, failed, holder=None, now=START, jitter=1.2)
    assert breaker.until == later(30)
    short = Breaker("model")
    for _ in range(5):
        short = machine.record(short, Outcome("calls", failed=True), holder=None, now=START, jitter=1.2)
    assert short.until == later(6)


def test_an_open_one_admits_nobody_before_its_cool_down_is_over() -> None:
    assert not machine.admit(opened(), 1, now=later(59), jitter=1.0)[1]
    after, may = machine.admit(opened(), 1, now=later(60), jitter=1.0)
    assert may
    assert (after.state, after.lease and after.lease[0]) == (State.HALF_OPEN, 1)


def test_half_open_admits_one_at_a_time_and_the_same_one_again() -> None:
    held, _ = machine.admit(half_open(), 1, now=later(60), jitter=1.0)
    assert not machine.admit(held, 2, now=later(61), jitter=1.0)[1]
    assert machine.admit(held, 1, now=later(61), jitter=1.0)[1]
    assert machine.admit(machine.give_back(held, 1), 2, now=later(61), jitter=1.0)[1]
    assert machine.give_back(held, 2) == held


def test_three_passes_close_it_and_one_failure_opens_it_again() -> None:
    breaker = half_open()
    for state in (State.HALF_OPEN, State.HALF_OPEN, State.CLOSED):
        breaker = probe(breaker, PASSED, now=later(60))
        assert breaker.state == state
    assert breaker.windows == {}
    assert probe(probe(half_open(), PASSED, now=later(60)), FAILED, now=later(60)).state == State.OPEN


def test_only_the_probe_counts_while_it_is_half_open() -> None:
    held, _ = machine.admit(half_open(), 1, now=later(60), jitter=1.0)
    assert told(held, PASSED, FAILED, holder=2) == held
    assert told(half_open(), FAILED, holder=1) == half_open()


def test_a_probe_that_never_comes_back_opens_it_again() -> None:
    held, _ = machine.admit(half_open(), 1, now=later(60), jitter=1.0)
    assert machine.tend(held, now=later(60 + 899), jitter=1.0) == held
    after = machine.tend(held, now=later(60 + 900), jitter=1.0)
    assert (after.state, after.lease, after.until) == (State.OPEN, None, later(60 + 900 + 120))


def test_a_refused_key_opens_it_at_once() -> None:
    breaker = told(Breaker("model"), Outcome("calls", failed=True, reason="model_unauthorized", at_once=True, wait=60))
    assert (breaker.state, breaker.reason, breaker.until) == (State.OPEN, "model_unauthorized", later(60))


def test_forced_open_expires_into_what_was_seen_before() -> None:
    forced = machine.force_open(Breaker("quality"), until=later(100), reason="maintenance")
    assert not machine.admit(forced, 1, now=later(99), jitter=1.0)[1]
    assert told(forced, PASSED, FAILED) == forced
    assert machine.tend(forced, now=later(100), jitter=1.0).state == State.CLOSED
    again = machine.force_open(opened(), until=later(100), reason="maintenance")
    assert machine.tend(again, now=later(100), jitter=1.0).state == State.HALF_OPEN


def test_forced_closed_lets_everything_pass_until_it_expires() -> None:
    forced = machine.force_close(opened(), until=later(100), reason="looked at it")
    assert forced.windows == {}
    held = told(forced, *[FAILED] * 6)
    assert held.state == State.FORCED_CLOSED
    assert machine.admit(held, 1, now=later(99), jitter=1.0)[1]
    assert machine.tend(held, now=later(100), jitter=1.0).state == State.OPEN
    assert machine.tend(forced, now=later(100), jitter=1.0).state == State.CLOSED


def plan(**origins: Origin) -> PlanRow:
    bound = tuple(
        Binding(target=name, alternatives=(Alternative(paths=("/x",)),), origin=origin)
        for name, origin in origins.items()
    )
    return PlanRow(
        id=1,
        source="crm",
        target="company",
        target_version="v1",
        shape_id=1,
        shape_revision=1,
        try_number=1,
        state="probation",
        body=PlanBody(bindings=bound),
        refusals=(),
        evidence={"models": {"small": "s-1", "large": "l-1"}},
        model="l-1-0613",
        prompt_version="7",
        predecessor=None,
        created_at=START,
        fields=tuple(FieldRow(name, "probation") for name in origins),
    )


def test_each_binding_belongs_to_whoever_proposed_it() -> None:
    made = plan(name=Origin.MATCHER, city=Origin.SMALL, staff=Origin.LARGE, code=Origin.PERSON)
    found = {name: key.text for name in ("name", "city", "staff", "code") if (key := of_field(made, name))}
    assert found == {
        "name": "quality:crm:matcher:-:company@v1",
        "city": "quality:crm:s-1:7:company@v1",
        "staff": "quality:crm:l-1:7:company@v1",
        "code": "quality:crm:person:-:company@v1",
    }
    assert of_field(made, "lei") is None
    assert len(of_plan(made)) == 4


CITY, NAME = Key("quality", model="small"), Key("quality", model="matcher")


def outcomes(verdicts: list[dict[str, str]], *fields: FieldRow) -> dict[str, list[bool]]:
    known = fields or (FieldRow("city", "probation"), FieldRow("name", "probation"))
    by_field: dict[str, Key | None] = {f.name: NAME if f.name == "name" else CITY for f in known}
    found = row_outcomes(by_field, known, dict(enumerate(verdicts)))
    return {key.model: [one.failed for one in seen] for key, seen in found.items()}


def test_a_row_counts_for_those_whose_cells_were_judged() -> None:
    found = outcomes([{"city": "defect", "name": "supported"}, {"city": "unsure", "name": "unconfirmed"}])
    assert found == {"small": [True], "matcher": [False]}


def test_a_field_that_has_fallen_counts_no_more_however_many_rows_a_question_carries() -> None:
    rows = [{"city": "defect", "name": "supported"}] * 20
    assert outcomes(rows)["small"] == [True, True]
    assert outcomes(rows)["matcher"] == [False] * 20
    fallen = (FieldRow("city", "condemned"), FieldRow("name", "probation"))
    assert "small" not in outcomes(rows, *fallen)


def test_sporadic_defects_of_many_fields_all_count() -> None:
    names = [f"f{n}" for n in range(6)]
    rows = [{name: "defect" if n == i else "supported" for n, name in enumerate(names)} for i in range(6)]
    assert outcomes(rows, *(FieldRow(name, "probation") for name in names)) == {"small": [True] * 6}
