"""Why the user's table did not take a row, in words that hold nothing of the row."""

from __future__ import annotations

import re
from typing import Final

import psycopg
from psycopg import sql

from enrichment.store.database import Tx
from enrichment.store.target_table import TargetTable


class RowNotKeptError(Exception):
    """The table took the statement and has no such row: a trigger left it out, or it stands there under another key. Or
    it still has one that was deleted.
    """


#: What is raised at a row that the user's table does not take.
TABLE_REFUSES: Final = (
    RowNotKeptError,
    psycopg.IntegrityError,
    psycopg.DataError,
    psycopg.errors.RaiseException,
    psycopg.errors.WithCheckOptionViolation,
)
#: There is such a row already, or one that has the same of something else.
TAKEN: Final = psycopg.errors.UniqueViolation
#: What a message quotes may be a value.
_QUOTED: Final = re.compile(r'".*"', re.DOTALL)
_FUNCTION: Final = re.compile(r"function (\S+?)\(")


def refusal(error: psycopg.Error | RowNotKeptError) -> str:
    """Why a row was not taken, by the name of the constraint, column or function, without its values."""
    if isinstance(error, RowNotKeptError):
        return str(error)
    said = error.diag
    named = said.constraint_name or said.column_name
    if named is None and isinstance(error, psycopg.DataError):
        named = _QUOTED.sub("[...]", said.message_primary or "")
    if named is None and (raised := _FUNCTION.search(said.context or "")):
        named = raised[1]
    return f"the target's table refused the row: {type(error).__name__}" + (f" ({named})" if named else "")


def refused_field(tx: Tx, table: TargetTable, staged_id: int, error: Exception) -> str | None:
    """The field of a refused staged row whose column cannot hold what it says; null where it was for something else."""
    if not isinstance(error, psycopg.DataError):
        return None
    for name in table.columns:
        asked = sql.SQL(
            "SELECT jsonb_populate_record(NULL::{}, jsonb_build_object({}::text, cells -> {}))"
            " FROM staged WHERE id = %s"
        ).format(table.name, sql.Literal(name), sql.Literal(name))
        try:
            with tx.transaction():
                tx.execute(asked, (staged_id,))
        except psycopg.DataError:
            return name
    return None
