"""What there is for the dispatcher to do. Most turns find next to nothing, and one look costs less than twenty tries.

Each part asks whether the statement of the same condition would find anything; that one then decides under its locks.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from enrichment.store import breakers, dispatch, job_ends, plans, wakings
from enrichment.store.database import Tx
from enrichment.store.dispatch import LIMITS
from schemas import FORMAT


@dataclass(frozen=True, slots=True)
class Agenda:
    """due:      waiting work whose time has come
    lost:     running work that nobody holds any more
    overdue:  published work that nobody has claimed in time
    idle:     plan work that waited for its source to fall idle
    breakers: one that time may change or that wants a probe, or work that waits on none
    ready:    work that may be published
    letters:  dead letters that Flower has not been told of
    death:    when a boot was last declared dead; messages in its hands are lost with it
    """

    due: bool
    lost: bool
    overdue: bool
    idle: bool
    breakers: bool
    ready: bool
    letters: bool
    death: datetime | None


def look(tx: Tx) -> Agenda:
    row = tx.execute(
        f"""
        SELECT EXISTS (SELECT 1 FROM work WHERE {dispatch.DUE}) AS due,
               EXISTS (SELECT 1 FROM {dispatch.LOST}) AS lost,
               EXISTS (SELECT 1 FROM work WHERE status = 'published' AND {dispatch.OVERDUE}) AS overdue,
               EXISTS (SELECT 1 FROM work w WHERE {wakings.SOURCE_IS_IDLE}) AS idle,
               EXISTS (SELECT 1 FROM breaker WHERE {breakers.TO_TEND})
                 OR EXISTS (SELECT 1 FROM work w WHERE {breakers.FORGOTTEN}) AS breakers,
               EXISTS (SELECT 1 FROM work WHERE status = 'ready') AS ready,
               EXISTS (SELECT 1 FROM dead_letter WHERE announced_at IS NULL) AS letters,
               (SELECT max(dead_at) FROM worker) AS death
        """,
        {**LIMITS, "passing": breakers.PASSING_STATES},
    ).fetchone()
    assert row is not None  # noqa: S101 - a SELECT without FROM gives one row
    return Agenda(**row)


_STAGED = "EXISTS (SELECT 1 FROM staged s WHERE s.plan_id = p.id AND s.state = 'staged')"
_DRAWN = "EXISTS (SELECT 1 FROM sample a WHERE a.plan_id = p.id AND a.state = 'drawn')"
_SHORT = f"""({plans.BESIDE}
    AND EXISTS (SELECT 1 FROM plan_field f WHERE f.plan_id = p.id AND f.state = 'probation'))"""
#: Those of a newer release are its to move. Open work is asked for first: while a job merges by the thousand, the index
#: of waiting rows is full of rows that wait no longer, and to find none among them takes milliseconds.
#: It is gathered once for all plans: thousands of them, each looking through thousands of works, would take the turn.
_UNMOVED = f"""
    plan p WHERE p.format <= %(format)s AND CASE
        WHEN (p.source, p.target) IN (
            SELECT w.source, w.target FROM work w
            WHERE w.kind = 'chunk' AND w.status IN ('ready', 'published', 'running', 'waiting')) THEN false
        WHEN p.id IN (
            SELECT w.plan_id FROM work w
            WHERE w.kind IN ('judge', 'merge') AND w.status IN ('ready', 'published', 'running', 'waiting')) THEN false
        ELSE {_STAGED} OR {_DRAWN} OR {_SHORT} END
"""


def untidy(tx: Tx) -> bool:
    """Whether a job may have another state than it says, or rows lie where nothing would move them."""
    row = tx.execute(
        f"SELECT EXISTS (SELECT 1 FROM {job_ends.UNSETTLED}) OR EXISTS (SELECT 1 FROM {_UNMOVED}) AS untidy",
        {"format": FORMAT},
    ).fetchone()
    return row is not None and bool(row["untidy"])


@dataclass(frozen=True, slots=True)
class Unmoved:
    """A plan with rows, staged or drawn for an audit that nobody has filed, that no open work would move.

    short: a successor beside the plan in force that what it was given of its source has not decided
    """

    plan_id: int
    staged: bool
    drawn: bool
    short: bool


def unmoved(tx: Tx) -> list[Unmoved]:
    rows = tx.execute(
        f"SELECT p.id AS plan_id, {_STAGED} AS staged, {_DRAWN} AS drawn, {_SHORT} AS short"
        f" FROM {_UNMOVED} ORDER BY p.id",
        {"format": FORMAT},
    ).fetchall()
    return [Unmoved(**row) for row in rows]
