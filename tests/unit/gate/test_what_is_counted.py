"""What a name says is counted, and what it says too little to be held against a column."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from enrichment.gate.plan_rules import check_plan_evidence
from enrichment.sampling import sample_fields
from schemas.json_types import Json
from schemas.kinds import Kind
from schemas.plan import Alternative, Binding, OpCall
from schemas.target import Target, TargetField

KEY = TargetField(name="id", type="string", identity=True, kind=Kind.IDENTIFIER)
PEOPLE = TargetField(name="people", type="integer", kind=Kind.COUNT, unit="people")
SERVINGS = TargetField(name="servings", type="string", kind=Kind.TEXT)


def refused(field: TargetField, path: str, made: Callable[[int], Json], *ops: str) -> list[str]:
    records = [{"id": f"A{n}", path: made(n)} for n in range(40)]
    alternative = Alternative(paths=(f"/{path}",), ops=tuple(OpCall(op=op) for op in ops))
    target = Target(name="t", table="t", fields=(KEY, field))
    bound = Binding(target=field.name, alternatives=(alternative,))
    return [r.rule for r in check_plan_evidence(target, sample_fields(records), records, [bound])]


@pytest.mark.parametrize("name", ["participants", "attendees", "passengers", "players"])
def test_who_takes_part_is_people(name: str) -> None:
    assert refused(PEOPLE, name, lambda n: str(7 * n + 20), "parse_integer") == []


@pytest.mark.parametrize("name", ["views", "downloads", "stores"])
def test_what_is_seen_or_owned_is_not(name: str) -> None:
    assert refused(PEOPLE, name, lambda n: str(7 * n + 20), "parse_integer") == ["unit_mismatch"]


def test_a_yield_is_a_percentage_only_where_its_values_are() -> None:
    counted = TargetField(name="servings", type="integer", kind=Kind.COUNT)
    assert refused(counted, "yield", lambda n: n % 6 + 2) == []
    assert refused(counted, "yield", lambda n: f"{n % 6 + 2}", "parse_integer") == []
    assert refused(SERVINGS, "yield", lambda n: f"serves {n % 6 + 2}") == []
    assert refused(SERVINGS, "yield", lambda n: f"{n % 6 + 2} loaves") == []
    assert refused(SERVINGS, "yield", lambda n: f"{n % 6 + 2} %") == ["kind_mismatch"]
