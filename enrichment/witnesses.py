"""Witnesses: staged rows whose record gives another value at a rival pointer, so that they tell right from wrong."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final, TypeAlias

from enrichment import members
from enrichment.audit import drawing
from enrichment.context import Context
from enrichment.execution import compile_alternative
from enrichment.gate.reading import SourceReading
from enrichment.json_text import loads
from enrichment.members import Member
from enrichment.operations import Absent, Fault, Outcome
from enrichment.store.database import Tx
from enrichment.store.plans import PlanRow
from enrichment.store.samples import Candidate
from schemas.errors import UsageError
from schemas.json_types import Record
from schemas.plan import Alternative, FieldState

Reader: TypeAlias = Callable[[Record], Outcome]
#: Rows looked at for one draw, those that would be drawn first; more would cost more than they tell.
_LOOKED_AT: Final = 300
#: Share of the rows from which on a rival differs so often that any draw holds enough rows in which it does; to prefer
#: them all would drown the few in which another rival differs.
_OFTEN: Final = 0.5
#: Rows preferred for one rival. A wrong binding falls after two or three.
_PER_RIVAL: Final = 20


def contested(context: Context, tx: Tx, plan: PlanRow, candidates: Sequence[Candidate]) -> frozenset[int]:
    """Give the staged ids of rows in which a rival of a binding on probation gives another value than the binding.

    Rivals that differ in most rows are left out: whatever is drawn tells them apart.
    """
    pairs = _pairs(context, plan)
    if not pairs or not candidates:
        return frozenset()
    first = sorted(candidates, key=lambda c: drawing.order(context.audit_key, plan.id, c.record_id))[:_LOOKED_AT]
    rows = {Member(c.record_id, c.observation, c.payload_id, c.ordinal): c.staged_id for c in first}
    depth = context.source(plan.source).max_depth
    seen = 0
    differing: list[list[int]] = [[] for _ in pairs]
    for member, raw in members.read(tx, list(rows), skip_gone=True):
        record = loads(raw.body, max_depth=depth)
        if not isinstance(record, Mapping):
            continue
        seen += 1
        for found, (bound, rival) in zip(differing, pairs, strict=True):
            if _differ(record, bound, rival):
                found.append(rows[member])
    rare = (found for found in differing if len(found) <= _OFTEN * seen)
    return frozenset(staged_id for found in rare for staged_id in found[:_PER_RIVAL])


def _pairs(context: Context, plan: PlanRow) -> list[tuple[Reader, Reader]]:
    """Bindings on probation beside their rivals, both read by the operations of the binding."""
    reported = plan.evidence.get("bindings", {})
    target, reading = context.target(plan.target), SourceReading.of(context.source(plan.source))
    states = plan.field_states()
    found: list[tuple[Reader, Reader]] = []
    for binding in plan.body.bindings:
        field = target.by_name.get(binding.target)
        if field is None or states.get(binding.target) != FieldState.PROBATION:
            continue
        first, settings = binding.alternatives[0], reading.for_field(field)
        for rival in reported.get(binding.target, {}).get("rivals", ()):
            if not rival["differs"]:
                continue
            try:
                bound = compile_alternative(first, settings)
                would = compile_alternative(Alternative(paths=(rival["path"],), ops=first.ops), settings)
            except UsageError:
                continue
            found.append((bound, would))
    return found


def _differ(record: Record, bound: Reader, rival: Reader) -> bool:
    one, other = bound(record), rival(record)
    return not isinstance(one, Absent | Fault) and not isinstance(other, Absent | Fault) and one != other
