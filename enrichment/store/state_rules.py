"""The gate's state rules: what only the database knows. They run in the merge, under the locks of the keys."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache

from psycopg import sql

from enrichment.store.database import Tx
from enrichment.store.target_table import TargetTable
from schemas.kinds import Kind
from schemas.target import TargetField

#: Kinds whose values have a magnitude that a row or a column keeps to.
_MAGNITUDES = {Kind.COUNT, Kind.MONEY, Kind.QUANTITY}
#: A column's history says something from this many rows on.
HISTORY_ROWS = 100
#: Versions of a column's history that are kept. While rows come there is a new one every half minute.
HISTORY_KEPT = 100


#: Whether the staged row `s` is folded over all that stands of its key: over the top of it, after which nothing came
#: (an older release notes no top). Of the order of folding (`ledger.order`) this is what nearly always decides.
_ABOVE = """
    (newest.staged_id = k.top AND newest.source = s.source AND newest.record_id = s.record_id
     AND newest.observation < s.observation
     AND (newest.version_type, coalesce(newest.version_number, 0), coalesce(newest.version_text, '') COLLATE "C")
      <= (coalesce((s.version ->> 'type')::int, 0), coalesce((s.version ->> 'number')::numeric, 0),
          coalesce(s.version ->> 'text', '') COLLATE "C")) IS TRUE
"""


@dataclass(frozen=True, slots=True)
class StateFinding:
    """A staged row that a state rule sends to review."""

    staged_id: int
    rule: str
    field: str | None


@dataclass(frozen=True, slots=True)
class Examined:
    """What the state rules say of staged rows, and the keys whose target rows are not as Assay left them.

    additive: staged ids of which the fold with them is the row as it stands, or none, under what they assert
    """

    findings: tuple[StateFinding, ...]
    foreign: frozenset[str]
    additive: frozenset[int]


def together(parts: Iterable[Examined]) -> Examined:
    """What was said of parts of the rows, of all of them."""
    found = list(parts)
    return Examined(
        findings=tuple(finding for one in found for finding in one.findings),
        foreign=frozenset().union(*(one.foreign for one in found)),
        additive=frozenset().union(*(one.additive for one in found)),
    )


def examine(tx: Tx, table: TargetTable, staged_ids: Sequence[int]) -> Examined:
    """Ask every rule of every row in one pass. The keys of the rows are locked."""
    history = latest_history(tx, table)
    rules, statement = _examining(table, tuple(sorted(history)))
    rows = tx.execute(
        statement,
        {
            "ids": list(staged_ids),
            "target": table.target.name,
            **{f"least{place}": history[field][0] for place, field in enumerate(sorted(history))},
            **{f"most{place}": history[field][1] for place, field in enumerate(sorted(history))},
        },
    ).fetchall()
    return Examined(
        findings=tuple(
            StateFinding(row["id"], rule, field)
            for place, (rule, field) in enumerate(rules)
            for row in rows
            if row["told"][place]
        ),
        foreign=frozenset(row["key"] for row in rows if row["foreign"]),
        additive=frozenset(staged_ids).difference(row["id"] for row in rows if row["foreign"] or not row["additive"]),
    )


@lru_cache(maxsize=64)
def _examining(table: TargetTable, history: tuple[str, ...]) -> tuple[list[tuple[str, str | None]], bytes]:
    """(rule, field) of what is told of each row in that order, and the statement; `history`: fields that have one."""
    asked = _rules(table, history)
    each = sql.SQL(", ").join(rule for _, _, rule in asked)
    identity = sql.Identifier("t", table.target.identity[0].name)
    statement = (
        sql.SQL(
            """
            SELECT * FROM (
                SELECT s.id, s.key, {identity} IS NOT NULL AND k.folded IS DISTINCT FROM {digest} AS foreign,
                       ARRAY[{each}] AS told,
                       CASE WHEN {identity} IS NULL THEN newest.id IS NULL ELSE {above}{alike} END AS additive
                FROM staged s LEFT JOIN target_key k ON k.target = s.target AND k.key = s.key
                LEFT JOIN {table} t ON {matches}
                LEFT JOIN LATERAL (
                    SELECT * FROM assertion o WHERE o.target = s.target AND o.key = s.key AND o.state = 'standing'
                    ORDER BY o.id DESC LIMIT 1) AS newest ON true
                WHERE s.id = ANY(%(ids)s) AND s.target = %(target)s) AS examined
            WHERE examined.foreign OR NOT examined.additive OR true = ANY(examined.told) ORDER BY examined.id
            """
        )
        .format(
            above=sql.SQL(_ABOVE),
            alike=_alike(table),
            digest=table.digest("t"),
            each=each,
            table=table.name,
            matches=table.matches_key("t", "s.key"),
            identity=identity,
        )
        .as_bytes()
    )
    return [(rule, field) for rule, field, _ in asked], statement


def _alike(table: TargetTable) -> sql.Composable:
    """And what the staged row `s` says of money is said in the currency of the row `t`, if that has any."""
    return sql.SQL("").join(
        sql.SQL(
            " AND NOT (s.cells ?| {names} AND num_nonnulls({columns}) > 0"
            " AND {currency}::text IS DISTINCT FROM s.cells ->> {name})"
        ).format(
            names=sql.Literal(list(names)),
            columns=sql.SQL(", ").join(sql.Identifier("t", name) for name in names),
            currency=sql.Identifier("t", currency),
            name=sql.Literal(currency),
        )
        for currency, names in table.moneys.items()
    )


def _rules(table: TargetTable, history: Sequence[str]) -> list[tuple[str, str | None, sql.Composable]]:
    """(rule, field, condition) over a staged row `s` and its target row `t`, which may be none."""
    rules: list[tuple[str, str | None, sql.Composable]] = [("identity_conflict", None, _identity_conflict())]
    places = {name: place for place, name in enumerate(history)}
    for field in watched(table):
        rules.append(("jump", field.name, _row_jump(field)))
        if field.name in places:
            rules.append(("jump", field.name, _column_jump(field, places[field.name])))
    return rules


def _identity_conflict() -> sql.Composable:
    """A record of which the latest that stands names another key: an external id that changed its row. Where nothing of
    it stands, the one before it that waits to be merged: it may be merged beside this row, unseen.
    """
    return sql.SQL(
        """coalesce(
            (SELECT a.key <> s.key FROM assertion a
             WHERE a.target = s.target AND a.source = s.source AND a.record_id = s.record_id AND a.state = 'standing'
             ORDER BY a.observation DESC LIMIT 1),
            (SELECT o.state = 'staged' AND o.key <> s.key FROM staged o
             WHERE o.record_id = s.record_id AND o.source = s.source AND o.target = s.target AND o.dry_job = 0
               AND o.observation < s.observation
             ORDER BY o.observation DESC, o.plan_id DESC, o.gate_id DESC LIMIT 1),
            false)"""
    )


def watched(table: TargetTable) -> list[TargetField]:
    """Fields that `jump` guards: numbers with a magnitude, declared so or, without a kind, any number."""
    return [
        f for f in table.target.fields if f.type in {"integer", "number"} and not f.identity and f.kind in _MAGNITUDES
    ]


def _row_jump(field: TargetField) -> sql.Composable:
    """A value further from the row's present value than the target allows."""
    return sql.SQL(
        """coalesce((
            SELECT v.new > 0 AND v.old > 0 AND (v.new > v.old * {factor} OR v.old > v.new * {factor})
            FROM (SELECT abs((s.cells ->> {name})::numeric) AS new, abs(t.{column}::numeric) AS old) v), false)"""
    ).format(name=sql.Literal(field.name), column=sql.Identifier(field.name), factor=sql.Literal(field.jump))


def _column_jump(field: TargetField, place: int) -> sql.Composable:
    """A value further from the column's trusted history, the parameters of number `place`, than the target allows."""
    return sql.SQL(
        """coalesce((
            SELECT v.new > {most} * {factor} OR (v.new <> 0 AND v.new * {factor} < {least})
            FROM (SELECT abs((s.cells ->> {name})::numeric) AS new) v), false)"""
    ).format(
        name=sql.Literal(field.name),
        factor=sql.Literal(field.jump),
        most=sql.Placeholder(f"most{place}"),
        least=sql.Placeholder(f"least{place}"),
    )


def latest_history(tx: Tx, table: TargetTable) -> dict[str, tuple[Decimal, Decimal]]:
    """Field -> (smallest, largest) magnitude of its trusted values, where its newest snapshot says something.

    Every merge asks: of each field one row is read, however many versions there are.
    """
    rows = tx.execute(
        """
        SELECT f.name AS field, h.smallest, h.largest, h.rows
        FROM unnest(%s::text[]) AS f(name) CROSS JOIN LATERAL (
            SELECT smallest, largest, rows FROM column_history c
            WHERE c.target = %s AND c.field = f.name ORDER BY c.version DESC LIMIT 1) AS h
        """,
        ([field.name for field in watched(table)], table.target.name),
    ).fetchall()
    return {
        row["field"]: (row["smallest"], row["largest"])
        for row in rows
        if row["rows"] >= HISTORY_ROWS and row["smallest"] is not None
    }


def snapshot(tx: Tx, table: TargetTable, field: TargetField) -> None:
    """Note a column's magnitudes as a new version, where they changed; of the older versions a few are kept."""
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
    tx.execute(
        "DELETE FROM column_history WHERE target = %(target)s AND field = %(field)s AND version <= (SELECT max(version)"
        " FROM column_history WHERE target = %(target)s AND field = %(field)s) - %(kept)s::int",
        {"target": table.target.name, "field": field.name, "kept": HISTORY_KEPT},
    )
