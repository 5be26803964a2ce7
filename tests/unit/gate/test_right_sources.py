"""Right sources that their look or their column's name made look like something else."""

from __future__ import annotations

import pytest
from gating import binding

from enrichment.gate.plan_rules import check_plan_evidence
from enrichment.sampling import sample_fields
from schemas.json_types import Record
from schemas.kinds import Kind
from schemas.plan import Binding
from schemas.target import Target, TargetField

PLACES = ("Nippes", "Burtscheid", "Ehrenfeld", "Lindenthal", "Deutz", "Kalk")
KEY = TargetField(name="no", type="string", kind=Kind.IDENTIFIER, identity=True)
RECORDS: list[Record] = [
    {
        "no": f"N{n}",
        "ORT02": PLACES[n % 6],
        "anschrift": f"Hauptstr. {n + 1}, 5{n:04d} K\u00f6ln",
        "STCD1": f"{200 + n}/4{n:03d}/6{n:03d}",
        "TELF1": f"+49 221 80{n:04d}",
        "ISBN": f"978-3-16-{148000 + n}-{n % 10}",
        "price": {"cost": f"\u20ac {n + 3}.10", "compare_at": f"\u20ac {n + 9}.10", "amount": f"\u20ac {n + 7}.10"},
    }
    for n in range(60)
]


def refused(*bound: tuple[TargetField, Binding]) -> list[tuple[str | None, str]]:
    target = Target(name="t", table="t", fields=(KEY, *(field for field, _ in bound)))
    found = check_plan_evidence(target, sample_fields(RECORDS), RECORDS, [binding("no", "/no"), *(b for _, b in bound)])
    return [(one.target, one.rule) for one in found]


@pytest.mark.parametrize("path", ["/STCD1", "/ISBN"])
def test_numbers_in_groups_are_no_phone_numbers_by_their_length(path: str) -> None:
    number = TargetField(name="tax_number", type="string", kind=Kind.IDENTIFIER)
    assert refused((number, binding("tax_number", path))) == []


def test_a_phone_number_that_says_so_is_one() -> None:
    number = TargetField(name="tax_number", type="string", kind=Kind.CODE)
    assert refused((number, binding("tax_number", "/TELF1"))) == [("tax_number", "kind_mismatch")]


def test_the_name_of_a_place_is_a_name_and_an_address_none() -> None:
    district = TargetField(name="district", type="string", kind=Kind.NAME)
    assert refused((district, binding("district", "/ORT02"))) == []
    assert refused((district, binding("district", "/anschrift"))) == [("district", "kind_mismatch")]


def test_the_price_that_a_shop_compares_with_is_a_list_price() -> None:
    def price(name: str) -> TargetField:
        return TargetField(name=name, type="number", kind=Kind.MONEY, unit="EUR")

    bound = {"purchase_price": "/price/cost", "list_price": "/price/compare_at", "selling_price": "/price/amount"}
    assert refused(*((price(name), binding(name, path, ops=["parse_money"])) for name, path in bound.items())) == []
