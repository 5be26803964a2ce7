"""What verdicts do to a plan: counts rise, fields are released or condemned, and what follows is filed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from enrichment import auditor_recall, chunks, planning, questions, shadow
from enrichment.audit import release
from enrichment.context import Context
from enrichment.store import lots, plan_fields, plans, planted, records, review_ends, reviews, samples, wakings
from enrichment.store import work as work_rows
from enrichment.store.database import Tx
from enrichment.store.plan_fields import TESTED, FieldRow
from enrichment.store.plans import PlanRow
from enrichment.store.reviews import Question
from enrichment.store.work import NewWork
from schemas.plan import FieldState, PlanState

Verdicts = Mapping[int, Mapping[str, str]]


def counted(field: FieldRow, filled: Mapping[int, frozenset[str]], verdicts: Verdicts) -> FieldRow:
    """The field with these verdicts added. Only filled cells count.

    An unsure one is drawn anew, and so is one about which the two looks disagree: it counts neither way, and an
    auditor that is often contradicted leaves the field to a person.
    """
    words = [found.get(field.name, "unsure") for row, found in verdicts.items() if field.name in filled[row]]
    unsure = words.count("unsure") + words.count("refuted")
    return replace(
        field,
        drawn=max(field.drawn - unsure, 0),
        audited=field.audited + len(words) - unsure,
        defects=field.defects + words.count("defect"),
        unconfirmed=field.unconfirmed + words.count("unconfirmed"),
        unsure=field.unsure + unsure,
        misses=field.misses + sum(found.get(field.name) == "miss" for found in verdicts.values()),
    )


def count_and_decide(
    context: Context,
    tx: Tx,
    plan: PlanRow,
    filled: Mapping[int, frozenset[str]],
    verdicts: Verdicts,
    *,
    job_id: int | None,
) -> int:
    """Store the counts and decide; the plan's row is locked. Gives the number of fields that were decided."""
    strict = {f.name for f in context.target(plan.target).fields if f.required or f.identity}
    risky = context.target(plan.target).risky
    before = plan_fields.lock(tx, plan.id)
    seen = planted.counts(tx, plan.id)
    recall = auditor_recall.recall(seen)
    doubted = auditor_recall.may_overlook_swaps(seen)
    after: list[FieldRow] = []
    for field in before:
        now = counted(field, filled, verdicts)
        if field.state == FieldState.RELEASED and now.defects > field.defects:
            now = _tested_anew(field, now)
        decision = release.decide(**now.tested(), recall_lower=0.0 if doubted else recall)
        if decision == "condemned" and now.state != FieldState.CONDEMNED:
            now = replace(now, state=FieldState.CONDEMNED)
        elif now.state == FieldState.PROBATION and (rule := _question(decision, risky=now.name in risky)):
            reviews.ask(tx, questions.about_field(context, tx, plan, now, rule=rule, job_id=job_id))
        elif decision == "released" and now.state == FieldState.PROBATION:
            now = replace(now, state=FieldState.RELEASED)
        after.append(now)
    plan_fields.save(tx, plan.id, after)
    _look_at_auditor(context, tx, plan, after, recall, job_id, doubted=doubted)
    wrong = [staged_id for staged_id, found in verdicts.items() if "defect" in found.values()]
    lots.count_wrong(tx, plan.id, wrong, whole=plan.state == PlanState.RELEASED)
    fallen = sorted(_lost(context, plan, after) - _lost(context, plan, before))
    if fallen:
        condemn(context, tx, plan, fallen, strict, job_id)
        _condemn_heirs(context, tx, plan, fallen, strict, job_id)
    if not strict & set(fallen) and all(f.state != FieldState.PROBATION for f in after):
        release_plan(context, tx, plan)
    return sum(a.state != b.state for a, b in zip(after, before, strict=True))


def _would_release(fields: Sequence[FieldRow]) -> bool:
    """Whether a field is kept from its release by what is thought of the auditor alone."""
    return any(f.state == FieldState.PROBATION and release.decide(**f.tested()) == "released" for f in fields)


def _look_at_auditor(
    context: Context,
    tx: Tx,
    plan: PlanRow,
    fields: Sequence[FieldRow],
    recall: float | None,
    job_id: int | None,
    *,
    doubted: bool,
) -> None:
    """Ask a person where it is known to be blind, or remains in doubt, and its word is needed; no longer where neither
    is so.
    """
    if all(f.state != FieldState.PROBATION for f in fields):
        review_ends.close_about(tx, auditor_recall.subject(plan.id), reason="nothing of the plan is left to be decided")
    elif recall is not None and recall < release.BLIND:
        ask_about_auditor(context, tx, plan, job_id)
    elif doubted:
        # While rows are with it, more is planted too.
        if _would_release(fields) and not samples.pending(tx, plan.id):
            ask_about_auditor(context, tx, plan, job_id)
    elif recall is not None:
        review_ends.close_about(tx, auditor_recall.subject(plan.id), reason="by now the auditor was seen to see enough")


def _question(decision: str, *, risky: bool) -> str | None:
    """What a person is asked of a field, where the test alone does not decide."""
    if decision == "released" and risky:
        return questions.HIGH_RISK
    return questions.UNDECIDED if decision == "review" else None


def _tested_anew(before: FieldRow, now: FieldRow) -> FieldRow:
    """A defect after release puts the field back on probation: its earlier cells must not outvote what changed."""
    began = {name: getattr(before, name) for name in TESTED}
    return replace(now, state=FieldState.PROBATION, began=began, drawn=now.audited)


def _lost(context: Context, plan: PlanRow, fields: Sequence[FieldRow]) -> frozenset[str]:
    """Condemned fields, and those that may not stand without them."""
    condemned = [f.name for f in fields if f.state == FieldState.CONDEMNED]
    return context.target(plan.target).emptied_with(condemned, [f.name for f in fields])


def _condemn_heirs(
    context: Context, tx: Tx, plan: PlanRow, fallen: Sequence[str], strict: set[str], job_id: int | None
) -> None:
    """A successor that took a binding over, with what an audit thought of it then, is as wrong as its predecessor."""
    for heir in plans.successors(tx, plan.id):
        same = shadow.kept(plan.body, heir.body) & set(fallen)
        before = plan_fields.lock(tx, heir.id)
        after = [replace(f, state=FieldState.CONDEMNED) if f.name in same else f for f in before]
        lost = sorted(f.name for f, was in zip(after, before, strict=True) if f.state != was.state)
        if lost:
            plan_fields.save(tx, heir.id, after)
            condemn(context, tx, heir, lost, strict, job_id)
            _condemn_heirs(context, tx, heir, lost, strict, job_id)


def condemn(context: Context, tx: Tx, plan: PlanRow, fallen: list[str], strict: set[str], job_id: int | None) -> None:
    """Withdraw what the fields asserted, and ask for a successor; a plan that lost its identity or a required field, or
    has no field to lose, falls whole.
    """
    bound = [f.name for f in plan.fields]
    fallen = sorted(context.target(plan.target).emptied_with({*fallen, *plan.condemned}, bound) | set(fallen))
    whole = not bound or bool(strict & set(fallen))
    work_rows.file(
        tx,
        NewWork(
            kind="refold",
            stage="refold",
            job_id=job_id,
            source=plan.source,
            target=plan.target,
            plan_id=plan.id,
            args={"plan": plan.id, "whole": True} if whole else {"plan": plan.id, "fields": fallen},
        ),
    )
    if not whole:
        planning.ask_for_replacement(tx, plan, target=context.target(plan.target), job_id=job_id, tuning=context.tuning)
        return
    plans.set_state(tx, plan.id, PlanState.CONDEMNED)
    wakings.wake_merges(tx, plan.id)
    planning.return_to_held(tx, plan)
    planning.ask_for_plan(
        tx,
        source=plan.source,
        target=context.target(plan.target),
        shape_id=plan.shape_id,
        job_id=job_id,
        tuning=context.tuning,
    )


def release_plan(context: Context, tx: Tx, plan: PlanRow) -> None:
    if plan.state != PlanState.PROBATION:
        return
    plans.set_state(tx, plan.id, PlanState.RELEASED)
    if plan.predecessor is None:
        return
    before = plans.get(tx, plan.predecessor)
    plans.supersede_older(tx, plan)
    since = records.to_map_again(
        tx,
        source=plan.source,
        target=plan.target,
        shape_id=plan.shape_id,
        since_revision=int(plan.evidence.get("since", before.shape_revision)),
    )
    size = context.tuning.chunk_size
    chunks.file_for(tx, plan.id, since, source=plan.source, target=plan.target, size=size)


def ask_about_auditor(context: Context, tx: Tx, plan: PlanRow, job_id: int | None) -> None:
    """What an auditor supports that overlooks known defects is worth nothing: a person says how to go on."""
    subject = auditor_recall.subject(plan.id)
    if reviews.is_open(tx, subject):
        return
    known = planted.counts(tx, plan.id)
    reviews.ask(
        tx,
        Question(
            subject=subject,
            rule=questions.BLIND_AUDITOR,
            source=plan.source,
            target=plan.target,
            question={
                "meaning": questions.MEANING[questions.BLIND_AUDITOR],
                "auditor": None if context.asking is None else context.asking.models.auditor,
                "recall_needed": release.BLIND,
                "planted": [{"fault": one.fault, "planted": one.planted, "seen": one.seen} for one in known],
                "fields": [f.name for f in plan.undecided],
            },
            job_id=job_id,
            shape_id=plan.shape_id,
            plan_id=plan.id,
        ),
    )
