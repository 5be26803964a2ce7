"""Rows of a target made equal to the fold of what stands in the ledger, writing only rows that differ.

The fold of a key is a merge of all its standing assertions. Nearly every row that is merged lies above all of them: it
is then laid over the row as it stands, which is their fold.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from psycopg import sql

from enrichment.store.database import Tx
from enrichment.store.ledger import APPENDED, LIVE, MERGED, append_staged, merged, order
from enrichment.store.refusals import RowNotKeptError
from enrichment.store.target_rows import lock_rows
from enrichment.store.target_table import TargetTable


@dataclass(frozen=True, slots=True)
class Folded:
    """What a refold did to rows.

    present: rows that were there before
    orphans: keys left without any assertion whose rows it may not delete
    """

    inserted: int
    updated: int
    deleted: int
    orphans: tuple[str, ...] = ()
    present: int = 0

    def wrote(self) -> bool:
        return self.inserted + self.updated + self.deleted > 0

    def __add__(self, other: Folded) -> Folded:
        return Folded(
            self.inserted + other.inserted,
            self.updated + other.updated,
            self.deleted + other.deleted,
            self.orphans + other.orphans,
            self.present + other.present,
        )


def append_and_fold(
    tx: Tx, table: TargetTable, keys: Mapping[int, str], *, additive: Collection[int], may_delete: bool = False
) -> Folded:
    """Append an assertion for each staged row (id -> key) and fold. The keys are locked.

    additive: ids of rows, each alone with its key, that lie above all that stands (`state_rules.examine`)

    Raises:
        RowNotKeptError: the table does not hold one of the rows afterwards.
    """
    over = [staged_id for staged_id in keys if staged_id in additive]
    others = {staged_id: key for staged_id, key in keys.items() if staged_id not in additive}
    folded = _append_over(tx, table, over) if over else Folded(0, 0, 0)
    if not others:
        return folded
    append_staged(tx, list(others), target=table.target.name)
    return folded + refold(tx, table, list(others.values()), may_delete=may_delete)


def try_out(tx: Tx, table: TargetTable) -> None:
    """Both statements that write, for no row: what they fail at lies in the table."""
    tx.execute(_laying_over(table), {"target": table.target.name, "ids": []})
    tx.execute(_folding(table), {"target": table.target.name, "keys": []})


def _append_over(tx: Tx, table: TargetTable, staged_ids: Sequence[int]) -> Folded:
    """Lay the cells of staged rows over the target's rows. As to append and refold, for rows that are additive."""
    done = tx.execute(_laying_over(table), {"target": table.target.name, "ids": list(staged_ids)}).fetchone()
    if done is None:
        return Folded(0, 0, 0)
    _require_kept(tx, table, done)
    return Folded(done["inserted"], done["updated"], 0, present=done["present"])


@lru_cache(maxsize=64)
def _laying_over(table: TargetTable) -> bytes:
    return (
        sql.SQL(
            """
            WITH merged AS ({merged}),
            appended AS ({appended}),
            f AS MATERIALIZED (
                SELECT {asserted}, merged.key AS {key}, merged.id AS {top}
                FROM merged, jsonb_populate_record(NULL::{table}, merged.cells) AS r
            ),
            {written}
            """
        )
        .format(
            merged=sql.SQL(MERGED),
            appended=sql.SQL(APPENDED),
            asserted=table.listed("r"),
            written=_written(table, present=table.over("f", "t"), new=table.filled("f")),
            **_named(table),
        )
        .as_bytes()
    )


def _named(table: TargetTable) -> dict[str, sql.Composable]:
    key, top, *_ = table.free_names
    return {"table": table.name, "key": sql.Identifier(key), "top": sql.Identifier(top)}


def _written(table: TargetTable, *, present: sql.Composable, new: sql.Composable) -> sql.Composable:
    """What the statements have in common that write rows of the target from `f`, which has their keys and tops too.

    present, new: what the columns become of a row `t` that is there, and of one that is not
    """
    key, top, there, digest = (sql.Identifier("f", name) for name in table.free_names)
    return sql.SQL(
        """
        -- Each row of the target is looked up once: is it there, and is it right already?
        found AS MATERIALIZED (
            SELECT f.*, {identity} IS NOT NULL AS {there_is},
                   CASE WHEN {old} IS NOT DISTINCT FROM ROW({present}) THEN {old_digest} END AS {right}
            FROM f LEFT JOIN {table} t ON {same}
        ),
        updated AS (
            UPDATE {table} t SET ({columns}) = ROW({present}) FROM found f
            WHERE {there} AND {digest} IS NULL AND {same} AND {old} IS DISTINCT FROM ROW({present})
            RETURNING {key} AS key, {top} AS top, {old_digest} AS digest
        ),
        inserted AS (
            INSERT INTO {table} ({columns}{unmanaged})
            SELECT {new}{expressions} FROM found f WHERE NOT {there} RETURNING 1
        ),
        noted AS (
            UPDATE target_key k SET folded = w.digest, top = w.top
            FROM (SELECT key, top, digest FROM updated
                  UNION ALL SELECT {key}, {top}, {digest} FROM found f WHERE {there} AND {digest} IS NOT NULL) AS w
            WHERE k.target = %(target)s AND k.key = w.key AND (k.folded, k.top) IS DISTINCT FROM (w.digest, w.top)
        )
        SELECT (SELECT count(*) FROM updated) AS updated, (SELECT count(*) FROM inserted) AS inserted,
               count(*) FILTER (WHERE {there}) AS present,
               count(*) FILTER (WHERE {there} AND {digest} IS NULL) AS differing,
               array_agg({key}) FILTER (WHERE {later}) AS keys,
               array_agg({top}) FILTER (WHERE {later}) AS tops
        FROM found f
        """
    ).format(
        table=table.name,
        columns=table.listed(),
        present=present,
        new=new,
        identity=sql.Identifier("t", table.target.identity[0].name),
        same=_same_identity(table),
        old=table.row("t"),
        old_digest=table.digest("t"),
        key=key,
        top=top,
        there=there,
        there_is=sql.Identifier(table.free_names[2]),
        digest=digest,
        # What a trigger makes of a row that is changed may not be seen before the statement has ended.
        later=sql.SQL("{} IS NULL" if table.reshapes else "NOT {}").format(digest if table.reshapes else there),
        right=sql.Identifier(table.free_names[3]),
        unmanaged=table.unmanaged[0],
        expressions=table.unmanaged[1],
    )


def _require_kept(tx: Tx, table: TargetTable, done: Mapping[str, Any]) -> None:
    """Note what was inserted, since an INSERT cannot say which key it was for, and that every row is there.

    Of a table that may make something else of a row, what was changed too, with the cells that it made.

    Raises:
        RowNotKeptError: one is not, under its key.
    """
    if done["updated"] < done["differing"]:
        raise RowNotKeptError("the target's table left the row as it was: does a trigger keep it from being changed?")
    if done["keys"]:
        noted = tx.execute(
            sql.SQL(
                "UPDATE target_key k SET folded = {digest}, top = i.top{made}"
                " FROM unnest(%(keys)s::text[], %(tops)s::bigint[]) AS i(key, top) JOIN {table} t ON {matches}"
                " WHERE k.target = %(target)s AND k.key = i.key"
            ).format(
                digest=table.digest("t"),
                made=sql.SQL(", made = {}").format(table.made("t")) if table.reshapes else sql.SQL(""),
                table=table.name,
                matches=table.matches_key("t", "i.key"),
            ),
            {"target": table.target.name, "keys": done["keys"], "tops": done["tops"]},
        ).rowcount
        if noted < len(done["keys"]):
            raise RowNotKeptError(
                "the target's table has no such row afterwards: does a trigger leave it out, or change its key,"
                " or does a column of the identity round it?"
            )


def refold(tx: Tx, table: TargetTable, keys: Sequence[str], *, may_delete: bool) -> Folded:
    """Make the rows of these locked keys equal to their fold, writing only rows that differ.

    Raises:
        RowNotKeptError: the table does not hold one of them afterwards, or still one that is to go.
    """
    done = tx.execute(_folding(table), {"target": table.target.name, "keys": sorted(set(keys))}).fetchone()
    if done is None:
        return Folded(0, 0, 0)
    _require_kept(tx, table, done)
    deleted, orphans = _clear_unfounded(tx, table, keys, may_delete=may_delete)
    return Folded(done["inserted"], done["updated"], deleted, orphans, done["present"])


@lru_cache(maxsize=64)
def _folding(table: TargetTable) -> bytes:
    return (
        sql.SQL(
            """
            WITH live AS ({live}),
            folded AS (
                SELECT a.key, {merged} AS cells,
                       (array_agg(a.staged_id ORDER BY {order}))[count(*)] AS top
                FROM live a LEFT JOIN source s ON s.name = a.source GROUP BY a.key
            ),
            f AS MATERIALIZED (
                SELECT {filled}, folded.key AS {key}, folded.top AS {top}
                FROM folded, jsonb_populate_record(NULL::{table}, folded.cells) AS r
            ),
            {written}
            """
        )
        .format(
            live=sql.SQL(LIVE),
            merged=merged(table, "a.cells"),
            order=order(table),
            filled=table.filled("r"),
            written=_written(table, present=table.listed("f"), new=table.listed("f")),
            **_named(table),
        )
        .as_bytes()
    )


def _clear_unfounded(
    tx: Tx, table: TargetTable, keys: Sequence[str], *, may_delete: bool
) -> tuple[int, tuple[str, ...]]:
    """Rows that Assay wrote and that nothing asserts any more are deleted, or named where that is not allowed."""
    rows = tx.execute(
        "SELECT key FROM target_key k WHERE target = %s AND key = ANY(%s) AND folded IS NOT NULL AND NOT EXISTS"
        " (SELECT 1 FROM assertion a WHERE a.target = k.target AND a.key = k.key AND a.state = 'standing')",
        (table.target.name, list(keys)),
    ).fetchall()
    orphans = [row["key"] for row in rows]
    if not orphans or not may_delete:
        return 0, tuple(orphans)
    gone = {"target": table.target.name, "keys": orphans}
    deleted = tx.execute(
        sql.SQL("DELETE FROM {table} t USING unnest(%(keys)s::text[]) AS k(key) WHERE {matches}").format(
            table=table.name, matches=table.matches_key("t", "k.key")
        ),
        gone,
    ).rowcount
    if lock_rows(tx, table, orphans):
        raise RowNotKeptError("the target's table kept the row: does a trigger or a rule keep it from being deleted?")
    tx.execute(
        "UPDATE target_key SET folded = NULL, top = NULL WHERE target = %(target)s AND key = ANY(%(keys)s)", gone
    )
    return deleted, ()


def _same_identity(table: TargetTable) -> sql.Composable:
    return sql.SQL(" AND ").join(
        sql.SQL("{} = {}").format(sql.Identifier("t", f.name), sql.Identifier("f", f.name))
        for f in table.target.identity
    )
