"""Rows that the user's table would hold otherwise than they say: a number that is rounded, a text that is cut, a key
that the column spells in another way and so takes for another's.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from psycopg import sql

from enrichment.store.column_rules import changed
from enrichment.store.database import Tx
from enrichment.store.isolating import Isolated, isolate
from enrichment.store.staging import Locked
from enrichment.store.target_table import TargetTable


@dataclass(frozen=True, slots=True)
class Unfit:
    """Why a staged row is not written, and the field that is to blame, where it is one's."""

    message: str
    field: str | None


def unfit(tx: Tx, table: TargetTable, rows: Sequence[Locked], *, last: bool) -> Isolated[Locked, dict[int, Unfit]]:
    """Those of these staged rows that the table's columns would change, by id, and those that they cannot take.

    Nothing is asked where every column keeps what it takes. Before keys are looked up: one that is no value of its
    column's type would end the whole merge there.
    """
    statement = _asking(table)
    if statement is None:
        return Isolated([], [])

    def ask(some: Sequence[Locked]) -> dict[int, Unfit]:
        found = tx.execute(statement, {"ids": [row.id for row in some]}).fetchall()
        return {row["id"]: _told(table, row["field"]) for row in found}

    return isolate(tx, table, rows, ask, last=last, wrote=lambda _: True)


@lru_cache(maxsize=64)
def _asking(table: TargetTable) -> bytes | None:
    """The first field of each staged row that its column changes."""
    asked: list[sql.Composable] = [
        sql.SQL("WHEN {} THEN {}::text").format(condition, sql.Literal(field.name))
        for field in table.target.fields
        if (condition := changed(field, table.declared[field.name])) is not None
    ]
    if not asked:
        return None
    return (
        sql.SQL(
            """
            SELECT * FROM (
                SELECT s.id, CASE {asked} END AS field
                FROM staged s CROSS JOIN jsonb_populate_record(NULL::{table}, s.cells) AS r
                WHERE s.id = ANY(%(ids)s)) AS examined
            WHERE field IS NOT NULL
            """
        )
        .format(asked=sql.SQL(" ").join(asked), table=table.name)
        .as_bytes()
    )


def _told(table: TargetTable, name: str) -> Unfit:
    declared = table.declared[name].declared
    if table.target.by_name[name].identity:
        said = (
            f"column {name} ({declared}) would hold the key as another text, which may be the key of another record:"
            " have the source spell it as the column does, or make the column text"
        )
    else:
        said = (
            f"column {name} ({declared}) would round or cut the value: give it a type that holds it whole (numeric,"
            " text, timestamptz), or have the source say less"
        )
    return Unfit(said, name)
