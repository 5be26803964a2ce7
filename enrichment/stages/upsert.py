"""upsert: merges what the audit passed on, in one transaction."""

from __future__ import annotations

from enrichment.context import Context
from enrichment.members import unpacked
from enrichment.merging import merge
from enrichment.orphans import file_refold
from enrichment.stages.outcome import Finish, Outcome
from enrichment.store import work as work_rows
from enrichment.store.database import Tx
from enrichment.store.work import Claimed


def merge_rows(context: Context, tx: Tx, work: Claimed, _: None) -> Outcome:
    """Merge the chunk's decided rows; what is held meanwhile stays staged."""
    ids = unpacked(work_rows.artifact(tx, work.id, "audit"))["staged"]
    done = merge(context, tx, work.target or "", ids, stage="upsert")
    file_refold(tx, work.target or "", done.orphans, source=work.source)
    return Finish(done.counts())
