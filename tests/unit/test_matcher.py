from __future__ import annotations

from decimal import Decimal
from itertools import combinations
from typing import Any

import pytest

from enrichment.gate.reading import SourceReading
from enrichment.matcher import MatcherResult, match
from enrichment.model.parts import fits
from enrichment.operations import REGISTRY
from enrichment.ranking import narrow, rank
from enrichment.sampling import sample_fields
from schemas.json_types import Record
from schemas.plan import Origin
from schemas.shape import SampledField
from schemas.target import Target, TargetField


def target(*fields: dict[str, Any]) -> Target:
    declared = [
        TargetField.model_validate({"type": "string", **f}) for f in ({"name": "key", "identity": True}, *fields)
    ]
    return Target(name="company", table="company", fields=tuple(declared))


def run(records: list[Record], *fields: dict[str, Any], hints: dict[str, str] | None = None) -> MatcherResult:
    reading = SourceReading(currency_hints=hints or {})
    return match(target(*fields), sample_fields(records), records, reading=reading)


def bound(result: MatcherResult) -> dict[str, tuple[str, tuple[str, ...]]]:
    return {
        b.target: (b.alternatives[0].paths[0], tuple(call.op for call in b.alternatives[0].ops))
        for b in result.bindings
    }


def test_binds_where_name_kind_and_values_agree() -> None:
    result = run(
        [{"homepage": "www.a.example", "staff": "1,200 (2021)"}, {"homepage": "b.example", "staff": 90}],
        {"name": "website", "format": "uri"},
        {"name": "employee_count", "type": "integer"},
    )
    assert bound(result) == {
        "website": ("/homepage", ("parse_url",)),
        "employee_count": ("/staff", ("parse_integer",)),
    }
    assert {b.origin for b in result.bindings} == {Origin.MATCHER}


def test_leaves_what_has_a_rival() -> None:
    records: list[Record] = [{"email": "a@example.com", "mail": "b@example.com"}]
    result = run(records, {"name": "email", "format": "email"})
    assert bound(result) == {}
    assert [c.path for c in result.candidates["email"]] == ["/email", "/mail"]


def test_leaves_what_the_values_contradict() -> None:
    assert bound(run([{"employees": "€ 5 million"}], {"name": "employee_count", "type": "integer"})) == {}


def test_leaves_what_two_target_fields_want() -> None:
    records: list[Record] = [{"revenue": 500}]
    result = run(records, {"name": "revenue", "type": "number"}, {"name": "turnover", "type": "number"})
    assert bound(result) == {}


def test_leaves_an_identifier_to_the_code_that_has_its_name() -> None:
    """`/code` identifies the record, and a field that asks for another code must not take it."""
    records: list[Record] = [{"code": f"R{n:05d}", "iso_num": f"{n + 100}"} for n in range(30)]
    both = ({"name": "code", "kind": "identifier"}, {"name": "numeric_code", "kind": "code"})
    assert "numeric_code" not in bound(run(records, *both))


def test_leaves_lists_of_several() -> None:
    assert bound(run([{"isins": ["DE0005545503"]}], {"name": "isin"})) == {"isin": ("/isins/0", ())}
    assert bound(run([{"isins": ["DE0005545503", "US0126531013"]}], {"name": "isin"})) == {}


MONEY = ({"name": "fee", "type": "number", "currency_field": "fee_currency"}, {"name": "fee_currency"})


def test_an_amount_and_its_currency_are_bound_together() -> None:
    result = run([{"fee": "€ 5"}, {"fee": "£ 7.50"}], *MONEY)
    assert bound(result) == {"fee": ("/fee", ("parse_money",)), "fee_currency": ("/fee", ("currency_of",))}


def test_a_currency_of_its_own_goes_with_plain_amounts() -> None:
    result = run([{"fee": Decimal("5.5"), "fee_currency": "EUR"}], *MONEY)
    assert bound(result) == {"fee": ("/fee", ("parse_money",)), "fee_currency": ("/fee_currency", ("parse_currency",))}


def test_neither_is_bound_where_one_is_open() -> None:
    assert bound(run([{"fee": "$ 5"}, {"fee": "$ 7"}], *MONEY)) == {}
    assert bound(run([{"fee": 5}], *MONEY)) == {}
    assert bound(run([{"fee_currency": "EUR"}], *MONEY)) == {}
    assert set(bound(run([{"fee": "$ 5"}, {"fee": "$ 7"}], *MONEY, hints={"$": "USD"}))) == {"fee", "fee_currency"}


def test_an_amount_without_companion_needs_its_fixed_currency() -> None:
    fee = {"name": "fee", "type": "number", "unit": "EUR"}
    assert bound(run([{"fee": "€ 5"}, {"fee": "€ 6"}], fee)) == {"fee": ("/fee", ("parse_money",))}
    assert bound(run([{"fee": "£ 5"}, {"fee": "£ 6"}], fee)) == {}


def test_units_are_converted_or_left() -> None:
    weight = {"name": "weight_kg", "type": "number"}
    assert bound(run([{"weight_lb": 3}], weight)) == {"weight_kg": ("/weight_lb", ("parse_decimal", "convert_unit"))}
    assert bound(run([{"weight": 3}], weight)) == {}


def test_separators_and_date_order_are_settled_by_the_column() -> None:
    result = run(
        [{"population": "1.234.567", "born": "31/12/1990"}, {"population": "14.046", "born": "12/11/1990"}],
        {"name": "population", "type": "integer"},
        {"name": "born", "format": "date"},
    )
    args = {b.target: b.alternatives[0].ops[0].args for b in result.bindings}
    assert {name: [(a.name, a.value) for a in found] for name, found in args.items()} == {
        "population": [("separators", ".,")],
        "born": [("format", "%d/%m/%Y")],
    }


def test_a_number_that_may_be_a_share_or_hundredths_is_left() -> None:
    assert bound(run([{"margin": 12}], {"name": "margin", "type": "number"})) == {}


def places(count: int, *, agree: bool) -> list[Record]:
    known = [("Bern", "Switzerland"), ("Oslo", "Norway"), ("Lima", "Peru"), ("Rome", "Italy"), ("Graz", "Austria")]
    records: list[Record] = []
    for n in range(count):
        city, country = known[n % 5]
        stated = country if agree or n % 2 else known[(n + 1) % 5][1]
        # every other record states a place that names no country
        records.append({"country": stated if n % 3 else "Salem, Oregon", "hq": f"{city}, {country}"})
    return records


def test_a_source_that_proves_to_say_the_same_stands_in() -> None:
    (binding,) = run(places(40, agree=True), {"name": "country"}).bindings
    assert [a.paths for a in binding.alternatives] == [("/country",), ("/hq",)]


def test_without_proof_nothing_stands_in() -> None:
    assert bound(run(places(40, agree=False), {"name": "country"})) == {}
    assert bound(run(places(9, agree=True), {"name": "country"})) == {}


def test_the_same_input_gives_the_same_result() -> None:
    records = places(20, agree=True)
    assert run(records, {"name": "country"}) == run(records, {"name": "country"})


def wide(count: int) -> tuple[SampledField, ...]:
    return tuple(SampledField(f"/group_{n % 7}/field_{n}", ("string",), 1.0, ("x",)) for n in range(count))


def test_what_fits_stays_one_part() -> None:
    (part,) = narrow(target({"name": "email"}), wide(50))
    assert part.fields == ("key", "email")
    assert len(part.paths) == 50


@pytest.mark.parametrize("size", [1, 2, 3])
def test_every_field_that_is_open_is_asked_about_whatever_of_its_companions_is_settled(size: int) -> None:
    names = ["fee", "price", "fee_currency"]
    amounts = ({"name": n, "currency_field": "fee_currency"} for n in names[:2])
    wanted = target(*amounts, {"name": "fee_currency"})
    for some in combinations(names, size):
        (part,) = narrow(wanted, wide(5), fields=some)
        assert sorted(part.fields) == sorted(some)


def test_wide_sources_are_narrowed_to_what_may_fill_each_field() -> None:
    names = ["email", "fee", "website", "country", "founded_year", "fee_currency"]
    wanted = target(*({"name": n, **({"currency_field": "fee_currency"} if n == "fee" else {})} for n in names))
    fields = (*wide(900), *(SampledField(f"/{n}", ("string",), 1.0, ()) for n in names))
    parts = narrow(wanted, fields, fields=names)
    assert all(fits(part.fields, part.paths, tuple(REGISTRY)) for part in parts)
    asked = [name for part in parts for name in part.fields]
    assert sorted(asked) == sorted(names)
    assert asked.index("fee_currency") == asked.index("fee") + 1
    assert all(f"/{name}" in part.paths for part in parts for name in part.fields)
    assert parts == narrow(wanted, fields, fields=names)


def test_ranks_name_nothing_that_cannot_fit() -> None:
    fields = (SampledField("/revenue", ("string",), 1.0, ("€ 5",)), SampledField("/staff", ("integer",), 1.0, (5,)))
    ranked = rank(target({"name": "employee_count", "type": "integer"}), fields)
    assert [c.path for c in ranked["employee_count"]] == ["/staff"]
