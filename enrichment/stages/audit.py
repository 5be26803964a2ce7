"""audit: draws the sample, files it under the plan, and passes on rows that may be merged. Others stay staged."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from enrichment import auditor_recall, probation_draws, sampling_rows
from enrichment.context import Context
from enrichment.stages.outcome import Advance, Finish, Outcome
from enrichment.store import plan_fields, plans
from enrichment.store.database import Tx
from enrichment.store.work import Claimed
from schemas.plan import PlanState


def draw_sample(context: Context, tx: Tx, work: Claimed, gated: Mapping[str, Any]) -> Outcome:
    """Per plan, under a share lock on its row: draw, file judge work, and pass on what is decided."""
    groups = gated["groups"]
    merge: list[int] = []
    held = drawn = 0
    chosen = plans.get_many(tx, [group["plan"] for group in groups], lock="KEY SHARE")
    released: dict[int, list[int]] = {}
    for group in groups:
        plan = chosen[group["plan"]]
        ids = list(group["staged"])
        if plan.state == PlanState.RELEASED and not plan.undecided:
            merge += ids
            released[plan.id] = ids
        elif plan.state in {PlanState.PROBATION, PlanState.RELEASED}:
            drawn += probation_draws.draw_probation(context, tx, plan, staged_ids=ids)
            satisfied = not any(probation_draws.needed(f) for f in plan_fields.lock(tx, plan.id))
            size = context.tuning.rows_per_audit
            sampling_rows.file_judges(tx, [plan], size=size, job_id=work.job_id, rest=satisfied)
            doubted = auditor_recall.is_in_doubt(tx, plan)
            ready = [] if doubted else sampling_rows.mergeable(context, tx, plan, among=ids)
            merge += ready
            if ready:
                released[plan.id] = ready
            held += len(ids) - len(ready)
        else:
            held += len(ids)
    lots = [(chosen[plan_id], ids) for plan_id, ids in released.items()]
    drawn += sampling_rows.draw_released(context, tx, lots, job_id=work.job_id)
    counts = {"passed": len(merge), "staged": held, "drawn": drawn}
    return Advance({"staged": merge, "plans": sorted(chosen)}, counts) if merge else Finish(counts)
