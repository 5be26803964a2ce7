"""Columns of a target that were dropped and made again: they are empty in rows that Assay wrote, by nobody's edit.

PostgreSQL gives no number of a column twice. Those that a target's columns had when their rows were last known to be
right are kept beside it.
"""

from __future__ import annotations

from collections.abc import Mapping

from psycopg.types.json import Jsonb

from enrichment.store import work
from enrichment.store.database import Tx
from enrichment.store.target_table import TargetTable
from enrichment.store.work import NewWork

#: Of a target `g`: its table, and each of its managed columns with its number. Those of a view never change, nor does a
#: view that is made anew remain the same one.
_COLUMNS = """
    target g CROSS JOIN to_regclass(%(table)s) AS t(id)
    JOIN pg_attribute a ON a.attrelid = t.id AND a.attnum > 0 AND NOT a.attisdropped AND a.attname = ANY(%(columns)s)
    WHERE g.name = %(target)s
"""


def numbers(tx: Tx, table: TargetTable) -> dict[str, int]:
    """Name -> number of columns that were made again since numbers were kept."""
    rows = tx.execute(
        f"SELECT a.attname AS name, a.attnum AS number FROM {_COLUMNS} AND g.columns ->> '' = t.id::oid::text"
        " AND (g.columns ->> a.attname)::int <> a.attnum",
        _of(table),
    ).fetchall()
    return {row["name"]: row["number"] for row in rows}


def sync(tx: Tx, table: TargetTable) -> None:
    """Keep the numbers of columns that are new, and have rows folded anew where one was made again.

    Of another table than before all are new: what stands in it is not known to be right.
    """
    again = numbers(tx, table)
    if again:
        target = table.target.name
        args = {"columns": again, "after": ""}
        work.file(tx, NewWork("refold", "refold", target=target, dedup=f"columns:{target}", args=args))
    tx.execute(
        f"""
        UPDATE target SET columns = found.columns || CASE
            WHEN target.columns ->> '' = found.columns ->> '' THEN target.columns ELSE '{{}}' END
        FROM (SELECT jsonb_object_agg(a.attname, a.attnum) || jsonb_build_object('', t.id::oid::text) AS columns
              FROM {_COLUMNS} GROUP BY t.id) AS found
        WHERE name = %(target)s
        """,
        _of(table),
    )


def keys(tx: Tx, target: str, *, after: str, limit: int) -> list[str]:
    """All keys, in order."""
    rows = tx.execute(
        "SELECT key FROM target_key WHERE target = %s AND key > %s ORDER BY key LIMIT %s", (target, after, limit)
    ).fetchall()
    return [row["key"] for row in rows]


def settle(tx: Tx, target: str, columns: Mapping[str, int]) -> None:
    """All rows were folded anew since these columns had these numbers."""
    tx.execute("UPDATE target SET columns = columns || %s WHERE name = %s", (Jsonb(dict(columns)), target))


def _of(table: TargetTable) -> dict[str, object]:
    return {
        "target": table.target.name,
        "table": table.name.as_string(),
        "columns": list(table.columns),
    }
