"""refold: rows are folded anew after precedence changed, assertions were withdrawn, rows lost their last one or were
deleted by others, or one of their columns was made again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial

from enrichment import planning, settling, unrestored
from enrichment.context import Context
from enrichment.stages.outcome import Again, Finish, Outcome
from enrichment.store import (
    baselines,
    compensations,
    folding,
    held_items,
    jobs,
    ledger,
    letters,
    made_again,
    missing_rows,
    plans,
    refusals,
    reviews,
    roles,
    unwriting,
)
from enrichment.store import work as work_rows
from enrichment.store.compensations import Cause
from enrichment.store.database import Tx
from enrichment.store.folding import Folded
from enrichment.store.isolating import isolate
from enrichment.store.letters import NewLetter
from enrichment.store.plans import PlanRow
from enrichment.store.reviews import Question
from enrichment.store.target_rows import lock_rows, require_none_came
from enrichment.store.target_table import TargetTable, resolve
from enrichment.store.work import Claimed
from schemas.codes import Code
from schemas.errors import TransientError

_BATCH = 2_000


@dataclass(frozen=True, slots=True)
class _Part:
    """Keys to fold anew, the assertions to withdraw first, and where the next part begins; null at the end."""

    keys: Sequence[str]
    last: str | int | None = None
    withdraw: Sequence[int] = ()
    cause: Cause | None = None


def refold_keys(context: Context, tx: Tx, work: Claimed, _: None) -> Outcome:
    """Refold one part: named keys, keys of a source, all keys, keys of a job's unchanged records that have no row, or
    what a plan, fields of it, or a job asserted, withdrawn first.

    Each part is one transaction; what it withdrew is not found again, so that a repeated one ends the same.
    """
    roles.take_refold_role(tx)
    ledger.begin_merge(tx)
    table = resolve(tx, context.target(work.target))
    part = _part(tx, table, work)
    ledger.lock_keys(tx, table.target.name, part.keys)
    part = _as_it_is_now(tx, table, work, part)
    last = context.tuning.is_last(work.attempts)
    # Before the fold changes: afterwards the withdrawn value itself would look like somebody's edit.
    looked = isolate(tx, table, sorted(set(part.keys)), partial(_look, tx, table), last=last, wrote=lambda _: True)
    if part.withdraw:
        _withdraw(tx, work, part)
    keys = [key for some, _ in looked.given for key in some]
    # on its last attempt a row is taken for what a trigger of the table made of its neighbour
    there = None if last else frozenset().union(*(some for _, some in looked.given))
    fold = isolate(tx, table, keys, partial(_fold, tx, table, part.cause, there), last=last, wrote=Folded.wrote)
    if "unchanged" in work.args:
        unrestored.give_up(tx, table, work, looked.refused + fold.refused)
    else:
        for key, error in looked.refused + fold.refused:
            _ask_about(tx, table, work, key, error)
    folded = sum(fold.given, Folded(0, 0, 0))
    if part.last is not None:
        _let_go(context, tx, work, part)
    counts = {name: int(work.counts.get(name, 0)) + n for name, n in _counts(part, folded).items()}
    if part.last is None:
        if "columns" in work.args:
            made_again.settle(tx, table.target.name, work.args["columns"])
        return Finish(counts, settles=work.args.get("unchanged"))
    work_rows.set_progress(tx, work, {**work.args, "after": part.last}, counts)
    return Again(counts)


def _counts(part: _Part, folded: Folded) -> dict[str, int]:
    return {
        "withdrawn": len(part.withdraw),
        "refolded": len(set(part.keys)),
        "inserted": folded.inserted,
        "updated": folded.updated,
        "deleted": folded.deleted,
    }


def _part(tx: Tx, table: TargetTable, work: Claimed) -> _Part:
    args = work.args
    if "keys" in args:
        reason = args.get("reason")
        return _Part(list(args["keys"]), cause=None if reason is None else _cause(work, reason))
    if "source" in args or "columns" in args or "unchanged" in args:
        return _to_fold(tx, table, work, after=str(args.get("after", "")))
    return _to_withdraw(tx, table.target.name, work)


def _to_fold(tx: Tx, table: TargetTable, work: Claimed, *, after: str) -> _Part:
    """Of which nothing is withdrawn."""
    args, target = work.args, table.target.name
    if "unchanged" in args:
        gone = missing_rows.of_job(tx, table, args["unchanged"], source=work.source or "", after=after, limit=_BATCH)
        return _Part(gone.keys, gone.last)
    if "columns" in args:
        keys = made_again.keys(tx, target, after=after, limit=_BATCH)
    else:
        keys = ledger.keys_of_source(tx, target, args["source"], after=after, limit=_BATCH)
    return _Part(keys, last=keys[-1] if keys else None)


def _as_it_is_now(tx: Tx, table: TargetTable, work: Claimed, part: _Part) -> _Part:
    """What is to be withdrawn of the same part, now that its keys are locked.

    Who had them locked meanwhile may have put other entries in the place of these, as of a row that lost a field: those
    would go on standing, and nobody would come back for them.

    Raises:
        TransientError: some of it stands under keys that are not locked.
    """
    if not part.withdraw:
        return part
    now = _to_withdraw(tx, table.target.name, work, until=part.last)
    if not set(part.keys).issuperset(now.keys):
        raise TransientError(
            "what is to be withdrawn was written anew under other keys meanwhile",
            hint="the part is withdrawn again, as it stands by then",
            code="database",
        )
    return replace(part, withdraw=now.withdraw)


def _to_withdraw(tx: Tx, target: str, work: Claimed, *, until: str | int | None = None) -> _Part:
    """What a job, a plan or fields of it asserted, or records under the keys that they had.

    until: where the part ends that is read again
    """
    args = work.args
    after = args.get("after", "")
    if "job" in args:
        end = None if until is None else str(until)
        found = unwriting.of_job(tx, target, work.source or "", args["job"], after=str(after), limit=_BATCH, until=end)
        return _Part(found.keys, found.last, found.ids, _cause(work, Code.WITHDRAWN))
    if "moved" in args:
        found = unwriting.of_moved(
            tx,
            target,
            work.source or "",
            args["moved"],
            to=args["to"],
            until=(args["observation"], args["plan"]),
            limit=_BATCH,
        )
        return _Part(found.keys, None, found.ids, _cause(work, Code.IDENTITY_CONFLICT))
    fields = None if args.get("whole") else args["fields"]
    found = unwriting.of_plan(
        tx,
        target,
        args["plan"],
        fields=fields,
        after=int(after or 0),
        limit=_BATCH if until is None else None,
        until=None if until is None else int(until),
        staged=args.get("staged"),
    )
    return _Part(found.keys, found.last, found.ids, _cause(work, Code.CONDEMNED))


def _cause(work: Claimed, reason: str) -> Cause:
    return Cause(reason=reason, plan_id=work.args.get("plan"), job_id=work.args.get("job"), work_id=work.id)


def _withdraw(tx: Tx, work: Claimed, part: _Part) -> None:
    """Keys are locked by now. What was voided since the part was read stays as it is."""
    if "fields" in work.args:
        reasons = dict.fromkeys(work.args["fields"], Code.CONDEMNED.value)
        ledger.withdraw_fields(tx, part.withdraw, reasons, reason=Code.CONDEMNED)
    else:
        ledger.void(tx, part.withdraw, reason=Code.CONDEMNED if part.cause is None else part.cause.reason)


def _look(tx: Tx, table: TargetTable, keys: Sequence[str]) -> tuple[Sequence[str], frozenset[str]]:
    """These keys, and those of them that have a row."""
    there = lock_rows(tx, table, keys)
    baselines.note_baseline(tx, table, baselines.foreign_keys(tx, table, keys))
    return keys, there


def _fold(tx: Tx, table: TargetTable, cause: Cause | None, there: frozenset[str] | None, keys: Sequence[str]) -> Folded:
    if cause is not None:
        compensations.note(tx, table, keys, cause)
    folded = folding.refold(tx, table, keys, may_delete=True)
    if there is not None:
        require_none_came(keys, present=folded.present + folded.deleted, there=there)
    return folded


def _ask_about(tx: Tx, table: TargetTable, work: Claimed, key: str, error: Exception) -> None:
    """A row that the table lets nobody change stays as it is, and a person is asked."""
    # The row is not the fold of what stands: what comes next must not be laid over it.
    ledger.forget_top(tx, table.target.name, key)
    reviews.ask(
        tx,
        Question(
            subject=f"key:{key}",
            rule=Code.TARGET_REFUSED,
            source=work.source or "",
            target=table.target.name,
            question={
                "key": key,
                "message": refusals.refusal(error, table, refusals.hidden_of(tx, table, key, error, {})),
                "withdrawn_by": {name: work.args[name] for name in ("plan", "job", "source") if name in work.args},
            },
            job_id=work.job_id,
            plan_id=work.args.get("plan"),
        ),
    )


def _let_go(context: Context, tx: Tx, work: Claimed, part: _Part) -> None:
    """Records of which nothing stands any more: of a plan that fell they wait for the next plan of their shape, of a
    job that was rolled back they end as withdrawn.
    """
    args = work.args
    if "job" in args:
        job = jobs.get(tx, args["job"])
        unwriting.let_counts_end(tx, source=job.source, target=job.target)
        unwriting.withdraw_items(tx, job.id, after=str(args.get("after", "")), last=str(part.last))
        ids = unwriting.settled_jobs(tx, source=job.source, target=job.target, since_plan=None)
        concerned = {job.id, *unwriting.fall_back(tx, part.withdraw, jobs=ids, shape_id=None, held=False)}
    elif args.get("whole"):
        plan = plans.get(tx, args["plan"])
        unwriting.let_counts_end(tx, source=plan.source, target=plan.target)
        ids = unwriting.settled_jobs(tx, source=plan.source, target=plan.target, since_plan=plan.id)
        concerned = set(unwriting.fall_back(tx, part.withdraw, jobs=ids, shape_id=plan.shape_id, held=True))
        _bury_unstored(tx, plan, sorted(concerned))
        if concerned:
            planning.ask_for_plan(
                tx,
                source=plan.source,
                target=context.target(plan.target),
                shape_id=plan.shape_id,
                job_id=work.job_id,
                tuning=context.tuning,
            )
    else:
        return
    settling.settle(tx, concerned)


def _bury_unstored(tx: Tx, plan: PlanRow, job_ids: Sequence[int]) -> None:
    """Records that a plan wrote long ago may have outlived their payloads: no successor could read them, and they would
    wait for it for ever. Their sources may be asked for them again.
    """
    for lost in held_items.lose(tx, job_ids, shape_id=plan.shape_id, code=Code.PAYLOAD_GONE):
        letters.add(
            tx,
            [
                NewLetter(
                    record_id=record_id,
                    code=Code.PAYLOAD_GONE,
                    issues=[{"field": None, "rule": Code.PAYLOAD_GONE, "message": f"payload {payload_id} is gone"}],
                    observation=observation,
                    payload_id=payload_id,
                    ordinal=ordinal,
                    shape_id=plan.shape_id,
                    plan_id=plan.id,
                )
                for record_id, observation, payload_id, ordinal in lost.members
            ],
            job_id=lost.job_id,
            source=plan.source,
            target=plan.target,
            target_version=plan.target_version,
            stage="map",
            attempts=1,
        )
