"""Money is never written without the currency that it is in, nor the currency without money."""

from typing import Any

import pytest
from gating import ID, binding, call, plan, target

from enrichment.gate.compiled import compile_gate
from enrichment.gate.reading import SourceReading
from schemas.kinds import Kind
from schemas.plan import PlanBody
from schemas.target import Target, TargetField
from schemas.verdict import Verdict

REVENUE = TargetField(name="revenue", type="number", kind=Kind.MONEY, currency_field="currency")
PROFIT = TargetField(name="profit", type="number", kind=Kind.MONEY, currency_field="currency")
CURRENCY = TargetField(name="currency", type="string", kind=Kind.CURRENCY)
TABLE = target(ID, REVENUE, PROFIT, CURRENCY)
FROM_TEXT = plan(
    binding("id", "/id"),
    binding("revenue", "/revenue", ops=("parse_money",)),
    binding("profit", "/profit", ops=("parse_money",)),
    binding("currency", "/revenue", "/profit", ops=("first", "currency_of")),
)
FROM_FIELD = plan(
    binding("id", "/id"),
    binding("revenue", "/revenue", ops=("parse_money",)),
    binding("currency", "/cur"),
)


def judged(body: PlanBody, record: dict[str, Any], table: Target = TABLE, **more: Any) -> Verdict:
    source = SourceReading(currency_hints={"$": "USD"})
    return compile_gate(table, body, source, **more)({"id": "a", **record})


def test_both_are_written() -> None:
    verdict = judged(FROM_TEXT, {"revenue": "€3.91 billion (2021)", "profit": "€5 million"})
    assert verdict.cells == {"id": "a", "revenue": 3_910_000_000, "profit": 5_000_000, "currency": "EUR"}


def test_money_without_a_currency_is_emptied_with_the_currency_s_reason() -> None:
    verdict = judged(FROM_FIELD, {"revenue": 5, "cur": None})
    assert verdict.cells == {"id": "a"}
    assert verdict.reasons == {"revenue": "absent", "profit": "abstained", "currency": "absent"}
    assert verdict.winners == {"id": 0}


def test_a_currency_without_money_is_emptied_with_the_money_s_reason() -> None:
    verdict = judged(FROM_FIELD, {"revenue": "€1 or €2", "cur": "EUR"})
    assert verdict.cells == {"id": "a"}
    assert verdict.reasons["currency"] == verdict.reasons["revenue"] == "ambiguous"


def test_a_currency_stays_while_one_amount_needs_it() -> None:
    verdict = judged(FROM_TEXT, {"profit": "€5 million"})
    assert verdict.cells == {"id": "a", "profit": 5_000_000, "currency": "EUR"}


def test_an_amount_in_another_currency_than_the_row_says_is_emptied() -> None:
    verdict = judged(FROM_TEXT, {"revenue": "€3 billion", "profit": "US$ 5 million"})
    assert verdict.cells == {"id": "a", "revenue": 3_000_000_000, "currency": "EUR"}
    assert verdict.reasons == {"profit": "unit_mismatch"}
    assert judged(FROM_FIELD, {"revenue": "€3 billion", "cur": "USD"}).cells == {"id": "a"}


def test_an_amount_that_names_no_currency_takes_the_companion_s() -> None:
    assert judged(FROM_FIELD, {"revenue": 5, "cur": "USD"}).cells == {"id": "a", "revenue": 5, "currency": "USD"}


def test_a_condemned_companion_takes_its_money_along() -> None:
    verdict = judged(FROM_TEXT, {"revenue": "€3"}, condemned=frozenset({"currency"}))
    assert verdict.reasons == {"revenue": "condemned", "profit": "absent", "currency": "condemned"}


@pytest.mark.parametrize("more", [{"required": True}, {"identity": True}])
def test_a_companion_that_the_row_needs_stays(more: dict[str, Any]) -> None:
    table = target(ID, REVENUE, TargetField(name="currency", type="string", **more))
    assert judged(FROM_FIELD, {"cur": "EUR"}, table).cells == {"id": "a", "currency": "EUR"}


def test_required_money_without_its_currency_rejects_the_record() -> None:
    needed = REVENUE.model_copy(update={"required": True})
    assert judged(FROM_FIELD, {"revenue": 5}, target(ID, needed, CURRENCY)).outcome == "rejected"


def test_a_piece_takes_the_currency_of_the_text_it_was_cut_from() -> None:
    fixed = TargetField(name="revenue", type="number", kind=Kind.MONEY, unit="EUR")
    cut = plan(
        binding("id", "/id"), binding("revenue", "/r", ops=(call("part", separator=" ", index="1"), "parse_decimal"))
    )
    table = target(ID, fixed)
    assert judged(cut, {"r": "EUR 5000"}, table).cells["revenue"] == 5000
    assert judged(cut, {"r": "USD 5000"}, table).reasons == {"revenue": "unit_mismatch"}
    assert judged(cut, {"r": "about 5000"}, table).cells["revenue"] == 5000


ALL = {f.name for f in TABLE.fields}


@pytest.mark.parametrize(
    ("emptied", "present", "gone"),
    [
        ({"currency"}, ALL, {"currency", "revenue", "profit"}),
        ({"revenue"}, ALL, {"revenue"}),
        ({"revenue", "profit"}, ALL, {"currency", "revenue", "profit"}),
        ({"revenue"}, ALL - {"profit"}, {"currency", "revenue"}),
        ({"id"}, ALL, {"id"}),
        (set(), {"currency"}, set()),
        ({"lei"}, ALL, set()),
    ],
)
def test_what_goes_together_when_a_cell_is_emptied_later(emptied: set[str], present: set[str], gone: set[str]) -> None:
    assert TABLE.emptied_with(emptied, present) == gone


def test_a_currency_that_the_row_needs_stays_when_its_amounts_go() -> None:
    needed = (ID, REVENUE, PROFIT, CURRENCY.model_copy(update={"required": True}))
    assert target(*needed).emptied_with({"revenue", "profit"}, ALL) == {"revenue", "profit"}
