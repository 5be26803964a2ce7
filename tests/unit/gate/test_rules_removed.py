"""Every rule, taken out in turn: a named case then passes wrongly, so each rule is what holds its case."""

import json
from decimal import Decimal
from typing import Any, NamedTuple

import pytest
from gating import ID, binding, call, judge, plan, target
from pydantic import ValidationError

from enrichment.evidence.units import UNITS
from enrichment.gate.answer_text import ANSWER_RULES, AnswerText
from enrichment.gate.answers import parse_plan_answer
from enrichment.gate.binding_checks import BINDING_CHECKS
from enrichment.gate.cells import CELL_RULES
from enrichment.gate.compiled import compile_gate
from enrichment.gate.offer import Offer
from enrichment.gate.reading import SourceReading
from enrichment.gate.records import RECORD_RULES
from enrichment.operations.vocabulary import UNITS as DROPPED_UNITS
from schemas.codes import Code
from schemas.kinds import Kind
from schemas.plan import OpCall
from schemas.target import Invariant, TargetField


class CellCase(NamedTuple):
    code: Code
    field: TargetField
    value: Any
    ops: tuple[OpCall | str, ...] = ()


def text(**settings: Any) -> TargetField:
    return TargetField(name="f", type="string", **settings)


EURO = TargetField(name="f", type="number", kind=Kind.MONEY, unit="EUR")
COUNT = TargetField(name="f", type="integer", kind=Kind.COUNT)
POWER = TargetField(name="f", type="number", kind=Kind.QUANTITY, unit="MW")
LENGTH = TargetField(name="f", type="number", kind=Kind.QUANTITY, unit="m")
HOURS = TargetField(name="f", type="number", kind=Kind.DURATION, unit="hours")
FROM_CM = call("convert_unit", **{"from": "cm", "to": "m"})
SECOND = call("part", separator=" ", index="1")
CELL_CASES = [
    CellCase(Code.TYPE, TargetField(name="f", type="integer"), value=True),
    CellCase(Code.TYPE, TargetField(name="f", type="integer"), "7"),
    CellCase(Code.TYPE, text(), 7),
    CellCase(Code.TYPE, text(), "a\0b"),
    CellCase(Code.TYPE, text(format="date"), "2024-02-30"),
    CellCase(Code.TYPE, text(format="uri"), "no address"),
    CellCase(Code.SECRET, text(), "https://user:hunter2@db.example/x"),
    CellCase(Code.KIND_MISMATCH, text(kind=Kind.COUNTRY), "https://example.org/de"),
    CellCase(Code.KIND_MISMATCH, text(kind=Kind.NAME), "jane@example.org"),
    CellCase(Code.KIND_MISMATCH, text(kind=Kind.CATEGORY), "€3.91 billion"),
    CellCase(Code.KIND_MISMATCH, COUNT, "€5m in 1988", ("parse_year",)),
    CellCase(Code.UNIT_MISMATCH, EURO, "USD 5000", (SECOND, "parse_decimal")),
    CellCase(Code.UNIT_MISMATCH, POWER, "26.5 GW", ("parse_decimal",)),
    CellCase(Code.UNIT_MISMATCH, POWER, "about 26.5 kWe (gross)", ("parse_decimal",)),
    CellCase(Code.UNIT_MISMATCH, POWER.model_copy(update={"kind": None}), "26.5 TW", ("parse_decimal",)),
    CellCase(Code.UNIT_MISMATCH, LENGTH, "1.2 km", ("parse_decimal", FROM_CM)),
    CellCase(Code.UNIT_MISMATCH, HOURS, "90 min", ("parse_decimal",)),
    CellCase(Code.AMBIGUOUS, EURO, "$ 5000", (SECOND, "parse_decimal")),
    CellCase(Code.OUT_OF_RANGE, TargetField(name="f", type="integer", maximum=Decimal(3)), 4),
    CellCase(Code.OUT_OF_RANGE, TargetField(name="f", type="integer", exclusive_minimum=Decimal(3)), 3),
    CellCase(Code.OUT_OF_RANGE, TargetField(name="f", type="integer"), 2**63),
    CellCase(Code.OUT_OF_RANGE, TargetField(name="f", type="number", scale=1), Decimal("1.25")),
    CellCase(Code.OUT_OF_RANGE, text(max_length=3), "four"),
    CellCase(Code.PATTERN, text(pattern="^[a-z]+$"), "A1"),
    CellCase(Code.NOT_ALLOWED, text(allowed=("a", "b")), "c"),
    CellCase(Code.INJECTION, text(plain=True), "<script>alert(1)</script>"),
]


def test_every_cell_rule_has_a_case() -> None:
    assert {c.code for c in CELL_CASES} == {rule.code for rule in CELL_RULES}


@pytest.mark.parametrize("case", CELL_CASES, ids=lambda c: f"{c.code.value}-{str(c.value)[:20]!r}")
def test_a_cell_rule_holds_its_case(case: CellCase) -> None:
    held = judge(case.field, case.value, *case.ops)
    assert held.reasons == {"f": case.code.value}
    assert [(i.field, i.rule) for i in held.issues] == [("f", case.code.value)]
    assert held.outcome == "accepted"
    without = tuple(rule for rule in CELL_RULES if rule.code is not case.code)
    passed = judge(case.field, case.value, *case.ops, rules=without)
    assert "f" in passed.cells


@pytest.mark.parametrize(
    ("field", "value", "ops"),
    [
        (POWER, "26.5 MW", ("parse_decimal",)),
        (POWER, "26.5 MW (net)", ("parse_decimal",)),
        (POWER, "26.5", ("parse_decimal",)),
        (POWER, "26.5 in total", ("parse_decimal",)),
        (LENGTH, "120 cm", ("parse_decimal", FROM_CM)),
        (HOURS, "26.5 h", ("parse_decimal",)),
        (TargetField(name="f", type="number", kind=Kind.QUANTITY, unit="flasks"), "2.5 kg", ("parse_decimal",)),
    ],
)
def test_a_measure_in_its_own_unit_or_in_none_is_left_alone(
    field: TargetField, value: str, ops: tuple[OpCall | str, ...]
) -> None:
    assert judge(field, value, *ops).reasons == {}


@pytest.mark.parametrize(("value", "reasons"), [("USD 5000", {"price_eur": "unit_mismatch"}), ("EUR 5000", {})])
def test_a_name_fixes_the_currency_of_its_field(value: str, reasons: dict[str, str]) -> None:
    price = TargetField(name="price_eur", type="number", kind=Kind.MONEY)
    assert judge(price, value, "parse_money").reasons == reasons


def test_every_unit_that_an_operation_drops_is_known_to_what_compares_units() -> None:
    """Or `0.3 GW` would be read as 0.3 and written as megawatts."""
    assert [unit for unit in DROPPED_UNITS if unit.casefold() not in UNITS] == []


RECORD_CASES = {
    Code.IDENTITY_MISSING: {"left": 1, "right": 2},
    Code.INVARIANT_BROKEN: {"id": "a", "left": 2, "right": 1},
}


@pytest.mark.parametrize("rule", RECORD_RULES, ids=lambda r: r.code.value)
def test_a_record_rule_holds_its_case(rule: Any) -> None:
    fields = (ID, TargetField(name="left", type="integer"), TargetField(name="right", type="integer"))
    table = target(*fields, invariants=(Invariant(left="left", op="<=", right="right"),))
    body = plan(*(binding(f.name, f"/{f.name}") for f in fields))
    record = RECORD_CASES[rule.code]
    held = compile_gate(table, body, SourceReading())(record)
    assert (held.outcome, held.key, held.issues[0].rule) == ("rejected", None, rule.code.value)
    without = tuple(r for r in RECORD_RULES if r is not rule)
    assert compile_gate(table, body, SourceReading(), record_rules=without)(record).outcome == "accepted"


GOOD = '{"bindings": [], "abstained": [{"target": "f", "reason": "absent"}]}'
OFFER = Offer(("f",), frozenset({"/a", "/b"}), frozenset({"copy", "first", "join", "part"}))
ANSWER_CASES = {
    Code.REFUSAL: AnswerText(GOOD, refusal="I will not"),
    Code.REPETITION: AnswerText(GOOD + " " * 709_000),
    Code.OVERSIZE: AnswerText(GOOD, finish_reason="length"),
}


@pytest.mark.parametrize("rule", ANSWER_RULES, ids=lambda r: r.code.value)
def test_an_answer_rule_holds_its_case(rule: Any) -> None:
    answer = ANSWER_CASES[rule.code]
    assert [r.rule for r in parse_plan_answer(answer, OFFER).refusals] == [rule.code.value]
    without = tuple(r for r in ANSWER_RULES if r is not rule and r.code is not Code.OVERSIZE)
    passed = parse_plan_answer(answer, OFFER, rules=without)
    assert (passed.refusals, len(passed.abstained)) == ((), 1)


COPY = {"op": "copy", "args": []}
LATE_JOIN = {"op": "join", "args": [{"name": "separator", "value": ""}]}
BINDING_CASES: dict[str, list[dict[str, Any]]] = {
    "_alternatives": [],
    "_paths": [{"paths": ["/a", "/b", "/a", "/b", "/a"], "ops": [{"op": "first", "args": []}]}],
    "_operations": [{"paths": ["/a"], "ops": [COPY] * 5}],
    "_offered_paths": [{"paths": ["/invented"], "ops": []}],
    "_offered_operations": [{"paths": ["/a"], "ops": [{"op": "guess", "args": []}]}],
    "_gathering": [{"paths": ["/a"], "ops": [COPY, LATE_JOIN]}],
    "_words_of_its_own": [{"paths": ["/a"], "ops": [{"op": "join", "args": [{"name": "separator", "value": " or "}]}]}],
    "_arguments": [{"paths": ["/a"], "ops": [{"op": "part", "args": [{"name": "separator", "value": ","}]}]}],
}


@pytest.mark.parametrize("check", BINDING_CHECKS, ids=lambda c: c.__name__)
def test_a_check_on_bindings_holds_its_case(check: Any) -> None:
    proposed = {"bindings": [{"target": "f", "alternatives": BINDING_CASES[check.__name__]}], "abstained": []}
    answer = AnswerText(json.dumps(proposed))
    held = parse_plan_answer(answer, OFFER)
    assert [(r.target, r.rule) for r in held.refusals] == [("f", "malformed")]
    assert held.bindings == ()
    without = tuple(c for c in BINDING_CHECKS if c is not check)
    try:
        passed = parse_plan_answer(answer, OFFER, checks=without)
    except ValidationError:
        return  # the plan's own type refuses it, loudly: still no answer that the model could be told about
    assert len(passed.bindings) == 1
