"""Counts of the audit over plans, for its report."""

from __future__ import annotations

from enrichment.audit.report import FieldCounts
from enrichment.store.database import Tx


def of_fields(tx: Tx) -> list[FieldCounts]:
    """Per target, source and field; condemned fields are left out, for what they asserted was withdrawn."""
    rows = tx.execute(
        """
        SELECT p.target, p.source, f.name, bool_or(f.state = 'released') AS released, sum(f.audited)::bigint AS audited,
               sum(f.defects)::bigint AS defects, sum(f.unconfirmed)::bigint AS unconfirmed,
               sum(f.unsure)::bigint AS unsure, sum(f.misses)::bigint AS misses
        FROM plan_field f JOIN plan p ON p.id = f.plan_id
        WHERE p.state IN ('probation', 'released', 'superseded') AND f.state <> 'condemned'
        GROUP BY p.target, p.source, f.name ORDER BY p.target, p.source, f.name
        """
    ).fetchall()
    return [FieldCounts(**row) for row in rows]


def standing_rows(tx: Tx) -> dict[tuple[str, str], int]:
    """(target, source) -> assertions that stand."""
    rows = tx.execute(
        "SELECT target, source, count(*) AS n FROM assertion WHERE state = 'standing' AND source <> 'baseline'"
        " GROUP BY target, source"
    ).fetchall()
    return {(row["target"], row["source"]): int(row["n"]) for row in rows}
