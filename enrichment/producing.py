"""Submitting jobs: the one way in, behind HTTP, the Python client and the command line.

A job and its first work are committed together. Records that come with a job are stored at once, and what of them is
no record becomes a dead letter; nothing else is lost.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from enrichment import intake
from enrichment.chunks import file_chunks
from enrichment.connectors.pages import FetchedRecord, RefusedRecord
from enrichment.connectors.record_rules import MAX_KEY_LENGTH
from enrichment.store import jobs, records, registry, submissions, target_table
from enrichment.store import work as work_rows
from enrichment.store.database import Database, Tx
from enrichment.store.jobs import JobRow, NewJob
from enrichment.store.work import NewWork
from schemas.codes import Code
from schemas.errors import ConflictError, NotFoundError, TransientError, UsageError
from schemas.source import InlineSource, Source
from schemas.states import JobState
from schemas.target import Target
from schemas.target_declaration import nearest

#: Seconds after which a producer that was told to wait may ask again.
RETRY_AFTER = 5.0
#: Record ids that one job may name.
MAX_IDS = 1_000_000
#: Characters of an idempotency key.
MAX_IDEMPOTENCY_KEY = 255
_NOBODY = 0


@dataclass(frozen=True, slots=True)
class Producer:
    """What accepting jobs needs. `queue_limit` counts chunks that nobody has begun."""

    database: Database
    sources: Mapping[str, Source]
    targets: Mapping[str, Target]
    chunk_size: int = 500
    queue_limit: int = 100_000

    def source(self, name: str) -> Source:
        """
        Raises:
            NotFoundError: no source has this name.
        """
        if (found := self.sources.get(name)) is None:
            raise NotFoundError(
                f"there is no source {name!r}{nearest(name, self.sources)}", hint=_configured("sources", self.sources)
            )
        return found

    def target(self, name: str) -> Target:
        """
        Raises:
            NotFoundError: no target has this name.
        """
        if (found := self.targets.get(name)) is None:
            raise NotFoundError(
                f"there is no target {name!r}{nearest(name, self.targets)}", hint=_configured("targets", self.targets)
            )
        return found


@dataclass(frozen=True, slots=True)
class Submission:
    """What is asked for.

    records:         sent along, read already; null where the source itself is read
    receive:         records follow in numbered batches
    limit:           at most so many records
    ids, missing:    only these records, or those behind rows where the field `missing` is empty
    refresh:         also records that are known to be unchanged
    dry_run:         stop at staging
    idempotency_key: the same key with the same `body_digest` gives the same job
    """

    source: str
    target: str
    records: Sequence[FetchedRecord | RefusedRecord] | None = None
    receive: bool = False
    limit: int | None = None
    ids: Sequence[str] | None = None
    missing: str | None = None
    refresh: bool = False
    dry_run: bool = False
    priority: int = 0
    idempotency_key: str | None = None
    body_digest: str | None = None
    api_key_id: int | None = None

    def scope(self) -> dict[str, object]:
        asked: dict[str, object] = {
            "limit": self.limit,
            "missing": self.missing,
            "scoped": True if self.ids is not None or self.missing is not None else None,
            "refresh": self.refresh or None,
            "receive": self.receive or None,
        }
        return {name: value for name, value in asked.items() if value is not None}


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
    ids = _check(asked, source, target)
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
            api_key_id=_owner(asked),
            idempotency_key=asked.idempotency_key,
            body_digest=asked.body_digest,
        ),
    )
    if is_new:
        _begin(producer, tx, job, asked, source, target, ids)
    return job, is_new


def receive(
    producer: Producer, tx: Tx, job_id: int, number: int, found: Sequence[FetchedRecord | RefusedRecord]
) -> JobRow:
    """Take one numbered batch of a streamed job. The first is 1; a number that was taken is not stored twice.

    Raises:
        NotFoundError: no such job, or its source is not configured any more.
        ConflictError: a batch before it is missing (`batch_gap`), or the job takes no more (`not_receiving`).
        TransientError: `queue_full`, with `retry_after`.
    """
    job = jobs.get(tx, job_id, lock=True)
    if 1 <= number <= job.batches:
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
    jobs.count_batch(tx, job_id, number)
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
    if submissions.ready_chunks(tx, at_most=producer.queue_limit + 1) > producer.queue_limit:
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
    found = submissions.by_idempotency_key(tx, api_key_id=_owner(asked), key=key)
    if found is None:
        return None
    job, digest = found
    if digest != asked.body_digest:
        raise ConflictError(
            f"idempotency key {key!r} was used with another body", hint="send the same body again, or take a new key"
        )
    return job


def _owner(asked: Submission) -> int:
    return _NOBODY if asked.api_key_id is None else asked.api_key_id


def _check(asked: Submission, source: Source, target: Target) -> list[str] | None:
    """Refuse what does not go together; gives the ids as records carry them, each once."""
    sent = asked.records is not None or asked.receive
    if sent and not isinstance(source, InlineSource):
        raise UsageError(
            f"source {source.name} is read by its connector {source.connector}; records cannot be sent to it",
            hint="leave out records, or name a source with connector inline",
        )
    if asked.records is not None and asked.receive:
        raise UsageError("records come with the job or in batches, not both", hint="send them as batch 1")
    if sent and (asked.ids is not None or asked.missing is not None):
        raise UsageError(
            "ids and missing choose among records of a source, not among those sent", hint="leave them out"
        )
    if isinstance(source, InlineSource) and not sent and asked.ids is None and asked.missing is None:
        raise UsageError(
            f"source {source.name} has no records of its own",
            hint="send records; or name ids, or a missing field, of records that were sent before",
        )
    if asked.ids is not None and asked.missing is not None:
        raise UsageError("ids and missing both say which records are meant", hint="give one of them")
    if asked.limit is not None and asked.limit < 1:
        raise UsageError("limit is not a positive number", hint="leave it out for all records")
    if asked.missing is not None and asked.missing not in target.by_name:
        known = target.by_name
        raise UsageError(
            f"target {target.name} has no field {asked.missing!r}{nearest(asked.missing, known)}",
            hint=_listed("its fields", known),
            code="unknown_field",
        )
    return None if asked.ids is None else _record_ids(asked.ids)


def _record_ids(ids: Sequence[str]) -> list[str]:
    if len(ids) > MAX_IDS:
        raise UsageError(f"{len(ids)} ids, {MAX_IDS} are allowed", hint="split them over several jobs")
    trimmed = list(dict.fromkeys(one.strip() for one in ids))
    if any(not one or len(one) > MAX_KEY_LENGTH or "\x00" in one for one in trimmed):
        raise UsageError(f"an id is empty or longer than {MAX_KEY_LENGTH} characters", hint="give external ids")
    return trimmed


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
        jobs.add_scope(tx, job.id, ids)
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
    gate_id = registry.gate_in_force(tx, job.source)
    left = _left(tx, job)
    for start in range(0, len(found), producer.chunk_size):
        part = found[start : start + producer.chunk_size]
        part = part if left is None else part[: max(left, 0)]
        left = None if left is None else left - len(part)
        kept, doubles = intake.without_doubles([one for one in part if isinstance(one, FetchedRecord)])
        refused = [one for one in part if isinstance(one, RefusedRecord)]
        intake.give_up(tx, job, [*refused, *doubles], gate_id=gate_id, stage="fetch", cursor=None)
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
    return None if limit is None else int(limit) - records.accepted(tx, job.id)


def _take_stored(producer: Producer, tx: Tx, job: JobRow) -> None:
    """Work on records that were sent before, from their stored payloads."""
    gate_id = registry.gate_in_force(tx, job.source)
    after: int | None = 0
    left = _left(tx, job)
    while after is not None and (left is None or left > 0):
        size = producer.chunk_size if left is None else min(producer.chunk_size, left)
        members, unknown, after = submissions.stored_in_scope(tx, job.id, job.source, after=after, limit=size)
        left = None if left is None else left - len(members) - len(unknown)
        gone = [RefusedRecord(one, Code.NOT_FOUND, "no payload of this record is stored") for one in unknown]
        intake.give_up(tx, job, gone, gate_id=gate_id, stage="fetch", cursor=None)
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


def _configured(what: str, names: Mapping[str, object]) -> str:
    return _listed(f"configured {what}", names) if names else f"add [{what}.…] to assay.toml"


def _listed(what: str, names: Mapping[str, object]) -> str:
    shown = ", ".join(sorted(names)[:12])
    return f"{what}: {shown}{', …' if len(names) > 12 else ''}"
