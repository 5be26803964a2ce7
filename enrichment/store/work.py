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
        "stage = %(next)s, status = 'published', counts = counts || %(counts)s, attempts = 0,"
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


def not_started(tx: Tx, *, kind: str, plan_id: int) -> int:
    """Work of a kind for a plan that is filed and that nobody has begun."""
    row = tx.execute(
        "SELECT count(*) AS n FROM work WHERE kind = %s AND plan_id = %s"
        " AND status IN ('ready', 'published', 'waiting')",
        (kind, plan_id),
    ).fetchone()
    return 0 if row is None else int(row["n"])


def put_back_suspect(tx: Tx, work: Claimed, *, error: Mapping[str, Any]) -> None:
    """Return work that nearly took its worker along: the start still counts, as if the worker had died."""
    tx.execute(
        f"UPDATE work SET lease_until = now() - interval '1 second', error = %(error)s WHERE {_HELD}",
        {**_held(work), "error": Jsonb(dict(error))},
    )
    notify(tx)


def peek(tx: Tx, work_id: int) -> Claimed:
    """Read work that nobody holds; its row is locked by the caller."""
    row = tx.execute(
        "SELECT id, kind, stage, fence, lane, job_id, source, target, position, args, counts, shape_id, plan_id,"
        " attempts, starts, coalesce(worker, '') AS worker FROM work WHERE id = %s",
        (work_id,),
    ).fetchone()
    if row is None:
        raise LookupError(f"work {work_id}")
    return Claimed(**row)


def end(tx: Tx, work_id: int, status: str) -> None:
    """End work that nobody holds, and drop what its stages left."""
    tx.execute("UPDATE work SET status = %s, updated_at = now() WHERE id = %s AND status = 'ready'", (status, work_id))
    drop_artifacts(tx, work_id)


def park(tx: Tx, work_id: int, *, waits_on: str) -> None:
    """Work that nobody holds waits until it is woken."""
    tx.execute(
        "UPDATE work SET status = 'waiting', waits_on = %s, wait_until = NULL, updated_at = now()"
        " WHERE id = %s AND status = 'ready'",
        (waits_on, work_id),
    )


def begin_anew(tx: Tx, work_id: int) -> None:
    """Work that was given up on begins again, as if it had never failed."""
    tx.execute("UPDATE work SET attempts = 0, starts = 0 WHERE id = %s AND status = 'waiting'", (work_id,))


def give_up(tx: Tx, work_id: int) -> None:
    """End waiting work for good."""
    tx.execute(
        "UPDATE work SET status = 'dead', waits_on = NULL, wait_until = NULL, updated_at = now()"
        " WHERE id = %s AND status = 'waiting'",
        (work_id,),
    )
    drop_artifacts(tx, work_id)


def wake(tx: Tx, waits_on: str) -> int:
    """What waited on this is ready again. Called in the transaction that changes it."""
    woken = tx.execute(
        "UPDATE work SET status = 'ready', waits_on = NULL, wait_until = NULL, updated_at = now()"
        " WHERE status = 'waiting' AND waits_on = %s",
        (waits_on,),
    ).rowcount
    if woken:
        notify(tx)
    return woken


def wake_any(tx: Tx, names: Sequence[str]) -> None:
    """The same for what waited on any of these. A row that somebody else has locked is being changed anyway."""
    if not names:
        return
    woken = tx.execute(
        "UPDATE work SET status = 'ready', waits_on = NULL, wait_until = NULL, updated_at = now() WHERE id IN"
        " (SELECT id FROM work WHERE status = 'waiting' AND waits_on = ANY(%s) ORDER BY id FOR UPDATE SKIP LOCKED)",
        (list(names),),
    ).rowcount
    if woken:
        notify(tx)


def wake_like(tx: Tx, pattern: str) -> None:
    """What waits on anything of this pattern looks again."""
    tx.execute(
        "UPDATE work SET status = 'ready', waits_on = NULL, wait_until = NULL, updated_at = now()"
        " WHERE status = 'waiting' AND waits_on LIKE %s",
        (pattern,),
    )


def any_open(tx: Tx, *, source: str, target: str, plan_id: int) -> bool:
    """Whether chunks of a source and target, or judge and merge work of a plan, are still open."""
    row = tx.execute(
        """
        SELECT 1 FROM work WHERE status IN ('ready', 'published', 'running', 'waiting') AND source = %s AND target = %s
          AND (kind = 'chunk' OR (kind IN ('judge', 'merge') AND plan_id = %s)) LIMIT 1
        """,
        (source, target, plan_id),
    ).fetchone()
    return row is not None


def is_withdrawing(tx: Tx, plan_id: int) -> bool:
    """Whether what a plan or fields of it asserted is still being withdrawn."""
    row = tx.execute(
        "SELECT 1 FROM work WHERE kind = 'refold' AND plan_id = %s"
        " AND status IN ('ready', 'published', 'running', 'waiting') LIMIT 1",
        (plan_id,),
    ).fetchone()
    return row is not None


SOURCE_IS_IDLE = """
    w.status = 'waiting' AND w.waits_on = 'source_idle:' || w.source AND NOT EXISTS (
        SELECT 1 FROM work f JOIN job j ON j.id = f.job_id
        WHERE f.source = w.source AND f.stage IN ('fetch', 'map') AND f.kind = 'chunk'
          AND f.status IN ('ready', 'published', 'running') AND j.state <> 'paused')
"""


def wake_idle_sources(tx: Tx) -> int:
    """Plan work that waited for its source to fall idle is ready once no fetch of it is on its way."""
    return tx.execute(
        "UPDATE work w SET status = 'ready', waits_on = NULL, wait_until = NULL, updated_at = now()"
        f" WHERE {SOURCE_IS_IDLE}"
    ).rowcount


def set_progress(tx: Tx, work: Claimed, args: Mapping[str, Any], counts: Mapping[str, int]) -> None:
    """Remember how far this work has come, and what it has done by now."""
    tx.execute(
        "UPDATE work SET args = %s, counts = counts || %s WHERE id = %s",
        (Jsonb(dict(args)), Jsonb(dict(counts)), work.id),
    )


def begin_early(tx: Tx, dedup: str) -> None:
    """Open work that waits for its source to fall idle need not wait any longer."""
    woken = tx.execute(
        "UPDATE work SET status = 'ready', waits_on = NULL, wait_until = NULL, updated_at = now()"
        " WHERE dedup = %s AND status = 'waiting' AND waits_on LIKE 'source_idle:%%'",
        (dedup,),
    ).rowcount
    if woken:
        notify(tx)


def is_open(tx: Tx, dedup: str) -> bool:
    row = tx.execute(
        "SELECT 1 FROM work WHERE dedup = %s AND status IN ('ready', 'published', 'running', 'waiting')", (dedup,)
    ).fetchone()
    return row is not None


def lock_open(tx: Tx, dedup: str) -> bool:
    """Keep the open work with this `dedup` from ending before this transaction does; False where none is open.

    Work that is just being ended is waited for, and counts as what it has become.
    """
    row = tx.execute(
        "SELECT 1 FROM work WHERE dedup = %s AND status IN ('ready', 'published', 'running', 'waiting') FOR UPDATE",
        (dedup,),
    ).fetchone()
    return row is not None


def put_artifact(tx: Tx, work_id: int, stage: str, body: bytes) -> None:
    tx.execute(
        "INSERT INTO artifact (work_id, stage, body) VALUES (%s, %s, %s)"
        " ON CONFLICT (work_id, stage) DO UPDATE SET body = excluded.body",
        (work_id, stage, body),
    )


def artifact(tx: Tx, work_id: int, stage: str) -> bytes | None:
    row = tx.execute("SELECT body FROM artifact WHERE work_id = %s AND stage = %s", (work_id, stage)).fetchone()
    return None if row is None else bytes(row["body"])


def drop_artifacts(tx: Tx, work_id: int) -> None:
    tx.execute("DELETE FROM artifact WHERE work_id = %s", (work_id,))
