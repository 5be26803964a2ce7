"""upsert: merges what the audit passed on, in one transaction."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from enrichment.context import Context
from enrichment.merging import merge
from enrichment.orphans import file_refold
from enrichment.stages.outcome import Finish, Outcome
from enrichment.store import staging
from enrichment.store.database import Tx
from enrichment.store.work import Claimed


def merge_rows(context: Context, tx: Tx, work: Claimed, audited: Mapping[str, Any]) -> Outcome:
    """Merge the chunk's decided rows; what is held meanwhile stays staged."""
    ids = audited["staged"]
    # A chunk that an older release audited does not say of which plans its rows are.
    plan_ids = audited.get("plans") or staging.plans_of(tx, ids)
    last = context.tuning.is_last(work.attempts)
    done = merge(context, tx, work.target or "", ids, plan_ids=plan_ids, stage="upsert", last=last)
    file_refold(tx, work.target or "", done.orphans, source=work.source)
    return Finish(done.counts())
