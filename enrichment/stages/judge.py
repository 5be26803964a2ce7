"""judge: an auditor that sees neither plan nor pointers judges drawn rows against their raw records."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

from enrichment import (
    auditor_recall,
    conditions,
    contradicting,
    drifting,
    looking_back,
    looks,
    planning,
    planting_rows,
    probation,
    probation_draws,
    reopening,
    sampling_rows,
    succeeding,
    withheld,
)
from enrichment.asking import Asks
from enrichment.breaking import guarding, keys, quality
from enrichment.context import Context
from enrichment.model.audit_cells import AuditRow
from enrichment.stages.outcome import Finish, Outcome
from enrichment.store import artifacts, plan_notes, plans, planted, samples, staging
from enrichment.store import work as work_rows
from enrichment.store.database import Tx
from enrichment.store.plan_fields import FieldRow
from enrichment.store.plans import PlanRow
from enrichment.store.work import Claimed
from schemas.errors import ConfigurationError
from schemas.plan import PlanState

#: Verdicts that may move a plan that is released.
_DECIDING = frozenset({"defect", "unconfirmed", "refuted"})


@dataclass(frozen=True, slots=True)
class Judged:
    """Staged id -> field -> supported | defect | refuted | unconfirmed | unsure | miss, and what each row fills.

    planted: plant -> (seen, null where the auditor was unsure; confirmed by the second look, where that was asked)
    unread:  model -> why none of its answers could be read
    """

    plan_id: int
    filled: Mapping[int, frozenset[str]] = field(default_factory=dict)
    verdicts: Mapping[int, Mapping[str, str]] = field(default_factory=dict)
    planted: Mapping[int, tuple[bool | None, bool | None]] = field(default_factory=dict)
    auditor: str = ""
    unread: Mapping[str, str] = field(default_factory=dict)


def ask_auditor(context: Context, work: Claimed) -> Judged:
    """Take the next drawn rows of the plan and have them judged. Outside any transaction but for the taking.

    Raises:
        FenceLostError: somebody else has the work: rows that were taken for it now would wait for nobody.
    """
    asking = _asking(context)
    with context.database.transaction() as tx:
        work_rows.hold(tx, work)
        plan = plans.get(tx, work.plan_id or 0)
        ids = samples.taken(tx, work.id) or _next(context, tx, work, plan)
        rows = staging.read(tx, ids)
        raw = planting_rows.raw_records(context, tx, plan, rows)
        samples.leave(tx, plan.id, [row.id for row in rows if row.id not in raw])
        rows = [row for row in rows if row.id in raw]
        if not rows:
            return Judged(plan.id)
        plants, behind = planting_rows.plant(context, tx, plan, ids, work_id=work.id)
    raw |= behind
    names = [f.name for f in plan.fields]
    shown = {row.id: AuditRow(raw[row.id], row.cells) for row in rows}
    shown |= {-one.id: AuditRow(raw[one.staged_id], one.cells) for one in plants}
    hidden = planting_rows.in_hidden_order(shown, key=context.audit_key, work_id=work.id)
    audited = {row: shown[row] for row in hidden}
    with guarding.passing(context.database, keys.of_plan(plan), work.id):
        asked = looks.Looks(asking, work, context, plan)
        first = asked.first(audited, names)
        flagged = [(one, audited[-one.id]) for one in plants if first.get((-one.id, one.field)) == "unsupported"]
        second = asked.second(looks.disputed(audited, first), flagged)
    verdicts = {
        row.id: {name: looks.word((row.id, name), audited[row.id], first, second) for name in names} for row in rows
    }
    return Judged(
        plan_id=plan.id,
        filled={row.id: frozenset(row.cells) for row in rows},
        verdicts=verdicts,
        planted=planting_rows.seen(plants, first, second),
        auditor=asking.models.auditor,
        unread=asked.unread,
    )


def _next(context: Context, tx: Tx, work: Claimed, plan: PlanRow) -> list[int]:
    """The next rows for a work that has none; what was said to it of others before is about those."""
    artifacts.drop(tx, work.id)
    limit = context.tuning.rows_per_audit
    ids = samples.take(tx, plan.id, work_id=work.id, limit=limit)
    if not ids and not {"probe", "whole", "draws"}.isdisjoint(work.args):
        # Whoever draws relies on the plan, and waits for a decision on it before it holds anything.
        plan = plans.get(tx, plan.id, lock="KEY SHARE")
    if not ids and work.args.get("probe"):
        sampling_rows.draw_probe(context, tx, plan)
        ids = samples.take(tx, plan.id, work_id=work.id, limit=limit)
    if not ids and (work.args.get("whole") or work.args.get("draws")):
        probation_draws.draw_probation(context, tx, plan, staged_ids=None)
        ids = samples.take(tx, plan.id, work_id=work.id, limit=limit)
    return ids


def decide(context: Context, tx: Tx, work: Claimed, judged: Judged) -> Outcome:
    """Count the verdicts, decide the plan's fields under an exclusive lock on its row, and file what follows.

    Only verdicts on rows that are still this work's count: a plan that is audited anew takes its rows back.
    """
    if _DECIDING.isdisjoint(word for words in judged.verdicts.values() for word in words.values()):
        # Nothing speaks against the plan: where it is released, its rows go on being merged while they are counted.
        try:
            with tx.transaction():
                return _count(context, tx, work, judged, lock="NO KEY UPDATE")
        except _DecidesError:
            pass  # nothing of it stays, its lock neither
    return _count(context, tx, work, judged, lock="UPDATE")


class _DecidesError(Exception):
    """More than counting follows from the verdicts."""


def _count(
    context: Context, tx: Tx, work: Claimed, judged: Judged, *, lock: Literal["NO KEY UPDATE", "UPDATE"]
) -> Outcome:
    """
    Raises:
        _DecidesError: something is to be decided, and the plan's row is not locked for that.
    """
    plan = plans.get(tx, judged.plan_id, lock=lock)
    counts_only = lock != "UPDATE"
    if counts_only and (plan.state != PlanState.RELEASED or plan.undecided):
        raise _DecidesError
    own = samples.judged(tx, plan.id, judged.verdicts, work_id=work.id, auditor=judged.auditor)
    if len(own) < len(judged.verdicts):
        judged = replace(judged, verdicts=own)
    if not judged.verdicts:
        if work.args.get("whole") and not samples.pending(tx, plan.id):
            _end(context, tx, work, plan)
        return Finish()
    plan = _noted(tx, plan, judged.unread)
    planted.judged(tx, judged.planted, auditor=judged.auditor)
    planted.unanswered(tx, work.id)
    plan = _reopened_if_blind(tx, plan, counts_only=counts_only)
    changed = probation.count_and_decide(context, tx, plan, judged.filled, judged.verdicts, job_id=work.job_id)
    moved = drifting.look(tx, plan, identity=frozenset(f.name for f in context.target(plan.target).identity))
    if counts_only and (changed or moved):
        raise _DecidesError
    if moved:
        changed += contradicting.condemn_contradicted(context, tx, plan.id, job_id=work.job_id)
    quality.count_rows(tx, work, plan, judged.verdicts, plan.fields)
    rows = staging.read(tx, list(judged.verdicts))
    after = looking_back.after_verdicts(context, tx, plan, rows, judged.verdicts, job_id=work.job_id)
    if after.state == PlanState.RELEASED and plan.state != PlanState.RELEASED:
        plan_notes.conditions(tx, plan.id, conditions.now(_asking(context).models))
        drifting.begin(tx, plan)
    withheld.fill(context, tx, after, {f.name for f in plan.undecided} & after.released)
    if after.undecided:
        probation_draws.draw_probation(context, tx, after, staged_ids=None)
        sampling_rows.file_judges(tx, [after], size=context.tuning.rows_per_audit, job_id=work.job_id, rest=True)
    if plan.undecided or changed:
        planning.file_merge(tx, plan, job_id=work.job_id)
    return Finish({"judged": len(judged.verdicts), "decided": changed})


def _noted(tx: Tx, plan: PlanRow, unread: Mapping[str, str]) -> PlanRow:
    """The plan, with why auditors could not be read the last time: all that a person would otherwise see is doubt."""
    if dict(plan.evidence.get("unread", {})) == unread:
        return plan
    plan_notes.unread(tx, plan.id, unread)
    return replace(plan, evidence={**plan.evidence, "unread": dict(unread)})


def _reopened_if_blind(tx: Tx, plan: PlanRow, *, counts_only: bool) -> PlanRow:
    """The plan as it is then: on probation again where the auditor that it was released by has gone blind since.

    The plants that show it go on counting, so that these and further verdicts are taken as those of one that was blind
    from the start: nothing is merged or drawn on its word, and a person is asked.
    """
    blind = auditor_recall.gone_blind(tx, plan)
    if not blind:
        return plan
    if counts_only:
        raise _DecidesError
    reopening.audit_anew(tx, plan, again=FieldRow.tested_anew, but=blind)
    return plans.get(tx, plan.id)


def _end(context: Context, tx: Tx, work: Claimed, plan: PlanRow) -> None:
    """No row of the plan is left to be looked at. Where the auditor is doubted, no more planting will tell."""
    if auditor_recall.is_in_doubt(tx, plan):
        probation.ask_about_auditor(context, tx, plan, work.job_id)
        return
    if succeeding.file_more(context, tx, plan):
        # Cells are emptied once no record can decide their fields any more.
        return
    planning.file_merge(tx, plan, job_id=work.job_id, final=True)


def _asking(context: Context) -> Asks:
    if context.asking is None:
        raise ConfigurationError("this process has no model", hint="judge and plan work belong to the model role")
    return context.asking
