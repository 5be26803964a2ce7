"""What accepting a job asks of the tables: who asked the same before, how much waits, which records are meant."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from psycopg import sql

from enrichment.members import Member
from enrichment.store import jobs
from enrichment.store.database import Tx
from enrichment.store.jobs import JobRow
from enrichment.store.target_table import TargetTable


def by_idempotency_key(tx: Tx, *, api_key_id: int, key: str) -> tuple[JobRow, str | None] | None:
    """The job that this key opened, and the digest of its body."""
    row = tx.execute(
        "SELECT id, body_digest FROM job WHERE api_key_id = %s AND idempotency_key = %s", (api_key_id, key)
    ).fetchone()
    return None if row is None else (jobs.get(tx, row["id"]), row["body_digest"])


def chunks_ahead(tx: Tx, *, at_most: int) -> int:
    """Chunks that wait or are on their way to a worker, counted up to `at_most`.

    Those of paused jobs are not counted: nobody else has to wait for a person who comes back to them.
    """
    row = tx.execute(
        """
        SELECT count(*) AS n FROM (
            SELECT 1 FROM work w WHERE w.kind = 'chunk' AND w.status IN ('ready', 'published')
            AND NOT EXISTS (SELECT 1 FROM job j WHERE j.id = w.job_id AND j.state = 'paused') LIMIT %s) AS few
        """,
        (at_most,),
    ).fetchone()
    return 0 if row is None else int(row["n"])


def scope_to_missing(tx: Tx, table: TargetTable, job_id: int, *, source: str, field: str) -> int:
    """Limit a job to the records of its source that stand behind rows where `field` is null. Gives their number."""
    return tx.execute(
        sql.SQL(
            """
            INSERT INTO job_scope (job_id, ordinal, record_id)
            SELECT %(job)s, row_number() OVER (ORDER BY m.record_id COLLATE "C"), m.record_id FROM (
                SELECT DISTINCT a.record_id FROM assertion a JOIN {table} t ON {matches}
                WHERE a.target = %(target)s AND a.source = %(source)s AND a.state = 'standing' AND {column} IS NULL
            ) AS m
            """
        ).format(table=table.name, matches=table.matches_key("t", "a.key"), column=sql.Identifier("t", field)),
        {"job": job_id, "target": table.target.name, "source": source},
    ).rowcount


def stored_in_scope(
    tx: Tx, job_id: int, source: str, *, after: int, limit: int
) -> tuple[list[Member], list[str], int | None]:
    """One slice of a job's scope: records whose payload is stored, ids that are unknown, and where to go on."""
    rows = tx.execute(
        """
        SELECT s.ordinal AS place, s.record_id, r.observation, r.payload_id, r.ordinal, p.id IS NOT NULL AS stored
        FROM job_scope s LEFT JOIN record r ON r.source = %s AND r.record_id = s.record_id
        LEFT JOIN payload p ON p.id = r.payload_id
        WHERE s.job_id = %s AND s.ordinal > %s ORDER BY s.ordinal LIMIT %s
        """,
        (source, job_id, after, limit),
    ).fetchall()
    members = [
        Member(row["record_id"], row["observation"], row["payload_id"], row["ordinal"]) for row in rows if row["stored"]
    ]
    unknown = [row["record_id"] for row in rows if not row["stored"]]
    return members, unknown, rows[-1]["place"] if len(rows) == limit else None


def accept_stored(tx: Tx, job_id: int, members: Sequence[Member]) -> None:
    """Count records whose payload is stored already as accepted by the job."""
    tx.execute(
        """
        INSERT INTO item (job_id, record_id, observation, payload_id, ordinal, state)
        SELECT %(job)s, i.id, i.observation, i.payload, i.ordinal, 'in_flight'
        FROM unnest(%(ids)s::text[], %(observations)s::int[], %(payloads)s::bigint[], %(ordinals)s::int[])
             AS i(id, observation, payload, ordinal)
        ON CONFLICT (job_id, record_id) DO NOTHING
        """,
        {
            "job": job_id,
            "ids": [m.record_id for m in members],
            "observations": [m.observation for m in members],
            "payloads": [m.payload_id for m in members],
            "ordinals": [m.ordinal for m in members],
        },
    )


def counts_of(tx: Tx, job_ids: Sequence[int]) -> dict[int, dict[str, int]]:
    """Job id -> item state -> number of records; each job from one snapshot, so that its sum is what it accepted."""
    found: dict[int, dict[str, int]] = {job_id: {} for job_id in job_ids}
    for row in tx.execute(
        "SELECT job_id, state, count(*) AS n FROM item WHERE job_id = ANY(%s) GROUP BY job_id, state", (list(job_ids),)
    ).fetchall():
        found[row["job_id"]][row["state"]] = int(row["n"])
    return found


def usage_of(tx: Tx, job_ids: Sequence[int]) -> dict[int, list[dict[str, Any]]]:
    """Job id -> what was spent per purpose: calls, input, output and cost (null where no price is known)."""
    found: dict[int, list[dict[str, Any]]] = {job_id: [] for job_id in job_ids}
    for row in tx.execute(
        """
        SELECT job_id, purpose, count(*) FILTER (WHERE state IN ('sent', 'settled', 'presumed')) AS calls,
               coalesce(sum(input_tokens) FILTER (WHERE state IN ('settled', 'presumed')), 0) AS input,
               coalesce(sum(output_tokens) FILTER (WHERE state IN ('settled', 'presumed')), 0) AS output,
               sum(cost) FILTER (WHERE state IN ('settled', 'presumed')) AS cost
        FROM model_call WHERE job_id = ANY(%s) GROUP BY job_id, purpose
        """,
        (list(job_ids),),
    ).fetchall():
        found[row.pop("job_id")].append(row)
    return found


def return_replaying(tx: Tx, job_id: int) -> int:
    """A replay was cancelled: its letters are open again, and the attempt does not count against them."""
    return tx.execute(
        "UPDATE dead_letter SET state = 'open', updated_at = now() WHERE replay_job_id = %s AND state = 'replaying'",
        (job_id,),
    ).rowcount
