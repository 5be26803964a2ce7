"""Jobs as they are shown: how far they are, what they wait for, and what was spent for them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from enrichment import waiting
from enrichment.counting import Counter, Progress
from enrichment.store import breakers, freezes, jobs, observing, open_work, replays, reviews, staging, submissions
from enrichment.store import waits as waiting_rows
from enrichment.store.database import Tx
from enrichment.store.jobs import JobRow
from enrichment.store.unfilled import unfilled, unread
from enrichment.waiting_words import Seen
from schemas.source import Source
from schemas.states import ItemState, JobState

#: Rows of a dry run that are shown with it, and records that it would have given up on.
DRY_ROWS = 20
#: Record ids that were not found and are named.
_FEW = 20
_PURPOSES = ("planning", "audit")
_OPEN = frozenset({JobState.RECEIVING, JobState.RUNNING, JobState.PAUSED, JobState.BLOCKED})
#: Seconds after which published work counts as unclaimed, and a dispatcher that does not show itself as gone.
_UNCLAIMED = 60.0
_SILENT = 5.0


def view(tx: Tx, job_id: int, counter: Counter | None = None, *, sources: Mapping[str, Source]) -> dict[str, Any]:
    """One job, and in which way its letters can be tried again; once it has ended, also for which codes it gave up on
    records, which target fields no plan of its source fills, and which one fills nowhere; a dry run with the first
    rows that it would have written. Counts of one that has ended are exact.

    Raises:
        NotFoundError: no such job.
    """
    # The state comes first: what is counted after a job has ended is what it ended with.
    job = jobs.get(tx, job_id)
    (shown,) = views(tx, [job], counter)
    # Each of its open letters is looked at: too much for every job of a listing.
    shown["letters"] = replays.ways(tx, job.id) if shown["counts"][ItemState.DEAD] else None
    if job.dry_run or job.state not in _OPEN:
        # All its items are read for it, as for its counts, which of one that goes on are not counted at each look.
        shown["refused_counts"] = waiting_rows.refused_counts(tx, job.id) if shown["counts"][ItemState.DEAD] else {}
    if job.state not in _OPEN:
        shown["questions"] = reviews.count_open(tx, source=job.source, target=job.target)
        source = sources.get(job.source)
        shown["unfilled"] = unfilled(
            tx,
            source=job.source,
            target=job.target,
            target_version=job.target_version,
            constants=() if source is None else source.constants,
        )
        shown["goes_on"] = open_work.behind(tx, source=job.source, target=job.target)
        shown["unread"] = unread(tx, source=job.source, target=job.target, target_version=job.target_version)
    if not job.dry_run:
        return shown
    return {
        **shown,
        "rows": staging.dry_rows(tx, job.id, limit=DRY_ROWS),
        "refused": waiting_rows.refused(tx, job.id, limit=DRY_ROWS),
    }


def brief(tx: Tx, job_id: int) -> dict[str, Any]:
    """What of a job costs nothing to ask: all but its counts and what was spent.

    Raises:
        NotFoundError: no such job.
    """
    return _described(jobs.get(tx, job_id))


def views(tx: Tx, found: Sequence[JobRow], counter: Counter | None = None) -> list[dict[str, Any]]:
    by_id = {job.id: job for job in found}
    # What was counted in one state says nothing of another, and what has ended is counted anew.
    states = {job.id: job.state if job.state in _OPEN else None for job in found}
    progress = (counter or Counter()).of(states, lambda ids: _progress(tx, [by_id[job_id] for job_id in ids]))
    usage = submissions.usage_of(tx, list(by_id))
    return [_view(job, progress[job.id], usage[job.id]) for job in found]


def _progress(tx: Tx, found: Sequence[JobRow]) -> dict[int, Progress]:
    counts = submissions.counts_of(tx, [job.id for job in found])
    scoped = [job.id for job in found if job.scope.get("scoped")]
    missing = waiting_rows.not_found(tx, scoped, few=_FEW) if scoped else {}
    waits = _waits(tx, [job for job in found if job.state in _OPEN], counts)
    return {
        job.id: Progress(
            counts[job.id],
            waits.get(job.id, ()),
            None if job.id not in missing else {"count": missing[job.id][0], "ids": missing[job.id][1]},
        )
        for job in found
    }


def _waits(tx: Tx, found: Sequence[JobRow], counts: Mapping[int, Mapping[str, int]]) -> dict[int, list[dict[str, Any]]]:
    ids = [job.id for job in found]
    if not ids:
        return {}
    works, held = waiting_rows.of_work(tx, ids), waiting_rows.of_records(tx, ids)
    asked, unclaimed = waiting_rows.of_questions(tx, ids), waiting_rows.unclaimed(tx, ids, seconds=_UNCLAIMED)
    stopped = {one.key.text: one for one in breakers.listing(tx, limit=1_000, open_only=True)}
    frozen, age = freezes.listing(tx), observing.seat_age(tx)
    return {
        job.id: waiting.waits(
            Seen(
                job=job,
                review=counts[job.id].get(ItemState.REVIEW, 0),
                works=[one for one in works if one.job == job.id],
                held=[one for one in held if one.job == job.id],
                asked=[one for one in asked if one.job == job.id],
                unclaimed=[one for one in unclaimed if one.job == job.id],
                breakers=stopped,
                freezes=frozen,
                silent=age if age is not None and age > _SILENT else None,
            )
        )
        for job in found
    }


def _view(job: JobRow, progress: Progress, usage: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    every = {str(state): progress.counts.get(state, 0) for state in ItemState}
    costs: list[Decimal] = [row["cost"] for row in usage if row["cost"] is not None]
    cost = sum(costs, Decimal(0)) if costs else None
    return {
        **_described(job),
        "counts": {"accepted": sum(every.values()), **every},
        "counted_at": progress.counted_at,
        "waits": list(progress.waits),
        "not_found": progress.not_found,
        "calls": {purpose: sum(int(r["calls"]) for r in usage if r["purpose"] == purpose) for purpose in _PURPOSES},
        "tokens": {side: sum(int(row[side]) for row in usage) for side in ("input", "output")},
        "cost": None if cost is None else _exact(cost),
        "cost_per_written": _exact(cost / every["written"]) if cost is not None and every["written"] else None,
    }


def _described(job: JobRow) -> dict[str, Any]:
    return {
        "id": job.id,
        "source": job.source,
        "target": job.target,
        "state": job.state,
        "scope": dict(job.scope),
        "dry_run": job.dry_run,
        "replay": job.replay,
        "priority": job.priority,
        "batches": job.batches,
        "batches_digest": job.batches_digest,
        "target_version": job.target_version,
        "error": None if job.error is None else dict(job.error),
        "created_at": job.created_at,
        "finished_at": job.finished_at,
    }


def _exact(amount: Decimal) -> str:
    text = format(amount.quantize(Decimal("0.0000000001")) if amount else amount, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text
