"""Two readings of the same records: what differs is counted by field, and what nothing explains is told."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from enrichment.shadow import Said, compare, kept, unexplained
from schemas.plan import Alternative, Binding, PlanBody
from schemas.shadow import Shadow


def said(code: str | None = None, **cells: Any) -> Said:
    return Said(cells if code is None else {}, {}, code)


def test_cells_are_told_apart_by_what_became_of_them() -> None:
    found = compare(
        [
            (said(name="A", size=1), said(name="A", size=1)),
            (said(name="A", size=1), said(name="B", size=2)),
            (said(name="A"), said(name="A", size=2)),
            (said(name="A", size=1), Said({"name": "A"}, {"size": "ambiguous"})),
        ]
    )
    assert found.records == 4
    name, size = found.fields["name"], found.fields["size"]
    assert (name.same, name.changed, name.filled, name.emptied) == (3, 1, 0, 0)
    assert (size.same, size.changed, size.filled, size.emptied) == (1, 1, 1, 1)
    assert size.reasons == {"ambiguous": 1}
    assert found.differs


@pytest.mark.parametrize(("one", "other"), [(1, True), ("1", 1), (Decimal("1.0"), "1.0"), (0, False)])
def test_values_of_another_type_are_other_values(one: Any, other: Any) -> None:
    assert compare([(said(x=one), said(x=other))]).fields["x"].changed == 1


def test_records_that_one_reading_refuses_are_counted_apart() -> None:
    found = compare(
        [
            (said(x=1), said("invariant_broken")),
            (said("type"), said(x=1)),
            (said("type"), said("type")),
        ]
    )
    assert (found.refused, found.accepted, found.codes, found.fields) == (1, 1, {"invariant_broken": 1}, {})


def bound(**paths: str) -> PlanBody:
    return PlanBody(
        bindings=tuple(Binding(target=name, alternatives=(Alternative(paths=(path,)),)) for name, path in paths.items())
    )


def test_what_is_bound_as_before_is_kept_unless_it_was_condemned() -> None:
    before, after = bound(a="/a", b="/b", c="/c"), bound(a="/a", b="/x", c="/c", d="/d")
    assert kept(before, after) == {"a", "c"}
    assert kept(before, after, condemned=["c"]) == {"a"}


def test_only_what_the_successor_was_made_for_may_differ() -> None:
    found = compare([(said(a=1), said(a=1, d=2))])
    assert unexplained(found, {"d"}) == ()
    assert unexplained(found, set()) == (
        "d is bound as before and yet differs in 1 records (changed 0, filled 1, emptied 0)",
    )


def test_a_record_that_is_refused_from_now_on_is_never_explained() -> None:
    found = compare([(said(a=1), said("invariant_broken")), (said(a=1), said(a=1))])
    assert unexplained(found, {"a"}) == (
        "1 of 2 records that the plan in force accepts are refused (invariant_broken 1)",
    )
    assert unexplained(Shadow(), set()) == ()
