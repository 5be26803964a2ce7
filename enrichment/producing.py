"""Submitting jobs: the one way in, behind HTTP, the Python client and the command line.

A job and its first work are committed together. Records that come with a job are stored at once, and what of them is
no record becomes a dead letter; nothing else is lost.
"""

from __future__ import annotations

from collections.abc import Sequence

from enrichment import intake
from enrichment.chunks import file_chunks
from enrichment.connectors.pages import FetchedRecord, RefusedRecord
from enrichment.sent_batches import chained
from enrichment.store import items, job_scope, jobs, submissions, target_table
from enrichment.store import work as work_rows
from enrichment.store.database import Tx
from enrichment.store.jobs import JobRow, NewJob
from enrichment.store.work import NewWork
from enrichment.submission import Producer, Submission, check
from schemas.codes import Code
from schemas.errors import ConflictError, TransientError, UsageError
from schemas.source import InlineSource, Source
from schemas.states import JobState
from schemas.target import Target

__all__ = ["Producer", "Submission", "admit", "receive", "seal", "submit"]

#: Seconds after which a producer that was told to wait may ask again.
RETRY_AFTER = 5.0
#: Characters of an idempotency key.
MAX_IDEMPOTENCY_KEY = 255


def submit(producer: Producer, tx: Tx, asked: Submission) -> tuple[JobRow, bool]:
    """Open a job and file its first work in this transaction; gives the job, and whether it is new.

    Raises:
        NotFoundError: no such source or target.
        UsageError: what is asked for does not go together, or names a field that the target does not have.
        ConflictError: the idempotency key was used with another body.
        TransientError: `queue_full`, with `retry_after`.
    """
    if (known := _known(tx, asked)) is not None:
        return known, False
    source, target = producer.source(asked.source), producer.target(asked.target)
    ids = check(asked, source, target)
    admit(producer, tx)
    job, is_new = jobs.create(
        tx,
        NewJob(
            source=source.name,
            target=target.name,
            target_version=target.version,
            state=JobState.RECEIVING if asked.receive else JobState.RUNNING,
            scope=asked.scope(),
            dry_run=asked.dry_run,
            priority=asked.priority,
            api_key_id=asked.owner,
            idempotency_key=asked.idempotency_key,
            body_digest=asked.body_digest,
        ),
    )
    if is_new:
        _begin(producer, tx, job, asked, source, target, ids)
    return job, is_new


def receive(
    producer: Producer,
    tx: Tx,
    job_id: int,
    number: int,
    found: Sequence[FetchedRecord | RefusedRecord],
    *,
    digest: str,
) -> JobRow:
    """Take one numbered batch of a streamed job. The first is 1; a number that was taken is not stored twice.

    digest: of its bytes as they were sent (`sent_batches`)

    Raises:
        NotFoundError: no such job, or its source is not configured any more.
        ConflictError: a batch before it is missing (`batch_gap`), the job takes no more (`not_receiving`), or another
            batch was taken under this number (`other_batch`).
        TransientError: `queue_full`, with `retry_after`.
    """
    job = jobs.get(tx, job_id, lock=True)
    if 1 <= number <= job.batches:
        if jobs.batch_digest(tx, job_id, number) not in {None, digest}:
            raise ConflictError(
                f"another batch {number} of job {job_id} is in already",
                hint="a batch is sent once more as it was, byte for byte; for other records submit another job",
                code="other_batch",
            )
        return job
    if job.state != JobState.RECEIVING:
        raise ConflictError(
            f"job {job_id} is {job.state} and takes no more batches", hint="submit another job", code="not_receiving"
        )
    if number != job.batches + 1:
        raise ConflictError(
            f"job {job_id} has {job.batches} batches; {number} is not the next one",
            hint=f"go on with batch {job.batches + 1}",
            code="batch_gap",
        )
    admit(producer, tx)
    _take(producer, tx, job, found)
    jobs.count_batch(tx, job_id, number, digest=digest, chain=chained(job.batches_digest, digest))
    return jobs.get(tx, job_id)


def seal(tx: Tx, job_id: int, *, batches: int | None = None) -> JobRow:
    """All batches are in. Sealing again changes nothing.

    Raises:
        NotFoundError: no such job.
        ConflictError: the job receives nothing, or has another number of batches than the sender says.
    """
    job = jobs.get(tx, job_id, lock=True)
    if not job.scope.get("receive") or job.state == JobState.CANCELLED:
        what = "was cancelled" if job.state == JobState.CANCELLED else "does not receive batches"
        raise ConflictError(f"job {job_id} {what}", hint="open a job with receive = true", code="not_receiving")
    if batches is not None and batches != job.batches:
        raise ConflictError(
            f"job {job_id} has {job.batches} batches, not {batches}",
            hint=f"send batch {job.batches + 1}, then seal" if batches > job.batches else "count the batches again",
            code="batch_gap",
        )
    jobs.seal(tx, job_id)
    return jobs.get(tx, job_id)


def admit(producer: Producer, tx: Tx) -> None:
    """
    Raises:
        TransientError: `queue_full`; more chunks wait than the fleet is allowed to fall behind.
    """
    if submissions.chunks_ahead(tx, at_most=producer.queue_limit + 1) > producer.queue_limit:
        raise TransientError(
            f"more than {producer.queue_limit} chunks wait to be worked on",
            hint="try again later, or raise work.queue_limit",
            code="queue_full",
            retry_after=RETRY_AFTER,
        )


def _known(tx: Tx, asked: Submission) -> JobRow | None:
    """The job that the same request opened before: it is given even while the queue is full."""
    key = asked.idempotency_key
    if key is None:
        return None
    if not 1 <= len(key) <= MAX_IDEMPOTENCY_KEY:
        raise UsageError(f"an idempotency key has 1 to {MAX_IDEMPOTENCY_KEY} characters", hint="a UUID is a good one")
    found = submissions.by_idempotency_key(tx, api_key_id=asked.owner, key=key)
    if found is None:
        return None
    job, digest = found
    if digest != asked.body_digest:
        raise ConflictError(
            f"idempotency key {key!r} was used with another body", hint="send the same body again, or take a new key"
        )
    return job


def _begin(
    producer: Producer,
    tx: Tx,
    job: JobRow,
    asked: Submission,
    source: Source,
    target: Target,
    ids: Sequence[str] | None,
) -> None:
    if asked.receive:
        return
    if asked.records is not None:
        _take(producer, tx, job, asked.records)
        return
    meant: int | None = None
    if ids is not None:
        job_scope.add(tx, job.id, ids)
        meant = len(ids)
    elif asked.missing is not None:
        table = target_table.resolve(tx, target)
        meant = submissions.scope_to_missing(tx, table, job.id, source=source.name, field=asked.missing)
    if isinstance(source, InlineSource):
        _take_stored(producer, tx, job)
    elif meant != 0:
        work_rows.file(
            tx,
            NewWork(
                kind="chunk",
                stage="fetch",
                job_id=job.id,
                source=job.source,
                target=job.target,
                position=0,
                priority=job.priority,
            ),
        )


def _take(producer: Producer, tx: Tx, job: JobRow, found: Sequence[FetchedRecord | RefusedRecord]) -> None:
    """Store records chunk by chunk and file each chunk at map."""
    left = _left(tx, job)
    for start in range(0, len(found), producer.chunk_size):
        part = found[start : start + producer.chunk_size]
        part = part if left is None else part[: max(left, 0)]
        left = None if left is None else left - len(part)
        kept, doubles = intake.without_doubles([one for one in part if isinstance(one, FetchedRecord)])
        refused = [one for one in part if isinstance(one, RefusedRecord)]
        intake.give_up(tx, job, [*refused, *doubles])
        members = intake.take_in(tx, job, kept, work_id=None)
        file_chunks(
            tx,
            members,
            source=job.source,
            target=job.target,
            job_id=job.id,
            size=producer.chunk_size,
            priority=job.priority,
        )


def _left(tx: Tx, job: JobRow) -> int | None:
    limit = job.scope.get("limit")
    return None if limit is None else int(limit) - items.accepted(tx, job.id)


def _take_stored(producer: Producer, tx: Tx, job: JobRow) -> None:
    """Work on records that were sent before, from their stored payloads."""
    after: int | None = 0
    left = _left(tx, job)
    while after is not None and (left is None or left > 0):
        size = producer.chunk_size if left is None else min(producer.chunk_size, left)
        members, unknown, after = submissions.stored_in_scope(tx, job.id, job.source, after=after, limit=size)
        left = None if left is None else left - len(members) - len(unknown)
        gone = [RefusedRecord(one, Code.NOT_FOUND, "no payload of this record is stored") for one in unknown]
        intake.give_up(tx, job, gone)
        submissions.accept_stored(tx, job.id, members)
        file_chunks(
            tx,
            members,
            source=job.source,
            target=job.target,
            job_id=job.id,
            size=producer.chunk_size,
            priority=job.priority,
        )
