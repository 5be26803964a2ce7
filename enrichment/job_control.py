"""Cancelling, pausing and resuming jobs: what a person may do to one, and when it is too late."""

from __future__ import annotations

from enrichment.store import jobs, review_ends, submissions
from enrichment.store.database import Tx
from enrichment.store.jobs import JobRow
from schemas.errors import ConflictError
from schemas.states import JobState


def cancel(tx: Tx, job_id: int) -> JobRow:
    """End a job. Cancelling again changes nothing; letters that it replayed are open again.

    Raises:
        NotFoundError: no such job.
        ConflictError: it has ended by itself.
    """
    job = jobs.get(tx, job_id, lock=True)
    if job.state == JobState.CANCELLED:
        return job
    if not jobs.cancel(tx, job_id):
        raise _too_late(job, "cancelled", hint=f"withdraw what it wrote with: assay jobs rollback {job_id}")
    review_ends.close_of_void_rows(tx, job_id=job_id)
    if job.replay:
        submissions.return_replaying(tx, job_id)
    return jobs.get(tx, job_id)


def pause(tx: Tx, job_id: int) -> JobRow:
    """Stop dispatching a job's chunks; what runs ends its stage. Pausing again changes nothing.

    Raises:
        NotFoundError: no such job.
        ConflictError: it has ended, or is still receiving.
    """
    job = jobs.get(tx, job_id, lock=True)
    if job.state != JobState.PAUSED and not jobs.pause(tx, job_id):
        hint = "seal it first, or cancel it" if job.state == JobState.RECEIVING else "submit another job"
        raise _too_late(job, "paused", hint=hint)
    return jobs.get(tx, job_id)


def resume(tx: Tx, job_id: int) -> JobRow:
    """Go on with a paused job. Resuming a running one changes nothing.

    Raises:
        NotFoundError: no such job.
        ConflictError: it was not paused.
    """
    job = jobs.get(tx, job_id, lock=True)
    if job.state not in {JobState.RUNNING, JobState.BLOCKED} and not jobs.resume(tx, job_id):
        raise _too_late(job, "resumed", hint="only a paused job can go on")
    return jobs.get(tx, job_id)


def _too_late(job: JobRow, what: str, *, hint: str) -> ConflictError:
    return ConflictError(f"job {job.id} is {job.state} and cannot be {what}", hint=hint, code="wrong_state")
