"""What a stage leaves for the next one, by work and stage."""

from __future__ import annotations

from enrichment.store.database import Tx


def put(tx: Tx, work_id: int, stage: str, body: bytes) -> None:
    tx.execute(
        "INSERT INTO artifact (work_id, stage, body) VALUES (%s, %s, %s)"
        " ON CONFLICT (work_id, stage) DO UPDATE SET body = excluded.body",
        (work_id, stage, body),
    )


def get(tx: Tx, work_id: int, stage: str) -> bytes | None:
    query = "SELECT body FROM artifact WHERE work_id = %s AND stage = %s"
    row = tx.execute(query, (work_id, stage), binary=True).fetchone()
    return None if row is None else bytes(row["body"])


def drop(tx: Tx, work_id: int) -> None:
    tx.execute("DELETE FROM artifact WHERE work_id = %s", (work_id,))
