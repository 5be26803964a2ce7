"""What a person decides: on plans, and on what the fleet asks them."""

from __future__ import annotations

from enrichment.deciding.plans import approve, condemn, export, import_plan, rollback
from enrichment.deciding.reviews import ANSWERS, answers_to, decide

__all__ = ["ANSWERS", "answers_to", "approve", "condemn", "decide", "export", "import_plan", "rollback"]
