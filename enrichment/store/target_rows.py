"""Rows of the user's table, held against whoever else writes to it while a merge or a refold is at them."""

from __future__ import annotations

from collections.abc import Sequence

from psycopg import sql

from enrichment.store.database import Tx
from enrichment.store.target_table import TargetTable


def lock_rows(tx: Tx, table: TargetTable, keys: Sequence[str]) -> frozenset[str]:
    """Lock the target's rows of these locked keys, and give the keys that have one.

    What somebody changes at the same moment is waited for, and so is seen by every later statement: without it, an
    edit that is committed between a look and the write behind it would be overwritten, or deleted, unseen. A statement
    of its own, since each sees what was committed before it began. Rows behind a view cannot always be locked, and are
    not.
    """
    lock = sql.SQL("FOR NO KEY UPDATE OF t") if table.lockable else sql.SQL("")
    rows = tx.execute(
        sql.SQL(
            "SELECT k.key FROM unnest(%s::text[]) AS k(key) JOIN {table} t ON {matches} ORDER BY k.key {lock}"
        ).format(table=table.name, matches=table.matches_key("t", "k.key"), lock=lock),
        (sorted(set(keys)),),
    ).fetchall()
    return frozenset(row["key"] for row in rows)
