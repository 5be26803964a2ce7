"""What waits on something is woken by its change, in the transaction that changes it."""

from __future__ import annotations

from collections.abc import Sequence

from enrichment.store.database import Tx, notify


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


def wake_merges(tx: Tx, plan_id: int) -> None:
    """The merge of a plan that fell has nothing to fear of a breaker: it gives back the plan's rows, and ends."""
    woken = tx.execute(
        "UPDATE work SET status = 'ready', waits_on = NULL, wait_until = NULL, updated_at = now()"
        " WHERE plan_id = %s AND kind = 'merge' AND status = 'waiting' AND waits_on LIKE 'breaker:%%'",
        (plan_id,),
    ).rowcount
    if woken:
        notify(tx)


def wake_unasked(tx: Tx) -> int:
    """Work that waits for an answer to a question that is open no more: it found it open at the moment at which it was
    answered, so that the answer did not wake it. It asks again, or goes on.
    """
    woken = tx.execute(
        """
        UPDATE work w SET status = 'ready', waits_on = NULL, wait_until = NULL, updated_at = now()
        WHERE w.status = 'waiting' AND w.waits_on LIKE 'review:%' AND NOT EXISTS (
            SELECT 1 FROM review r WHERE r.state = 'open'
              AND w.waits_on IN ('review:' || r.subject, 'review:' || r.source || ':' || r.rule))
        """,
    ).rowcount
    if woken:
        notify(tx)
    return woken


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


def begin_early(tx: Tx, dedup: str) -> None:
    """Open work that waits for its source to fall idle need not wait any longer."""
    woken = tx.execute(
        "UPDATE work SET status = 'ready', waits_on = NULL, wait_until = NULL, updated_at = now()"
        " WHERE dedup = %s AND status = 'waiting' AND waits_on LIKE 'source_idle:%%'",
        (dedup,),
    ).rowcount
    if woken:
        notify(tx)
