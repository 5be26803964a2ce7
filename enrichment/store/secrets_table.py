"""Keys that the fleet shares through the database and shows to nobody."""

from __future__ import annotations

from enrichment.store.database import Tx
from schemas.errors import ConfigurationError

_AUDIT_KEY = "audit"


def keep_audit_key(tx: Tx, key: bytes, *, replace: bool) -> None:
    """Keep the key of the audit's sampling; an existing one stays unless it is configured."""
    action = "UPDATE SET value = excluded.value" if replace else "NOTHING"
    tx.execute(f"INSERT INTO secret (name, value) VALUES (%s, %s) ON CONFLICT (name) DO {action}", (_AUDIT_KEY, key))


def audit_key(tx: Tx) -> bytes:
    """
    Raises:
        ConfigurationError: the database was not prepared.
    """
    row = tx.execute("SELECT value FROM secret WHERE name = %s", (_AUDIT_KEY,)).fetchone()
    if row is None:
        raise ConfigurationError("the database holds no key for sampling", hint="run: assay migrate")
    return bytes(row["value"])
