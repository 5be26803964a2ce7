"""Why the user's table did not take a row, in words that hold nothing of the row."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import Any, Final

import psycopg
from psycopg import sql

from enrichment.store import outages
from enrichment.store.database import Tx
from enrichment.store.target_table import TargetTable, cells_by_key
from schemas.errors import storable


class RowNotKeptError(Exception):
    """The table took the statement and has no such row: a trigger left it out, or it stands there under another key. Or
    it still has one that was deleted, or several of one key.
    """


#: Of a record whose row the table refused.
REMEDY: Final = "mend the record, or what refuses it in the table, and replay the letter"
#: Which of them is meant nobody can say, and to fill both would be to fill one from the other's record.
TWINS: Final = "the target's table has several rows of this key: make them one"
#: What may be raised at rows that the user's table does not take; `is_of_rows` says whether it was.
REFUSING: Final = (RowNotKeptError, psycopg.Error)
#: There is such a row already, or one that has the same of something else.
TAKEN: Final = psycopg.errors.UniqueViolation
#: Faults of what was to be written, whoever finds them.
_OF_VALUES: Final = (
    RowNotKeptError,
    psycopg.IntegrityError,
    psycopg.DataError,
    psycopg.errors.WithCheckOptionViolation,
)
#: Classes of SQLSTATE that say the same: cases, cardinality, changes by triggers, functions of other languages, sizes
#: (an index has no room for a long text), and of PL/pgSQL.
_CLASSES: Final = frozenset({"20", "21", "27", "38", "39", "44", "54", "P0"})
#: Where in the server an error is made by a policy of rows, which says the state of a right that is missing.
_BY_POLICY: Final = "ExecWithCheckOptions"
#: What a table is not, or not yet: no outage, though the driver takes it for one.
_STANDING: Final = "55000"
#: What a message quotes may be a value.
_QUOTED: Final = re.compile(r'".*"', re.DOTALL)
_NAMES: Final = re.compile(r'"([^"]*)"')
_FUNCTION: Final = re.compile(r"function (\S+?)\(")
#: Characters of what somebody's function says that are told.
_LONGEST: Final = 300


def is_of_rows(error: Exception, *, last: bool) -> bool:
    """Whether an error may be that of single rows, which the others need not wait for.

    What passes is tried again for all first, and what somebody's function calls passing too; once that has been the
    `last` time, a row at which a transaction still fails is one that the table refuses.
    """
    if not isinstance(error, psycopg.Error) or isinstance(error, _OF_VALUES):
        return True
    state = error.diag.sqlstate
    if state is None:
        return False
    if not passes(error):
        return True
    return last and (state[:2] == "40" or outages.is_raised(error))


def passes(error: psycopg.Error) -> bool:
    """Whether an error is of an outage, or of transactions side by side."""
    state = error.diag.sqlstate or ""
    return isinstance(error, outages.PASSING) and state[:2] != "54" and state != _STANDING


def is_of_one_row(error: Exception) -> bool:
    """Whether an error says that it was about the row: many rows refused in this way are many refused rows. Else it may
    lie in the table, if that takes no row at all.
    """
    if not isinstance(error, psycopg.Error) or isinstance(error, _OF_VALUES):
        return True
    said = error.diag
    known = type(error) is not psycopg.DatabaseError
    return (
        not known
        or outages.is_raised(error)
        or said.source_function == _BY_POLICY
        or (said.sqlstate or "")[:2] in _CLASSES
    )


def refusal(error: Exception, table: TargetTable, hidden: Collection[str]) -> str:
    """Why a row was not taken: what PostgreSQL says, and the constraint, column or function that it names.

    hidden: values that whoever refused may have quoted
    """
    if not isinstance(error, psycopg.Error):
        return str(error)
    return f"the target's table refused the row: {words(error, table, hidden)}"


def words(error: psycopg.Error, table: TargetTable, hidden: Collection[str] = ()) -> str:
    """What PostgreSQL says of an error, without values."""
    said = error.diag
    raised = _FUNCTION.search(said.context or "")
    names = {"constraint": said.constraint_name, "column": said.column_name, "function": raised and raised[1]}
    named = "".join(f", {what} {name}" for what, name in names.items() if name)
    own = {table.schema, table.target.table, *table.types, said.constraint_name, said.table_name}
    state = f"{type(error).__name__}, SQLSTATE {said.sqlstate}" if type(error).sqlstate else f"SQLSTATE {said.sqlstate}"
    return f"{_first_line(said.message_primary or '', own, hidden)} ({state}{named})"


def _first_line(text: str, known: Collection[str | None], hidden: Collection[str]) -> str:
    line = storable(next(iter(text.splitlines()), ""))
    if line.count('"') % 2 or not all(name in known for name in _NAMES.findall(line)):
        line = _QUOTED.sub("[...]", line)
    for value in sorted(filter(None, hidden), key=len, reverse=True):
        line = re.sub(rf"(?<!\w){re.escape(value)}(?!\w)", "[...]", line, flags=re.IGNORECASE)
    return line if len(line) <= _LONGEST else line[: _LONGEST - 1] + "…"


def hidden_of(tx: Tx, table: TargetTable, key: str, error: Exception, cells: Mapping[str, Any]) -> list[str]:
    """What no message may quote of a row: what was to be written, its key, and what stands there."""
    if not isinstance(error, psycopg.Error):
        return []
    try:
        with tx.transaction():
            there = cells_by_key(tx, table, [key]).get(key, {})
    except psycopg.Error as again:
        if passes(again):
            raise
        there = {}  # none that can be read: no row of the table can have this key, say
    values = [*cells.values(), *there.values()]
    return [key, *(str(value) for value in values if value is not None and not isinstance(value, bool))]


def refused_field(tx: Tx, table: TargetTable, staged_id: int, error: Exception) -> str | None:
    """The field of a refused staged row that PostgreSQL names, or whose column cannot hold what it says; null where it
    was for something else.
    """
    if not isinstance(error, psycopg.Error):
        return None
    if error.diag.column_name in table.columns:
        return error.diag.column_name
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
