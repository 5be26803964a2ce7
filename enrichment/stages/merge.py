"""merge: after a decision on a plan, its staged rows that waited are merged, batch by batch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

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

    With `final` in its arguments no record of the source is left to come: cells that nobody could decide are emptied
    as not_released, and rows whose identity or required cells are among them go to review.
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
    loose = [name for name in undecided if name not in strict and name not in risky]
    held = staging.undecidable(tx, plan.id, fields=undecided, limit=batch)
    ids = [staged_id for staged_id, _ in held]
    cells = {row.id: row.cells for row in staging.read(tx, ids)}
    for staged_id, verdicts in held:
        unsaid = [n for n in undecided if n in cells[staged_id] and verdicts.get(n) not in {"supported", "defect"}]
        empty = context.target(plan.target).emptied_with([n for n in unsaid if n in loose], cells[staged_id])
        # A row that waits for a person anyway keeps what that person may let stand with the rest.
        if not (empty | set(unsaid)) & strict:
            staging.empty_cells(tx, [staged_id], dict.fromkeys(sorted(empty), Code.NOT_RELEASED.value))
    freed = set(
        staging.mergeable(
            tx, plan.id, undecided=undecided, condemned=sorted(plan.condemned), risky=risky, limit=len(ids), among=ids
        )
    )
    rows = staging.read(tx, [staged_id for staged_id in ids if staged_id not in freed])
    told = dict(held)
    about = {row.id: _in_doubt(row, undecided, risky, told[row.id]) for row in rows}
    only_risky = [row.id for row in rows if about[row.id] and set(about[row.id]) <= set(risky) - strict]
    ask_about_rows(context, tx, plan, only_risky, rule=questions.HIGH_RISK, fields=about)
    others = [row.id for row in rows if row.id not in only_risky]
    ask_about_rows(context, tx, plan, others, rule=Code.NOT_RELEASED, fields=about)


def _in_doubt(row: StagedRow, undecided: Sequence[str], risky: Sequence[str], verdicts: Mapping[str, str]) -> list[str]:
    """The filled fields of a row that hold it back."""
    waiting = [
        n for n in undecided if n in row.cells and (n in risky or verdicts.get(n) not in {"supported", "defect"})
    ]
    return waiting or [n for n, word in verdicts.items() if word in {"unconfirmed", "refuted"}]


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
