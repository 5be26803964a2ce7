"""Baselines: what somebody else has written to a row stands in the ledger before anything is laid over it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from psycopg import sql
from psycopg.types.json import Jsonb

from enrichment.store import made_again
from enrichment.store.database import Tx
from enrichment.store.ledger import LIVE, merged
from enrichment.store.target_table import TargetTable


def foreign_keys(tx: Tx, table: TargetTable, keys: Sequence[str]) -> list[str]:
    """Those of these locked keys whose rows are not as Assay left them."""
    rows = tx.execute(
        sql.SQL(
            """
            SELECT k.key FROM target_key k JOIN {table} t ON {matches}
            WHERE k.target = %(target)s AND k.key = ANY(%(keys)s) AND k.folded IS DISTINCT FROM {digest}
            """
        ).format(table=table.name, matches=table.matches_key("t", "k.key"), digest=table.digest("t")),
        {"target": table.target.name, "keys": sorted(set(keys))},
    ).fetchall()
    return [row["key"] for row in rows]


def note_baseline(tx: Tx, table: TargetTable, foreign: Sequence[str]) -> int:
    """Give a baseline assertion to rows that are not as Assay left them. Keys are locked; before anything is appended.

    Cells that differ from the fold of all sources stand in it, null included, and with an amount its currency, or with
    a currency its amounts; a newer baseline replaces an older one. What the table itself made of a cell (`made`), and a
    null in a column that was made again, is nobody's edit, unless the older baseline had it.
    """
    if not foreign:
        return 0
    params: dict[str, Any] = {"target": table.target.name, "keys": sorted(set(foreign))}
    before = tx.execute(
        "UPDATE assertion SET state = 'void', voided_at = now(), void_reason = 'replaced'"
        " WHERE target = %(target)s AND key = ANY(%(keys)s) AND source = 'baseline' AND state = 'standing'"
        " RETURNING key, cells",
        params,
    ).fetchall()
    params["again"] = list(made_again.numbers(tx, table))
    params["edited"] = Jsonb({row["key"]: list(row["cells"]) for row in before})
    return tx.execute(
        sql.SQL(
            """
            WITH live AS ({live}),
            folded AS (
                SELECT a.key, {merged} AS cells FROM live a LEFT JOIN source s ON s.name = a.source GROUP BY a.key
            ),
            differing AS (
                SELECT k.key, jsonb_object_agg(c.field, c.value) || {identity} AS cells
                FROM unnest(%(keys)s::text[]) AS k(key)
                JOIN {table} t ON {matches}
                LEFT JOIN folded f ON f.key = k.key
                LEFT JOIN target_key m ON m.target = %(target)s AND m.key = k.key
                CROSS JOIN LATERAL (
                    SELECT {filled} FROM jsonb_populate_record(NULL::{table}, coalesce(f.cells, '{{}}'::jsonb)) AS p
                ) AS r
                CROSS JOIN LATERAL jsonb_each({now}) AS c(field, value)
                WHERE {edited} OR {beside}
                GROUP BY k.key, {identity}
            )
            INSERT INTO assertion (target, key, source, record_id, observation, plan_id, gate_id, version_type, cells,
                                   state)
            SELECT %(target)s, d.key, 'baseline', d.key,
                   1 + coalesce((SELECT max(b.observation) FROM assertion b WHERE b.target = %(target)s
                                 AND b.source = 'baseline' AND b.record_id = d.key AND b.key = d.key
                                 -- by then none stands; only those of a state are indexed by key
                                 AND b.state = 'void'), 0),
                   0, 0, 0, d.cells, 'standing'
            FROM differing d
            """
        ).format(
            live=sql.SQL(LIVE),
            merged=merged(table, "a.cells"),
            table=table.name,
            matches=table.matches_key("t", "k.key"),
            now=table.cells_of("t"),
            edited=_edited(table, "c"),
            beside=_beside_edited(table),
            filled=table.filled("p"),
            identity=table.identity_cells_of("t"),
        ),
        params,
    ).rowcount


def _edited(table: TargetTable, cell: str) -> sql.Composable:
    """Whether somebody edited a cell: it is neither what the sources say, nor what the table made of that."""
    return sql.SQL(
        """
        ({cell}.value IS DISTINCT FROM ({was} -> {cell}.field)
         AND (coalesce(%(edited)s -> k.key ? {cell}.field, false)
              OR ((m.made ->> '~' IS DISTINCT FROM m.folded
                   OR {cell}.value IS DISTINCT FROM coalesce(m.made -> {cell}.field, 'null'))
                  AND ({cell}.value <> 'null' OR {cell}.field <> ALL (%(again)s)))))
        """
    ).format(cell=sql.Identifier(cell), was=table.cells_of("r"))


def _beside_edited(table: TargetTable) -> sql.Composable:
    """Whether a cell `c` that was not edited goes with one that was: who edits the currency means the amounts too."""
    companions = {name: currency for currency, names in table.moneys.items() for name in names}
    if not companions:
        return sql.SQL("false")
    return sql.SQL(
        """
        c.value <> 'null' AND {companions} ->> c.field IN (
            SELECT {companions} ->> d.field FROM jsonb_each({now}) AS d(field, value)
            WHERE {edited} AND {companions} ? d.field)
        """
    ).format(companions=sql.Literal(Jsonb(companions)), now=table.cells_of("t"), edited=_edited(table, "d"))
