"""Nothing staged is forgotten: once no record of a source is on its way, what is left is audited whole."""

from __future__ import annotations

from enrichment import approving, auditor_recall, sampling_rows
from enrichment.context import Tuning
from enrichment.store import agenda, open_work, plans, samples
from enrichment.store import work as work_rows
from enrichment.store.database import Tx
from enrichment.store.work import NewWork
from schemas.plan import PlanState


def sweep(tx: Tx, tuning: Tuning) -> int:
    """File work for plans with staged rows that no open work would move. Gives the works filed."""
    filed = 0
    left = agenda.unmoved(tx)
    found = plans.get_many(tx, [one.plan_id for one in left])
    short = {one.plan_id for one in left if one.short and sampling_rows.is_short(found[one.plan_id])}
    for plan_id, plan in [(one.plan_id, found[one.plan_id]) for one in left if one.staged or one.plan_id in short]:
        if auditor_recall.is_with_a_person(tx, plan) or approving.is_asked(tx, plan_id):
            # only a person moves these
            continue
        whole = plan.state in {PlanState.PROBATION, PlanState.RELEASED} and plan.undecided
        filed += (
            work_rows.file(
                tx,
                NewWork(
                    kind="judge" if whole else "merge",
                    stage="judge" if whole else "merge",
                    job_id=plans.newest_job(tx, plan_id),
                    source=plan.source,
                    target=plan.target,
                    shape_id=plan.shape_id,
                    plan_id=plan_id,
                    dedup=f"judge:whole:{plan_id}" if whole else f"merge:{plan_id}",
                    args={"whole": True} if whole else {"final": True},
                ),
            )
            is not None
        )
    for plan_id, plan in [(one.plan_id, found[one.plan_id]) for one in left if one.drawn]:
        # What was just filed for its staged rows judges these as well.
        if not open_work.any_open(tx, source=plan.source, target=plan.target, plan_id=plan_id):
            job_id = samples.newest_job(tx, plan_id)
            filed += sampling_rows.file_judges(tx, [plan], size=tuning.rows_per_audit, job_id=job_id, rest=True)
    return filed
