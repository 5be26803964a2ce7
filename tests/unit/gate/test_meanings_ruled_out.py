"""What a name may mean besides, and its values cannot be, is not held against a right binding."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pytest
from gating import binding

from enrichment.gate.plan_rules import check_plan_evidence
from enrichment.sampling import sample_fields
from schemas.json_types import Json, Record
from schemas.kinds import Kind
from schemas.target import Target, TargetField

KEY = TargetField(name="key", type="string", kind=Kind.IDENTIFIER, identity=True)


def refused(found: Sequence[Record], fields: Mapping[str, TargetField], bound: Mapping[str, str]) -> set[str]:
    target = Target(name="thing", table="thing", fields=(KEY, *(fields[name] for name in bound)))
    bindings = [binding("key", "/key"), *(binding(name, path) for name, path in bound.items())]
    return {one.target or "" for one in check_plan_evidence(target, sample_fields(found), found, bindings)}


def named(name: str, kind: Kind | None, kind_of: str = "string") -> dict[str, TargetField]:
    return {name: TargetField(name=name, type=kind_of, kind=kind)}


@pytest.mark.parametrize("kind", [Kind.COUNT, None])
@pytest.mark.parametrize("path", ["/stock/available", "/stock/in_stock"])
def test_what_is_available_may_be_counted(path: str, kind: Kind | None) -> None:
    member = path.rpartition("/")[2]
    found: list[Record] = [{"key": f"K{n}", "stock": {member: n * 37 % 900, "reserved": n % 20}} for n in range(60)]
    assert refused(found, named("stock", kind, "integer"), {"stock": path}) == set()


@pytest.mark.parametrize("kind", [Kind.COUNT, None])
def test_whether_something_is_available_is_no_count(kind: Kind | None) -> None:
    values: tuple[Json, ...] = (True, False)
    found: list[Record] = [{"key": f"K{n}", "stock": {"available": values[n % 2]}} for n in range(60)]
    assert refused(found, named("stock", kind, "integer"), {"stock": "/stock/available"}) == {"stock"}


@pytest.mark.parametrize("kind", [Kind.NAME, None])
def test_long_titles_are_no_longitudes_and_the_name_of_somebody_is_no_title(kind: Kind | None) -> None:
    fields = {**named("brief_title", kind), **named("official_title", kind), **named("sponsor", kind)}
    found: list[Record] = [
        {
            "key": f"K{n}",
            "t": {"short": f"Aspirin in adults {n}", "long": f"A randomised open study of aspirin in adults {n}"},
            "lead": {"name": ("Charité", "Northlight", "Quill & Sons")[n % 3]},
        }
        for n in range(60)
    ]
    right = {"brief_title": "/t/short", "official_title": "/t/long", "sponsor": "/lead/name"}
    assert refused(found, fields, right) == set()
