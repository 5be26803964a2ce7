"""A first plan may change few of the rows that stood before it; for more a person has to approve.

It is asked of what a merge has just folded, inside its savepoint: rows that are new to the table cost nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from enrichment.context import Context
from enrichment.questions import about_existing_rows
from enrichment.store import existing_rows, items, reviews
from enrichment.store.database import Tx
from enrichment.store.plans import PlanRow
from enrichment.store.staging import Locked
from schemas.target import Target

#: What a person's approval is noted as.
APPROVED: Final = "approve_changes"
_SHOWN: Final = 5


@dataclass(frozen=True, slots=True)
class TooMany:
    """A plan that would have changed `rows` rows of before, this merge included; of some what they are and would be."""

    plan: PlanRow
    rows: int
    some: Sequence[Mapping[str, Any]]


class NotApprovedError(Exception):
    """Ends the savepoint of a merge: what it wrote is taken back."""

    def __init__(self, found: TooMany) -> None:
        super().__init__(f"plan {found.plan.id} may not change {found.rows} existing rows")
        self.found = found


def subject(plan_id: int) -> str:
    return f"existing:{plan_id}"


def is_asked(tx: Tx, plan_id: int) -> bool:
    """Whether a person has yet to say so: nothing of the plan is merged, or tried, until then."""
    return reviews.is_open(tx, subject(plan_id))


def asked(tx: Tx, plan_ids: Collection[int]) -> frozenset[int]:
    """Those of these plans of which a person has yet to say so."""
    subjects = {subject(plan_id): plan_id for plan_id in plan_ids}
    return frozenset(subjects[one] for one in reviews.open_among(tx, list(subjects)))


def require(tx: Tx, target: Target, rows: Sequence[Locked], by_plan: Mapping[int, PlanRow]) -> None:
    """Count the rows of before that these have changed.

    Raises:
        NotApprovedError: with them a first plan has changed more than its target lets it, and nobody approved.
    """
    asking = {plan_id for plan_id in {row.plan_id for row in rows} if _needs_approval(by_plan[plan_id])}
    asking = existing_rows.first_of(tx, asking)
    if not asking:
        return
    ids = [row.id for row in rows if row.plan_id in asking]
    for plan_id, some in existing_rows.changed(tx, target, ids, shown=_SHOWN).items():
        total = existing_rows.count(tx, plan_id, len(some))
        if total > target.approve_above:
            raise NotApprovedError(TooMany(by_plan[plan_id], total, some[:_SHOWN]))


def _needs_approval(plan: PlanRow) -> bool:
    return not any(one["act"] == APPROVED for one in plan.evidence.get("decisions", ()))


def hold(context: Context, tx: Tx, found: TooMany, rows: Sequence[Locked]) -> None:
    """The plan's rows wait, staged, for a person."""
    items.move_staged(tx, [row.id for row in rows], "held")
    limit = context.target(found.plan.target).approve_above
    reviews.ask(tx, about_existing_rows(found.plan, subject(found.plan.id), limit=limit, some=found.some))
