"""Un-condemning: a person says that what an audit or another person condemned is right after all.

What the fields asserted was withdrawn, and of rows that were not merged yet it was emptied. Therefore the records go
back through under the same plan; the merge voids the emptied assertion and appends the full one.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from enrichment import chunks
from enrichment.context import Context
from enrichment.questions import REPLACEMENT_REFUSED
from enrichment.store import open_work, plan_notes, plans, review_ends, samples, wrong_cells
from enrichment.store.database import Tx
from enrichment.store.plan_fields import TESTED, FieldRow
from enrichment.store.plans import PlanRow
from schemas.errors import ConflictError
from schemas.plan import FieldState, PlanState


def restored(field: FieldRow) -> FieldRow:
    """A condemned field on a person's word: released, and what is found from now on decides anew."""
    return replace(field, state=FieldState.RELEASED, began={name: getattr(field, name) for name in TESTED})


def restore(context: Context, tx: Tx, plan: PlanRow, names: Collection[str]) -> None:
    """Write what condemned fields of a plan assert again. The plan's row is locked; its fields are decided already.

    Raises:
        ConflictError: what they asserted is still being withdrawn, another plan serves the shape by now, or the plan
            fell whole and its target has been declared otherwise since.
    """
    if plan.state == PlanState.CONDEMNED and plan.target_version != context.target(plan.target).version:
        raise ConflictError(
            f"plan {plan.id} is for target {plan.target} as it was declared before, and would serve no record",
            hint=f"bring its bindings along: assay plans export {plan.id}, then assay plans import FILE",
            code="wrong_state",
        )
    if open_work.is_withdrawing(tx, plan.id):
        raise ConflictError(
            f"what plan {plan.id} lost is still being withdrawn", hint="try again when that is done", code="wrong_state"
        )
    samples.overrule(tx, plan.id, sorted(names))
    wrong_cells.forget_fields(tx, plan.id, sorted(names))
    plan_notes.restored(tx, plan.id, sorted(names))
    size = context.tuning.chunk_size
    if plan.state != PlanState.CONDEMNED:
        review_ends.close_of_shape(
            tx,
            source=plan.source,
            target=plan.target,
            shape_id=plan.shape_id,
            rule=REPLACEMENT_REFUSED,
            fields={b.target for b in plan.body.bindings} - plan.condemned | set(names),
            reason=f"plan {plan.id} fills what it asked about again",
        )
        chunks.file_again(tx, plan_id=plan.id, source=plan.source, target=plan.target, size=size)
        return
    serving = plans.in_force(
        tx, source=plan.source, target=plan.target, target_version=plan.target_version, shape_ids=[plan.shape_id]
    )
    if serving:
        raise ConflictError(
            f"plan {serving[plan.shape_id]} serves the records of plan {plan.id} by now",
            hint="condemn that one first",
            code="plan_in_force",
        )
    plans.set_state(tx, plan.id, PlanState.PROBATION)
    review_ends.close_of_shape(
        tx,
        source=plan.source,
        target=plan.target,
        shape_id=plan.shape_id,
        rule="plan_refused",
        reason=f"plan {plan.id} serves its records again",
    )
    chunks.release_held(tx, source=plan.source, target=plan.target, shape_id=plan.shape_id, size=size)
