"""A replay: letters are looked at, claimed, and filed as new jobs, all in one transaction."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from enrichment import confirming
from enrichment.chunks import file_chunks
from enrichment.members import Member
from enrichment.producing import Producer, admit
from enrichment.replaying.prospects import ADVICE, REASONS, Prospect, prospect
from enrichment.store import job_scope, jobs, letters, replays, submissions
from enrichment.store import work as work_rows
from enrichment.store.database import Tx
from enrichment.store.jobs import JobRow, NewJob
from enrichment.store.letter_filter import Filter
from enrichment.store.refused_again import PAGE
from enrichment.store.replays import Candidate
from enrichment.store.work import NewWork
from schemas.codes import Code
from schemas.errors import ConflictError, NotFoundError, UsageError
from schemas.source import FileSource, Source
from schemas.states import JobState, LetterState

#: Letters that may be tried again, or given up, without a confirmation.
UNCONFIRMED = 100
#: Refused letters that are named one by one.
NAMED = 100
#: What was given up on yields to what comes for the first time.
_PRIORITY = -1
_SLICE = 1_000


@dataclass(frozen=True, slots=True)
class Meant:
    """Which letters: these ids, those of a filter, or every open one. Exactly one of the three."""

    ids: Sequence[int] | None = None
    filter: Filter | None = None
    everything: bool = False

    def as_filter(self, default_state: str) -> Filter:
        """
        Raises:
            UsageError: it does not say which letters are meant, or says it twice.
        """
        said = sum((self.ids is not None, self.filter is not None, self.everything))
        if said > 1:
            raise UsageError(
                "it is said twice which letters are meant",
                hint="give ids, or a filter, or --all (all = true): one of them",
            )
        # A filter that narrows nothing would mean every letter without anybody having said so.
        if said != 1 or self.filter == Filter():
            raise UsageError("say which letters are meant", hint="give ids, or a filter, or --all (all = true)")
        if self.ids is not None:
            return Filter(ids=self.ids)
        asked = self.filter or Filter()
        return asked if asked.state is not None else replace(asked, state=default_state)


@dataclass(frozen=True, slots=True)
class Replayed:
    """What was done, or in a dry run would be done.

    refused: reason -> number of letters; named: the first of them with their reason
    confirm: the token that this very replay needs
    """

    matched: int
    replayable: int
    refused: Mapping[str, int]
    named: Sequence[tuple[int, str]]
    jobs: tuple[int, ...] = ()
    dry_run: bool = False
    confirm: str | None = None


@dataclass(slots=True)
class _Looked:
    digest: hashlib._Hash = field(default_factory=hashlib.sha256)
    matched: int = 0
    refused: Counter[Prospect] = field(default_factory=Counter)
    named: list[tuple[int, str]] = field(default_factory=list)
    groups: dict[tuple[str, str], list[Candidate]] = field(default_factory=dict)

    @property
    def replayable(self) -> int:
        return sum(map(len, self.groups.values()))


def replay(
    producer: Producer,
    tx: Tx,
    meant: Meant,
    *,
    secret: bytes,
    now: float,
    refetch: bool = False,
    dry_run: bool = False,
    confirm: str | None = None,
    api_key_id: int | None = None,
) -> Replayed:
    """Try letters again, one job per source and target. Each letter goes to one replay only, whoever asks at once.

    Raises:
        UsageError: it does not say which letters are meant.
        NotFoundError: an id is no letter.
        ConflictError: nothing of what is meant can be tried again (`futile`, `needs_refetch`, `not_refetchable`,
            `not_open`), or more than 100 letters have to be confirmed (`confirmation`).
        TransientError: `queue_full`.
    """
    asked = meant.as_filter(LetterState.OPEN)
    if meant.ids is not None and (unknown := replays.missing_ids(tx, meant.ids)):
        raise NotFoundError(f"there is no dead letter {unknown[0]}", hint="list them with: assay dlq list")
    looked = _look(producer, tx, asked, refetch=refetch, lock=not dry_run)
    subject = f"replay|{refetch}|{looked.digest.hexdigest()}"
    needs = looked.replayable > UNCONFIRMED
    told = Replayed(
        matched=looked.matched,
        replayable=looked.replayable,
        refused={str(reason): count for reason, count in looked.refused.most_common()},
        named=looked.named,
        dry_run=dry_run,
        confirm=confirming.token(secret, subject, now=now) if dry_run and needs else None,
    )
    if dry_run or looked.matched == 0:
        return told
    if looked.replayable == 0:
        raise _nothing(looked)
    # Whoever brings a token means what it was given for, also where so few letters would need none.
    if needs or confirm is not None:
        confirming.require(secret, subject, confirm, now=now, what=f"replaying {counted(looked.replayable)}")
    admit(producer, tx)
    made = [
        job
        for (source, target), found in sorted(looked.groups.items())
        for job in _file(producer, tx, source, target, found, refetch=refetch, api_key_id=api_key_id)
    ]
    return replace(told, jobs=tuple(made))


def _look(producer: Producer, tx: Tx, asked: Filter, *, refetch: bool, lock: bool) -> _Looked:
    looked = _Looked()
    for letter in _all(producer, tx, asked, lock=lock):
        looked.matched += 1
        word = prospect(
            letter,
            producer.sources.get(letter.source),
            target_known=letter.target in producer.targets,
            refetch=refetch,
        )
        if word == "replay":
            looked.digest.update(f"{letter.id}@{letter.updated_at.timestamp()};".encode())
            looked.groups.setdefault((letter.source, letter.target), []).append(letter)
            continue
        looked.refused[word] += 1
        if len(looked.named) < NAMED:
            looked.named.append((letter.id, word))
    return looked


def _all(producer: Producer, tx: Tx, asked: Filter, *, lock: bool) -> Iterator[Candidate]:
    versions = {name: target.version for name, target in producer.targets.items()}
    after = 0
    while found := replays.candidates(tx, asked, versions=versions, after=after, limit=_SLICE, lock=lock):
        yield from found
        after = found[-1].id


def _nothing(looked: _Looked) -> ConflictError:
    by_reason = looked.refused.most_common()
    reason, _ = by_reason[0]
    which = f"dead letter {looked.named[0][0]}" if looked.matched == 1 else f"none of {looked.matched} dead letters"
    verb = "cannot" if looked.matched == 1 else "can"
    why = (
        REASONS[reason] if len(by_reason) == 1 else "; ".join(f"of {count}, {REASONS[one]}" for one, count in by_reason)
    )
    return ConflictError(f"{which} {verb} be tried again: {why}", hint=ADVICE[reason], code=str(reason))


def counted(letters: int) -> str:
    return f"{letters:,} letter{'' if letters == 1 else 's'}"


def _file(
    producer: Producer,
    tx: Tx,
    source: str,
    target: str,
    found: Sequence[Candidate],
    *,
    refetch: bool,
    api_key_id: int | None,
) -> Iterator[int]:
    def open_job(of: Sequence[Candidate], scope: Mapping[str, object]) -> JobRow:
        new = NewJob(
            source=source,
            target=target,
            target_version=producer.target(target).version,
            state=JobState.RUNNING,
            scope={"letters": len(of), **scope},
            replay=True,
            priority=_PRIORITY,
            api_key_id=api_key_id,
        )
        job, _ = jobs.create(tx, new)
        letters.claim_for_replay(tx, [letter.id for letter in of], job_id=job.id)
        return job

    if not refetch:
        job = open_job(found, {})
        _file_stored(producer, tx, job, found)
        yield job.id
        return
    places = [letter for letter in found if letter.place]
    named = [letter for letter in found if not letter.place]
    if named:
        job = open_job(named, {"refetch": True, "scoped": True})
        job_scope.add(tx, job.id, [letter.record_id for letter in named])
        _file_fetch(tx, job, {})
        yield job.id
    if places:
        job = open_job(places, {"refetch": True})
        _file_fetch(tx, job, _where(places, producer.sources.get(source)))
        yield job.id


def _file_stored(producer: Producer, tx: Tx, job: JobRow, found: Sequence[Candidate]) -> None:
    """Letters of several jobs may be about one record; it is tried once for all of them."""
    members: dict[str, Member] = {letter.record_id: letter.member for letter in found if letter.member is not None}
    ordered = sorted(members.values(), key=lambda m: (m.payload_id, m.ordinal))
    submissions.accept_stored(tx, job.id, ordered)
    file_chunks(
        tx,
        ordered,
        source=job.source,
        target=job.target,
        job_id=job.id,
        size=producer.chunk_size,
        priority=job.priority,
    )


def _where(places: Sequence[Candidate], source: Source | None) -> Mapping[str, object]:
    """Where reading begins: the page that all of the places lie on or behind, else the start of the source.

    From there it goes on to the end, because records that came after a lost page were never read; what is known is
    found to be unchanged. A file that was mended is another file, in which a cursor leads nowhere: it is read whole.
    """
    if isinstance(source, FileSource) and any(map(_wants_another_file, places)):
        return {}
    starts: list[Mapping[str, object]] = []
    for letter in places:
        cursor = dict(letter.cursor or {})
        # A lost page keeps the arguments of its work, a lost record the cursor of its page.
        start = cursor if letter.record_id.startswith(PAGE) or not cursor else {"cursor": cursor}
        if start not in starts:
            starts.append(start)
    return starts[0] if len(starts) == 1 else {}


def _wants_another_file(letter: Candidate) -> bool:
    """Whether reading the same file again would only say the same again; what broke off around a page may not."""
    return not letter.record_id.startswith(PAGE) or letter.code == Code.SOURCE_CHANGED


def _file_fetch(tx: Tx, job: JobRow, args: Mapping[str, object]) -> None:
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
            args=args,
        ),
    )
