"""Staged rows of records that were given up on: nobody waits for them, and nobody is to write them."""

from __future__ import annotations

from collections.abc import Mapping

from enrichment.store import items
from enrichment.store.database import Tx


def void(tx: Tx, records: Mapping[str, int], *, job_id: int, source: str, target: str) -> None:
    """Void what is staged for these records (id -> observation) of a job, unless another job waits for it.

    Before the items of the records come to their end, since rows are locked before the items behind them.
    """
    tx.execute(
        f"""
        WITH mine AS (
            SELECT s.id FROM unnest(%(records)s::text[], %(observations)s::bigint[]) AS r(record_id, observation)
            JOIN staged s ON s.record_id = r.record_id AND s.observation = r.observation
            WHERE s.source = %(source)s AND s.target = %(target)s AND s.state = 'staged' AND s.dry_job = 0
              AND (s.job_id = %(job)s OR EXISTS (
                   SELECT 1 FROM item m WHERE m.job_id = %(job)s AND m.record_id = r.record_id AND m.staged_id = s.id))
              AND NOT EXISTS (
                   SELECT 1 FROM item o WHERE o.staged_id = s.id AND o.state IN ('in_flight', 'held', 'review')
                     AND NOT (o.job_id = %(job)s AND o.record_id = r.record_id))
              AND NOT EXISTS (SELECT 1 FROM item i WHERE i.job_id <> %(job)s AND {items.OWN})
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
