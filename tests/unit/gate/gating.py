"""Small plans and targets for tests of the gate."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from enrichment.gate.cells import CELL_RULES
from enrichment.gate.compiled import compile_gate
from enrichment.gate.reading import SourceReading
from enrichment.gate.rule import CellRule
from schemas.json_types import Json
from schemas.plan import Alternative, Binding, OpArg, OpCall, PlanBody
from schemas.target import Target, TargetField
from schemas.verdict import Verdict

ID = TargetField(name="id", type="string", identity=True)


def call(op: str, **args: str) -> OpCall:
    return OpCall(op=op, args=tuple(OpArg(name=name, value=value) for name, value in args.items()))


def binding(field: str, *paths: str, ops: Sequence[OpCall | str] = ()) -> Binding:
    calls = tuple(OpCall(op=o) if isinstance(o, str) else o for o in ops)
    return Binding(target=field, alternatives=(Alternative(paths=paths, ops=calls),))


def target(*fields: TargetField, **settings: Any) -> Target:
    return Target(name="t", table="t", fields=fields, **settings)


def plan(*bindings: Binding) -> PlanBody:
    return PlanBody(bindings=bindings)


def judge(
    field: TargetField,
    value: Json,
    *ops: OpCall | str,
    rules: Sequence[CellRule] = CELL_RULES,
    source: SourceReading | None = None,
) -> Verdict:
    """The verdict on one record whose member `v` holds `value`, for a target of an id and this field."""
    body = plan(binding("id", "/id"), binding(field.name, "/v", ops=ops))
    gate = compile_gate(target(ID, field), body, source or SourceReading(), cell_rules=rules)
    return gate({"id": "a", "v": value})
