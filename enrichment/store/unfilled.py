"""Target fields that stay empty in all that a source gives."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, Final

from enrichment.store.database import Tx
from enrichment.store.plans import PREFERRED

#: Of a source and target, the plan in force of each shape.
_SERVING: Final = f"""
    serving AS (
        SELECT DISTINCT ON (shape_id) id, body FROM plan
        WHERE source = %(source)s AND target = %(target)s AND target_version = %(version)s
          AND state IN ('probation', 'released')
        ORDER BY shape_id, {PREFERRED})"""
#: Rows, the last ones, that are looked at for what none of them holds: so many of all plans together, and of each plan
#: so many at least.
_LOOKED_AT: Final = 10_000
_OF_EACH: Final = 50
#: Reasons that accuse neither a binding nor the texts that it reads.
_SAYS_NOTHING: Final = ("absent", "abstained", "condemned", "not_released")


def unfilled(
    tx: Tx, *, source: str, target: str, target_version: str, constants: Collection[str]
) -> list[dict[str, Any]]:
    """Target fields that no plan in force of a source fills, each with the `reasons` that these plans have for that:
    those of their abstentions, or that it was condemned. None where no plan is in force.

    constants: fields that the source's configuration fills
    """
    return tx.execute(
        f"""
        WITH {_SERVING},
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


def unread(tx: Tx, *, source: str, target: str, target_version: str) -> list[dict[str, Any]]:
    """Target fields that the plans in force fill in none of their last rows, although something stood there in `rows`
    of them: each with the `reasons` of these.
    """
    return tx.execute(
        f"""
        WITH {_SERVING},
        looked AS (
            SELECT a.cells, a.reasons FROM serving p CROSS JOIN LATERAL (
                SELECT cells, reasons FROM assertion
                WHERE plan_id = p.id AND target = %(target)s AND state = 'standing'
                ORDER BY id DESC LIMIT (SELECT greatest({_OF_EACH}, {_LOOKED_AT} / count(*)) FROM serving)) a),
        filled AS (SELECT DISTINCT c.key FROM looked CROSS JOIN LATERAL jsonb_each(cells) AS c WHERE c.value <> 'null')
        SELECT r.key AS field, array_agg(DISTINCT r.value ORDER BY r.value) AS reasons, count(*) AS rows
        FROM looked CROSS JOIN LATERAL jsonb_each_text(reasons) AS r
        WHERE r.value <> ALL(%(silent)s) AND r.key NOT IN (SELECT key FROM filled)
        GROUP BY r.key ORDER BY r.key
        """,
        {"source": source, "target": target, "version": target_version, "silent": list(_SAYS_NOTHING)},
    ).fetchall()
