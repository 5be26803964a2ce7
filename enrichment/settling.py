"""The state of a job, computed from its tables; and what a replay's success means for the job that lost the record."""

from __future__ import annotations

from collections.abc import Sequence

from enrichment.store import jobs, letters, records
from enrichment.store.database import Tx
from enrichment.store.jobs import JobRow, OpenParts
from enrichment.store.staging import StagedRow
from schemas.states import JobState


def settled_state(counts: dict[str, int], parts: OpenParts, *, failed: bool) -> JobState:
    """What the counts of a job and what is open of it say together."""
    if parts.chunks or parts.in_flight:
        return JobState.RUNNING
    if parts.waiting:
        return JobState.RUNNING if parts.decidable else JobState.BLOCKED
    written = counts.get("written", 0) + counts.get("unchanged", 0)
    if failed and not written:
        return JobState.FAILED
    lost = failed or any(counts.get(state) for state in ("dead", "withdrawn", "discarded"))
    return JobState.PARTIAL if lost else JobState.DONE


def settle(tx: Tx, job: JobRow) -> None:
    """Write the state that a job has now."""
    parts = jobs.open_parts(tx, job)
    if job.state in {JobState.PAUSED, JobState.CANCELLED, JobState.RECEIVING}:
        return
    counts = {} if parts.chunks or parts.in_flight or parts.waiting else records.counts(tx, job.id)
    state = settled_state(counts, parts, failed=job.error is not None)
    if state != job.state:
        jobs.set_settled(tx, job.id, state)


def settle_open(tx: Tx) -> None:
    """Settle every job whose state may still change by work."""
    for job_id in jobs.open_ids(tx):
        settle(tx, jobs.get(tx, job_id))


def resolve_replayed(tx: Tx, rows: Sequence[StagedRow]) -> None:
    """Rows of replay jobs that were written resolve their dead letters and mend the jobs that had lost them."""
    by_job: dict[int, list[str]] = {}
    for row in rows:
        by_job.setdefault(row.job_id, []).append(row.record_id)
    for job_id, ids in by_job.items():
        for concerned in letters.resolve_replayed(tx, job_id, ids, item_state="written"):
            settle(tx, jobs.get(tx, concerned))
