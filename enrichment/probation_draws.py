"""Drawing what the undecided fields of a plan still need, witnesses first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from enrichment import auditor_recall
from enrichment.audit import drawing, release
from enrichment.audit.drawing import Row
from enrichment.context import Context
from enrichment.store import plan_fields, samples
from enrichment.store.database import Tx
from enrichment.store.plan_fields import FieldRow
from enrichment.store.plans import PlanRow
from enrichment.witnesses import contested
from schemas.plan import FieldState

#: Rows of a plan that a test is drawn from; of more the first, or where it looks back the newest.
_CHOICE = 5_000


def draw_probation(context: Context, tx: Tx, plan: PlanRow, *, staged_ids: Sequence[int] | None) -> int:
    """Draw what the undecided fields still need, of `staged_ids` or of all staged rows; gives the rows drawn."""
    fields = plan_fields.lock(tx, plan.id)
    if auditor_recall.is_blind(tx, plan):
        return 0
    needs = {f.name: needed(f) for f in fields if not _with_a_person(f)}
    wanted = [name for name, count in needs.items() if count > 0]
    if not wanted:
        return 0
    found = samples.undrawn(tx, plan.id, staged_ids=staged_ids, fields=wanted, limit=_CHOICE)
    drawn = drawing.draw(
        [Row(c.staged_id, c.record_id, c.fields) for c in found],
        needs,
        key=context.audit_key,
        plan_id=plan.id,
        contested=contested(context, tx, plan, found),
    )
    if drawn:
        samples.draw(tx, {plan.id: [(row.staged_id, place) for row, place in drawn]}, purpose="probation")
        plan_fields.save(tx, plan.id, [_with_drawn(f, [row for row, _ in drawn]) for f in fields])
    return len(drawn)


def needed(field: FieldRow) -> int:
    """Filled cells that are still to be drawn until a field can be decided; none of one that is."""
    if field.state != FieldState.PROBATION:
        return 0
    return release.needed(defects=field.tested()["defects"], drawn=field.drawn - field.began.get("audited", 0))


def _with_a_person(field: FieldRow) -> bool:
    """More verdicts would not settle it: an auditor that knows nothing would be asked about every row there is."""
    counts = release.decide(**field.tested())
    return counts == "review"


def _with_drawn(field: FieldRow, rows: Sequence[Row]) -> FieldRow:
    return replace(field, drawn=field.drawn + sum(field.name in row.fields for row in rows))
