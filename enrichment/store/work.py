"""The work table: filing, claiming, finishing. Every change is conditional, so that whoever is late changes nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from psycopg.types.json import Jsonb

from enrichment.store.database import BELL, Tx, notify
from schemas import FORMAT
from schemas.errors import AssayError

#: Seconds that a claim holds unless renewed, and between renewals.
LEASE = 10.0
RENEW = 3.0
#: Seconds until a published message is first presumed lost.
PUBLISH_DEADLINE = 60.0


class FenceLostError(AssayError):
    """Somebody else has this work now, or it is finished: the holder of the old fence must change nothing."""

    code = "fence_lost"


@dataclass(frozen=True, slots=True)
class Claimed:
    """A piece of work that this process holds under its fence."""

    id: int
    kind: str
    stage: str
    fence: int
    lane: str
    job_id: int | None
    source: str | None
    target: str | None
    position: int | None
    args: Mapping[str, Any]
    counts: Mapping[str, Any]
    shape_id: int | None
    plan_id: int | None
    attempts: int
    starts: int
    worker: str


@dataclass(frozen=True, slots=True)
class NewWork:
    """Work to be filed as ready, or as waiting where `waits_on` or `wait_seconds` says so."""

    kind: str
    stage: str
    job_id: int | None = None
    source: str | None = None
    target: str | None = None
    position: int | None = None
    priority: int = 0
    dedup: str | None = None
    args: Mapping[str, Any] | None = None
    shape_id: int | None = None
    plan_id: int | None = None
    waits_on: str | None = None
    wait_seconds: float | None = None
    lane: str = "normal"


def file(tx: Tx, new: NewWork) -> int | None:
    """File work; null where an open one with the same `dedup` (or position of its job) already stands."""
    row = tx.execute(
        f"""
        INSERT INTO work (kind, stage, status, lane, job_id, source, target, position, priority, dedup, args, shape_id,
                          plan_id, waits_on, format, wait_until)
        VALUES (%(kind)s, %(stage)s, %(status)s, %(lane)s, %(job_id)s, %(source)s, %(target)s, %(position)s,
                %(priority)s, %(dedup)s, %(args)s, %(shape_id)s, %(plan_id)s, %(waits_on)s, %(format)s,
                now() + make_interval(secs => %(wait_seconds)s))
        ON CONFLICT DO NOTHING RETURNING id, {BELL}
        """,
        {
            "kind": new.kind,
            "stage": new.stage,
            "status": "ready" if new.waits_on is None and new.wait_seconds is None else "waiting",
            "lane": new.lane,
            "job_id": new.job_id,
            "source": new.source,
            "target": new.target,
            "position": new.position,
            "priority": new.priority,
            "dedup": new.dedup,
            "args": Jsonb(dict(new.args or {})),
            "shape_id": new.shape_id,
            "plan_id": new.plan_id,
            "waits_on": new.waits_on,
            "wait_seconds": new.wait_seconds,
            "format": FORMAT,
        },
    ).fetchone()
    return None if row is None else int(row["id"])


def claim(tx: Tx, work_id: int, *, fence: int, stage: str, worker: str, seconds: float) -> Claimed | None:
    """Take published work for at most `seconds`; null where this delivery is late, double or not ours."""
    row = tx.execute(
        """
        UPDATE work SET status = 'running', worker = %(worker)s, starts = starts + 1, updated_at = now(),
               deadline = now() + make_interval(secs => %(seconds)s),
               lease_until = now() + make_interval(secs => %(lease)s)
        WHERE id = %(id)s AND fence = %(fence)s AND stage = %(stage)s AND status = 'published'
              AND format <= %(format)s
        RETURNING id, kind, stage, fence, lane, job_id, source, target, position, args, counts, shape_id, plan_id,
                  attempts, starts, worker
        """,
        {
            "id": work_id,
            "fence": fence,
            "stage": stage,
            "worker": worker,
            "seconds": seconds,
            "lease": LEASE,
            "format": FORMAT,
        },
    ).fetchone()
    return None if row is None else Claimed(**row)


def leave_to_newer(tx: Tx, work_id: int, *, fence: int, seconds: float) -> bool:
    """Whether the work is of a newer release than this process; its message is then sent again after `seconds`."""
    return (
        tx.execute(
            "UPDATE work SET deadline = now() + make_interval(secs => %s), publish_seconds = %s"
            " WHERE id = %s AND fence = %s AND status = 'published' AND format > %s",
            (seconds, seconds, work_id, fence, FORMAT),
        ).rowcount
        == 1
    )


def renew(tx: Tx, held: Sequence[tuple[int, int]], *, worker: str) -> None:
    """Lengthen the leases of (work id, fence) pairs, never past the stage's own deadline.

    A row that its own stage has locked is about to be committed and is passed over.
    """
    tx.execute(
        """
        WITH mine AS (
            SELECT w.id FROM work w JOIN unnest(%(ids)s::bigint[], %(fences)s::bigint[]) AS h(id, fence)
                ON w.id = h.id AND w.fence = h.fence
            WHERE w.status = 'running' AND w.worker = %(worker)s AND w.lease_until > now()
            ORDER BY w.id FOR UPDATE OF w SKIP LOCKED
        )
        UPDATE work w SET lease_until = least(now() + make_interval(secs => %(lease)s), w.deadline)
        FROM mine WHERE w.id = mine.id
        """,
        {"ids": [h[0] for h in held], "fences": [h[1] for h in held], "worker": worker, "lease": LEASE},
    )


_HELD = "id = %(id)s AND fence = %(fence)s AND stage = %(stage)s AND status = 'running' AND worker = %(worker)s"


def _held(work: Claimed) -> dict[str, Any]:
    return {"id": work.id, "fence": work.fence, "stage": work.stage, "worker": work.worker}


def hold(tx: Tx, work: Claimed, *, reads: str | None = None) -> bytes | None:
    """First statement of a stage's transaction: nothing is written unless the work is still ours.

    The row stays locked until the commit, so that a takeover cannot slip in between. Gives the artifact of the stage
    `reads`, null where there is none.

    Raises:
        FenceLostError: it is not.
    """
    row = tx.execute(
        "SELECT (SELECT a.body FROM artifact a WHERE a.work_id = work.id AND a.stage = %(reads)s) AS body FROM work"
        f" WHERE {_HELD} FOR UPDATE",
        {**_held(work), "reads": reads},
        binary=True,
    ).fetchone()
    if row is None:
        raise FenceLostError(f"work {work.id} at {work.stage} is no longer held under fence {work.fence}")
    return None if row["body"] is None else bytes(row["body"])


def _leave(
    tx: Tx, work: Claimed, assignments: str, params: Mapping[str, Any], *, beside: str = "", ring: bool = False
) -> None:
    """`beside`: a WITH clause, for what is written in the same statement; `ring`: the dispatcher's bell."""
    done = tx.execute(
        f"{beside}UPDATE work SET {assignments}, worker = NULL, lease_until = NULL, starts = 0, updated_at = now()"
        f" WHERE {_HELD}{f' RETURNING {BELL}' if ring else ''}",
        {**_held(work), **params},
    )
    if done.rowcount != 1:
        raise FenceLostError(f"work {work.id} at {work.stage} is no longer held under fence {work.fence}")


def advance(tx: Tx, work: Claimed, stage: str, counts: Mapping[str, Any], *, artifact: bytes) -> None:
    """Hand the work with this stage's artifact to its next stage, whose message is already in the chain."""
    _leave(
        tx,
        work,
        "stage = %(next)s, status = 'published', counts = counts || %(counts)s, attempts = 0, error = NULL,"
        " publish_seconds = %(seconds)s, deadline = now() + make_interval(secs => %(seconds)s),"
        " format = greatest(format, %(format)s)",
        {
            "format": FORMAT,
            "next": stage,
            "counts": Jsonb(dict(counts)),
            "seconds": PUBLISH_DEADLINE,
            "artifact": artifact,
        },
        beside="WITH kept AS (INSERT INTO artifact (work_id, stage, body) VALUES (%(id)s, %(stage)s, %(artifact)s)"
        " ON CONFLICT (work_id, stage) DO UPDATE SET body = excluded.body) ",
    )


def finish(tx: Tx, work: Claimed, counts: Mapping[str, Any], *, status: str = "done") -> None:
    """End work, and drop what its stages left."""
    _leave(
        tx,
        work,
        "status = %(status)s, counts = counts || %(counts)s, deadline = NULL",
        {"status": status, "counts": Jsonb(dict(counts))},
        beside="WITH dropped AS (DELETE FROM artifact WHERE work_id = %(id)s) ",
        ring=True,
    )


def put_back(
    tx: Tx,
    work: Claimed,
    *,
    waits_on: str | None = None,
    seconds: float | None = None,
    attempt: bool = False,
    error: Mapping[str, Any] | None = None,
) -> None:
    """Return work that cannot go on: waiting on something or until a time, else ready at once."""
    waiting = waits_on is not None or seconds is not None
    _leave(
        tx,
        work,
        "status = %(status)s, waits_on = %(waits_on)s, wait_until = now() + make_interval(secs => %(seconds)s),"
        " attempts = attempts + %(attempt)s, error = %(error)s, deadline = NULL",
        {
            "status": "waiting" if waiting else "ready",
            "waits_on": waits_on,
            "seconds": seconds,
            "attempt": int(attempt),
            "error": None if error is None else Jsonb(dict(error)),
        },
        ring=True,
    )


def put_back_suspect(tx: Tx, work: Claimed, *, error: Mapping[str, Any]) -> None:
    """Return work that nearly took its worker along: the start still counts, as if the worker had died."""
    tx.execute(
        f"UPDATE work SET lease_until = now() - interval '1 second', deadline = now(), error = %(error)s WHERE {_HELD}",
        {**_held(work), "error": Jsonb(dict(error))},
    )
    notify(tx)


def set_progress(tx: Tx, work: Claimed, args: Mapping[str, Any], counts: Mapping[str, int]) -> None:
    """Remember how far this work has come, and what it has done by now."""
    tx.execute(
        "UPDATE work SET args = %s, counts = counts || %s WHERE id = %s",
        (Jsonb(dict(args)), Jsonb(dict(counts)), work.id),
    )
