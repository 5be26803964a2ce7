"""The dispatcher's statements: what is due, what is lost, what may be published next."""

from __future__ import annotations

import heapq
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from enrichment.store.database import Tx
from enrichment.store.work import LEASE, PUBLISH_DEADLINE, RENEW

#: Priorities lie between this and its negative.
HIGHEST_PRIORITY = 10
#: Seconds beyond every term that is given from which a clock was set back, and not only corrected a little.
_SET_BACK = 20.0
#: Seconds since its last beat for which a process is taken to live: one beat may come late.
_ALIVE = 2 * RENEW + 1
#: Parameters of the conditions below. A lease or deadline that lasts longer than any that is ever given was given
#: before the server's clock was set back.
LIMITS: Mapping[str, object] = {"longest": LEASE + _SET_BACK, "first": PUBLISH_DEADLINE, "set_back": _SET_BACK}
DUE = "status = 'waiting' AND wait_until <= now()"
LOST = """
    work w LEFT JOIN worker b ON b.boot_id = w.worker
    WHERE w.status = 'running' AND (w.lease_until < now() OR b.dead_at IS NOT NULL
          OR w.lease_until > now() + make_interval(secs => %(longest)s))
"""
OVERDUE = """
    (deadline <= now() OR deadline > now() + make_interval(secs => coalesce(publish_seconds, %(first)s) + %(set_back)s))
"""


@dataclass(frozen=True, slots=True)
class Due:
    """Work whose message is to be published: the rest of its chain, from its stage on."""

    id: int
    kind: str
    stage: str
    fence: int
    lane: str


@dataclass(frozen=True, slots=True)
class Windows:
    """How much may be published or running at once."""

    chunks_per_job: int
    chunks_per_source: int
    per_kind: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Suspect:
    """Work that is not held any more. Only where its worker did not outlive it does the last of its starts count."""

    id: int
    kind: str
    stage: str
    lane: str
    starts: int
    outlived: bool


def wake_due(tx: Tx) -> int:
    """Waiting work whose time has come is ready."""
    return tx.execute(
        f"UPDATE work SET status = 'ready', waits_on = NULL, wait_until = NULL, updated_at = now() WHERE {DUE}"
    ).rowcount


def return_lost(tx: Tx, *, after_outage: bool = False) -> list[Suspect]:
    """Running work whose lease passed, or whose worker's boot is dead, goes back to ready.

    Its last start counts, unless its worker lives and let the lease pass before the stage's deadline: a beat renews
    what is held, so that it holds this no longer, and could not say what became of it, as when a disk is full.
    `after_outage`: the database was away a moment ago, and who lives has not had the time to show it; only the dead
    and the late count then.
    """
    rows = tx.execute(
        f"""
        WITH lost AS (
            SELECT w.id, b.boot_id IS NOT NULL AND b.dead_at IS NULL AND w.deadline > now()
                   AND (%(after_outage)s OR b.heartbeat_at > greatest(w.lease_until - make_interval(secs => %(lease)s),
                                                                      now() - make_interval(secs => %(alive)s))
                       ) AS outlived
            FROM {LOST} ORDER BY w.id FOR UPDATE OF w SKIP LOCKED
        )
        UPDATE work w SET status = 'ready', worker = NULL, lease_until = NULL, deadline = NULL, updated_at = now(),
               starts = w.starts - lost.outlived::int
        FROM lost WHERE w.id = lost.id AND w.status = 'running'
        RETURNING w.id, w.kind, w.stage, w.lane, w.starts, lost.outlived
        """,
        {**LIMITS, "after_outage": after_outage, "lease": LEASE, "alive": _ALIVE},
    ).fetchall()
    return [Suspect(**row) for row in rows]


def isolate(tx: Tx, ids: Sequence[int]) -> None:
    """Their next starts happen alone; what counted against them so far was suspicion only."""
    tx.execute("UPDATE work SET lane = 'isolation', starts = 0 WHERE id = ANY(%s) AND status = 'ready'", (list(ids),))


def republish_overdue(tx: Tx, *, stalled: Sequence[tuple[str, str]], everything: bool) -> list[Due]:
    """Published work past its deadline is published again under the same fence, its deadline doubled.

    `stalled` names (stage, lane) queues that hold messages but do not move: their deadlines do not run. `everything`
    is for who starts, and for after a worker died or the broker lost its memory: what was published before may be gone.
    Deadlines that have not passed begin anew then, as long as they were.
    """
    if stalled:
        tx.execute(
            """
            UPDATE work w SET deadline = now() + make_interval(secs => coalesce(w.publish_seconds, %(first)s))
            FROM unnest(%(stages)s::text[], %(lanes)s::text[]) AS s(stage, lane)
            WHERE w.status = 'published' AND w.stage = s.stage AND w.lane = s.lane AND w.deadline <= now()
            """,
            {
                "stages": [s[0] for s in stalled],
                "lanes": [s[1] for s in stalled],
                "first": PUBLISH_DEADLINE,
            },
        )
    rows = tx.execute(
        f"""
        UPDATE work SET publish_seconds = least(coalesce(publish_seconds, %(first)s) * longer, 3600),
               deadline = now() + make_interval(secs => least(coalesce(publish_seconds, %(first)s) * longer, 3600))
        FROM (SELECT id AS overdue, CASE WHEN deadline <= now() THEN 2 ELSE 1 END AS longer FROM work
              WHERE status = 'published' AND (%(everything)s OR {OVERDUE})
              ORDER BY id FOR UPDATE SKIP LOCKED) AS o
        WHERE id = o.overdue
        RETURNING id, kind, stage, fence, lane
        """,
        {**LIMITS, "everything": everything},
    ).fetchall()
    return [Due(**row) for row in rows]


def overdue_queues(tx: Tx) -> list[tuple[str, str]]:
    """(stage, lane) queues of published work whose deadline has passed."""
    rows = tx.execute(
        "SELECT DISTINCT stage, lane FROM work WHERE status = 'published' AND deadline <= now()"
    ).fetchall()
    return [(row["stage"], row["lane"]) for row in rows]


@dataclass(slots=True)
class _Waiting:
    """Chunks of one job, or those of one source that belong to no job, that may be published."""

    job: int | None
    source: str | None
    priority: int
    ready: int
    busy: int = 0
    granted: int = 0


def take_chunks(tx: Tx, windows: Windows) -> list[Due]:
    """Publishable chunks, fair between jobs; windows count published and running ones under a lock on the job's row."""
    groups = [_Waiting(**row) for row in tx.execute(_JOBS_WAITING, {"most": windows.chunks_per_job}).fetchall()]
    groups += [_Waiting(**row) for row in tx.execute(_JOBLESS_WAITING).fetchall()]
    if not groups:
        return []
    busy = tx.execute(
        """
        SELECT job_id, source, count(*) AS n FROM work
        WHERE kind = 'chunk' AND status IN ('published', 'running') GROUP BY job_id, source
        """
    ).fetchall()
    by_source: dict[str | None, int] = {}
    for row in busy:
        by_source[row["source"]] = by_source.get(row["source"], 0) + int(row["n"])
        for group in groups:
            if (group.job, group.source) == (row["job_id"], row["source"]):
                group.busy = int(row["n"])
    _grant(groups, windows, by_source)
    due: list[Due] = []
    for group in groups:
        if group.granted:
            due += _publish(
                tx,
                "kind = 'chunk' AND job_id IS NULL AND source IS NOT DISTINCT FROM %(source)s"
                if group.job is None
                else "kind = 'chunk' AND job_id = %(job)s",
                # What is furthest goes first, so that rows leave before new ones come; fetch yields to the rest.
                "stage = 'fetch', priority DESC, id",
                {"job": group.job, "source": group.source, "limit": group.granted},
            )
    return due


def _grant(groups: Sequence[_Waiting], windows: Windows, by_source: dict[str | None, int]) -> None:
    """Divide what is left of the windows, chunk by chunk. `by_source`: what each source has on its way.

    Always to whoever has least on its way for its weight, so that a small job is never behind a large one of the same
    source. Who has nothing on its way comes before all others, whatever the priorities: nobody is starved.
    """

    def turn(place: int) -> tuple[float, int, int, int]:
        g = groups[place]
        return (g.busy + g.granted) / _weight(g.priority), -g.priority, g.job or 0, place

    # A turn of the dispatcher has a second or so, and after an outage five hundred jobs may have all of theirs ready.
    turns = [turn(place) for place, g in enumerate(groups) if min(g.ready, windows.chunks_per_job - g.busy) > 0]
    heapq.heapify(turns)
    while turns:
        place = heapq.heappop(turns)[-1]
        g = groups[place]
        if by_source.get(g.source, 0) >= windows.chunks_per_source:
            continue
        g.granted += 1
        by_source[g.source] = by_source.get(g.source, 0) + 1
        if g.granted < min(g.ready, windows.chunks_per_job - g.busy):
            heapq.heappush(turns, turn(place))


def _weight(priority: int) -> float:
    """Each step of priority doubles a job's share of the windows that it has to divide with others."""
    return 2.0 ** max(min(priority, HIGHEST_PRIORITY), -HIGHEST_PRIORITY)


_JOBS_WAITING = """
    SELECT j.id AS job, j.source, j.priority,
           (SELECT count(*) FROM (SELECT 1 FROM work w WHERE w.job_id = j.id AND w.status = 'ready'
                                  AND w.kind = 'chunk' LIMIT %(most)s) AS few) AS ready
    FROM job j
    WHERE j.state IN ('receiving', 'running', 'blocked')
      AND EXISTS (SELECT 1 FROM work w WHERE w.job_id = j.id AND w.status = 'ready' AND w.kind = 'chunk')
    ORDER BY j.id FOR UPDATE OF j SKIP LOCKED
"""
_JOBLESS_WAITING = """
    SELECT NULL::bigint AS job, source, 0 AS priority, count(*) AS ready FROM work
    WHERE status = 'ready' AND kind = 'chunk' AND job_id IS NULL GROUP BY source ORDER BY source
"""


#: Sources take turns, so that one whose work waits for a rate in large numbers does not keep the others out.
_IN_TURN = """
    id IN (SELECT w.id FROM work w LEFT JOIN (
               SELECT source, count(*) AS n FROM work
               WHERE kind = %(kind)s AND status IN ('published', 'running') GROUP BY source) AS b ON b.source = w.source
           WHERE w.kind = %(kind)s AND w.status = 'ready'
           ORDER BY w.priority DESC,
                    coalesce(b.n, 0) + row_number() OVER (PARTITION BY w.source ORDER BY w.priority DESC, w.id), w.id
           LIMIT %(limit)s)
"""


def take_kinds(tx: Tx, windows: Windows) -> list[Due]:
    """Publishable plan, judge, merge and refold work, each kind in a window of its own."""
    waiting = tx.execute(
        """
        SELECT k.kind, (SELECT count(*) FROM work b WHERE b.kind = k.kind AND b.status IN ('published', 'running')) AS n
        FROM unnest(%s::text[]) WITH ORDINALITY AS k(kind, place)
        WHERE EXISTS (SELECT 1 FROM work r WHERE r.kind = k.kind AND r.status = 'ready') ORDER BY k.place
        """,
        (list(windows.per_kind),),
    ).fetchall()
    due: list[Due] = []
    for kind, busy in ((row["kind"], int(row["n"])) for row in waiting):
        if (free := windows.per_kind[kind] - busy) > 0:
            due += _publish(tx, _IN_TURN, "priority DESC, id", {"kind": kind, "limit": free})
    return due


def _publish(tx: Tx, condition: str, order: str, params: Mapping[str, object]) -> list[Due]:
    rows = tx.execute(
        f"""
        WITH due AS (
            SELECT id FROM work WHERE status = 'ready' AND {condition}
            ORDER BY {order} LIMIT %(limit)s FOR UPDATE SKIP LOCKED
        )
        UPDATE work w SET status = 'published', fence = w.fence + 1, publish_seconds = %(first)s,
               deadline = now() + make_interval(secs => %(first)s), updated_at = now()
        FROM due WHERE w.id = due.id
        RETURNING w.id, w.kind, w.stage, w.fence, w.lane
        """,
        {**params, "first": PUBLISH_DEADLINE},
    ).fetchall()
    return [Due(**row) for row in rows]


def last_claims(tx: Tx, *, seconds: float) -> set[tuple[str, str]]:
    """(stage, lane) queues from which something was claimed in the last `seconds`."""
    rows = tx.execute(
        """
        SELECT DISTINCT stage, lane FROM work
        WHERE status = 'running' AND updated_at > now() - make_interval(secs => %s)
        """,
        (seconds,),
    ).fetchall()
    return {(row["stage"], row["lane"]) for row in rows}
