"""Records come in: stored as payloads, numbered as observations, counted by their job. Used by fetch and by submits."""

from __future__ import annotations

from collections.abc import Sequence

from enrichment import payload
from enrichment.connectors.pages import FetchedRecord, RefusedRecord, clip
from enrichment.members import Member
from enrichment.staged_text import VersionRank, version_rank
from enrichment.store import items, letters, records
from enrichment.store.database import Tx
from enrichment.store.jobs import JobRow
from enrichment.store.letters import NewLetter
from enrichment.store.records import Seen
from schemas.codes import Code


def without_doubles(found: Sequence[FetchedRecord]) -> tuple[list[FetchedRecord], list[RefusedRecord]]:
    """Keep one of each record id: of several versions the highest, which the others are superseded by.

    Of one version the same content again is nothing; where it is other content nothing says which is right: the first
    is kept.
    """
    kept: dict[str, FetchedRecord] = {}
    refused: dict[str, RefusedRecord] = {}
    for record in _newest(found):
        first = kept.setdefault(record.record_id, record)
        if first.digest != record.digest:
            name = f"{record.record_id}#{record.digest.hex()[:8]}"
            refused[name] = RefusedRecord(
                record_id=name,
                code=Code.DUPLICATE_KEY,
                message="another record of the same chunk has the same key and other content; the first one was kept",
                body=clip(record.body),
            )
    return list(kept.values()), list(refused.values())


def _newest(found: Sequence[FetchedRecord]) -> Sequence[FetchedRecord]:
    """Leave out each record of which a higher version is there."""
    if len({record.record_id for record in found}) == len(found):
        return found
    highest: dict[str, VersionRank] = {}
    for record in found:
        rank = version_rank(record.version)
        highest[record.record_id] = max(rank, highest.get(record.record_id, rank))
    return [record for record in found if version_rank(record.version) == highest[record.record_id]]


def take_in(tx: Tx, job: JobRow, found: Sequence[FetchedRecord], *, work_id: int | None) -> list[Member]:
    """Store records as one payload and give those that the job has to go on with. Ids are distinct."""
    if not found:
        return []
    packed = payload.pack(found)
    payload_id = records.add_payload(
        tx, job_id=job.id, source=job.source, records=len(found), blob=packed.blob, index=packed.index
    )
    seen = [Seen(r.record_id, r.digest, ordinal, r.structure) for ordinal, r in enumerate(found)]
    observations = records.observe(tx, job.source, seen, payload_id)
    accepted = items.accept(
        tx, job_id=job.id, work_id=work_id, payload_id=payload_id, seen=seen, observations=observations
    )
    return [
        Member(s.record_id, observations[s.record_id], payload_id, s.ordinal) for s in seen if s.record_id in accepted
    ]


def give_up(tx: Tx, job: JobRow, refused: Sequence[RefusedRecord], *, cursor: dict[str, object] | None = None) -> None:
    """What never became a record is counted by the job and waits as a dead letter; a dry run leaves none behind."""
    if not refused:
        return
    items.accept_dead(tx, job_id=job.id, refused=[(r.record_id, r.code) for r in refused])
    if job.dry_run:
        return
    letters.add(
        tx,
        [
            NewLetter(
                record_id=r.record_id,
                code=r.code,
                issues=[{"field": None, "rule": r.code, "message": r.message}],
                cursor=cursor,
                body=None if r.body is None else clip(r.body),
            )
            for r in refused
        ],
        job_id=job.id,
        source=job.source,
        target=job.target,
        target_version=job.target_version,
        stage="fetch",
        attempts=1,
    )
