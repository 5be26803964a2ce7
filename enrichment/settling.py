"""The state of a job, computed from its tables; and what a replay's success means for the job that lost the record."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence

from enrichment.store import items, job_ends, jobs, letter_ends, missing_rows, refused_again, replays
from enrichment.store.database import Tx
from enrichment.store.items import Behind
from enrichment.store.job_ends import OpenParts
from enrichment.store.jobs import JobRow
from enrichment.store.replays import Unsettled
from schemas.states import ItemState, JobState

_ENDED = frozenset({JobState.DONE, JobState.PARTIAL, JobState.FAILED})
#: States that a person, or a sender, has put a job in.
_HELD = frozenset({JobState.PAUSED, JobState.CANCELLED, JobState.RECEIVING})


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


def settle(tx: Tx, job_ids: Iterable[int]) -> None:
    """Write the states that jobs have now; those that a person holds stay as they are.

    Their rows stay locked: of two that change what a job counts, the second to come sees what the first one did.
    """
    found = [jobs.get(tx, job_id) for job_id in sorted(set(job_ids))]
    for job_id in job_ends.lock(tx, [job.id for job in found if job.state not in _HELD]):
        _settle(tx, jobs.get(tx, job_id))


def _settle(tx: Tx, job: JobRow) -> None:
    """The job's row is locked."""
    if job.state in _HELD:
        return
    parts = job_ends.open_parts(tx, job)
    counts = {} if parts.chunks or parts.in_flight or parts.waiting else items.counts(tx, job.id)
    state = settled_state(counts, parts, failed=job.error is not None)
    if state == job.state or (state in _ENDED and _has_to_look(tx, job, counts)):
        return
    job_ends.set_settled(tx, job.id, state)
    if job.replay and state in _ENDED:
        _answer_letters(tx, job)


def _has_to_look(tx: Tx, job: JobRow, counts: dict[str, int]) -> bool:
    """Whether it has only now been filed to look whether the rows of unchanged records are still there.

    A job that has ended does not begin anew: what mends it is a replay, which looks after its own records.
    """
    if job.state in _ENDED or job.dry_run or not counts.get("unchanged"):
        return False
    return missing_rows.file_look(tx, job)


def settle_open(tx: Tx) -> None:
    """Settle every job whose state may be another by now. One that is locked is looked at again at the next turn."""
    for job_id in job_ends.unsettled(tx):
        job = jobs.get(tx, job_id)
        if settled_state({}, job_ends.open_parts(tx, job), failed=False) != job.state:
            for mine in job_ends.lock(tx, [job_id], wait=False):
                _settle(tx, jobs.get(tx, mine))


def resolve_replayed(tx: Tx, written: Sequence[Behind]) -> None:
    """Records of replays that were written resolve their dead letters and mend the jobs that had lost them."""
    by_job: dict[int, list[str]] = {}
    for item in written:
        by_job.setdefault(item.job_id, []).append(item.record_id)
    concerned: set[int] = set()
    for job_id, ids in by_job.items():
        concerned.update(letter_ends.resolve_replayed(tx, job_id, ids, item_state="written"))
    _mend(tx, concerned)


def _answer_letters(tx: Tx, job: JobRow) -> None:
    """A replay has ended: what it never said a word on is resolved, open again, or has failed once more.

    Records that were found to be unchanged, or that another job wrote, come here; and places in a source (`#byte:120`),
    which are no records: one that was read again without a complaint is resolved, and so is an older open letter of
    another place that was read along with it.
    """
    failed = job.error is not None
    lost = refused_again.pages_lost(tx, job.id)
    if job.scope.get("refetch") and not job.scope.get("scoped") and not failed:
        older = refused_again.read_without_complaint(tx, job.id)
        seen = [letter_id for letter_id, place in older if not _unread(place, lost)]
        refused_again.take_over(tx, seen, job_id=job.id)
    by_word: dict[str, list[Unsettled]] = {}
    for letter in replays.unsettled(tx, job.id):
        by_word.setdefault(outcome(letter, failed=failed, lost=lost), []).append(letter)
    replays.count_failed(tx, [letter.letter_id for letter in by_word.get("failed", ())])
    replays.open_again(tx, [letter.letter_id for letter in by_word.get("open", ())])
    for state in (ItemState.WRITTEN, ItemState.UNCHANGED):
        if resolved := by_word.get(state):
            ids = [letter.record_id for letter in resolved]
            _mend(tx, letter_ends.resolve_replayed(tx, job.id, ids, item_state=state))


def outcome(letter: Unsettled, *, failed: bool, lost: Sequence[str] = ()) -> str:
    """What became of a letter's replay: written or unchanged, open (nothing was learnt), or failed.

    lost: where its reading met pages that could not be read
    """
    if letter.item_state in {ItemState.WRITTEN, ItemState.UNCHANGED}:
        return letter.item_state
    if letter.item_state in {ItemState.WITHDRAWN, ItemState.CANCELLED, ItemState.DISCARDED}:
        return "open"
    if letter.item_state is None and letter.place and not failed:
        return "open" if _unread(letter.record_id, lost) else ItemState.UNCHANGED
    return "failed"


def _unread(place: str, lost: Sequence[str]) -> bool:
    """Whether a place may lie on or behind a page that was lost, so that no complaint says nothing.

    A page that was given up on as work (`#page:3`) fails its job; here it is one that was told anew.
    """
    if place.startswith(refused_again.PAGE):
        return False
    return any(_number(one) <= _number(place) for one in lost)


def _number(place: str) -> int:
    """The page, byte, row or group that a place names first; of one that names none, the beginning."""
    found = re.search(r"\d+", place)
    return 0 if found is None else int(found[0])


def _mend(tx: Tx, job_ids: Collection[int]) -> None:
    """Jobs that lost records which have come back are settled, and have not failed any more where all of them have."""
    job_ends.lock(tx, job_ids)
    replays.forgive(tx, sorted(job_ids))
    settle(tx, job_ids)
