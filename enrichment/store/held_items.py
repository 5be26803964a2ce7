"""Items that wait for a plan of their shape."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from enrichment.store.database import Tx


@dataclass(frozen=True, slots=True)
class HeldGroup:
    """Records of one job that waited for a plan of one shape."""

    job_id: int
    members: tuple[tuple[str, int, int, int], ...]  # record id, observation, payload id, ordinal


def release(tx: Tx, *, source: str, target: str, shape_id: int, limit: int) -> list[HeldGroup]:
    """Take at most `limit` of the records that waited for a plan of this shape back into flight."""
    rows = tx.execute(
        """
        WITH waiting AS (
            SELECT i.job_id, i.record_id FROM item i JOIN job j ON j.id = i.job_id
            WHERE j.source = %(source)s AND j.target = %(target)s AND i.shape_id = %(shape)s
              AND i.state = 'held' AND i.staged_id IS NULL
            LIMIT %(limit)s FOR UPDATE OF i
        )
        -- They are locked, so their keys say it all: of more the planner would take an index over all that is held.
        UPDATE item i SET state = 'in_flight' FROM waiting w WHERE i.job_id = w.job_id AND i.record_id = w.record_id
        RETURNING i.job_id, i.record_id, i.observation, i.payload_id, i.ordinal
        """,
        {"source": source, "target": target, "shape": shape_id, "limit": limit},
    ).fetchall()
    return _by_job(rows)


def _by_job(rows: Iterable[Mapping[str, Any]]) -> list[HeldGroup]:
    groups: dict[int, list[tuple[str, int, int, int]]] = {}
    for row in sorted(rows, key=lambda r: (r["job_id"], r["payload_id"], r["ordinal"])):
        groups.setdefault(row["job_id"], []).append(
            (row["record_id"], row["observation"], row["payload_id"], row["ordinal"])
        )
    return [HeldGroup(job_id=job, members=tuple(found)) for job, found in groups.items()]


def lose(tx: Tx, job_ids: Sequence[int], *, shape_id: int, code: str) -> list[HeldGroup]:
    """Records of these jobs that wait for a plan of this shape, but of which no payload is stored: no plan could read
    them, and they end as dead. Gives them by job.
    """
    rows = tx.execute(
        """
        UPDATE item i SET state = 'dead', code = %(code)s
        WHERE i.job_id = ANY(%(jobs)s) AND i.shape_id = %(shape)s AND i.state = 'held' AND i.staged_id IS NULL
          AND NOT EXISTS (SELECT 1 FROM payload p WHERE p.id = i.payload_id)
        RETURNING i.job_id, i.record_id, i.observation, i.payload_id, i.ordinal
        """,
        {"jobs": list(job_ids), "shape": shape_id, "code": code},
    ).fetchall()
    return _by_job(rows)


def count(tx: Tx, *, source: str, shape_id: int, at_most: int) -> int:
    """How many items wait for a plan of this shape, counted up to `at_most`."""
    row = tx.execute(
        """
        SELECT count(*) AS n FROM (
            SELECT 1 FROM item i JOIN job j ON j.id = i.job_id
            WHERE i.shape_id = %s AND i.state = 'held' AND i.staged_id IS NULL AND j.source = %s LIMIT %s) AS few
        """,
        (shape_id, source, at_most),
    ).fetchone()
    return 0 if row is None else int(row["n"])
