"""Work that nobody holds: its row is locked by whoever moves it."""

from __future__ import annotations

from enrichment.store import artifacts
from enrichment.store.database import Tx
from enrichment.store.work import Claimed


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
    artifacts.drop(tx, work_id)


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
    artifacts.drop(tx, work_id)
