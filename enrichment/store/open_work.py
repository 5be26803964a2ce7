"""What is still open: asked by those who would file it, or have to wait for its end."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from enrichment.store.database import Tx


def not_started(tx: Tx, *, kind: str, plan_ids: Sequence[int]) -> Counter[int]:
    """By plan the works of a kind that are filed and that nobody has begun."""
    rows = tx.execute(
        "SELECT plan_id, count(*) AS n FROM work WHERE kind = %s AND plan_id = ANY(%s)"
        " AND status IN ('ready', 'published', 'waiting') GROUP BY plan_id",
        (kind, list(plan_ids)),
    ).fetchall()
    return Counter({row["plan_id"]: row["n"] for row in rows})


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


def behind(tx: Tx, *, source: str, target: str) -> dict[str, int]:
    """Kind -> works of a source and target that are open though no job that goes on asked for them."""
    rows = tx.execute(
        """
        SELECT w.kind, count(*) AS n FROM work w LEFT JOIN job j ON j.id = w.job_id
        WHERE w.status IN ('ready', 'published', 'running', 'waiting') AND w.source = %s AND w.target = %s
          AND coalesce(j.state, 'done') IN ('done', 'partial', 'failed', 'cancelled')
        GROUP BY w.kind ORDER BY w.kind
        """,
        (source, target),
    ).fetchall()
    return {row["kind"]: row["n"] for row in rows}


def is_withdrawing(tx: Tx, plan_id: int) -> bool:
    """Whether what a plan or fields of it asserted is still being withdrawn."""
    row = tx.execute(
        "SELECT 1 FROM work WHERE kind = 'refold' AND plan_id = %s"
        " AND status IN ('ready', 'published', 'running', 'waiting') LIMIT 1",
        (plan_id,),
    ).fetchone()
    return row is not None


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
