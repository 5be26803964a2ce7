"""audit: draws the sample, files it under the plan, and passes on rows that may be merged. Others stay staged."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from enrichment import planting_rows, sampling_rows
from enrichment.audit import drawing, statistics
from enrichment.context import Context
from enrichment.stages.outcome import Advance, Finish, Outcome
from enrichment.store import plan_fields, plans, samples, staging
from enrichment.store.database import Tx
from enrichment.store.plans import PlanRow
from enrichment.store.work import Claimed
from schemas.plan import PlanState


def draw_sample(context: Context, tx: Tx, work: Claimed, gated: Mapping[str, Any]) -> Outcome:
    """Per plan, under a share lock on its row: draw, file judge work, and pass on what is decided."""
    groups = gated["groups"]
    merge: list[int] = []
    held = drawn = 0
    chosen = plans.get_many(tx, [group["plan"] for group in groups], lock="SHARE")
    released: dict[int, list[int]] = {}
    for group in groups:
        plan = chosen[group["plan"]]
        ids = list(group["staged"])
        undecided = plan.undecided
        if plan.state == PlanState.RELEASED and not undecided:
            merge += ids
            released[plan.id] = ids
        elif plan.state in {PlanState.PROBATION, PlanState.RELEASED}:
            drawn += sampling_rows.draw_probation(context, tx, plan, staged_ids=ids)
            satisfied = not any(sampling_rows.needed(f) for f in plan_fields.lock(tx, plan.id))
            sampling_rows.file_judges(tx, plan, size=context.tuning.rows_per_audit, job_id=work.job_id, rest=satisfied)
            doubted = planting_rows.is_in_doubt(tx, plan)
            ready = (
                []
                if doubted
                else staging.mergeable(
                    tx,
                    plan.id,
                    undecided=[f.name for f in undecided],
                    condemned=sorted(plan.condemned),
                    risky=sorted(context.target(plan.target).risky),
                    limit=len(ids),
                    among=ids,
                )
            )
            merge += ready
            held += len(ids) - len(ready)
        else:
            held += len(ids)
    drawn += _draw_released(context, tx, [(chosen[plan_id], ids) for plan_id, ids in released.items()], work.job_id)
    counts = {"passed": len(merge), "staged": held, "drawn": drawn}
    return Advance({"staged": merge, "plans": sorted(chosen)}, counts) if merge else Finish(counts)


def _draw_released(context: Context, tx: Tx, merging: Sequence[tuple[PlanRow, list[int]]], job_id: int | None) -> int:
    """Rows of released plans merge at once; a sample of each day's lot is judged afterwards, in full requests."""
    if not merging:
        return 0
    lots = samples.grow_lots(tx, {plan.id: len(ids) for plan, ids in merging})
    accepted = samples.lots_accepted(tx, list(lots))
    total = 0
    for plan, ids in merging:
        rows, drawn = lots[plan.id]
        size = min(statistics.released_sample(rows, statistics.severity(accepted[plan.id])) - drawn, len(ids))
        if size <= 0:
            continue
        staged = staging.read(tx, ids)
        chosen = sorted((drawing.order(context.audit_key, plan.id, row.record_id), row.id) for row in staged)[:size]
        samples.draw(tx, plan.id, [(staged_id, place) for place, staged_id in chosen], purpose="released")
        samples.count_drawn(tx, plan.id, len(chosen))
        sampling_rows.file_judges(tx, plan, size=context.tuning.rows_per_audit, job_id=job_id, rest=False)
        total += len(chosen)
    return total
