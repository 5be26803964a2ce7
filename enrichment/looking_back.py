"""What a confirmed defect in a row that was merged already does: its cell is withdrawn, its plan is on probation again,
and the rows that were merged before are looked at as new ones are.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from enrichment.context import Context
from enrichment.store import plans, wrong_cells
from enrichment.store import work as work_rows
from enrichment.store.database import Tx
from enrichment.store.plans import PlanRow
from enrichment.store.staging import StagedRow
from enrichment.store.work import NewWork
from schemas.plan import PlanState


def after_verdicts(
    context: Context,
    tx: Tx,
    plan: PlanRow,
    rows: Sequence[StagedRow],
    verdicts: Mapping[int, Mapping[str, str]],
    *,
    job_id: int | None,
    reported: bool = False,
) -> PlanRow:
    """Withdraw the wrong cells of merged rows, and take a release back that a field of the plan has lost.

    The plan's row is locked, and its fields are decided by these verdicts on these rows, which a person has `reported`
    or an audit found. Gives the plan as it is then.
    """
    wrong_cells.note(tx, plan, rows, verdicts, reported=reported)
    after = plans.get(tx, plan.id)
    if after.state not in {PlanState.PROBATION, PlanState.RELEASED}:
        return after
    merged = [row.id for row in rows if row.state == "merged"]
    _withdraw(context, tx, after, merged, verdicts, job_id)
    if after.state == PlanState.RELEASED and after.undecided:
        plans.set_state(tx, plan.id, PlanState.PROBATION)
        return plans.get(tx, plan.id)
    return after


def _withdraw(
    context: Context,
    tx: Tx,
    plan: PlanRow,
    merged: Sequence[int],
    verdicts: Mapping[int, Mapping[str, str]],
    job_id: int | None,
) -> None:
    """One refold for each field, with what may not stand without it; what a fallen field asserted is withdrawn whole by
    others. A row that cannot do without the cell goes whole: its record comes back through, and ends with a person.
    """
    target = context.target(plan.target)
    strict = {f.name for f in target.fields if f.required or f.identity}
    bound = [f.name for f in plan.fields]
    for field in (name for name in bound if name not in plan.condemned):
        fields = sorted(target.emptied_with([field], bound))
        wrong = [staged_id for staged_id in merged if verdicts[staged_id].get(field) == "defect"]
        what = {"whole": True} if strict & set(fields) else {"fields": fields}
        if wrong:
            work_rows.file(
                tx,
                NewWork(
                    kind="refold",
                    stage="refold",
                    job_id=job_id,
                    source=plan.source,
                    target=plan.target,
                    plan_id=plan.id,
                    args={"plan": plan.id, "staged": wrong, **what},
                ),
            )
