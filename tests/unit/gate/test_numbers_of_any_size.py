"""No number in a column breaks the search for a plan, or the judgement on a record, however long or large it is."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from gating import binding, call, judge
from hypothesis import given, settings
from hypothesis import strategies as st

from enrichment.audit.stated import leaves, same, stating
from enrichment.evidence.trusted import TrustedRows
from enrichment.gate.plan_evidence import PlanEvidence
from enrichment.gate.plan_rules import refusals_of
from enrichment.matcher import match
from enrichment.offline.auditor.figures import stands
from enrichment.offline.auditor.says.figures import says_quantity
from enrichment.offline.auditor.says.saying import Ground, Saying, near
from enrichment.operations import REGISTRY, ReadSettings
from enrichment.recipes import _moment
from enrichment.sampling import sample_fields
from enrichment.staged_text import jsonb_text
from enrichment.trusting import _possible_keys
from schemas.json_types import Json, Record
from schemas.kinds import Kind
from schemas.plan import Binding
from schemas.target import Target, TargetField

LONG = "12345678901234567890123456789012345"
#: Each broke a plan or a worker, or would by the arithmetic of 28 digits.
KNOWN = (
    *("1e30", LONG, f"{LONG}.125", "1e300", "-1e40", "1e400", "-1e400", "1e-400", "1e9999999", "-1e9999999"),
    "1e999999999999",
    *("1e-9999999", "0", "-0.0", "0e-9999999999999", "0e9999999999999", "NaN", "sNaN", "Infinity", "-Infinity"),
)
NUMBERS = (
    st.sampled_from([Decimal(text) for text in KNOWN])
    | st.integers(-(10**60), 10**60)
    | st.integers(10**300, 10**400)
    | st.builds(
        lambda digits, power: Decimal(f"{digits}e{power}"), st.integers(-(10**60), 10**60), st.integers(-400, 400)
    )
)
#: Arguments under which each operation can be executed.
ARGUMENTS = {
    "join": {"separator": " "}, "element": {"index": "0"}, "select": {"key": "k", "equals": "a", "take": "t"},
    "part": {"separator": "-", "index": "0"}, "parse_epoch": {"unit": "ms"}, "map_values": {"1": "a"},
    "convert_unit": {"from": "km", "to": "m"},
}  # fmt: skip
FIELDS = (
    TargetField(name="key", type="string", identity=True),
    *(
        TargetField(name=f"{kind.value}_{type_}", type=type_, kind=kind)
        for kind in Kind
        for type_ in ("string", "integer", "number")
    ),
    TargetField(name="share", type="number", kind=Kind.PERCENT, unit="fraction"),
    TargetField(name="bounded", type="number", minimum=Decimal(0), maximum=Decimal("1e30")),
    TargetField(name="plain", type="number"),
)
TARGET = Target(name="t", table="t", fields=FIELDS)


def records(numbers: list[Json]) -> list[Record]:
    return [
        {"key": f"k{n}", "n": number, "other": [number, n], "text": str(number)} for n, number in enumerate(numbers)
    ]


def proposals(field: TargetField) -> Iterator[Binding]:
    for op in ("", "parse_decimal", "parse_epoch", "parse_percent"):
        ops = (call(op, **ARGUMENTS.get(op, {})),) if op else ()
        yield binding(field.name, "/n", ops=ops)
    yield binding(field.name, "/text")
    yield binding(field.name, "/other", ops=[call("element", index="0")])


def no_number_breaks_a_plan(numbers: list[Json]) -> None:
    found = records(numbers)
    offered = sample_fields(found)
    key = binding("key", "/key")
    held = TrustedRows({(f"k{n}",): {"plain": number} for n, number in enumerate(numbers)})  # type: ignore[misc]
    evidence = PlanEvidence(TARGET, offered, found, [key], ReadSettings(), held)
    for turn in zip(*(proposals(field) for field in FIELDS if field.name != "key"), strict=True):
        refusals_of(evidence.proposing([key, *turn]))


@pytest.mark.parametrize("text", KNOWN)
def test_one_number_among_others_breaks_no_plan(text: str) -> None:
    no_number_breaks_a_plan([Decimal(text), *(Decimal(f"{n}.25") for n in range(11)), Decimal(text)])


@pytest.mark.parametrize("number", [0.5, float("inf"), float("nan")])
def test_a_float_breaks_no_plan(number: Any) -> None:
    """Records hold none; a source in memory could."""
    no_number_breaks_a_plan([*range(11), number])
    assert "k0" in _possible_keys(records([number]))


@settings(max_examples=8, derandomize=True, deadline=None)
@given(numbers=st.lists(NUMBERS, min_size=6, max_size=14))
def test_no_numbers_break_a_plan(numbers: list[Json]) -> None:
    no_number_breaks_a_plan(numbers)


@settings(max_examples=30, derandomize=True, deadline=None)
@given(numbers=st.lists(NUMBERS, min_size=6, max_size=14))
def test_the_matcher_and_what_else_reads_a_sample_are_total(numbers: list[Json]) -> None:
    found = records(numbers)
    match(TARGET, sample_fields(found), found)
    assert "k0" in _possible_keys(found)
    cells = [number for number in numbers if not isinstance(number, Decimal) or number.is_finite()]
    for record in found:
        for cell in cells[:3]:
            assert same(cell, cell)
            stating(leaves(record), cell, Kind.PERCENT)
    exact = [Decimal(number) for number in cells]  # type: ignore[arg-type]
    assert all(near(one, other) is near(other, one) for one in exact for other in exact)


@settings(max_examples=150, derandomize=True, deadline=None)
@given(number=NUMBERS, data=st.data())
def test_the_gate_judges_every_number_under_every_operation(number: Json, data: st.DataObject) -> None:
    names = data.draw(st.lists(st.sampled_from(sorted(REGISTRY)), min_size=1, max_size=2))
    ops = [call(name, **ARGUMENTS.get(name, {})) for name in names]
    field = data.draw(st.sampled_from(FIELDS[1:]))
    verdict = judge(field, number, *ops)
    assert verdict.outcome == "accepted"
    assert len(jsonb_text(verdict.cells)) < 2_000


def test_every_operation_has_arguments_here() -> None:
    for name in REGISTRY:
        assert judge(FIELDS[-1], Decimal(1), call(name, **ARGUMENTS.get(name, {}))).outcome == "accepted"


def test_a_bound_that_no_number_reaches_is_one() -> None:
    field = TargetField(name="f", type="number", maximum=Decimal("1e999999999999"))
    assert judge(field, Decimal(LONG)).cells["f"] == Decimal(LONG)


def test_a_stated_number_is_found_and_one_that_no_arithmetic_holds_is_none() -> None:
    assert stands(Decimal(LONG), f"{LONG} pieces", "unknown")
    huge = Decimal("1e9999999")
    assert says_quantity(5, huge, Ground(unit="m", standing="km")) is Saying.OTHERWISE


def test_a_moment_that_no_clock_reaches_is_no_time_stamp() -> None:
    assert list(_moment(Kind.DATETIME, (Decimal("1e9999999"), Decimal("-1e9999999")))) == []


def test_no_number_fills_the_memory_as_a_key() -> None:
    found: Record = {"far": Decimal("1e999999999999"), "none": Decimal("0e-999999999999"), "key": "k"}
    assert _possible_keys([found]) == {"k", "0"}


def test_digits_beyond_the_28th_tell_numbers_apart() -> None:
    assert not same(f"{LONG}1", f"{LONG}2")
    (leaf,) = leaves({"n": Decimal(f"{LONG}.5")})
    assert stating([leaf], f"{LONG}.50", None) == [leaf]
    assert stating([leaf], f"{LONG}.51", None) == []


@pytest.mark.parametrize(("form", "refused"), [("{}", False), ("{}.5", True)])
def test_a_fraction_behind_many_digits_is_no_count(form: str, *, refused: bool) -> None:
    found: list[Record] = [{"key": f"k{n}", "n": Decimal(form.format(10**30 + n))} for n in range(12)]
    target = Target(name="t", table="t", fields=(FIELDS[0], TargetField(name="badge", type="number", kind=Kind.COUNT)))
    evidence = PlanEvidence(
        target, sample_fields(found), found, [binding("key", "/key"), binding("badge", "/n")], ReadSettings()
    )
    assert [one.rule for one in refusals_of(evidence)] == ["kind_mismatch"] * refused
