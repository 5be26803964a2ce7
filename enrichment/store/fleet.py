"""Who is running: boots, heartbeats, deaths; and the keys of the producer API."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from enrichment.store.database import Tx, notify


@dataclass(frozen=True, slots=True)
class Boot:
    """One start of one worker process."""

    boot_id: str
    node: str
    role: str
    pid: int
    code_version: str


def register(tx: Tx, boot: Boot) -> None:
    tx.execute(
        "INSERT INTO worker (boot_id, node, role, pid, code_version) VALUES (%s, %s, %s, %s, %s)"
        " ON CONFLICT (boot_id) DO NOTHING",
        (boot.boot_id, boot.node, boot.role, boot.pid, boot.code_version),
    )


def declare_dead(tx: Tx, node: str, *, except_prefix: str = "") -> int:
    """All boots of a node that still count as alive are dead: the node has been started anew, or was seen to end."""
    dead = tx.execute(
        "UPDATE worker SET dead_at = now() WHERE node = %s AND dead_at IS NULL AND NOT (%s <> '' AND boot_id LIKE %s)",
        (node, except_prefix, f"{except_prefix}%"),
    ).rowcount
    if dead:
        notify(tx)
    return dead


def declare_child_dead(tx: Tx, node: str, pid: int) -> None:
    """One process of a node has ended; what it held comes back at once, not when its lease is over."""
    dead = tx.execute("UPDATE worker SET dead_at = now() WHERE node = %s AND pid = %s AND dead_at IS NULL", (node, pid))
    if dead.rowcount:
        notify(tx)


def beat(tx: Tx, boot_id: str) -> None:
    tx.execute("UPDATE worker SET heartbeat_at = now() WHERE boot_id = %s", (boot_id,))


def alive(tx: Tx, *, seconds: float) -> list[dict[str, Any]]:
    return tx.execute(
        "SELECT node, role, pid, boot_id, code_version, started_at, heartbeat_at FROM worker"
        " WHERE dead_at IS NULL AND heartbeat_at > now() - make_interval(secs => %s) ORDER BY node, started_at",
        (seconds,),
    ).fetchall()


@dataclass(frozen=True, slots=True)
class ApiKeyRow:
    id: int
    name: str
    role: str
    prefix: str
    created_at: datetime
    revoked_at: datetime | None


_KEY_COLUMNS = "id, name, role, prefix, created_at, revoked_at"


def add_key(tx: Tx, *, name: str, role: str, prefix: str, digest: bytes) -> ApiKeyRow:
    row = tx.execute(
        f"INSERT INTO api_key (name, role, prefix, hash) VALUES (%s, %s, %s, %s) RETURNING {_KEY_COLUMNS}",
        (name, role, prefix, digest),
    ).fetchone()
    assert row is not None  # noqa: S101 - INSERT ... RETURNING gives a row or raises
    return ApiKeyRow(**row)


def key_by_digest(tx: Tx, digest: bytes) -> ApiKeyRow | None:
    row = tx.execute(f"SELECT {_KEY_COLUMNS} FROM api_key WHERE hash = %s AND revoked_at IS NULL", (digest,)).fetchone()
    return None if row is None else ApiKeyRow(**row)


def keys(tx: Tx) -> list[ApiKeyRow]:
    return [ApiKeyRow(**row) for row in tx.execute(f"SELECT {_KEY_COLUMNS} FROM api_key ORDER BY id").fetchall()]


def revoke_key(tx: Tx, key_id: int) -> bool:
    return (
        tx.execute("UPDATE api_key SET revoked_at = now() WHERE id = %s AND revoked_at IS NULL", (key_id,)).rowcount
        == 1
    )


def dispatcher_heartbeat(tx: Tx) -> datetime | None:
    """When the dispatcher that has the seat last showed that it lives."""
    row = tx.execute("SELECT heartbeat_at FROM dispatcher WHERE seat = 1").fetchone()
    return None if row is None else row["heartbeat_at"]
