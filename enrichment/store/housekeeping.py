"""What is done now and then, and harms nobody when it is not: snapshots and forgetting."""

from __future__ import annotations

from enrichment.store import state_rules
from enrichment.store.database import Tx
from enrichment.store.target_table import resolve
from schemas.target import Target


def forget_dead_boots(tx: Tx) -> int:
    """Boots that ended more than a day ago are of no use to anybody."""
    return tx.execute(
        "DELETE FROM worker b WHERE coalesce(b.dead_at, b.heartbeat_at) < now() - interval '1 day'"
        " AND NOT EXISTS (SELECT 1 FROM work w WHERE w.worker = b.boot_id AND w.status = 'running')"
    ).rowcount


def drop_artifacts_of_cancelled(tx: Tx) -> int:
    """Who cancels a job ends its work and leaves what its stages handed on."""
    return tx.execute("DELETE FROM artifact a USING work w WHERE w.id = a.work_id AND w.status = 'cancelled'").rowcount


def snapshot_columns(tx: Tx, target: Target) -> None:
    """Note the trusted history of the columns that the rule `jump` watches."""
    table = resolve(tx, target)
    for field in state_rules.watched(table):
        state_rules.snapshot(tx, table, field)
