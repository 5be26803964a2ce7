"""Sources, targets and gates as configured, written at start so that rows can name them."""

from __future__ import annotations

from collections.abc import Collection

from psycopg.types.json import Jsonb

from enrichment.store import advisory, work
from enrichment.store.advisory import Lock
from enrichment.store.database import Tx, notify
from schemas.source import Source
from schemas.target import Target


def sync_source(tx: Tx, source: Source, *, gate_version: str) -> int:
    """Note a source's settings and give the id of the gate in force for it.

    A changed precedence files refolds of what the source asserted. A changed reading, or a change back, is a new gate.
    """
    before = tx.execute("SELECT precedence FROM source WHERE name = %s FOR UPDATE", (source.name,)).fetchone()
    tx.execute(
        """
        INSERT INTO source (name, precedence, settings_digest, connector) VALUES (%s, %s, %s, %s)
        ON CONFLICT (name) DO UPDATE SET precedence = excluded.precedence, connector = excluded.connector,
               settings_digest = excluded.settings_digest, updated_at = now()
        """,
        (source.name, source.precedence, source.settings_digest, source.connector),
    )
    if before is not None and before["precedence"] != source.precedence:
        _forget_tops(tx, source.name)
        file_refolds(tx, source.name)
    latest = tx.execute(
        "SELECT id, version, source_digest FROM gate WHERE source = %s ORDER BY id DESC LIMIT 1", (source.name,)
    ).fetchone()
    if latest is not None and (latest["version"], latest["source_digest"]) == (gate_version, source.settings_digest):
        return int(latest["id"])
    row = tx.execute(
        "INSERT INTO gate (source, version, source_digest) VALUES (%s, %s, %s) RETURNING id",
        (source.name, gate_version, source.settings_digest),
    ).fetchone()
    assert row is not None  # noqa: S101 - INSERT ... RETURNING gives a row or raises
    return int(row["id"])


def let_writers_end(tx: Tx, sources: Collection[Source]) -> None:
    """Before the precedence of one of these changes, and any of their rows is locked: who writes to a target by the old
    one commits first, or begins by the new one. Else no refold would find what it has written.
    """
    changed = tx.execute(
        "SELECT FROM unnest(%s::text[], %s::int[]) AS i(name, precedence) JOIN source s USING (name)"
        " WHERE s.precedence <> i.precedence LIMIT 1",
        ([source.name for source in sources], [source.precedence for source in sources]),
    ).rowcount
    if changed:
        advisory.hold(tx, Lock.FREEZES)


def names(tx: Tx) -> tuple[frozenset[str], frozenset[str]]:
    """Sources and targets that are configured, or once were: rows name them for as long as they are kept."""
    found = tx.execute("SELECT false AS fills, name FROM source UNION ALL SELECT true, name FROM target").fetchall()
    sources, targets = (frozenset(row["name"] for row in found if row["fills"] is fills) for fills in (False, True))
    return sources, targets


def _forget_tops(tx: Tx, source: str) -> None:
    """What was the strongest under another precedence need not be: until it is folded anew nothing is laid over it."""
    tx.execute(
        "UPDATE target_key k SET top = NULL FROM assertion a"
        " WHERE a.source = %s AND a.state = 'standing' AND a.target = k.target AND a.key = k.key AND k.top IS NOT NULL",
        (source,),
    )


def file_refolds(tx: Tx, source: str) -> None:
    """Every key that a source asserts is folded again, target by target.

    One for each change: what an earlier one that is still under way has passed was folded by another precedence.
    """
    for row in tx.execute(
        "SELECT DISTINCT target FROM assertion WHERE source = %s AND state = 'standing'", (source,)
    ).fetchall():
        work.file(
            tx,
            work.NewWork(
                kind="refold",
                stage="refold",
                source=source,
                target=row["target"],
                args={"source": source, "after": ""},
            ),
        )


def gate_in_force(tx: Tx, source: str) -> int:
    row = tx.execute("SELECT max(id) AS id FROM gate WHERE source = %s", (source,)).fetchone()
    return 0 if row is None or row["id"] is None else int(row["id"])


def sync_target(tx: Tx, target: Target) -> None:
    before = tx.execute("SELECT existing FROM target WHERE name = %s FOR UPDATE", (target.name,)).fetchone()
    if before is not None and before["existing"] != target.existing:
        # Baselines are folded on the other side now.
        tx.execute("UPDATE target_key SET top = NULL WHERE target = %s AND top IS NOT NULL", (target.name,))
    tx.execute(
        """
        INSERT INTO target (name, version, table_schema, table_name, existing, body)
        VALUES (%s, %s, %s, %s, %s, %s)
        ON CONFLICT (name) DO UPDATE SET version = excluded.version, table_schema = excluded.table_schema,
               table_name = excluded.table_name, existing = excluded.existing, body = excluded.body, updated_at = now()
        """,
        (
            target.name,
            target.version,
            target.table_schema,
            target.table,
            target.existing,
            Jsonb(target.model_dump(mode="json")),
        ),
    )


def sync(tx: Tx, sources: Collection[Source], targets: Collection[Target], *, gate_version: str) -> None:
    """Write the whole configuration in one transaction, one process at a time."""
    let_writers_end(tx, sources)
    tx.execute("LOCK TABLE gate IN SHARE ROW EXCLUSIVE MODE")
    for target in targets:
        sync_target(tx, target)
    for source in sources:
        sync_source(tx, source, gate_version=gate_version)
    notify(tx)
