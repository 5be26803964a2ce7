"""Whether a job is over: what of it is still on its way, and the state that follows."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from enrichment.store import missing_rows
from enrichment.store.database import Tx, durably
from enrichment.store.jobs import JobRow
from schemas.states import JobState

#: A job that has a chunk open is running: nothing else needs to be asked of it.
UNSETTLED = """
    job j WHERE j.state IN ('running', 'blocked') AND (j.state = 'blocked' OR NOT EXISTS (
        SELECT 1 FROM work w WHERE w.job_id = j.id AND w.kind = 'chunk'
          AND w.status IN ('ready', 'published', 'running', 'waiting')))
"""


def unsettled(tx: Tx) -> list[int]:
    """Jobs that may have another state than they say."""
    return [row["id"] for row in tx.execute(f"SELECT j.id FROM {UNSETTLED} ORDER BY j.id").fetchall()]


@dataclass(frozen=True, slots=True)
class OpenParts:
    """Whether anything of a job is still on its way: chunks, items by open state, and work that its rows wait for.

    `chunks`: or the look whether the rows of its unchanged records are there
    """

    chunks: bool
    in_flight: bool
    waiting: bool
    decidable: bool


def open_parts(tx: Tx, job: JobRow) -> OpenParts:
    """`decidable`: open work, other than chunks of this job, that may yet move held rows of this job.

    Asked at every turn of the dispatcher, it counts nothing: a job may have a million items open.
    """
    row = tx.execute(
        """
        SELECT EXISTS (SELECT 1 FROM work w WHERE w.job_id = %(job)s AND (w.kind = 'chunk' OR w.dedup = %(look)s)
                AND w.status IN ('ready', 'published', 'running', 'waiting')) AS chunks,
               EXISTS (SELECT 1 FROM item i WHERE i.job_id = %(job)s AND i.state = 'in_flight') AS in_flight,
               EXISTS (SELECT 1 FROM item i WHERE i.job_id = %(job)s AND i.state IN ('held', 'review')) AS waiting,
               EXISTS (SELECT 1 FROM work w WHERE w.source = %(source)s AND w.target = %(target)s
                AND (w.kind <> 'chunk' OR w.job_id IS DISTINCT FROM %(job)s)
                AND w.status IN ('ready', 'published', 'running', 'waiting')
                AND coalesce(w.waits_on, '') !~ '^(review|budget:(job|source|call)):') AS decidable
        """,
        {"job": job.id, "look": missing_rows.dedup(job.id), "source": job.source, "target": job.target},
    ).fetchone()
    assert row is not None  # noqa: S101 - a SELECT without FROM gives one row
    return OpenParts(**row)


def lock(tx: Tx, job_ids: Collection[int], *, wait: bool = True) -> list[int]:
    """Keep the states of jobs from being written by others, in one order; work of theirs may still be filed.

    wait: for whoever holds one; else those that somebody holds are left out. Gives the jobs that are locked.
    """
    if not job_ids:
        return []
    rows = tx.execute(
        f"SELECT id FROM job WHERE id = ANY(%s) ORDER BY id FOR NO KEY UPDATE{'' if wait else ' SKIP LOCKED'}",
        (sorted(job_ids),),
    ).fetchall()
    return [row["id"] for row in rows]


def set_settled(tx: Tx, job_id: int, state: str) -> None:
    """Write a state computed from the tables, unless a person has paused or cancelled meanwhile."""
    final = state in {JobState.DONE, JobState.PARTIAL, JobState.FAILED}
    if final:
        # Whoever reads it goes away with the answer.
        durably(tx)
    tx.execute(
        "UPDATE job SET state = %(state)s, finished_at = CASE WHEN %(final)s THEN coalesce(finished_at, now()) END"
        " WHERE id = %(id)s AND state <> %(state)s AND state NOT IN ('paused', 'cancelled', 'receiving')",
        {"state": state, "final": final, "id": job_id},
    )
