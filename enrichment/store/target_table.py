"""The user's table, as the ledger writes it: its columns, its identity, and the SQL fragments built from them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from psycopg import sql

from enrichment.store.column_rules import Column, require_exact
from enrichment.store.database import Tx
from enrichment.store.made_tables import quoted, require_identity, require_schema
from schemas.errors import ConfigurationError
from schemas.target import Target, TargetField

_TYPES = {"string": "text", "integer": "bigint", "number": "numeric", "boolean": "boolean"}
_FORMATS = {"date": "date", "date-time": "timestamptz"}


def column_type(field: TargetField) -> str:
    """The column that Assay creates for a field."""
    return _FORMATS.get(field.format or "", _TYPES[field.type])


@dataclass(frozen=True, eq=False)
class TargetTable:
    """Where a target lives and what each of its columns is. One as long as nothing of it changes.

    reshapes: a trigger, or what is behind a view, may make something else of what is written to a row
    lockable: its rows are its own, and no view's
    """

    target: Target
    schema: str
    declared: Mapping[str, Column]
    reshapes: bool = False
    lockable: bool = True

    @cached_property
    def name(self) -> sql.Identifier:
        return sql.Identifier(self.schema, self.target.table)

    @cached_property
    def types(self) -> Mapping[str, str]:
        """What keys are cast to, without a length: cast to one a key would be cut, and find another row."""
        return {name: column.type for name, column in self.declared.items()}

    @cached_property
    def columns(self) -> tuple[str, ...]:
        return tuple(f.name for f in self.target.fields)

    @cached_property
    def free_names(self) -> tuple[str, str, str, str]:
        """Names that no column of the table has."""
        names = (f"key_{n}" for n in range(len(self.types) + 4))
        first, second, third, fourth, *_ = (name for name in names if name not in self.types)
        return first, second, third, fourth

    def listed(self, alias: str | None = None) -> sql.Composable:
        """All managed columns, comma separated."""
        return sql.SQL(", ").join(self._column(c, alias) for c in self.columns)

    def row(self, alias: str) -> sql.Composable:
        return sql.SQL("ROW({})").format(self.listed(alias))

    def filled(self, alias: str) -> sql.Composable:
        """All managed columns by their names; where nothing is asserted a column that takes no null has its default."""
        return sql.SQL(", ").join(
            sql.SQL("coalesce({}, {}) AS {}").format(
                self._column(c, alias), sql.SQL(self.target.defaults[c]), self._column(c, None)
            )
            if c in self.target.defaults
            else self._column(c, alias)
            for c in self.columns
        )

    def over(self, above: str, below: str) -> sql.Composable:
        """All managed columns of the row `above`, where it has none those of the row `below`."""
        return sql.SQL(", ").join(
            sql.SQL("coalesce({}, {})").format(self._column(c, above), self._column(c, below)) for c in self.columns
        )

    @cached_property
    def moneys(self) -> Mapping[str, tuple[str, ...]]:
        """Companion -> it and its amounts: none of them stands in a row beside what is said in another currency."""
        return {currency: (currency, *amounts) for currency, amounts in self.target.amounts.items()}

    @cached_property
    def unmanaged(self) -> tuple[sql.Composable, sql.Composable]:
        """Columns that are no fields and that an INSERT has to fill, and what fills them; each begins with a comma."""
        own = {c: text for c, text in self.target.defaults.items() if c not in self.columns}
        names = [sql.SQL(", {}").format(self._column(c, None)) for c in own]
        return sql.Composed(names), sql.Composed([sql.SQL(f", {text}") for text in own.values()])

    def digest(self, alias: str) -> sql.Composable:
        """What Assay remembers of a row it wrote, over the managed columns only."""
        return sql.SQL("md5({}::text)").format(self.row(alias))

    def made(self, alias: str) -> sql.Composable:
        """The cells of a row as they are, under the digest that it has with them."""
        return sql.SQL("jsonb_build_object('~', {}) || {}").format(self.digest(alias), self.cells_of(alias))

    def matches_key(self, alias: str, key: str) -> sql.Composable:
        """`alias` is the row whose canonical identity text is the expression `key`."""
        identity = self.target.identity
        if len(identity) == 1:
            only = identity[0].name
            return sql.SQL("{} = {}::{}").format(self._column(only, alias), sql.SQL(key), sql.SQL(self.types[only]))
        return sql.SQL(" AND ").join(
            sql.SQL("{} = ({}::jsonb ->> {})::{}").format(
                self._column(f.name, alias), sql.SQL(key), sql.Literal(place), sql.SQL(self.types[f.name])
            )
            for place, f in enumerate(identity)
        )

    def cells_of(self, alias: str) -> sql.Composable:
        """The row as one JSON object in the ledger's terms: exact numbers as text, null kept."""
        return self._object(self.target.fields, alias)

    def identity_cells_of(self, alias: str) -> sql.Composable:
        return self._object(self.target.identity, alias)

    def _object(self, fields: Sequence[TargetField], alias: str) -> sql.Composable:
        # jsonb_build_object takes at most 100 arguments, so a wide row is built in parts.
        parts = [
            sql.SQL("jsonb_build_object({})").format(
                sql.SQL(", ").join(
                    sql.SQL("{}::text, {}").format(sql.Literal(f.name), self._as_cell(f, alias))
                    for f in fields[start : start + 40]
                )
            )
            for start in range(0, len(fields), 40)
        ]
        return sql.SQL("({})").format(sql.SQL(" || ").join(parts))

    def _as_cell(self, field: TargetField, alias: str) -> sql.Composable:
        column = self._column(field.name, alias)
        if field.type in {"integer", "boolean"}:
            return sql.SQL("to_jsonb({})").format(column)
        return sql.SQL("to_jsonb({}::text)").format(column)

    @staticmethod
    def _column(name: str, alias: str | None) -> sql.Composable:
        return sql.Identifier(name) if alias is None else sql.Identifier(alias, name)


#: By the identity of their targets: statements about a table are made once of it (`lru_cache`), not at every merge.
_resolved: dict[int, TargetTable] = {}


def resolve(tx: Tx, target: Target) -> TargetTable:
    """Find the target's table and check that it can hold the target.

    Raises:
        ConfigurationError: the table or a column is missing, or an identity column takes different keys for one.
    """
    schema = target.table_schema or "public"
    rows = tx.execute(
        """
        SELECT a.attname AS name, format_type(coalesce(below.type, a.atttypid), -1) AS type,
               format_type(a.atttypid, a.atttypmod) AS declared,
               coalesce(below.modifier, a.atttypmod) >= 0 AS narrowed, coalesce(below.kind, y.typtype) = 'e' AS enum,
               l.collisdeterministic IS FALSE AS folding,
               c.relkind IN ('r', 'p') AS lockable, c.relkind = 'v' OR EXISTS (
                   SELECT FROM pg_trigger g WHERE NOT g.tgisinternal AND g.tgtype & 20 <> 0 -- of INSERT or UPDATE
                     AND (g.tgrelid = c.oid OR g.tgrelid IN (SELECT relid FROM pg_partition_tree(c.oid)))) AS reshapes
        FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
             JOIN pg_type y ON y.oid = a.atttypid LEFT JOIN pg_collation l ON l.oid = a.attcollation
             LEFT JOIN LATERAL (
                 WITH RECURSIVE domain AS (
                     SELECT y.typbasetype AS type, y.typtypmod AS modifier
                     UNION ALL
                     SELECT d.typbasetype, CASE WHEN d.typtypmod >= 0 THEN d.typtypmod ELSE domain.modifier END
                     FROM domain JOIN pg_type d ON d.oid = domain.type AND d.typtype = 'd')
                 SELECT domain.type, domain.modifier, b.typtype AS kind
                 FROM domain JOIN pg_type b ON b.oid = domain.type AND b.typtype <> 'd') AS below ON y.typtype = 'd'
        WHERE n.nspname = %s AND c.relname = %s AND a.attnum > 0 AND NOT a.attisdropped
        """,
        (schema, target.table),
    ).fetchall()
    columns = {
        row["name"]: Column(row["type"], row["declared"], row["narrowed"], row["enum"], row["folding"]) for row in rows
    }
    if not columns:
        raise ConfigurationError(
            f"target {target.name}: there is no table {schema}.{target.table}",
            hint="create it, or set create = true and run: assay migrate",
        )
    if missing := [f.name for f in target.fields if f.name not in columns]:
        raise ConfigurationError(
            f"target {target.name}: table {schema}.{target.table} has no column {', '.join(missing)}",
            hint="add it to the table, or run: assay migrate (adds nullable columns where create = true)",
        )
    require_exact(target, columns)
    reshapes, lockable = rows[0]["reshapes"], rows[0]["lockable"]
    known = _resolved.get(id(target))
    if (
        known is None
        or known.target is not target
        or (known.schema, known.declared, known.reshapes, known.lockable) != (schema, columns, reshapes, lockable)
    ):
        known = _resolved[id(target)] = TargetTable(target, schema, columns, reshapes, lockable)
    return known


def cells_by_key(tx: Tx, table: TargetTable, keys: Sequence[str]) -> dict[str, dict[str, Any]]:
    """The rows of these keys as they stand, in the ledger's terms."""
    rows = tx.execute(
        sql.SQL(
            "SELECT k.key, {cells} AS cells FROM unnest(%(keys)s::text[]) AS k(key) JOIN {table} t ON {matches}"
        ).format(cells=table.cells_of("t"), table=table.name, matches=table.matches_key("t", "k.key")),
        {"keys": sorted(set(keys))},
    ).fetchall()
    return {row["key"]: row["cells"] for row in rows}


def ensure(tx: Tx, target: Target) -> None:
    """Create the target's table, or add nullable columns that are new. Any other change is refused.

    Raises:
        ConfigurationError: a column changed its type, the identity is another one, the table exists and is not Assay's
            to alter, or its schema is not there.
    """
    schema = target.table_schema or "public"
    if not target.create:
        resolve(tx, target)
        return
    name = sql.Identifier(schema, target.table)
    exists = tx.execute("SELECT to_regclass(%s) AS found", (f"{quoted(schema)}.{quoted(target.table)}",)).fetchone()
    if exists is None or exists["found"] is None:
        columns = [
            sql.SQL("{} {}{}").format(
                sql.Identifier(f.name), sql.SQL(column_type(f)), sql.SQL(" NOT NULL" if f.identity else "")
            )
            for f in target.fields
        ]
        key = sql.SQL(", ").join(sql.Identifier(f.name) for f in target.identity)
        require_schema(tx, target, schema)
        # Room in each page: a row that is written over stays in its own, and the key's index is left alone.
        tx.execute(
            sql.SQL("CREATE TABLE {} ({}, PRIMARY KEY ({})) WITH (fillfactor = 70)").format(
                name, sql.SQL(", ").join(columns), key
            )
        )
        return
    present = {
        row["name"]: row["type"]
        for row in tx.execute(
            "SELECT attname AS name, format_type(atttypid, atttypmod) AS type FROM pg_attribute"
            " WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped",
            (f"{quoted(schema)}.{quoted(target.table)}",),
        ).fetchall()
    }
    require_identity(tx, target, schema)
    for field in target.fields:
        wanted = column_type(field)
        if field.name not in present:
            tx.execute(
                sql.SQL("ALTER TABLE {} ADD COLUMN {} {}").format(name, sql.Identifier(field.name), sql.SQL(wanted))
            )
        elif present[field.name] != wanted and not (
            wanted == "timestamptz" and present[field.name].startswith("timestamp with")
        ):
            raise ConfigurationError(
                f"target {target.name}: column {field.name} is {present[field.name]}, the schema now says {wanted}",
                hint="Assay only adds nullable columns; give the changed field a new name, or alter the table yourself",
            )
