"""Figures over whole tables, for reports: what a target holds, why cells are empty, and which work is open."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from psycopg import sql

from enrichment.store.database import Tx
from enrichment.store.target_table import TargetTable


@dataclass(frozen=True, slots=True)
class Fill:
    """Rows of a table, and per field how many of them have a value there."""

    rows: int
    filled: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class EmptyCells:
    """Cells of one field that what was said last leaves empty for one reason; `key` is one of their rows."""

    field: str
    reason: str
    cells: int
    key: str


def fill(tx: Tx, table: TargetTable) -> Fill:
    counted = sql.SQL(", ").join(sql.SQL("count({})").format(sql.Identifier(name)) for name in table.columns)
    row = tx.execute(
        sql.SQL("SELECT count(*) AS rows, ARRAY[{}]::bigint[] AS filled FROM {}").format(counted, table.name)
    ).fetchone()
    assert row is not None  # noqa: S101 - an aggregate gives one row
    return Fill(int(row["rows"]), dict(zip(table.columns, row["filled"], strict=True)))


def empty_cells(tx: Tx, target: str) -> list[EmptyCells]:
    """By field, the commonest reason first. Of each record its newest observation counts, by its latest plan and gate:
    what was said of it before stands beside that.
    """
    rows = tx.execute(
        """
        WITH said AS (
            SELECT DISTINCT ON (key, source, record_id) key, reasons FROM assertion
            WHERE target = %s AND state = 'standing'
            ORDER BY key, source, record_id, observation DESC, plan_id DESC, gate_id DESC, id DESC
        )
        SELECT r.key AS field, r.value AS reason, count(*) AS cells, min(a.key) AS key
        FROM said a CROSS JOIN LATERAL jsonb_each_text(a.reasons) AS r
        GROUP BY r.key, r.value ORDER BY r.key, count(*) DESC, r.value
        """,
        (target,),
    ).fetchall()
    return [EmptyCells(**row) for row in rows]


def open_work(tx: Tx, *, source: str, target: str) -> dict[str, int]:
    """Stage -> pieces of work of a source and target that may still go on by themselves."""
    rows = tx.execute(
        """
        SELECT stage, count(*) AS n FROM work
        WHERE source = %s AND target = %s AND status IN ('ready', 'published', 'running', 'waiting')
          AND coalesce(waits_on, '') NOT LIKE 'review:%%'
        GROUP BY stage
        """,
        (source, target),
    ).fetchall()
    return {row["stage"]: int(row["n"]) for row in rows}
