"""The rights of `rights` as they are given to the roles of a database, and looked for."""

from __future__ import annotations

from collections.abc import Iterable

import psycopg
from psycopg import sql

from enrichment.store import advisory
from enrichment.store.advisory import Lock
from enrichment.store.database import Tx
from enrichment.store.rights import CLOSED_BY, CONTROL, ISOLATED, LOCKED_BY, OWN, RETAINING, TARGETS, WORDS
from schemas.errors import ConfigurationError
from schemas.tables import SCHEMA
from schemas.target import Target


def issue(tx: Tx, targets: Iterable[Target]) -> tuple[str, ...]:
    """Give each role that exists exactly its rights, and return the names of those that are missing.

    A database with one login for everything has none of them; then nothing is granted and nothing is wrong.

    Raises:
        ConfigurationError: a target's table belongs to somebody else, who has to grant (`not_granted`).
    """
    advisory.hold(tx, Lock.GRANTS)
    rows = tx.execute("SELECT rolname FROM pg_roles WHERE rolname = ANY(%s)", (list(OWN),)).fetchall()
    known = {row["rolname"] for row in rows}
    _close_functions(tx, known)
    for role in sorted(known):
        _grant_own(tx, role)
    for target in targets:
        for role in sorted(known):
            _grant_target(tx, role, target)
    return tuple(role for role in OWN if role not in known and role != ISOLATED)


def _close_functions(tx: Tx, roles: Iterable[str]) -> None:
    """A function is anybody's until that is taken back, also one that a dump restored without its rights."""
    for function in RETAINING:
        for name in [sql.SQL("PUBLIC"), *map(sql.Identifier, sorted(roles))]:
            tx.execute(sql.SQL("REVOKE ALL ON FUNCTION {} FROM {}").format(sql.SQL(function), name))


def _grant_own(tx: Tx, role: str) -> None:
    schema, name = sql.Identifier(SCHEMA), sql.Identifier(role)
    tx.execute(sql.SQL("REVOKE ALL ON ALL TABLES IN SCHEMA {} FROM {}").format(schema, name))
    tx.execute(sql.SQL("GRANT USAGE ON SCHEMA {} TO {}").format(schema, name))
    # Which tables these are, anybody may ask: a process of another version must not serve.
    tx.execute(sql.SQL("GRANT SELECT ON {} TO {}").format(sql.Identifier(SCHEMA, "alembic_version"), name))
    if role == CONTROL:
        for function in RETAINING:
            tx.execute(sql.SQL("GRANT EXECUTE ON FUNCTION {} TO {}").format(sql.SQL(function), name))
    if "I" in OWN[role].get("staged", ""):
        # ids are taken before the rows are copied
        tx.execute(sql.SQL("GRANT USAGE ON SEQUENCE {} TO {}").format(sql.Identifier(SCHEMA, "staged_id_seq"), name))
    for table, letters in OWN[role].items():
        if letters:
            tx.execute(
                sql.SQL("GRANT {} ON {} TO {}").format(_words(table, letters), sql.Identifier(SCHEMA, table), name)
            )


def _words(table: str, letters: str) -> sql.Composable:
    words: list[sql.Composable] = [sql.SQL(WORDS[letter]) for letter in letters if letter in WORDS]
    if "U" not in letters:
        columns = [LOCKED_BY[table]] if "L" in letters else []
        columns += CLOSED_BY[table] if "C" in letters else ()
        words += [sql.SQL("UPDATE ({})").format(sql.Identifier(name)) for name in columns]
    return sql.SQL(", ").join(words)


def _grant_target(tx: Tx, role: str, target: Target) -> None:
    """Grant on a table that is ours; of another's make sure that the rights are there."""
    schema = target.table_schema or "public"
    table, name = sql.Identifier(schema, target.table), sql.Identifier(role)
    letters = TARGETS.get(role, "")
    if _owns(tx, schema, target.table):
        tx.execute(sql.SQL("REVOKE ALL ON {} FROM {}").format(table, name))
        if letters:
            tx.execute(sql.SQL("GRANT {} ON {} TO {}").format(_words(target.table, letters), table, name))
            _grant_sequences(tx, role, schema, target.table)
    _refuse_missing(tx, role, target)


def check(tx: Tx, target: Target) -> None:
    """Whether every role that exists still has its rights on a target's table; they may have been taken since.

    Raises:
        ConfigurationError: `not_granted`: one has not, and what gives it back.
    """
    rows = tx.execute("SELECT rolname FROM pg_roles WHERE rolname = ANY(%s) ORDER BY 1", (list(TARGETS),)).fetchall()
    for row in rows:
        _refuse_missing(tx, row["rolname"], target)


def _refuse_missing(tx: Tx, role: str, target: Target) -> None:
    schema, letters = target.table_schema or "public", TARGETS.get(role, "")
    table, name = sql.Identifier(schema, target.table), sql.Identifier(role)
    missing = _missing(tx, role, schema, target.table, letters)
    if missing:
        words = ", ".join(WORDS[letter] for letter in missing)
        statement = sql.SQL("GRANT {} ON {} TO {}").format(sql.SQL(words), table, name).as_string(tx)
        ours = _owns(tx, schema, target.table)
        raise ConfigurationError(
            f"target {target.name}: {role} may not {words} on {schema}.{target.table}"
            f"{'' if ours else ', which another role owns'}",
            hint="run: assay migrate, which grants it anew"
            if ours
            else f"let its owner run: {statement}; GRANT USAGE ON SCHEMA {schema} TO {role};",
            code="not_granted",
        )


def _owns(tx: Tx, schema: str, table: str) -> bool:
    row = tx.execute(
        "SELECT pg_has_role(current_user, c.relowner, 'USAGE') AS owns FROM pg_class c"
        " JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = %s AND c.relname = %s",
        (schema, table),
    ).fetchone()
    return row is not None and bool(row["owns"])


def _grant_sequences(tx: Tx, role: str, schema: str, table: str) -> None:
    """A schema that the role may enter, and the sequences behind columns that the table fills by itself."""
    try:
        with tx.transaction():
            tx.execute(sql.SQL("GRANT USAGE ON SCHEMA {} TO {}").format(sql.Identifier(schema), sql.Identifier(role)))
    except psycopg.errors.InsufficientPrivilege:
        # the schema is another's; whether the role may enter it is asked with the rest
        pass
    for row in tx.execute(
        """
        SELECT s.relname AS name, n.nspname AS schema FROM pg_depend d
        JOIN pg_class s ON s.oid = d.objid AND s.relkind = 'S' JOIN pg_namespace n ON n.oid = s.relnamespace
        JOIN pg_class t ON t.oid = d.refobjid JOIN pg_namespace tn ON tn.oid = t.relnamespace
        WHERE d.deptype IN ('a', 'i') AND tn.nspname = %s AND t.relname = %s
        """,
        (schema, table),
    ).fetchall():
        sequence = sql.Identifier(row["schema"], row["name"])
        tx.execute(sql.SQL("GRANT USAGE ON SEQUENCE {} TO {}").format(sequence, sql.Identifier(role)))


def _missing(tx: Tx, role: str, schema: str, table: str, letters: str) -> str:
    """The letters that the role does not have; all of them where it may not enter the schema."""
    row = tx.execute(
        """
        SELECT has_schema_privilege(%(role)s, n.oid, 'USAGE') AS enters,
               ARRAY(SELECT has_table_privilege(%(role)s, c.oid, word) FROM unnest(%(words)s::text[])
                     WITH ORDINALITY AS w(word, place) ORDER BY place) AS has
        FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = %(schema)s
          AND c.relname = %(table)s
        """,
        {"role": role, "schema": schema, "table": table, "words": [WORDS[letter] for letter in letters]},
    ).fetchone()
    if row is None:
        return ""
    return "".join(letter for letter, has in zip(letters, row["has"], strict=True) if not (has and row["enters"]))
