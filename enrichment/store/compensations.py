"""Events of un-writing: what a refold is about to change in rows that others may have read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from psycopg import sql

from enrichment.store import advisory, ledger
from enrichment.store.advisory import Lock
from enrichment.store.database import Tx
from enrichment.store.target_table import TargetTable


@dataclass(frozen=True, slots=True)
class Cause:
    """Why rows change; `reason` is a code."""

    reason: str
    plan_id: int | None = None
    job_id: int | None = None
    work_id: int | None = None


def note(tx: Tx, table: TargetTable, keys: Sequence[str], cause: Cause) -> int:
    """Note how the rows of these keys differ from their fold, before a refold makes them equal. Keys are locked.

    Gives the number of events. Whoever has noted any waits for nothing that another writer of events may hold: keys
    are locked before, items are changed after.
    """
    advisory.hold(tx, Lock.COMPENSATIONS)
    return tx.execute(
        sql.SQL(
            """
            WITH live AS ({live}),
            folded AS (
                SELECT a.key, {merged} AS cells
                FROM live a LEFT JOIN source s ON s.name = a.source GROUP BY a.key
            ),
            seen AS (
                SELECT k.key, t.{present} IS NOT NULL AS is_there, f.key IS NOT NULL AS is_founded,
                       k.folded IS NOT NULL AS is_ours, {now} AS now, {will} AS will
                FROM target_key k
                LEFT JOIN {table} t ON {matches}
                LEFT JOIN folded f ON f.key = k.key
                CROSS JOIN LATERAL (
                    SELECT {filled} FROM jsonb_populate_record(NULL::{table}, coalesce(f.cells, '{{}}'::jsonb)) AS p
                ) AS r
                WHERE k.target = %(target)s AND k.key = ANY(%(keys)s)
            ),
            changes AS (
                SELECT s.key, 'updated' AS change, c.before, c.after
                FROM seen s CROSS JOIN LATERAL (
                    SELECT jsonb_object_agg(n.field, n.value) AS before, jsonb_object_agg(n.field, s.will -> n.field)
                           AS after
                    FROM jsonb_each(s.now) AS n(field, value) WHERE n.value IS DISTINCT FROM (s.will -> n.field)
                ) AS c
                WHERE s.is_there AND s.is_founded AND c.before IS NOT NULL
                UNION ALL
                SELECT key, 'deleted', now, NULL FROM seen WHERE is_there AND NOT is_founded AND is_ours
                UNION ALL
                SELECT key, 'inserted', NULL, will FROM seen WHERE NOT is_there AND is_founded
            )
            INSERT INTO compensation (target, key, change, before, after, reason, plan_id, job_id, work_id)
            SELECT %(target)s, key, change, before, after, %(reason)s, %(plan)s, %(job)s, %(work)s
            FROM changes ORDER BY key COLLATE "C"
            """
        ).format(
            live=sql.SQL(ledger.LIVE),
            merged=ledger.merged(table, "a.cells"),
            table=table.name,
            present=sql.Identifier(table.target.identity[0].name),
            matches=table.matches_key("t", "k.key"),
            now=table.cells_of("t"),
            will=table.cells_of("r"),
            filled=table.filled("p"),
        ),
        {
            "target": table.target.name,
            "keys": sorted(set(keys)),
            "reason": cause.reason,
            "plan": cause.plan_id,
            "job": cause.job_id,
            "work": cause.work_id,
        },
    ).rowcount


def listing(tx: Tx, *, after: int | None, limit: int, target: str | None = None) -> list[dict[str, Any]]:
    """In the order in which they were committed; `after` is the last id that the reader has seen."""
    return tx.execute(
        """
        SELECT id, target, key, change, before, after, reason, plan_id AS plan, job_id AS job, created_at
        FROM compensation WHERE id > %(after)s AND (%(target)s::text IS NULL OR target = %(target)s)
        ORDER BY id LIMIT %(limit)s
        """,
        {"after": after or 0, "limit": limit, "target": target},
    ).fetchall()
