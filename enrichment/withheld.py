"""Cells that were left empty because nobody could decide their field, and can be filled once it is decided."""

from __future__ import annotations

from collections.abc import Collection

from enrichment import chunks
from enrichment.context import Context
from enrichment.store import ledger, plan_notes
from enrichment.store.database import Tx
from enrichment.store.plans import PlanRow


def fill(context: Context, tx: Tx, plan: PlanRow, names: Collection[str]) -> None:
    """Fields of a plan are released: rows that were written without them, at the end of their source, are executed
    anew, and the merge puts the full assertion in the place of the emptied one. The plan's row is locked.
    """
    if not names or not ledger.any_withheld(tx, plan.id, names):
        return
    plan_notes.restored(tx, plan.id, sorted(names))
    chunks.file_again(tx, plan_id=plan.id, source=plan.source, target=plan.target, size=context.tuning.chunk_size)
