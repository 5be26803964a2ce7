"""Answering what the fleet asks: each question has its answers, and each answer what follows from it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from enrichment import planning, reopening, settling
from enrichment.context import Context
from enrichment.deciding import plans as plan_decisions
from enrichment.store import deciding, jobs, reviews, staging
from enrichment.store import plans as plan_rows
from enrichment.store import work as work_rows
from enrichment.store.database import Tx
from enrichment.store.reviews import ReviewRow
from enrichment.store.work import NewWork
from schemas.errors import UsageError

#: Kind of subject -> answer -> what it means.
ANSWERS: Final[Mapping[str, Mapping[str, str]]] = {
    "row": {
        "approve": "write the row as it is",
        "reject": "do not write it; its record is discarded",
    },
    "field": {
        "approve": "release the field",
        "condemn": "condemn the field; its cells are emptied and withdrawn",
    },
    "auditor": {
        "retry": "audit the plan again from the start: the auditor was changed",
        "approve": "release the fields that it found no fault with, on your word",
    },
    "plan": {
        "retry": "ask for a plan once more",
        "give_up": "discard the records that wait for it",
    },
    "source": {"continue": "go on as it is"},
}


def answers_to(review: ReviewRow) -> Mapping[str, str]:
    """What can be answered, with what it means."""
    return ANSWERS.get(review.subject.partition(":")[0], {"dismiss": "no more than noted"})


def decide(
    context: Context,
    tx: Tx,
    review_id: int,
    *,
    decision: str,
    content_hash: str | None,
    by: str,
    reason: str | None,
) -> ReviewRow:
    """Answer a question once, and do what the answer says.

    Raises:
        NotFoundError: there is no such review.
        UsageError: this is no answer to it.
        ConflictError: it was answered before, or asks about other content.
    """
    review = reviews.get(tx, review_id)
    offered = answers_to(review)
    if decision not in offered:
        raise UsageError(
            f"{decision!r} is no answer to review {review_id}",
            hint="; ".join(f"{answer}: {meaning}" for answer, meaning in offered.items()),
            code="unknown_answer",
        )
    decided = reviews.decide(tx, review_id, decision=decision, content_hash=content_hash, by=by, reason=reason)
    match review.subject.partition(":")[0]:
        case "row":
            _row(tx, review, decision, by=by)
        case "field":
            name = review.subject.split(":", 2)[2]
            act = plan_decisions.approve if decision == "approve" else plan_decisions.condemn
            act(context, tx, review.plan_id or 0, fields=[name], by=by, reason=reason or "")
        case "auditor":
            _auditor(context, tx, review, decision, by=by, reason=reason or "")
        case "plan":
            _plan(context, tx, review, decision)
    work_rows.wake(tx, f"review:{review.source}:{review.rule}")
    return decided


def _row(tx: Tx, review: ReviewRow, decision: str, *, by: str) -> None:
    staged_id = review.staged_id or 0
    if decision == "reject":
        concerned = deciding.refuse_row(tx, staged_id, code=review.rule)
    else:
        deciding.support(tx, staged_id, plan_id=review.plan_id or 0, by=f"person:{by}")
        deciding.stage_again(tx, staged_id)
        (row,) = staging.read(tx, [staged_id])
        work_rows.file(
            tx,
            NewWork(
                kind="merge",
                stage="merge",
                job_id=row.job_id or None,
                source=review.source,
                target=review.target,
                shape_id=review.shape_id,
                plan_id=review.plan_id,
                dedup=f"merge:{review.plan_id}",
            ),
        )
        concerned = [row.job_id] if row.job_id else []
    for job_id in concerned:
        settling.settle(tx, jobs.get(tx, job_id))


def _auditor(context: Context, tx: Tx, review: ReviewRow, decision: str, *, by: str, reason: str) -> None:
    plan = plan_rows.get(tx, review.plan_id or 0, lock="UPDATE")
    if decision == "retry":
        reopening.audit_anew(context, tx, plan)
        return
    fields = [f.name for f in plan.undecided]
    if fields:
        plan_decisions.approve(context, tx, plan.id, fields=fields, by=by, reason=reason)


def _plan(context: Context, tx: Tx, review: ReviewRow, decision: str) -> None:
    plan = plan_rows.get(tx, review.plan_id or 0)
    if decision == "give_up":
        concerned = deciding.give_up_held(
            tx, source=plan.source, target=plan.target, shape_id=plan.shape_id, code=review.rule
        )
        for job_id in concerned:
            settling.settle(tx, jobs.get(tx, job_id))
        return
    work_rows.file(
        tx,
        NewWork(
            kind="plan",
            stage="plan",
            job_id=review.job_id,
            source=plan.source,
            target=plan.target,
            shape_id=plan.shape_id,
            dedup=planning.dedup(plan.source, plan.shape_id, context.target(plan.target)),
        ),
    )
