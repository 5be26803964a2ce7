"""fetch: pages of the source become payloads. No later step reads the source."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from enrichment import absent, failing, intake
from enrichment.breaking import guarding, infrastructure, keys
from enrichment.breaking.keys import Key
from enrichment.breaking.machine import Outcome as Told
from enrichment.chunks import file_chunks
from enrichment.connectors.pages import FetchedRecord, Page, RefusedRecord
from enrichment.context import Context, Tuning
from enrichment.cutting import cut
from enrichment.members import Member, as_rows
from enrichment.stages.outcome import Advance, Finish, Outcome
from enrichment.store import database, items, job_scope, jobs
from enrichment.store import work as work_rows
from enrichment.store.database import Tx
from enrichment.store.jobs import JobRow
from enrichment.store.work import Claimed, NewWork
from schemas.codes import OF_PAGES, Code
from schemas.errors import AssayError, TerminalError, TransientError, WaitingError
from schemas.source import HttpSource, PythonSource

#: Seconds after which a session says that it does not stand still.
_AWAKE = 5.0
#: Ids in a row that could not be reached, after which their source is taken to be away.
_UNREACHED_IN_A_ROW = 5
#: Seconds until a fetch sees how many of the records on their way were held.
_SOON = 0.5


@dataclass(frozen=True, slots=True)
class Fetched:
    """Pages read, and how far into the job's scope they reach.

    unreached: ids in a row, the last one among them, that were given up on because the source did not answer
    """

    pages: Iterable[Page]
    scope_reached: int = 0
    scope_left: bool = False
    unreached: int = 0


def read_source(context: Context, work: Claimed) -> Fetched:
    """Take pages until the chunk is full, some seconds have passed or the source ends. Outside any transaction."""
    if absent.PLACE in work.args:
        return Fetched(())
    host = keys.of_source(context.source(work.source))
    if host is None:
        return _read(context, work)
    with guarding.passing(context.database, [host], work.id):
        try:
            fetched = _read(context, work)
        except AssayError as error:
            if (outcome := infrastructure.of_fetch(error)) is not None:
                _record(context, host, outcome, work)
            if (others := _without_one(context, work, error)) is None:
                raise
            return others
    _record(context, host, infrastructure.ANSWERED, work)
    return fetched


def _record(context: Context, host: Key, outcome: Told, work: Claimed) -> None:
    with context.database.transaction() as tx:
        guarding.record(tx, host, [outcome], holder=work.id)


def _read(context: Context, work: Claimed) -> Fetched:
    # Only the fetch role pays for importing the HTTP client.
    from enrichment.connectors import opening
    from enrichment.door import fetch_outside

    source = context.source(work.source)
    tuning = context.tuning
    with context.database.transaction() as tx:
        job = jobs.get(tx, work.job_id or 0)
        _require_room(tx, source.name, cap=tuning.held_cap)
        after, ids = _asked_for(context, tx, work, job)
    fetch = (
        fetch_outside
        if context.pacing is None
        else context.pacing.paced(fetch_outside, source=source.name, waiter=str(work.id))
    )
    if ids is not None:
        opened = opening.open_items(source, ids, cursor=None, secrets=context.secrets, roots=context.roots, fetch=fetch)
        some = _until_full(_as_far_as_it_goes(opened), tuning, records=len(ids))
        pages = list(some) if ids else []  # one page is one id
        left = len(pages) < len(ids) or len(ids) == tuning.chunk_size
        return Fetched(pages, scope_reached=after + len(pages), scope_left=left)
    opened = opening.open_pages(
        source, cursor=work.args.get("cursor"), secrets=context.secrets, roots=context.roots, fetch=fetch
    )
    if isinstance(source, PythonSource):
        return Fetched(opened)
    return Fetched(list(_until_full(_as_far_as_it_goes(opened), tuning, records=tuning.chunk_at(work.position or 0))))


def _asked_for(context: Context, tx: Tx, work: Claimed, job: JobRow) -> tuple[int, list[str] | None]:
    """How far into the job's scope the reading is, and the ids that it goes on with; null where it is not by id."""
    if not (job.scope.get("scoped") and _by_id(context.source(work.source))):
        return 0, None
    after = int(work.args.get("scope_reached", 0))
    return after, job_scope.part(tx, job.id, after=after, limit=context.tuning.chunk_size)


def _without_one(context: Context, work: Claimed, error: AssayError) -> Fetched | None:
    """Of a reading by id whose first id cannot be reached after the last attempt, that id given up on alone; null where
    the whole reading is: no reading by id, or one after another fails.
    """
    unreached = int(work.args.get("unreached", 0)) + 1
    last = context.tuning.is_last(work.attempts)
    if not isinstance(error, TransientError) or not last or unreached >= _UNREACHED_IN_A_ROW:
        return None
    with context.database.transaction() as tx:
        after, ids = _asked_for(context, tx, work, jobs.get(tx, work.job_id or 0))
    if not ids:
        return None
    message = f"{work.attempts + 1} attempts: {failing.told(error)}"
    page = Page((), (RefusedRecord(ids[0], Code.SOURCE_UNREACHABLE, message),))
    left = len(ids) > 1 or len(ids) == context.tuning.chunk_size
    return Fetched([page], scope_reached=after + 1, scope_left=left, unreached=unreached)


def _require_room(tx: Tx, source: str, *, cap: int) -> None:
    """Where records of a source are held, what is on its way may be held too, and counts."""
    held = jobs.held_of_source(tx, source, at_most=cap)
    if held >= cap:
        raise WaitingError(f"{cap} records of {source} are held", waits_on=f"held:{source}")
    if held and held + jobs.on_their_way_of_source(tx, source, at_most=cap) >= cap:
        # What comes through is told to nobody, so it is looked at again soon.
        message = f"{held} records of {source} are held, and those on their way may be"
        raise WaitingError(message, waits_on=f"held:{source}", seconds=_SOON)


def _by_id(source: object) -> bool:
    return isinstance(source, HttpSource) and source.item_url is not None


def _as_far_as_it_goes(pages: Iterator[Page]) -> Iterator[Page]:
    """Keep what was read before a failure: the successor chunk begins at the place that failed, and meets it alone."""
    read = False
    try:
        for page in pages:
            yield page
            read = True
    except (TransientError, TerminalError, WaitingError):
        if not read:
            raise


def _before_failure(tx: Tx, pages: Iterable[Page], failed: list[TerminalError]) -> Iterator[Page]:
    """A running iteration has no place to go on from: what came before it broke stands, and the rest is given up.

    It is read within this transaction, however slowly, and the server ends sessions that stand still in one.
    """
    awake = time.monotonic()
    try:
        for page in pages:
            if (now := time.monotonic()) - awake > _AWAKE:
                database.stay_awake(tx)
                awake = now
            yield page
    except TerminalError as error:
        failed.append(error)


def _until_full(pages: Iterator[Page], tuning: Tuning, *, records: int) -> Iterator[Page]:
    ends = time.monotonic() + tuning.fetch_seconds
    count = size = 0
    for page in pages:
        yield page
        count += len(page.records)
        size += _size(page.records)
        if count >= records or size >= tuning.chunk_bytes or time.monotonic() >= ends:
            return


def _size(records: Iterable[FetchedRecord | RefusedRecord]) -> int:
    """Bytes of records."""
    return sum(len(one.body) for one in records if isinstance(one, FetchedRecord))


def store_payload(context: Context, tx: Tx, work: Claimed, fetched: Fetched) -> Outcome:
    """Commit payloads, cursor, position and the successor chunk together."""
    job = jobs.get(tx, work.job_id or 0)
    left = _left_of_limit(tx, job)
    own: list[Member] = []
    read = refused = groups = 0
    cursor: Any = None
    waiting: list[FetchedRecord] = []

    def take(group: list[FetchedRecord]) -> None:
        nonlocal groups, refused
        kept, doubles = intake.without_doubles(group)
        intake.give_up(tx, job, doubles)
        refused += len(doubles)
        members = intake.take_in(tx, job, kept, work_id=work.id)
        groups += 1
        if groups == 1:
            own.extend(members)
        elif members:
            file_chunks(
                tx,
                members,
                source=job.source,
                target=job.target,
                job_id=job.id,
                size=len(members),
                priority=job.priority,
            )

    failed: list[TerminalError] = []
    for page in _before_failure(tx, fetched.pages, failed):
        cursor = page.cursor
        found, dropped = _within_scope(tx, job, page, left)
        left = None if left is None else left - len(found) - len(dropped)
        read += len(found)
        refused += len(dropped)
        intake.give_up(tx, job, dropped, cursor=work.args.get("cursor"))
        full, waiting = cut([*waiting, *found], context.tuning, position=(work.position or 0) + groups)
        for group in full:
            take(group)
        if left is not None and left <= 0:
            cursor = None
            break
    if waiting:
        take(waiting)
    if failed:
        if not read and not refused:
            raise failed[0]
        failing.bury(tx, work, (), code=failed[0].code, message=failing.told(failed[0]))
    whole = not failed and (left is None or left > 0)
    args = _on_from(cursor, fetched) or (_absent(context, tx, work, job, left) if whole else None)
    _file_successor(tx, work, job, args)
    counts = {"fetched": read, "refused": refused}
    return Advance({"members": as_rows(own)}, counts) if own else Finish(counts)


def _absent(context: Context, tx: Tx, work: Claimed, job: JobRow, left: int | None) -> dict[str, Any] | None:
    """Nothing more is to be read. Where nobody else says so, ids that were named and never came are given up on."""
    if not job.scope.get("scoped") or job.replay or _by_id(context.source(job.source)):
        return None
    if items.any_dead(tx, job.id, codes=sorted(OF_PAGES)):
        # What stood on that page nobody knows.
        return None
    place = int(work.args.get(absent.PLACE, 0))
    return absent.give_up(tx, job, after=place, limit=context.tuning.chunk_size, left=left)


def _left_of_limit(tx: Tx, job: JobRow) -> int | None:
    limit = job.scope.get("limit")
    return None if limit is None else int(limit) - items.accepted(tx, job.id)


def _within_scope(tx: Tx, job: JobRow, page: Page, left: int | None) -> tuple[list[FetchedRecord], list[RefusedRecord]]:
    found, refused = list(page.records), list(page.refused)
    if job.scope.get("scoped"):
        wanted = job_scope.named(tx, job.id, [r.record_id for r in found])
        found = [r for r in found if r.record_id in wanted]
        # A record that cannot be read has no id that could be asked for, only a place; a page may have held what was.
        asked = job_scope.named(tx, job.id, [r.record_id for r in refused])
        refused = [r for r in refused if r.record_id in asked or r.code in OF_PAGES]
    if left is not None:
        found = found[: max(left, 0)]
        refused = refused[: max(left - len(found), 0)]
    return found, refused


def _on_from(cursor: Any, fetched: Fetched) -> dict[str, Any] | None:  # noqa: ANN401 - JSON
    """Where the successor goes on; null where there is nothing more to read."""
    if fetched.scope_left:
        return {"scope_reached": fetched.scope_reached, "unreached": fetched.unreached}
    if cursor is not None and not isinstance(fetched.pages, Iterator):
        return {"cursor": dict(cursor)}
    return None


def _file_successor(tx: Tx, work: Claimed, job: JobRow, args: dict[str, Any] | None) -> None:
    if args is not None:
        position = (work.position or 0) + 1
        work_rows.file(
            tx,
            NewWork(
                kind="chunk",
                stage="fetch",
                job_id=job.id,
                source=job.source,
                target=job.target,
                position=position,
                priority=job.priority,
                args=args,
            ),
        )
