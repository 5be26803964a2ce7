"""Which records a job is limited to, by their ids, and which of them have come."""

from __future__ import annotations

from collections.abc import Sequence

from enrichment.store.database import Tx


def add(tx: Tx, job_id: int, record_ids: Sequence[str]) -> None:
    """Limit the job to these record ids, in this order; repeated ones count once."""
    tx.execute(
        "INSERT INTO job_scope (job_id, ordinal, record_id)"
        " SELECT %s, i.place, i.id FROM unnest(%s::text[]) WITH ORDINALITY AS i(id, place)",
        (job_id, list(dict.fromkeys(record_ids))),
    )


def part(tx: Tx, job_id: int, *, after: int, limit: int) -> list[str]:
    rows = tx.execute(
        "SELECT record_id FROM job_scope WHERE job_id = %s AND ordinal > %s ORDER BY ordinal LIMIT %s",
        (job_id, after, limit),
    ).fetchall()
    return [row["record_id"] for row in rows]


def named(tx: Tx, job_id: int, record_ids: Sequence[str]) -> set[str]:
    rows = tx.execute(
        "SELECT record_id FROM job_scope WHERE job_id = %s AND record_id = ANY(%s)", (job_id, list(record_ids))
    ).fetchall()
    return {row["record_id"] for row in rows}


def counted(tx: Tx, job_id: int, record_ids: Sequence[str]) -> set[str]:
    """Those of these records that the job has accepted, whatever became of them."""
    rows = tx.execute(
        "SELECT record_id FROM item WHERE job_id = %s AND record_id = ANY(%s)", (job_id, list(record_ids))
    ).fetchall()
    return {row["record_id"] for row in rows}
