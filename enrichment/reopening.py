"""A plan goes back on probation: what was decided of it was decided by or about something that is no longer so."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import replace

from enrichment import sampling_rows
from enrichment.store import plan_fields, plans, planted, samples
from enrichment.store.database import Tx
from enrichment.store.plan_fields import FieldRow
from enrichment.store.plans import PlanRow
from schemas.plan import FieldState, PlanState


def fresh(field: FieldRow) -> FieldRow:
    """A field of which nothing is known."""
    return FieldRow(field.name, FieldState.PROBATION)


def audit_anew(
    tx: Tx, plan: PlanRow, *, again: Callable[[FieldRow], FieldRow] = fresh, but: Collection[int] = ()
) -> None:
    """Audit a plan from the start; the plan's row is locked. Condemned fields stay so, and what was merged stays.

    again: a field as its new test begins
    but: plants that go on speaking of the auditor
    Rows that still wait are judged again, for the verdicts on them are those that no longer count.
    """
    planted.forget(tx, plan.id, but=but)
    waiting = samples.judge_again(tx, plan.id)
    fields = [again(f) for f in plan_fields.lock(tx, plan.id) if f.state != FieldState.CONDEMNED]
    plan_fields.save(
        tx, plan.id, [replace(f, drawn=f.drawn + sum(f.name in row.fields for row in waiting)) for f in fields]
    )
    if plan.state == PlanState.RELEASED:
        plans.set_state(tx, plan.id, PlanState.PROBATION)
    # Who decides need not know the key by which rows are drawn: the first judge draws what is needed.
    sampling_rows.file_judge(tx, plan, job_id=plans.newest_job(tx, plan.id), args={"draws": True})
