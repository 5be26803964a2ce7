"""What a person decides: on plans, and on what the fleet asks them."""

from __future__ import annotations

from enrichment.deciding import eval_case
from enrichment.deciding.plans import approve, condemn, export, import_plan
from enrichment.deciding.reviews import ANSWERS, answers_to, decide, freshen
from enrichment.deciding.rollback import Approval, RolledBack, rollback_job, rollback_plan

__all__ = [
    "ANSWERS",
    "Approval",
    "RolledBack",
    "answers_to",
    "approve",
    "condemn",
    "decide",
    "eval_case",
    "export",
    "freshen",
    "import_plan",
    "rollback_job",
    "rollback_plan",
]
