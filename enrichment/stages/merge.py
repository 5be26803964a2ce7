"""merge: after a decision on a plan, its staged rows that waited are merged, batch by batch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from enrichment import approving, auditor_recall, planning, questions, sampling_rows
from enrichment.audit.release import mostly_unsure
from enrichment.breaking import guarding, keys
from enrichment.context import Context
from enrichment.merging import merge
from enrichment.merging.asking import ask_about_rows
from enrichment.orphans import file_refold
from enrichment.stages.outcome import Again, Finish, Outcome
from enrichment.store import breakers, plans, reviews, staging, wakings
from enrichment.store.database import Tx
from enrichment.store.plans import PlanRow
from enrichment.store.staging import StagedRow
from enrichment.store.work import Claimed
from schemas.codes import Code
from schemas.plan import PlanState


def merge_waiting(context: Context, tx: Tx, work: Claimed, _: None) -> Outcome:
    """Merge one batch of a plan's rows that may be merged.

    With `final` in its arguments no record of the source is left to come: cells that nobody could decide, and those
    about which two looks disagree, are emptied as not_released; rows whose identity or required cells are among them
    go to review.
    """
    plan = plans.get(tx, work.plan_id or 0, lock="KEY SHARE")
    if plan.state not in {PlanState.PROBATION, PlanState.RELEASED}:
        _return_rows(context, tx, plan, work.job_id)
        return Finish()
    if stopped := breakers.stopped(tx, keys.of_plan(plan)):
        raise guarding.waiting(stopped[0])
    if auditor_recall.is_in_doubt(tx, plan) or approving.is_asked(tx, plan.id):
        # nothing that such an auditor supported counts, nor is its silence a reason to empty a cell
        return Finish()
    batch = context.tuning.merge_batch
    undecided = [f.name for f in plan.undecided]
    risky = sorted(context.target(plan.target).risky)
    if work.args.get("final"):
        _ask_about_unsure(context, tx, plan, work.job_id)
        _empty_undecided(context, tx, plan, undecided, batch)
    ids = staging.mergeable(
        tx, plan.id, undecided=undecided, condemned=sorted(plan.condemned), risky=risky, limit=batch
    )
    job_id = work.job_id if work.job_id is not None else plans.newest_job(tx, plan.id)
    last = context.tuning.is_last(work.attempts)
    done = merge(context, tx, plan.target, ids, plan_ids=[plan.id], stage="merge", last=last)
    sampling_rows.draw_waiting(context, tx, plan, ids, job_id=job_id)
    file_refold(tx, plan.target, done.orphans, source=plan.source)
    wakings.wake(tx, f"held:{plan.source}")
    progressed = done.asserted + done.review + done.refused
    return Again(done.counts()) if len(ids) == batch and progressed else Finish(done.counts())


def _ask_about_unsure(context: Context, tx: Tx, plan: PlanRow, job_id: int | None) -> None:
    """No more looks will come: a field that too many of them said nothing about is one question for a person, however
    few rows there were.
    """
    unsure = [f for f in plan.undecided if mostly_unsure(audited=f.tested()["audited"], unsure=f.tested()["unsure"])]
    asked = [questions.about_field(context, tx, plan, f, rule=questions.UNDECIDED, job_id=job_id) for f in unsure]
    reviews.ask(tx, *asked)


def _empty_undecided(context: Context, tx: Tx, plan: PlanRow, undecided: list[str], batch: int) -> None:
    """Empty what nobody could decide; a row that this cannot free is a question for a person."""
    strict = {f.name for f in context.target(plan.target).fields if f.required or f.identity}
    risky = sorted(context.target(plan.target).risky)
    held = staging.undecidable(tx, plan.id, fields=undecided, limit=batch)
    ids = [staged_id for staged_id, _ in held]
    cells = {row.id: row.cells for row in staging.read(tx, ids)}
    for staged_id, verdicts in held:
        unsaid = _unsaid(plan, undecided, cells[staged_id], verdicts)
        loose = [n for n in unsaid if n not in strict and n not in risky]
        empty = context.target(plan.target).emptied_with(loose, cells[staged_id])
        # A row that waits for a person anyway keeps what that person may let stand with the rest.
        if not (empty | set(unsaid)) & strict:
            staging.empty_cells(tx, [staged_id], dict.fromkeys(sorted(empty), Code.NOT_RELEASED.value))
    freed = set(
        staging.mergeable(
            tx, plan.id, undecided=undecided, condemned=sorted(plan.condemned), risky=risky, limit=len(ids), among=ids
        )
    )
    _ask_about_rest(context, tx, plan, undecided, {i: words for i, words in held if i not in freed})


def _unsaid(
    plan: PlanRow, undecided: Sequence[str], cells: Mapping[str, Any], verdicts: Mapping[str, str]
) -> list[str]:
    """Filled fields of a row of which nobody will say any more whether they are right: undecided ones that no look at
    the row supports, and any about which two looks at it disagree. What one look doubts and no other looked into is
    not among these where its field is decided: that second look is a person's.
    """
    return [
        name
        for name in cells
        if (name in undecided and verdicts.get(name) not in {"supported", "defect"})
        or (name not in plan.condemned and verdicts.get(name) == "refuted")
    ]


def _ask_about_rest(
    context: Context, tx: Tx, plan: PlanRow, undecided: Sequence[str], held: Mapping[int, Mapping[str, str]]
) -> None:
    """Questions about rows that emptying could not free. held: staged id -> verdicts on the row."""
    strict = {f.name for f in context.target(plan.target).fields if f.required or f.identity}
    risky = sorted(context.target(plan.target).risky)
    asked: dict[str, dict[int, list[str]]] = {}
    for row in staging.read(tx, list(held)):
        if waiting := _waiting(row, undecided, risky, held[row.id]):
            rule = questions.HIGH_RISK if set(waiting) <= set(risky) - strict else str(Code.NOT_RELEASED)
            asked.setdefault(rule, {})[row.id] = waiting
        else:
            asked.setdefault(questions.DOUBTED, {})[row.id] = _doubted(plan, row, held[row.id])
    for rule, about in asked.items():
        ask_about_rows(context, tx, plan, sorted(about), rule=rule, fields=about)


def _waiting(row: StagedRow, undecided: Sequence[str], risky: Sequence[str], verdicts: Mapping[str, str]) -> list[str]:
    """The filled fields of a row that hold it back because they are undecided."""
    return [n for n in undecided if n in row.cells and (n in risky or verdicts.get(n) not in {"supported", "defect"})]


def _doubted(plan: PlanRow, row: StagedRow, verdicts: Mapping[str, str]) -> list[str]:
    """The filled fields of a row that hold it back because a look at it doubts them."""
    return [n for n in row.cells if n not in plan.condemned and verdicts.get(n) in {"unconfirmed", "refuted"}]


def _return_rows(context: Context, tx: Tx, plan: PlanRow, job_id: int | None) -> None:
    """The plan fell: its rows wait, as records, for the next plan of their shape."""
    planning.return_to_held(tx, plan)
    planning.ask_for_plan(
        tx,
        source=plan.source,
        target=context.target(plan.target),
        shape_id=plan.shape_id,
        job_id=job_id,
        tuning=context.tuning,
    )
