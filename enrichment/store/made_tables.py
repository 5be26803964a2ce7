"""What has to be so where Assay makes a target's table, or made it."""

from __future__ import annotations

from enrichment.store.database import Tx
from schemas.errors import ConfigurationError
from schemas.target import Target


def require_identity(tx: Tx, target: Target, schema: str) -> None:
    """A table that Assay made is unique by the identity that its target had then.

    Raises:
        ConfigurationError: nothing makes its rows unique by the identity that the target has now.
    """
    rows = tx.execute(
        """
        SELECT i.indisprimary AS first, array_agg(a.attname::text) AS names
        FROM pg_index i CROSS JOIN unnest(i.indkey) WITH ORDINALITY AS k(column_number, place)
             JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.column_number
        WHERE i.indrelid = %s::regclass AND i.indisunique AND i.indpred IS NULL AND i.indexprs IS NULL
          AND k.place <= i.indnkeyatts
        GROUP BY i.indexrelid, i.indisprimary
        """,
        (f"{quoted(schema)}.{quoted(target.table)}",),
    ).fetchall()
    identity = {field.name for field in target.identity}
    primary = next((set(row["names"]) for row in rows if row["first"]), set())
    if not primary or not primary <= set(target.by_name) or identity in [set(row["names"]) for row in rows]:
        return
    was, wanted = (", ".join(sorted(names)) for names in (primary, identity))
    raise ConfigurationError(
        f"target {target.name}: its table is unique by {was}, and its identity is now {wanted}",
        hint="name another table for the new identity, go back to the old one, or make a unique index over the new one",
    )


def require_schema(tx: Tx, target: Target, schema: str) -> None:
    """
    Raises:
        ConfigurationError: the table cannot be made, since its schema is not there.
    """
    if tx.execute("SELECT FROM pg_namespace WHERE nspname = %s", (schema,)).fetchone() is None:
        raise ConfigurationError(
            f"target {target.name}: there is no schema {schema!r} to make its table in",
            hint=f"make it (CREATE SCHEMA {quoted(schema)}), or mend table_schema",
        )


def quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
