"""A person's word on a plan: released, condemned, or brought from another fleet.

Each takes the plan's row exclusively, as the audit's own decisions do, and files what follows.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any

from enrichment import approving, chunks, planning, probation, questions, withheld
from enrichment.compiled_plans import compile_plan
from enrichment.context import Context
from enrichment.deciding import plan_documents, restoring
from enrichment.plan_stored import declared
from enrichment.store import deciding, new_plans, open_work, plan_fields, plans, refusals, review_ends, shapes
from enrichment.store.database import Tx
from enrichment.store.new_plans import NewPlan
from enrichment.store.plan_fields import FieldRow
from enrichment.store.plans import PlanRow
from schemas.codes import Code
from schemas.errors import AssayError, ConflictError, NotFoundError, UsageError, nearest
from schemas.plan import FieldState, PlanBody, PlanState

_STANDING = frozenset({PlanState.PROBATION, PlanState.RELEASED})


def approve(context: Context, tx: Tx, plan_id: int, *, fields: Sequence[str] | None, by: str, reason: str) -> PlanRow:
    """Release fields (null: all that are on probation; of a condemned plan: all) on a person's word; rows that waited
    for them are merged. Condemned fields that are named are un-condemned: their records go back through.

    Raises:
        NotFoundError: there is no such plan.
        UsageError: it does not bind such a field.
        ConflictError: the plan does not stand and cannot stand again, or its withdrawal is not done.
    """
    _keep_others_out(context, tx, plans.get(tx, plan_id))
    plan, chosen = _standing(tx, plan_id, fields, "approved", also=frozenset({PlanState.CONDEMNED}))
    if not plan.fields:
        raise ConflictError(
            f"plan {plan_id} binds nothing, so that there is nothing to approve",
            hint="condemn it, which asks for another plan; or bring one with: assay plans import FILE",
            code="wrong_state",
        )
    whole = plan.state == PlanState.CONDEMNED
    fallen = {f.name for f in chosen if f.state == FieldState.CONDEMNED} if whole or fields is not None else set()
    if whole and (left := plan.condemned & _strict(context, plan, whole=False, names=()) - fallen):
        raise ConflictError(
            f"plan {plan_id} fell with {min(left)}",
            hint="approve that field too, or the whole plan",
            code="wrong_state",
        )
    names = {f.name for f in chosen if f.state == FieldState.PROBATION} | fallen
    after = tuple(_released(f) if f.name in names else f for f in plan.fields)
    plan_fields.save(tx, plan.id, [f for f in after if f.name in names])
    plans.approve_bindings(tx, plan, names)
    deciding.note(tx, plan.id, act="approve", fields=sorted(names), by=by, reason=reason)
    _answer_questions(context, tx, replace(plan, fields=after), names, decision="approve", by=by)
    if fallen:
        restoring.restore(context, tx, plan, fallen)
        plan = plans.get(tx, plan_id)
    else:
        withheld.fill(context, tx, plan, names)
    if all(f.state != FieldState.PROBATION for f in after):
        probation.release_plan(context, tx, plan)
    planning.file_merge(tx, plan)
    return plans.get(tx, plan_id)


def condemn(context: Context, tx: Tx, plan_id: int, *, fields: Sequence[str] | None, by: str, reason: str) -> PlanRow:
    """Withdraw what fields (null: the whole plan) asserted. Where the plan falls, its records wait for a successor.

    Raises:
        NotFoundError: there is no such plan.
        UsageError: it does not bind such a field.
        ConflictError: the plan does not stand.
    """
    plan, chosen = _standing(tx, plan_id, fields, "condemned")
    names = [f.name for f in chosen if f.state != FieldState.CONDEMNED]
    plan_fields.save(tx, plan.id, [replace(f, state=FieldState.CONDEMNED) for f in chosen if f.name in names])
    deciding.note(tx, plan.id, act="condemn", fields=sorted(names), by=by, reason=reason)
    _answer_questions(context, tx, plans.get(tx, plan_id), names, decision="condemn", by=by)
    if fields is None:
        review_ends.answer_with_plan(tx, plan.id, [approving.subject(plan.id)], decision="condemn", by=by)
    if names or not plan.fields:
        probation.condemn(context, tx, plan, names, _strict(context, plan, whole=fields is None, names=names), None)
        planning.file_merge(tx, plan)
    return plans.get(tx, plan_id)


def export(tx: Tx, plan_id: int) -> dict[str, Any]:
    """A plan as a document that another fleet takes."""
    plan = plans.get(tx, plan_id)
    view = shapes.get(tx, plan.shape_id)
    return {
        "assay_plan": plan_documents.VERSION,
        "source": plan.source,
        "target": plan.target,
        "target_version": plan.target_version,
        "pointers": {pointer: sorted(types) for pointer, types in sorted(view.pointers.items())},
        **plan.body.model_dump(mode="json"),
    }


def import_plan(context: Context, tx: Tx, document: Mapping[str, Any], *, by: str) -> PlanRow:
    """Take over a plan; it is on probation here as any other, and records that were held for one go on.

    Raises:
        UsageError: no document of this kind, or it does not fit the target as it is now.
        NotFoundError: its source or target is not configured here.
        ConflictError: a plan for the same shape and target stands already.
    """
    plan_documents.require(document)
    source, target = context.sources.get(document.get("source", "")), context.targets.get(document.get("target", ""))
    if source is None or target is None:
        raise NotFoundError("the plan's source or target is not configured here", hint="add it to assay.toml")
    body, pointers = plan_documents.body_of(document), plan_documents.pointers_of(document)
    said = [*(b.target for b in body.bindings), *(a.target for a in body.abstained)]
    if sorted(said) != sorted(target.by_name):
        odd = sorted(set(said) ^ set(target.by_name)) or sorted({n for n in said if said.count(n) > 1})
        raise UsageError(
            f"the plan does not name every field of target {target.name} once: {', '.join(odd[:5])}",
            hint="name each once, bound or abstained; or it was made for another version of the target",
            code="plan_document",
        )
    try:
        compile_plan(target, body, source)
    except AssayError as error:
        raise UsageError(f"the plan cannot run here: {error.message}", hint=error.hint, code="plan_document") from None
    return _import(context, tx, source.name, target.name, pointers, body, by=by)


def _import(
    context: Context,
    tx: Tx,
    source: str,
    target: str,
    pointers: Mapping[str, frozenset[str]],
    body: PlanBody,
    *,
    by: str,
) -> PlanRow:
    version = context.targets[target].version
    shapes.lock_source(tx, source)
    needed = {path for b in body.bindings for a in b.alternatives for path in a.paths}
    fitting = [v for v in shapes.of_source(tx, source) if needed <= v.pointers.keys()]
    view = next((v for v in fitting if v.pointers.keys() == pointers.keys()), fitting[0] if fitting else None)
    view = view or shapes.add(tx, source, {**dict.fromkeys(needed, frozenset({"string"})), **pointers})
    standing = plans.in_force(tx, source=source, target=target, target_version=version, shape_ids=[view.id])
    if view.id in standing:
        _make_room(tx, standing[view.id])
    review_ends.close_of_shape(
        tx, source=source, target=target, shape_id=view.id, rule="plan_refused", reason="a plan was brought along"
    )
    new = NewPlan(
        source=source,
        target=target,
        target_version=version,
        shape_id=view.id,
        shape_revision=view.revision,
        state=PlanState.PROBATION,
        body=body,
        refusals=[],
        evidence={
            "pointers": sorted(view.pointers),
            "records": 0,
            "asked": 0,
            "imported_by": by,
            "declared": declared(context.targets[target]),
        },
        model=None,
        prompt_version=None,
        source_digest=context.source(source).settings_digest,
        predecessor=None,
        work_id=None,
    )
    fields = [FieldRow(name=b.target, state=FieldState.PROBATION) for b in body.bindings]
    try:
        with tx.transaction():
            plan_id = new_plans.add(tx, new, fields)
    except refusals.TAKEN:
        raise ConflictError(
            "a plan for this shape was found at this very moment",
            hint="look at it: assay plans list; condemn it and import again where yours is to serve",
            code="plan_in_force",
        ) from None
    chunks.release_held(tx, source=source, target=target, shape_id=view.id, size=context.tuning.chunk_size)
    return plans.get(tx, plan_id)


def _make_room(tx: Tx, plan_id: int) -> None:
    """A plan that binds nothing asserts nothing that would have to be un-written: another takes its place."""
    plan = plans.get(tx, plan_id, lock="UPDATE")
    if plan.fields:
        raise ConflictError(f"plan {plan_id} serves this shape already", hint="condemn it first", code="plan_in_force")
    plans.set_state(tx, plan_id, PlanState.SUPERSEDED)


def _keep_others_out(context: Context, tx: Tx, plan: PlanRow) -> None:
    """Where a plan may come to serve again, no other is stored or brought for its shape before this transaction ends.

    Before its row is locked, as whoever stores one takes them in this order.
    """
    if plan.state == PlanState.CONDEMNED:
        shapes.lock_source(tx, plan.source)
        open_work.lock_open(tx, planning.dedup(plan.source, plan.shape_id, context.target(plan.target)))


def _released(field: FieldRow) -> FieldRow:
    if field.state == FieldState.CONDEMNED:
        return restoring.restored(field)
    return replace(field, state=FieldState.RELEASED)


def _answer_questions(
    context: Context, tx: Tx, plan: PlanRow, names: Collection[str], *, decision: str, by: str
) -> None:
    """What was asked about these fields of a plan, and is decided with them; its rows go on.

    A row goes on once nothing holds it that only a person frees: it must have no undecided field that it needs or that
    is risky. Other undecided cells are emptied by the merge, as those of any row.
    """
    target, undecided = context.target(plan.target), {f.name for f in plan.undecided}
    needed = {f.name for f in target.fields if f.required or f.identity} | target.risky
    rules = [questions.HIGH_RISK, Code.NOT_RELEASED]
    ids = review_ends.answer_rows(
        tx, plan.id, rules=rules, about=names, but=undecided & needed, decision=decision, by=by
    )
    deciding.stage_again(tx, ids)
    asked = {f"field:{plan.id}:{name}" for name in names}
    if not undecided:
        asked.add(f"auditor:{plan.id}")
    review_ends.answer_with_plan(tx, plan.id, asked, decision=decision, by=by)


def _standing(
    tx: Tx, plan_id: int, fields: Sequence[str] | None, what: str, *, also: frozenset[str] = frozenset()
) -> tuple[PlanRow, tuple[FieldRow, ...]]:
    """The plan, locked, and those of its fields that are meant."""
    plan = plans.get(tx, plan_id, lock="UPDATE")
    plan_fields.lock(tx, plan_id)
    if plan.state not in _STANDING | also:
        raise ConflictError(
            f"plan {plan_id} is {plan.state} and cannot be {what}",
            hint="only a plan that stands can",
            code="wrong_state",
        )
    known = {f.name: f for f in plan.fields}
    for name in fields or ():
        if name not in known:
            raise UsageError(
                f"plan {plan_id} does not bind {name!r}{nearest(name, known)}",
                hint=f"it binds {', '.join(sorted(known))}",
                code="unknown_field",
            )
    return plan, plan.fields if fields is None else tuple(known[name] for name in dict.fromkeys(fields))


def _strict(context: Context, plan: PlanRow, *, whole: bool, names: Sequence[str]) -> set[str]:
    """Fields with which the plan falls; any will do where it is condemned whole."""
    if whole:
        return set(names)
    return {f.name for f in context.target(plan.target).fields if f.required or f.identity}
