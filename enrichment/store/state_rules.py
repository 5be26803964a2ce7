"""The gate's state rules: what only the database knows. They run in the merge, under the locks of the keys."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from psycopg import sql

from enrichment.store.database import Tx
from enrichment.store.target_table import TargetTable
from schemas.kinds import Kind
from schemas.target import TargetField

#: Kinds whose values have a magnitude that a row or a column keeps to.
_MAGNITUDES = {Kind.COUNT, Kind.MONEY, Kind.QUANTITY}
#: A column's history says something from this many rows on.
HISTORY_ROWS = 100


@dataclass(frozen=True, slots=True)
class StateFinding:
    """A staged row that a state rule sends to review."""

    staged_id: int
    rule: str
    field: str | None


def identity_conflicts(tx: Tx, table: TargetTable, staged_ids: Sequence[int]) -> list[StateFinding]:
    """Records whose earlier standing assertions name another key: an external id that changed its row."""
    rows = tx.execute(
        """
        SELECT s.id FROM staged s CROSS JOIN LATERAL (
            SELECT 1 FROM assertion a
            WHERE a.target = s.target AND a.source = s.source AND a.record_id = s.record_id AND a.state = 'standing'
              AND a.key <> s.key LIMIT 1) AS other
        WHERE s.id = ANY(%s) AND s.target = %s
        """,
        (list(staged_ids), table.target.name),
    ).fetchall()
    return [StateFinding(row["id"], "identity_conflict", None) for row in rows]


def jumps(tx: Tx, table: TargetTable, staged_ids: Sequence[int]) -> list[StateFinding]:
    """Values further from the row's present value, or from the column's trusted history, than the target allows."""
    found: list[StateFinding] = []
    for field in watched(table):
        found += _row_jumps(tx, table, field, staged_ids)
        found += _column_jumps(tx, table, field, staged_ids)
    return found


def watched(table: TargetTable) -> list[TargetField]:
    """Fields that `jump` guards: numbers with a magnitude, declared so or, without a kind, any number."""
    return [
        f for f in table.target.fields if f.type in {"integer", "number"} and not f.identity and f.kind in _MAGNITUDES
    ]


def _row_jumps(tx: Tx, table: TargetTable, field: TargetField, staged_ids: Sequence[int]) -> list[StateFinding]:
    rows = tx.execute(
        sql.SQL(
            """
            SELECT s.id FROM staged s JOIN {table} t ON {matches}
            CROSS JOIN LATERAL (SELECT abs((s.cells ->> {name})::numeric) AS new, abs(t.{column}::numeric) AS old) v
            WHERE s.id = ANY(%(ids)s) AND v.new > 0 AND v.old > 0
              AND (v.new > v.old * %(factor)s OR v.old > v.new * %(factor)s)
            """
        ).format(
            table=table.name,
            matches=table.matches_key("t", "s.key"),
            name=sql.Literal(field.name),
            column=sql.Identifier(field.name),
        ),
        {"ids": list(staged_ids), "factor": field.jump},
    ).fetchall()
    return [StateFinding(row["id"], "jump", field.name) for row in rows]


def _column_jumps(tx: Tx, table: TargetTable, field: TargetField, staged_ids: Sequence[int]) -> list[StateFinding]:
    history = latest_history(tx, table.target.name, field.name)
    if history is None:
        return []
    smallest, largest = history
    rows = tx.execute(
        """
        SELECT s.id FROM staged s WHERE s.id = ANY(%(ids)s)
          AND (abs((s.cells ->> %(name)s)::numeric) > %(most)s
               OR ((s.cells ->> %(name)s)::numeric <> 0 AND abs((s.cells ->> %(name)s)::numeric) < %(least)s))
        """,
        {
            "ids": list(staged_ids),
            "name": field.name,
            "most": largest * field.jump,
            "least": smallest / field.jump,
        },
    ).fetchall()
    return [StateFinding(row["id"], "jump", field.name) for row in rows]


def latest_history(tx: Tx, target: str, field: str) -> tuple[Decimal, Decimal] | None:
    """(smallest, largest) magnitude of a column's trusted values, of the newest snapshot that says something."""
    row = tx.execute(
        "SELECT smallest, largest, rows FROM column_history WHERE target = %s AND field = %s"
        " ORDER BY version DESC LIMIT 1",
        (target, field),
    ).fetchone()
    if row is None or row["rows"] < HISTORY_ROWS or row["smallest"] is None:
        return None
    return row["smallest"], row["largest"]


def snapshot(tx: Tx, table: TargetTable, field: TargetField) -> None:
    """Note a column's magnitudes as a new version, where they changed."""
    tx.execute(
        sql.SQL(
            """
            WITH now AS (
                SELECT count(*) AS rows, min(abs(t.{column}::numeric)) AS smallest,
                       max(abs(t.{column}::numeric)) AS largest
                FROM {table} t WHERE t.{column} <> 0
            ), last AS (
                SELECT version, rows, smallest, largest FROM column_history
                WHERE target = %(target)s AND field = %(field)s ORDER BY version DESC LIMIT 1
            )
            INSERT INTO column_history (target, field, version, rows, smallest, largest)
            SELECT %(target)s, %(field)s, coalesce((SELECT version FROM last), 0) + 1, now.rows, now.smallest,
                   now.largest
            FROM now WHERE now.rows > 0 AND NOT EXISTS (
                SELECT 1 FROM last
                WHERE (last.rows, last.smallest, last.largest) = (now.rows, now.smallest, now.largest))
            ON CONFLICT DO NOTHING
            """
        ).format(column=sql.Identifier(field.name), table=table.name),
        {"target": table.target.name, "field": field.name},
    )
