"""Rows of the user's table, held against whoever else writes to it while a merge or a refold is at them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Final

import psycopg
from psycopg import sql

from enrichment.store.database import Tx
from enrichment.store.refusals import TWINS, RowNotKeptError
from enrichment.store.target_table import TargetTable
from schemas.errors import TransientError

#: Locks of a whole table beside which no row of it can be written, or locked.
_SHUTTING_OUT: Final = ["ShareLock", "ShareRowExclusiveLock", "ExclusiveLock", "AccessExclusiveLock"]


def lock_rows(tx: Tx, table: TargetTable, keys: Sequence[str]) -> frozenset[str]:
    """Lock the target's rows of these locked keys, and give the keys that have one.

    What somebody changes at the same moment is waited for, and so is seen by every later statement: without it, an
    edit that is committed between a look and the write behind it would be overwritten, or deleted, unseen. A statement
    of its own, since each sees what was committed before it began. Rows behind a view cannot always be locked, and are
    not.

    Raises:
        RowNotKeptError: one of the keys has several, as it may where no unique index of the identity is.
    """
    lock = sql.SQL("FOR NO KEY UPDATE OF t") if table.lockable else sql.SQL("")
    rows = tx.execute(
        sql.SQL(
            "SELECT k.key FROM unnest(%s::text[]) AS k(key) JOIN {table} t ON {matches} ORDER BY k.key {lock}"
        ).format(table=table.name, matches=table.matches_key("t", "k.key"), lock=lock),
        (sorted(set(keys)),),
    ).fetchall()
    there = frozenset(row["key"] for row in rows)
    if len(there) < len(rows):
        raise RowNotKeptError(TWINS)
    return there


def require_none_came(keys: Collection[str], *, present: int, there: Collection[str]) -> None:
    """Nobody has looked at a row that somebody else wrote since: it would be written over unseen.

    present: of these keys' rows, how many were there when they were written over; there: keys that had one at the look

    Raises:
        TransientError: more than had one.
    """
    if present > len(set(keys).intersection(there)):
        raise somebody_wrote()


def somebody_wrote() -> TransientError:
    """Of a row that came since the target's rows were looked at."""
    return TransientError(
        "somebody else wrote a row with the same key to the target's table meanwhile",
        hint="the rows are merged again, over what stands there now",
        code="database",
    )


def holders(tx: Tx, table: TargetTable, error: psycopg.errors.LockNotAvailable) -> list[str]:
    """Who holds the table, or a row of it, for which a statement waited in vain; nobody where it waited for another."""
    of_row = table.target.table in (error.diag.context or "")
    rows = tx.execute(
        """
        SELECT DISTINCT l.pid, a.usename AS role, a.application_name AS program
        FROM pg_locks l JOIN pg_class c ON c.oid = l.relation JOIN pg_namespace n ON n.oid = c.relnamespace
             LEFT JOIN pg_stat_activity a ON a.pid = l.pid
        WHERE n.nspname = %(schema)s AND c.relname = %(table)s AND l.granted AND l.pid <> pg_backend_pid()
          AND (l.mode = ANY(%(modes)s) OR (%(of_row)s AND l.mode <> 'AccessShareLock'))
          AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
        ORDER BY l.pid LIMIT 5
        """,
        {"schema": table.schema, "table": table.target.table, "modes": _SHUTTING_OUT, "of_row": of_row},
    ).fetchall()
    return [
        f"process {row['pid']} of {row['role'] or 'nobody who is known'}"
        + (f" ({row['program']})" if row["program"] else "")
        for row in rows
    ]
