"""What each role of the deployment may do in the database."""

from __future__ import annotations

from collections.abc import Iterable

from psycopg import sql

from enrichment.store.database import Tx
from schemas.tables import SCHEMA
from schemas.target import Target

ROLES = (
    "assay_fetch",
    "assay_model",
    "assay_gate",
    "assay_upsert",
    "assay_refold",
    "assay_control",
    "assay_api",
    "assay_isolated",
)


def issue(tx: Tx, targets: Iterable[Target]) -> tuple[str, ...]:
    """Grant each role that exists what it needs, and give the names of those that do not exist."""
    known = {row["rolname"] for row in tx.execute("SELECT rolname FROM pg_roles").fetchall()}
    for role in known.intersection(ROLES):
        name = sql.Identifier(role)
        tx.execute(sql.SQL("GRANT USAGE ON SCHEMA {} TO {}").format(sql.Identifier(SCHEMA), name))
        tx.execute(sql.SQL("GRANT ALL ON ALL TABLES IN SCHEMA {} TO {}").format(sql.Identifier(SCHEMA), name))
        for target in targets:
            table = sql.Identifier(target.table_schema or "public", target.table)
            tx.execute(sql.SQL("GRANT SELECT, INSERT, UPDATE, DELETE ON {} TO {}").format(table, name))
    return tuple(role for role in ROLES if role not in known)
