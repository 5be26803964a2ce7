"""Target fields that stay empty in all that a source gives."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from enrichment.store.database import Tx
from enrichment.store.plans import PREFERRED


def unfilled(
    tx: Tx, *, source: str, target: str, target_version: str, constants: Collection[str]
) -> list[dict[str, Any]]:
    """Target fields that no plan in force of a source fills, each with the `reasons` that these plans have for that:
    those of their abstentions, or that it was condemned. None where no plan is in force.

    constants: fields that the source's configuration fills
    """
    return tx.execute(
        f"""
        WITH serving AS (
            SELECT DISTINCT ON (shape_id) id, body FROM plan
            WHERE source = %(source)s AND target = %(target)s AND target_version = %(version)s
              AND state IN ('probation', 'released')
            ORDER BY shape_id, {PREFERRED}),
        own AS (SELECT f.name, f.state FROM plan_field f JOIN serving p ON p.id = f.plan_id),
        left_out AS (
            SELECT a ->> 'target' AS name, a ->> 'reason' AS reason
            FROM serving p CROSS JOIN LATERAL jsonb_array_elements(p.body -> 'abstained') AS a
            UNION ALL SELECT name, state FROM own WHERE state = 'condemned')
        SELECT name AS field, array_agg(DISTINCT reason ORDER BY reason) AS reasons FROM left_out
        WHERE name NOT IN (SELECT name FROM own WHERE state <> 'condemned') AND NOT name = ANY(%(constants)s)
        GROUP BY name ORDER BY name
        """,
        {"source": source, "target": target, "version": target_version, "constants": list(constants)},
    ).fetchall()
