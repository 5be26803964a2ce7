"""Jobs as they are shown: their counts from one snapshot, and what was spent for them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from enrichment.store import jobs, staging, submissions
from enrichment.store.database import Tx
from enrichment.store.jobs import JobRow
from schemas.states import ItemState

#: Rows of a dry run that are shown with it.
DRY_ROWS = 20
_PURPOSES = ("planning", "audit")


def view(tx: Tx, job_id: int) -> dict[str, Any]:
    """One job; a dry run with the first rows that it would have written.

    Raises:
        NotFoundError: no such job.
    """
    job = jobs.get(tx, job_id)
    (shown,) = views(tx, [job])
    return {**shown, "rows": staging.dry_rows(tx, job.id, limit=DRY_ROWS)} if job.dry_run else shown


def views(tx: Tx, found: Sequence[JobRow]) -> list[dict[str, Any]]:
    ids = [job.id for job in found]
    counts, usage = submissions.counts_of(tx, ids), submissions.usage_of(tx, ids)
    return [_view(job, counts[job.id], usage[job.id]) for job in found]


def _view(job: JobRow, counts: Mapping[str, int], usage: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    every = {str(state): counts.get(state, 0) for state in ItemState}
    costs: list[Decimal] = [row["cost"] for row in usage if row["cost"] is not None]
    cost = sum(costs, Decimal(0)) if costs else None
    return {
        "id": job.id,
        "source": job.source,
        "target": job.target,
        "state": job.state,
        "counts": {"accepted": sum(every.values()), **every},
        "calls": {purpose: sum(int(r["calls"]) for r in usage if r["purpose"] == purpose) for purpose in _PURPOSES},
        "tokens": {side: sum(int(row[side]) for row in usage) for side in ("input", "output")},
        "cost": None if cost is None else _exact(cost),
        "cost_per_written": _exact(cost / every["written"]) if cost is not None and every["written"] else None,
        "scope": dict(job.scope),
        "dry_run": job.dry_run,
        "replay": job.replay,
        "priority": job.priority,
        "batches": job.batches,
        "target_version": job.target_version,
        "error": None if job.error is None else dict(job.error),
        "created_at": job.created_at,
        "finished_at": job.finished_at,
    }


def _exact(amount: Decimal) -> str:
    text = format(amount.quantize(Decimal("0.0000000001")) if amount else amount, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text
