"""Drawing the audit's sample from staged rows, alone per plan: two chunks must not both fill the same need."""

from __future__ import annotations

import heapq
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from enrichment.audit import drawing, release, statistics, switching
from enrichment.context import Context
from enrichment.store import breakers, lots, open_work, plan_fields, planted, samples, staging
from enrichment.store import work as work_rows
from enrichment.store.database import Tx
from enrichment.store.plans import PlanRow
from enrichment.store.work import NewWork


def draw_released(
    context: Context, tx: Tx, merging: Sequence[tuple[PlanRow, Sequence[int]]], *, job_id: int | None
) -> int:
    """Rows of released plans merge at once; a sample of each day's lot is judged afterwards, in full requests."""
    if not merging:
        return 0
    grown = lots.grow(tx, {plan.id: len(ids) for plan, ids in merging})
    accepted = lots.accepted(tx, list(grown))
    sizes: dict[int, int] = {}
    for plan, ids in merging:
        rows, drawn = grown[plan.id]
        sizes[plan.id] = min(switching.released_sample(rows, switching.severity(accepted[plan.id])) - drawn, len(ids))
    wanted = [(plan, ids) for plan, ids in merging if sizes[plan.id] > 0]
    if not wanted:
        return 0
    named = staging.record_ids(tx, [staged_id for _, ids in wanted for staged_id in ids])
    chosen: dict[int, list[tuple[int, bytes]]] = {}
    for plan, ids in wanted:
        places = ((drawing.order(context.audit_key, plan.id, named[one]), one) for one in ids if one in named)
        chosen[plan.id] = [(staged_id, place) for place, staged_id in heapq.nsmallest(sizes[plan.id], places)]
    new = samples.draw(tx, chosen, purpose="released")
    lots.count_drawn(tx, new)
    size = context.tuning.rows_per_audit
    file_judges(tx, [plan for plan, _ in wanted], size=size, job_id=job_id, rest=False)
    return new.total()


def draw_waiting(context: Context, tx: Tx, plan: PlanRow, staged_ids: Sequence[int], *, job_id: int | None) -> None:
    """Of the rows that waited for a decision on a plan, and were merged by it, those that came after the rows that led
    to it are a lot as any that is merged.

    The first chunks of a source may give the test all that it needs; a source that is in any order by country or by
    date turns after them, and all that waits is merged by their verdict.
    """
    after = lots.came_after(tx, plan.id, staged_ids, needed=statistics.cells_needed(0))
    if len(after) >= context.tuning.rows_per_audit:
        draw_released(context, tx, [(plan, after)], job_id=job_id)


def mergeable(context: Context, tx: Tx, plan: PlanRow, *, among: Sequence[int]) -> list[int]:
    """Those of these staged rows whose cells are decided, or were looked at themselves."""
    return staging.mergeable(
        tx,
        plan.id,
        undecided=[f.name for f in plan.undecided],
        condemned=sorted(plan.condemned),
        risky=sorted(context.target(plan.target).risky),
        limit=len(among),
        among=among,
    )


def leave_taken(tx: Tx, plan_id: int, *, work_id: int) -> None:
    """Rows that a judge work had before it when it was given up: nobody waits for verdicts on them, and others are
    drawn in their place. The plan's row is locked.
    """
    fields = plan_fields.lock(tx, plan_id)
    rows = staging.read(tx, samples.taken(tx, work_id))
    samples.leave(tx, plan_id, [row.id for row in rows])
    planted.unanswered(tx, work_id)
    left = [replace(f, drawn=max(f.drawn - sum(f.name in row.cells for row in rows), f.audited)) for f in fields]
    plan_fields.save(tx, plan_id, left)


def is_short(plan: PlanRow) -> bool:
    """Whether more filled cells would decide a field of the plan; a person that was asked needs none."""
    return any(release.decide(**f.tested()) == "probation" for f in plan.undecided)


def draw_probe(context: Context, tx: Tx, plan: PlanRow) -> None:
    """Draw quarantined rows that nobody has looked at yet, for the probe of a breaker: one request."""
    plan_fields.lock(tx, plan.id)
    found = breakers.unseen_rows(tx, plan.id, limit=context.tuning.rows_per_audit)
    drawn = [(row, drawing.order(context.audit_key, plan.id, record_id)) for row, record_id in found]
    samples.draw(tx, {plan.id: drawn}, purpose="probe")


def file_judges(tx: Tx, plans: Sequence[PlanRow], *, size: int, job_id: int | None, rest: bool) -> int:
    """File judge work for drawn rows: full requests, and with `rest` the remainder too. Gives the works filed.

    Judge work that nobody has begun counts: each takes one request's rows when it runs.
    """
    ids = [plan.id for plan in plans]
    drawn = samples.drawn_counts(tx, ids)
    filed = open_work.not_started(tx, kind="judge", plan_ids=ids)
    total = 0
    for plan in plans:
        waiting = drawn[plan.id] - size * filed[plan.id]
        works = max(-(-waiting // size) if rest else waiting // size, 0)
        for _ in range(works):
            file_judge(tx, plan, job_id=job_id)
        total += works
    return total


def file_judge(tx: Tx, plan: PlanRow, *, job_id: int | None, args: Mapping[str, Any] | None = None) -> None:
    """args: `draws` where the work draws for itself when no row is left that was drawn before"""
    work_rows.file(
        tx,
        NewWork(
            kind="judge",
            stage="judge",
            job_id=job_id,
            source=plan.source,
            target=plan.target,
            plan_id=plan.id,
            shape_id=plan.shape_id,
            args=dict(args or {}),
        ),
    )
