"""Two fields of one kind, exchanged, under names that are German, French or shortened: the plan rules see it."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Any

import pytest

from enrichment.gate.plan_rules import check_plan_evidence
from enrichment.sampling import sample_fields
from schemas.json_types import Record
from schemas.plan import Alternative, Binding, OpCall
from schemas.target import Target, TargetField

_CHANCE = Random(5)
_Made = Callable[[], Any]


def _date(first: int, last: int) -> _Made:
    return lambda: f"{_CHANCE.randint(first, last)}-{_CHANCE.randint(1, 12):02}-{_CHANCE.randint(1, 28):02}"


def _of(*values: str) -> _Made:
    return lambda: _CHANCE.choice(values)


def _whole(first: int, last: int) -> _Made:
    return lambda: _CHANCE.randint(first, last)


def _euros(first: int, last: int) -> _Made:
    return lambda: f"\u20ac{_CHANCE.randint(first, last):,}"


#: Target fields, what they are declared as, the operation, and how the values of each are made.
_FIELDS: dict[tuple[str, str], tuple[dict[str, Any], str, _Made, _Made]] = {
    ("start_date", "end_date"): ({"format": "date"}, "parse_date", _date(2015, 2018), _date(2019, 2024)),
    ("billing_country", "shipping_country"): (
        {"kind": "country"},
        "parse_country",
        _of("Italy", "Norway", "Japan"),
        _of("Spain", "Peru", "Italy"),
    ),
    ("employee_count", "store_count"): (
        {"type": "integer", "kind": "count"},
        "copy",
        _whole(50, 5000),
        _whole(3, 200),
    ),
    ("buy_price", "sell_price"): (
        {"type": "number", "kind": "money", "unit": "EUR"},
        "parse_money",
        _euros(5, 50),
        _euros(60, 100),
    ),
    ("min_age", "max_age"): ({"type": "integer", "kind": "count"}, "copy", _whole(3, 10), _whole(40, 99)),
}


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        *((("start_date", "end_date"), named) for named in (("von", "bis"), ("date_debut", "date_fin"))),
        *(
            (("billing_country", "shipping_country"), named)
            for named in (("rechnungsland", "lieferland"), ("inv_ctry", "dlv_ctry"))
        ),
        (("employee_count", "store_count"), ("effectif", "magasins")),
        *(
            (("buy_price", "sell_price"), named)
            for named in (("einkaufspreis", "verkaufspreis"), ("ek", "vk"), ("ek_preis", "vk_preis"))
        ),
        (("min_age", "max_age"), ("alter_von", "alter_bis")),
    ],
)
def test_exchanged_fields_are_refused_and_right_ones_are_not(fields: tuple[str, str], named: tuple[str, str]) -> None:
    declared, op, one, other = _FIELDS[fields]
    records: list[Record] = [{"name": f"Firm {n}", named[0]: one(), named[1]: other()} for n in range(60)]
    target = Target(
        name="company",
        table="company",
        fields=(
            TargetField(name="name", type="string", identity=True),
            *(TargetField.model_validate({"type": "string", **declared, "name": name}) for name in fields),
        ),
    )

    def refused(sources: tuple[str, str]) -> list[str]:
        bindings = [
            Binding(target=name, alternatives=(Alternative(paths=(f"/{source}",), ops=(OpCall(op=op),)),))
            for name, source in zip(fields, sources, strict=True)
        ]
        return [r.rule for r in check_plan_evidence(target, sample_fields(records), records, bindings)]

    assert not refused(named)
    assert "rival_source" in refused((named[1], named[0]))
