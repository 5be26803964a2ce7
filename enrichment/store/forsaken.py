"""Staged rows that nobody waits for any more, of jobs that were cancelled and records that were given up on.

They are void: what nothing moves is swept up one day, and would be written then.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from enrichment.store import items
from enrichment.store.database import Tx

#: No other job waits for the row `s`.
_ALONE: Final = f"""
    NOT EXISTS (SELECT 1 FROM item o WHERE o.staged_id = s.id AND o.job_id <> %(job)s
                AND o.state IN ('in_flight', 'held', 'review'))
    AND NOT EXISTS (SELECT 1 FROM item i WHERE i.job_id <> %(job)s AND {items.OWN})
"""


def void_of_job(tx: Tx, job_id: int) -> None:
    """Void what the open items of a job stand behind, and what it staged of their records before; before they end, as
    rows are locked before items.
    """
    items.attach_own_of_job(tx, job_id)
    tx.execute(
        f"""
        WITH mine AS (
            SELECT s.id FROM staged s
            WHERE s.id IN (SELECT m.staged_id FROM item m
                           WHERE m.job_id = %(job)s AND m.staged_id IS NOT NULL
                             AND m.state IN ('in_flight', 'held', 'review')
                           UNION {items.OUTDATED})
              AND s.state IN ('staged', 'review') AND {_ALONE}
            ORDER BY s.id FOR UPDATE OF s
        )
        UPDATE staged s SET state = 'void' FROM mine WHERE s.id = mine.id
        """,
        {"job": job_id},
    )


def void_of_records(tx: Tx, records: Mapping[str, int], *, job_id: int, source: str, target: str) -> None:
    """The same for some records (id -> observation) of a job."""
    tx.execute(
        f"""
        WITH mine AS (
            SELECT s.id FROM unnest(%(records)s::text[], %(observations)s::bigint[]) AS r(record_id, observation)
            JOIN staged s ON s.record_id = r.record_id AND s.observation = r.observation
            WHERE s.source = %(source)s AND s.target = %(target)s AND s.state = 'staged' AND s.dry_job = 0
              AND (s.job_id = %(job)s OR EXISTS (
                   SELECT 1 FROM item m WHERE m.job_id = %(job)s AND m.record_id = r.record_id AND m.staged_id = s.id))
              AND {_ALONE}
            ORDER BY s.id FOR UPDATE OF s
        )
        UPDATE staged s SET state = 'void' FROM mine WHERE s.id = mine.id
        """,
        {
            "records": list(records),
            "observations": list(records.values()),
            "job": job_id,
            "source": source,
            "target": target,
        },
    )
