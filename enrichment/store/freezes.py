"""What an operator has stopped: for all sources (named ''), or for one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from enrichment.store import advisory
from enrichment.store.advisory import Lock
from enrichment.store.database import Tx


@dataclass(frozen=True, slots=True)
class Freeze:
    id: int
    source: str
    reason: str
    by: str
    created_at: datetime


_COLUMNS = "id, source, reason, by, created_at"


def standing(tx: Tx, source: str | None) -> Freeze | None:
    """What stops this source now; the one for all sources first."""
    row = tx.execute(
        f"SELECT {_COLUMNS} FROM freezing WHERE thawed_at IS NULL AND source IN ('', %s) ORDER BY source LIMIT 1",
        (source or "",),
    ).fetchone()
    return None if row is None else Freeze(**row)


def listing(tx: Tx) -> list[Freeze]:
    """All that stand, the one for all sources first."""
    rows = tx.execute(f"SELECT {_COLUMNS} FROM freezing WHERE thawed_at IS NULL ORDER BY source").fetchall()
    return [Freeze(**row) for row in rows]


def share(tx: Tx) -> None:
    """Nothing is frozen between this and the end of the transaction: who freezes waits for it."""
    advisory.share(tx, Lock.FREEZES)


def freeze(tx: Tx, source: str, *, reason: str, by: str) -> None:
    """Stop once what is being written now is committed; a freeze that stands keeps its reason."""
    advisory.hold(tx, Lock.FREEZES)
    tx.execute(
        "INSERT INTO freezing (source, reason, by) VALUES (%s, %s, %s)"
        " ON CONFLICT (source) WHERE thawed_at IS NULL DO NOTHING",
        (source, reason, by),
    )


def thaw(tx: Tx, source: str, *, by: str) -> bool:
    """False where nothing was frozen."""
    done = tx.execute(
        "UPDATE freezing SET thawed_at = now(), thawed_by = %s WHERE source = %s AND thawed_at IS NULL", (by, source)
    )
    return done.rowcount == 1
