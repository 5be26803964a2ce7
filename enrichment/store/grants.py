"""What each role of the deployment may do in the database: exactly this, written again by every migration.

A process that is led astray by what a source or a model wrote can then do no more than its role's own work asks for.
Rights on a table are named by letters: S SELECT, I INSERT, U UPDATE, D DELETE, L for "may lock its rows", which
PostgreSQL grants as UPDATE of a column, here one that says nothing, and C for "may close", an UPDATE of the columns
that say that nobody needs to answer any more, without those that an answer is written to.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

import psycopg
from psycopg import sql

from enrichment.store import advisory
from enrichment.store.advisory import Lock
from enrichment.store.database import Tx
from enrichment.store.roles import REFOLD
from schemas.errors import ConfigurationError
from schemas.tables import SCHEMA, metadata
from schemas.target import Target

#: Of an embedded fleet only: its one process that serves every isolation lane.
ISOLATED: Final = "assay_isolated"
CONTROL: Final = "assay_control"
#: Retention makes and drops partitions, and takes what was withdrawn from the ledger, by the rights of who migrated.
_RETAINING: Final = (
    "assay.extend_payload(bigint, integer)",
    "assay.drop_empty_payload(bigint)",
    "assay.remove_withdrawn(integer, integer)",
)
_WORDS: Final = {"S": "SELECT", "I": "INSERT", "U": "UPDATE", "D": "DELETE"}
#: Where L is granted: a moment that nobody reads to decide anything.
_LOCKED_BY: Final = {
    "breaker": "updated_at",
    "staged": "created_at",
    "job": "finished_at",
    "source": "updated_at",
    "plan": "decided_at",
    "plan_field": "decided_at",
}
_CLOSED_BY: Final = {"review": ("state", "reason", "decided_at")}

_Rights = Mapping[str, str]

#: What claiming, leasing, handing on and giving up need, whatever the stage.
_STAGE: Final[_Rights] = {
    "artifact": "SIUD",
    "dead_letter": "SIU",
    "freezing": "S",
    "gate": "S",
    "item": "SIU",
    "job": "SU",
    "review": "SI",
    "work": "SIU",
    "worker": "SIU",
}
#: What asking past breakers, and telling them what became of it, needs.
_BREAKER: Final[_Rights] = {"breaker": "SIU", "breaker_event": "I"}
_FETCH: Final[_Rights] = {
    **_STAGE,
    **_BREAKER,
    "job_scope": "S",
    "payload": "SI",
    "rate_use": "SIU",
    "record": "SIU",
    # whether shapes have grown
    "shape": "S",
}
_MODEL: Final[_Rights] = {
    **_STAGE,
    **_BREAKER,
    "assertion": "S",
    "budget": "SIU",
    "evaluation": "SI",
    "model_call": "SIU",
    "payload": "S",
    "plan": "SIU",
    "plan_field": "SIU",
    "plan_sketch": "SID",
    "planted": "SIU",
    "rate_use": "SIU",
    "record": "S",
    "released_lot": "SIU",
    # the rows of a plan that falls are not asked about any more
    "review": "SIC",
    "sample": "SIU",
    "secret": "S",
    "shape": "S",
    "source": "S",
    "staged": "SU",
    "target": "S",
    "wrong_cell": "SIUD",
}
_GATE: Final[_Rights] = {
    **_STAGE,
    "assertion": "S",
    "payload": "S",
    "plan": "SL",
    "plan_field": "SU",
    "plan_sketch": "I",
    "planted": "S",
    "record": "SU",
    "released_lot": "SIU",
    "sample": "SI",
    "secret": "S",
    "shape": "SIU",
    "source": "SL",
    "staged": "SIU",
}
_UPSERT: Final[_Rights] = {
    **_STAGE,
    "assertion": "SIU",
    "breaker": "SL",
    "column_history": "S",
    "compensation": "SI",
    "existing_change": "SIU",
    "payload": "S",
    "plan": "SL",
    "plan_field": "SL",
    "planted": "S",
    "record": "S",
    # the rows of a plan that fell are not asked about any more
    "review": "SIC",
    # what waited for a release is merged as a lot, of which a sample is drawn
    "released_lot": "SIU",
    "sample": "SI",
    "secret": "S",
    "source": "S",
    "staged": "SU",
    "target_key": "SIU",
    "wrong_cell": "S",
}
_CONTROL: Final[_Rights] = {
    **_STAGE,
    **_BREAKER,
    "column_history": "SI",
    "dispatcher": "SIU",
    "budget": "SU",
    "model_call": "SU",
    "rate_use": "SIU",
    "plan": "SL",
    "plan_field": "SL",
    # what retention removes, and what it leaves for the sake of
    "payload": "SUD",
    "planted": "S",
    "record": "S",
    "retention": "SIU",
    # questions that nobody answered in time expire
    "review": "SIU",
    "sample": "S",
    "source": "S",
    "staged": "SDL",
    "target": "S",
    "worker": "SIUD",
}


_EVERY_TABLE: Final = tuple(sorted(table.name for table in metadata.tables.values()))
_API: Final[_Rights] = {
    **dict.fromkeys(_EVERY_TABLE, "S"),
    "breaker": "SIU",
    "breaker_event": "SI",
    # what the stages of work left that a person gives up on
    "artifact": "SIUD",
    "budget": "SIU",
    "dead_letter": "SIU",
    "freezing": "SIU",
    "item": "SIU",
    "job": "SIU",
    "job_batch": "SI",
    "job_scope": "SI",
    "payload": "SI",
    "plan": "SIU",
    "plan_field": "SIU",
    "planted": "SU",
    "record": "SIU",
    # a defect that somebody downstream reports counts against the day's lot
    "released_lot": "SIU",
    "review": "SIU",
    # a person may vouch for a row in review, and bring a plan along
    "sample": "SIU",
    "secret": "",
    "shape": "SI",
    "source": "SL",
    "staged": "SU",
    "work": "SIU",
    "wrong_cell": "SIUD",
}


def _all_of(*roles: _Rights) -> _Rights:
    """What all of them together may do."""
    tables = {table for role in roles for table in role}
    return {table: "".join(sorted({letter for role in roles for letter in role.get(table, "")})) for table in tables}


#: Role -> its rights on Assay's own tables.
OWN: Final[Mapping[str, _Rights]] = {
    "assay_fetch": _FETCH,
    "assay_model": _MODEL,
    "assay_gate": _GATE,
    "assay_upsert": _UPSERT,
    REFOLD: {table: rights for table, rights in _UPSERT.items() if table != "secret"},
    CONTROL: _CONTROL,
    "assay_api": _API,
    ISOLATED: _all_of(_FETCH, _MODEL, _GATE, _UPSERT),
}
#: Role -> its rights on the tables that are filled. Roles that are not listed have none.
TARGETS: Final[Mapping[str, str]] = {
    "assay_upsert": "SIU",
    REFOLD: "SIUD",
    # the trusted history of a column is taken from what stands there
    CONTROL: "S",
    "assay_api": "S",
    ISOLATED: "SIU",
}


def issue(tx: Tx, targets: Iterable[Target]) -> tuple[str, ...]:
    """Give each role that exists exactly its rights, and return the names of those that are missing.

    A database with one login for everything has none of them; then nothing is granted and nothing is wrong.

    Raises:
        ConfigurationError: a target's table belongs to somebody else, who has to grant (`not_granted`).
    """
    advisory.hold(tx, Lock.GRANTS)
    rows = tx.execute("SELECT rolname FROM pg_roles WHERE rolname = ANY(%s)", (list(OWN),)).fetchall()
    known = {row["rolname"] for row in rows}
    for role in sorted(known):
        _grant_own(tx, role)
    for target in targets:
        for role in sorted(known):
            _grant_target(tx, role, target)
    return tuple(role for role in OWN if role not in known and role != ISOLATED)


def _grant_own(tx: Tx, role: str) -> None:
    schema, name = sql.Identifier(SCHEMA), sql.Identifier(role)
    tx.execute(sql.SQL("REVOKE ALL ON ALL TABLES IN SCHEMA {} FROM {}").format(schema, name))
    tx.execute(sql.SQL("GRANT USAGE ON SCHEMA {} TO {}").format(schema, name))
    # Which tables these are, anybody may ask: a process of another version must not serve.
    tx.execute(sql.SQL("GRANT SELECT ON {} TO {}").format(sql.Identifier(SCHEMA, "alembic_version"), name))
    if role == CONTROL:
        for function in _RETAINING:
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
    words: list[sql.Composable] = [sql.SQL(_WORDS[letter]) for letter in letters if letter in _WORDS]
    if "U" not in letters:
        columns = [_LOCKED_BY[table]] if "L" in letters else []
        columns += _CLOSED_BY[table] if "C" in letters else ()
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
        words = ", ".join(_WORDS[letter] for letter in missing)
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
        {"role": role, "schema": schema, "table": table, "words": [_WORDS[letter] for letter in letters]},
    ).fetchone()
    if row is None:
        return ""
    return "".join(letter for letter, has in zip(letters, row["has"], strict=True) if not (has and row["enters"]))
