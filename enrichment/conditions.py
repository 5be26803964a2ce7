"""Under what a plan was released: who judged it by which words, through which gate. When that changes, so may its
defects, or who would see them: it is on probation again.
"""

from __future__ import annotations

from enrichment import reopening
from enrichment.asking import Models
from enrichment.context import Context
from enrichment.gate.version import gate_version
from enrichment.model.prompts import PROMPT_VERSION
from enrichment.store import plans
from enrichment.store.plan_fields import FieldRow
from enrichment.store.plans import PlanRow
from schemas.plan import PlanState


def now(models: Models) -> dict[str, str | None]:
    """The conditions in force. The target is none of them: another version of it has plans of its own."""
    return {
        "gate": gate_version(),
        "auditor": models.auditor,
        "second": models.second or (models.large if models.large != models.auditor else None),
        "prompt": PROMPT_VERSION,
    }


def has_changed(plan: PlanRow, models: Models) -> bool:
    """Whether a plan was released under other conditions, or was made by a model that is no longer asked.

    Plans whose conditions nobody noted, released by a person for one, stay what they are.
    """
    noted = plan.evidence.get("released_under")
    if noted is not None and dict(noted) != now(models):
        return True
    return noted is not None and plan.model is not None and plan.model not in {models.small, models.large}


def reopen_changed(context: Context, models: Models) -> list[int]:
    """Put every released plan whose conditions have changed back on probation, each by itself, and give their ids.

    What it wrote stands and is looked at first; what comes meanwhile waits.
    """
    with context.database.transaction() as tx:
        released = plans.released(tx)
    return [plan_id for plan_id in released if _reopened(context, plan_id, models)]


def _reopened(context: Context, plan_id: int, models: Models) -> bool:
    with context.database.transaction() as tx:
        plan = plans.get(tx, plan_id, lock="UPDATE")
        known = plan.source in context.sources and plan.target in context.targets
        if plan.state != PlanState.RELEASED or not known or not has_changed(plan, models):
            return False
        reopening.audit_anew(tx, plan, again=FieldRow.tested_anew)
        return True
