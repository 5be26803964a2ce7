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


def contested(context: Context, tx: Tx, plan: PlanRow, candidates: Sequence[Candidate]) -> frozenset[int]:
    """Give the staged ids of rows in which a rival of a binding on probation gives another value than the binding."""
    pairs = _pairs(context, plan)
    if not pairs or not candidates:
        return frozenset()
    first = sorted(candidates, key=lambda c: drawing.order(context.audit_key, plan.id, c.record_id))[:_LOOKED_AT]
    rows = {Member(c.record_id, c.observation, c.payload_id, c.ordinal): c.staged_id for c in first}
    depth = context.source(plan.source).max_depth
    found: set[int] = set()
    for member, raw in members.read(tx, list(rows)):
        record = loads(raw.body, max_depth=depth)
        if isinstance(record, Mapping) and any(_differ(record, bound, rival) for bound, rival in pairs):
            found.add(rows[member])
    return frozenset(found)


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
