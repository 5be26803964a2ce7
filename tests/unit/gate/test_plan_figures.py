"""Figures in fields that hold words."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from enrichment.gate.plan_rules import check_plan_evidence
from enrichment.matcher import match
from enrichment.sampling import sample_fields
from schemas.json_types import Json
from schemas.plan import Alternative, Binding, OpArg, OpCall
from schemas.target import Target, TargetField

KEY = TargetField(name="id", type="string", identity=True, kind="identifier")
TO_TEXT = (OpCall(op="to_text"),)
TABLE = (OpCall(op="map_values", args=(OpArg(name="0.0", value="calm"),)),)


def refused(name: str, path: str, made: Callable[[int], Json], ops: tuple[OpCall, ...] = (), **more: Any) -> list[str]:
    records = [{"id": f"A{n}", path: made(n)} for n in range(40)]
    target = Target(name="t", table="t", fields=(KEY, TargetField(name=name, type="string", **more)))
    binding = Binding(target=name, alternatives=(Alternative(paths=(f"/{path}",), ops=ops),))
    return [r.rule for r in check_plan_evidence(target, sample_fields(records), records, [binding])]


def fraction(n: int) -> str:
    return f"{n / 4:.1f}"


@pytest.mark.parametrize(
    ("name", "path", "made", "ops", "more"),
    [
        ("condition", "wind", fraction, (), {}),
        ("condition", "wind", lambda n: Decimal(fraction(n)), TO_TEXT, {"kind": "category"}),
        ("species", "mass", fraction, (), {}),
        ("capital", "life_expectancy", fraction, (), {"kind": "name"}),
        ("continent", "population", lambda n: str(90_000 + 7_919 * n), (), {}),
    ],
)
def test_measures_and_totals_are_no_words(
    name: str, path: str, made: Callable[[int], Json], ops: tuple[OpCall, ...], more: dict[str, Any]
) -> None:
    assert refused(name, path, made, ops, **more) == ["kind_mismatch"]


@pytest.mark.parametrize(
    ("name", "path", "made", "ops", "more"),
    [
        ("size", "size", fraction, (), {"kind": "text"}),
        ("condition", "wind", fraction, TABLE, {"kind": "category"}),
        ("condition", "state", lambda n: str(n % 4), (), {}),
        ("condition", "sky", lambda n: fraction(n) if n % 2 else "windy", (), {}),
        ("numeric_code", "number", lambda n: f"{n * 8:03d}", (), {}),
        ("numeric_code", "iso_num", lambda n: f"{n * 8:03d}", (), {"kind": "code"}),
        ("continent", "world_region", lambda n: ["Asia", "Africa", "Europe"][n % 3], (), {}),
        ("country_name", "country", lambda n: ["South Africa", "Norway", "Peru"][n % 3], (), {}),
    ],
)
def test_figures_that_may_be_meant_pass(
    name: str, path: str, made: Callable[[int], Json], ops: tuple[OpCall, ...], more: dict[str, Any]
) -> None:
    assert refused(name, path, made, ops, **more) == []


def test_the_matcher_makes_no_code_of_a_country_whose_name_is_asked_for() -> None:
    records = [{"country_name": ["South Africa", "Norway", "Peru"][n % 3]} for n in range(40)]
    target = Target(name="t", table="t", fields=(KEY, TargetField(name="country_name", type="string")))
    found = {b.target: b for b in match(target, sample_fields(records), records).bindings}.get("country_name")
    assert found is None or "parse_country" not in {call.op for call in found.alternatives[0].ops}
