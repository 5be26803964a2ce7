"""Nothing between gate and merge made values up."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from enrichment import members as chunk_members
from enrichment.context import Context
from enrichment.json_text import loads
from enrichment.members import Member
from enrichment.staged_text import jsonb_text
from enrichment.store import staging
from enrichment.store.database import Tx
from enrichment.store.plans import PlanRow
from enrichment.store.staging import Locked


def tampered(context: Context, tx: Tx, rows: Sequence[Locked], by_plan: Mapping[int, PlanRow]) -> set[int]:
    """Every row's digest, and for a sample the plan executed anew: gives the rows that are not what the gate wrote."""
    changed = {row.id for row in rows if not row.intact}
    step = max(min(len(rows) // context.tuning.tamper_sample, context.tuning.tamper_share), 1)
    return changed | _not_re_executed(context, tx, [r for r in rows[::step] if r.id not in changed], by_plan)


def _not_re_executed(context: Context, tx: Tx, rows: Sequence[Locked], by_plan: Mapping[int, PlanRow]) -> set[int]:
    """Rows whose plan does not give their cells for their record."""
    staged = staging.read(tx, [row.id for row in rows])
    found = {Member(r.record_id, r.observation, r.payload_id, r.ordinal): r for r in staged}
    wrong = {row.id for row in rows}
    for member, raw in chunk_members.read(tx, list(found)):
        row = found[member]
        plan = by_plan[row.plan_id]
        source = context.source(plan.source)
        # A field may have been condemned since the row was staged; its cells are emptied later, and accuse nobody.
        gate = context.plans.gate(plan, context.target(plan.target), source, as_proposed=True)
        verdict = gate(loads(raw.body, max_depth=source.max_depth))  # type: ignore[arg-type]  # objects only
        given = json.loads(jsonb_text(verdict.cells))
        same = all(given.get(name) == value for name, value in row.cells.items())
        if raw.record_id == row.record_id and verdict.key == row.key and same:
            wrong.discard(row.id)
    return wrong
