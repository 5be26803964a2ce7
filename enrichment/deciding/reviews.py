"""Answering what the fleet asks: each question has its answers, and each answer what follows from it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from enrichment import approving, planning, questions, reopening, sampling_rows, settling, succeeding
from enrichment.context import Context
from enrichment.deciding import plans as plan_decisions
from enrichment.store import deciding, idle_work, plan_notes, review_ends, reviews, wakings, wrong_cells
from enrichment.store import plans as plan_rows
from enrichment.store import work as work_rows
from enrichment.store.database import Tx
from enrichment.store.plans import PlanRow
from enrichment.store.reviews import ReviewRow
from enrichment.store.work import NewWork
from schemas.codes import Code
from schemas.errors import ConflictError, UsageError
from schemas.plan import PlanState

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
    "successor": {
        "accept": "put the successor on probation as it is; audits decide",
        "keep": "stay with the plan in force",
    },
    "replacement": {
        "retry": "ask once more what feeds the fields",
        "keep": "leave the fields empty under the plan in force",
    },
    "existing": {
        "approve": "let the plan change them",
        "condemn": "condemn the plan; what it wrote is withdrawn",
    },
    "source": {"continue": "go on as it is"},
    "work": {
        "retry": "try it once more",
        "give_up": "end it; records that wait for it are discarded",
    },
    "key": {
        "retry": "fold the row anew, now that the table lets it",
        "leave": "leave the row as it is",
    },
}


#: Kinds of subjects whose answers decide on a plan, or on rows as somebody who decides on their plan does.
_OF_PLAN: Final = frozenset({"row", "field", "auditor", "existing"})


def answers_to(review: ReviewRow) -> Mapping[str, str]:
    """What can be answered, with what it means."""
    return ANSWERS.get(review.subject.partition(":")[0], {"dismiss": "no more than noted"})


def freshen(context: Context, tx: Tx, review_id: int) -> ReviewRow:
    """Look whether a question is still the one that would be asked; else it expires, and where there is a new one, that
    is asked. In a transaction of its own, before an answer is taken.

    Raises:
        NotFoundError: there is no such review.
    """
    review = reviews.get(tx, review_id, lock=True)
    if review.state != "open":
        return review
    if (why := _stale(tx, review)) is not None:
        review_ends.expire(tx, review_id, reason=why)
    if review.staged_id is None:
        return reviews.get(tx, review_id)
    now = questions.current(context, tx, review)
    if now is None:
        review_ends.expire(tx, review_id, reason="nobody needs to answer any more")
    elif now.content_hash != review.content_hash:
        review_ends.expire(tx, review_id, reason="what it asks about has changed; it is asked anew")
        reviews.ask(tx, now)
    return reviews.get(tx, review_id)


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
    """Answer a question once, and do what the answer says; it also answers all others that ask the same.

    Raises:
        NotFoundError: there is no such review.
        UsageError: this is no answer to it.
        ConflictError: it was answered before, has expired, asks about other content, or its plan was decided.
    """
    review = reviews.get(tx, review_id)
    kind = review.subject.partition(":")[0]
    if kind in _OF_PLAN | {"work"}:
        # Plans before questions, as whoever decides on a plan locks them: all that the answer may be for, in one order.
        plan_rows.get_many(tx, reviews.plans_concerned(tx, review_id), lock="UPDATE")
    offered = answers_to(review)
    if decision not in offered:
        raise UsageError(
            f"{decision!r} is no answer to review {review_id}",
            hint="; ".join(f"{answer}: {meaning}" for answer, meaning in offered.items()),
            code="unknown_answer",
        )
    if review.state == "open" and (why := _stale(tx, review)) is not None:
        raise ConflictError(
            f"review {review_id} is out of date: {why}",
            hint=f"see the plan: assay plans show {review.plan_id}",
            code="stale",
        )
    decided = reviews.decide(tx, review_id, decision=decision, content_hash=content_hash, by=by, reason=reason)
    if kind == "row":
        _rows(tx, decided, decision, by=by)
    for one in decided:
        _follow(context, tx, one, decision, by=by, reason=reason or "")
    wakings.wake(tx, f"review:{review.source}:{review.rule}")
    return decided[0]


def _stale(tx: Tx, review: ReviewRow) -> str | None:
    """Why an answer would undo what was decided on the plan since; null where the question stands."""
    kind, _, rest = review.subject.partition(":")
    if kind not in _OF_PLAN - {"row"} or review.plan_id is None:
        return None
    plan = plan_rows.get(tx, review.plan_id)
    if plan.state not in {PlanState.PROBATION, PlanState.RELEASED}:
        return f"plan {plan.id} is {plan.state} by now"
    if kind == "existing":
        return None
    undecided = [f.name for f in plan.undecided]
    if kind == "auditor":
        return None if undecided else f"every field of plan {plan.id} has been decided since"
    name = rest.partition(":")[2]
    if name in undecided:
        return None
    return f"{name} of plan {plan.id} is {plan.field_states().get(name, 'not bound')} by now"


def _follow(context: Context, tx: Tx, one: ReviewRow, decision: str, *, by: str, reason: str) -> None:
    """What follows from the answer to one question; rows are answered for together."""
    match one.subject.partition(":")[0]:
        case "field":
            _field(context, tx, one, decision, by=by, reason=reason)
        case "auditor":
            _auditor(context, tx, one, decision, by=by, reason=reason)
        case "plan":
            _plan(context, tx, one, decision)
        case "existing":
            _existing(context, tx, one, decision, by=by, reason=reason)
        case "successor" if decision == "accept":
            succeeding.accept(context, tx, one.plan_id or 0)
        case "replacement" if decision == "retry":
            _look_again(context, tx, one)
        case "work":
            _work(tx, one, decision)
        case "key":
            _key(tx, one, decision)


def _rows(tx: Tx, decided: Sequence[ReviewRow], decision: str, *, by: str) -> None:
    by_plan: dict[int, list[ReviewRow]] = {}
    for one in decided:
        by_plan.setdefault(one.plan_id or 0, []).append(one)
    concerned: set[int] = set()
    for plan_id, some in by_plan.items():
        ids = [one.staged_id or 0 for one in some]
        if decision == "reject":
            concerned |= set(deciding.refuse_rows(tx, ids, code=some[0].rule))
            continue
        deciding.support(tx, ids, plan_id=plan_id, by=f"person:{by}")
        wrong_cells.forget_row(tx, ids)
        concerned |= set(deciding.stage_again(tx, ids))
        planning.file_merge(tx, plan_rows.get(tx, plan_id), job_id=max(concerned, default=None))
    settling.settle(tx, concerned)


def _field(context: Context, tx: Tx, review: ReviewRow, decision: str, *, by: str, reason: str) -> None:
    """The answer is also a hint for the next plan: an approved binding is a person's, a condemned one is refused."""
    name, plan_id = review.subject.split(":", 2)[2], review.plan_id or 0
    if decision != "approve":
        plan_decisions.condemn(context, tx, plan_id, fields=[name], by=by, reason=reason)
        return
    plan_decisions.approve(context, tx, plan_id, fields=[name], by=by, reason=reason)


def _work(tx: Tx, review: ReviewRow, decision: str) -> None:
    work_id = int(review.subject.partition(":")[2])
    if decision == "retry":
        idle_work.begin_anew(tx, work_id)
        wakings.wake(tx, f"review:work:{work_id}")
        return
    idle_work.give_up(tx, work_id)
    concerned: Sequence[int] = ()
    if review.question.get("kind") == "plan":
        concerned = deciding.give_up_held(
            tx, source=review.source, target=review.target, shape_id=review.shape_id or 0, code=review.rule
        )
    elif review.question.get("kind") in {"judge", "merge"}:
        sampling_rows.leave_taken(tx, review.plan_id or 0, work_id=work_id)
        concerned = deciding.give_up_staged(tx, review.plan_id or 0, code=review.rule)
    settling.settle(tx, concerned)


def _auditor(context: Context, tx: Tx, review: ReviewRow, decision: str, *, by: str, reason: str) -> None:
    plan = plan_rows.get(tx, review.plan_id or 0, lock="UPDATE")
    if decision == "retry":
        wrong_cells.forget_audited(tx, plan.id)
        reopening.audit_anew(tx, plan)
        return
    fields = [f.name for f in plan.undecided]
    if fields:
        plan_decisions.approve(context, tx, plan.id, fields=fields, by=by, reason=reason)


def _existing(context: Context, tx: Tx, review: ReviewRow, decision: str, *, by: str, reason: str) -> None:
    plan = plan_rows.get(tx, review.plan_id or 0, lock="UPDATE")
    if decision == "condemn":
        plan_decisions.condemn(context, tx, plan.id, fields=None, by=by, reason=reason)
        return
    deciding.note(tx, plan.id, act=approving.APPROVED, fields=(), by=by, reason=reason)
    planning.file_merge(tx, plan)


def _key(tx: Tx, review: ReviewRow, decision: str) -> None:
    if decision != "retry":
        return
    key = review.subject.partition(":")[2]
    work_rows.file(
        tx,
        NewWork(
            kind="refold",
            stage="refold",
            source=review.source or None,
            target=review.target,
            args={"keys": [key], "reason": Code.CONDEMNED, **review.question.get("withdrawn_by", {})},
        ),
    )


def _plan(context: Context, tx: Tx, review: ReviewRow, decision: str) -> None:
    plan = plan_rows.get(tx, review.plan_id or 0)
    if decision == "give_up":
        concerned = deciding.give_up_held(
            tx, source=plan.source, target=plan.target, shape_id=plan.shape_id, code=review.rule
        )
        settling.settle(tx, concerned)
        return
    _file_plan(context, tx, review, plan)


def _look_again(context: Context, tx: Tx, review: ReviewRow) -> None:
    """Ask once more for fields that were lost, under whichever plan serves the shape by now."""
    plan = plan_rows.get(tx, review.plan_id or 0)
    latest = plan_rows.latest(
        tx, source=plan.source, target=plan.target, target_version=plan.target_version, shape_id=plan.shape_id
    )
    serving = succeeding.stands_before(tx, latest)
    if serving is not None and serving.state in succeeding.IN_FORCE:
        plan_notes.again(tx, serving.id, review.question["fields"])
    _file_plan(context, tx, review, plan)


def _file_plan(context: Context, tx: Tx, review: ReviewRow, plan: PlanRow) -> None:
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
