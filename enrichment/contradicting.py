"""A column that turns: texts come that read only in the other order of day and month, or of the marks in numbers."""

from __future__ import annotations

from dataclasses import replace

from enrichment import probation
from enrichment.context import Context
from enrichment.gate.orders import has_order, is_contradicted
from enrichment.gate.reading import SourceReading
from enrichment.plan_sample import newest
from enrichment.plan_standing import CONTRADICT, CONTRADICTED
from enrichment.store import deciding, plan_fields, plans
from enrichment.store.database import Tx
from schemas.plan import FieldState


def condemn_contradicted(context: Context, tx: Tx, plan_id: int, *, job_id: int | None) -> int:
    """Condemn fields on probation whose newest texts contradict the order that they are read in. The plan's row is
    locked exclusively. Gives how many fell.

    An auditor cannot tell: a text that reads in both orders is right in either, and what reads in the other one only is
    empty by now.
    """
    plan = plans.get(tx, plan_id)
    moved = {f.name: f for f in plan.fields if f.state == FieldState.PROBATION}
    bindings = [b for b in plan.body.bindings if b.target in moved and any(has_order(a.ops) for a in b.alternatives)]
    if not bindings:
        return 0
    source, target = context.source(plan.source), context.target(plan.target)
    found = newest(context, tx, source, plan.shape_id)
    reading = SourceReading.of(source)
    fallen = sorted(
        b.target
        for b in bindings
        if any(is_contradicted(a, found, reading.for_field(target.by_name[b.target])) for a in b.alternatives)
    )
    if fallen:
        plan_fields.save(tx, plan.id, [replace(moved[name], state=FieldState.CONDEMNED) for name in fallen])
        deciding.note(tx, plan.id, act=CONTRADICT, fields=fallen, by="assay", reason=CONTRADICTED)
        strict = {f.name for f in target.fields if f.required or f.identity}
        probation.condemn(context, tx, plans.get(tx, plan.id), fallen, strict, job_id)
    return len(fallen)
