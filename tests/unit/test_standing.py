"""What an earlier plan of a shape leaves standing for the next search."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pytest

from enrichment.plan_standing import standing_of
from enrichment.store.plan_fields import FieldRow
from enrichment.store.plans import PlanRow
from schemas.plan import Abstention, Alternative, Binding, FieldState, OpArg, OpCall, Origin, PlanBody, PlanState
from schemas.shape import ShapeView

VIEW = ShapeView(id=1, revision=1, pointers=dict.fromkeys(("/a", "/b"), frozenset({"string"})))
REFUSAL = {"target": "name", "paths": ["/b"], "rule": "kind_mismatch", "message": "no name"}


def bound(target: str, path: str) -> Binding:
    return Binding(target=target, alternatives=(Alternative(paths=(path,), ops=()),), origin=Origin.SMALL)


def plan(state: PlanState, *, evidence: Mapping[str, Any] | None = None, **fields: FieldState) -> PlanRow:
    return PlanRow(
        id=1,
        source="crm",
        target="company",
        target_version="1",
        shape_id=1,
        shape_revision=1,
        try_number=1,
        state=state,
        body=PlanBody(
            bindings=tuple(bound(name, f"/{name}") for name in fields),
            abstained=(Abstention(target="left", reason="absent"),),
        ),
        refusals=[REFUSAL],
        evidence={"pointers": ["/a", "/b"], **(evidence or {})},
        model=None,
        prompt_version=None,
        predecessor=None,
        created_at=datetime(2026, 1, 1, tzinfo=UTC),
        fields=tuple(FieldRow(name=name, state=one) for name, one in fields.items()),
    )


def test_what_was_refused_for_a_refused_plan_goes_along() -> None:
    standing = standing_of(plan(PlanState.REFUSED), VIEW, constants={})
    assert [(r.target, r.paths, r.rule) for r in standing.refused] == [("name", ("/b",), "kind_mismatch")]
    assert standing.asked is None


def test_a_condemned_field_of_a_standing_plan_is_asked_about_with_all_pointers() -> None:
    lost = plan(PlanState.RELEASED, a=FieldState.RELEASED, b=FieldState.CONDEMNED)
    standing = standing_of(lost, VIEW, constants={})
    assert (standing.asked, standing.pointers) == (frozenset({"b"}), None)
    assert set(standing.kept) == {"a"}
    assert [(r.target, r.rule) for r in standing.refused] == [("name", "kind_mismatch"), ("b", "condemned")]
    assert set(standing.settled) == {"left"}
    assert [one.alternatives for one in standing.fallen["b"]] == [bound("b", "/b").alternatives]


def test_a_condemned_binding_is_told_with_its_operations() -> None:
    """Of the same pointer another reading may be right."""
    lost = plan(PlanState.RELEASED, a=FieldState.RELEASED, b=FieldState.CONDEMNED)
    first = Alternative(paths=("/b", "/a"), ops=(OpCall(op="join", args=(OpArg(name="separator", value="-"),)),))
    read = Binding(target="b", alternatives=(first, Alternative(paths=("/c",))), origin=Origin.SMALL)
    body = lost.body.model_copy(update={"bindings": (bound("a", "/a"), read)})
    (*_, told) = standing_of(dataclasses.replace(lost, body=body), VIEW, constants={}).refused
    assert told.paths == ("/b", "/a", "/c")
    assert told.message == "an audit of its cells found this binding wrong: /b, /a > join(separator=-) | /c"


@pytest.mark.parametrize("state", [PlanState.RELEASED, PlanState.CONDEMNED])
def test_what_was_refused_for_feeding_a_condemned_field_is_asked_about_with_it(state: PlanState) -> None:
    def told(rule: str, path: str) -> dict[str, Any]:
        return {"target": "left", "paths": [path], "rule": rule, "message": "it feeds another field"}

    fallen = plan(state, a=FieldState.RELEASED, b=FieldState.CONDEMNED)
    refusals = [told("source_reused", "/b"), told("source_reused", "/a"), told("kind_mismatch", "/b")]
    lost = dataclasses.replace(fallen, refusals=refusals)
    standing = standing_of(lost, VIEW, constants={})
    assert standing.asked == frozenset({"b", "left"})
    assert "left" not in standing.settled
    kept = [("source_reused", ("/a",)), ("kind_mismatch", ("/b",)), ("condemned", ("/b",))]
    assert [(r.rule, r.paths) for r in standing.refused] == kept
    # with a holder that stands nothing is lifted
    standing = standing_of(dataclasses.replace(lost, refusals=refusals[1:]), VIEW, constants={})
    assert standing.asked == frozenset({"b"})
    assert "left" in standing.settled


def test_it_is_asked_about_once() -> None:
    lost = plan(PlanState.RELEASED, evidence={"replaced": ["b"]}, a=FieldState.RELEASED, b=FieldState.CONDEMNED)
    standing = standing_of(lost, VIEW, constants={})
    assert standing.nothing_new
    assert standing.settled["b"].reason == "unsupported"


def test_a_widened_shape_asks_about_what_was_absent_too() -> None:
    wide = ShapeView(id=1, revision=2, pointers=dict.fromkeys(("/a", "/b", "/c"), frozenset({"string"})))
    lost = plan(PlanState.PROBATION, a=FieldState.PROBATION, b=FieldState.CONDEMNED)
    assert standing_of(lost, wide, constants={}).asked == frozenset({"b", "left"})
    kept = plan(PlanState.PROBATION, a=FieldState.PROBATION)
    assert standing_of(kept, wide, constants={}).pointers == frozenset({"/c"})


def test_what_a_person_has_asked_again_is_asked_also_where_a_successor_left_it_empty() -> None:
    again = {"again": ["left", "a"]}
    standing = standing_of(plan(PlanState.RELEASED, evidence=again, a=FieldState.RELEASED), VIEW, constants={})
    assert (standing.asked, standing.lost, standing.pointers) == (frozenset({"left"}), frozenset({"left"}), None)
    assert set(standing.kept) == {"a"}
    assert standing.served
