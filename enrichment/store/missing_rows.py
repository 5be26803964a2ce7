"""Rows of a target that stand in the ledger and that somebody has deleted: looked for where a job writes nothing anew.

Records that a job finds to be unchanged touch no key, so that no merge would write their rows again. The job is not
over before it has been seen that those are there.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

import psycopg
from psycopg import sql

from enrichment.store import work
from enrichment.store.database import Tx, made
from enrichment.store.jobs import JobRow
from enrichment.store.target_table import TargetTable
from enrichment.store.work import NewWork

#: To look at 2,000 records takes some 10 ms, to be given the next turn many times as long.
_SLICES: Final = 50


@dataclass(frozen=True, slots=True)
class Missing:
    """Keys without a row, and the record id that the next part begins behind; null at the end."""

    keys: tuple[str, ...]
    last: str | None


class Behind(NamedTuple):
    """A record that a job counts as unchanged, and what stands of it under a key."""

    key: str
    record_id: str
    observation: int
    payload_id: int | None
    ordinal: int | None
    plan_id: int
    shape_id: int


def dedup(job_id: int) -> str:
    return f"missing:{job_id}"


def file_look(tx: Tx, job: JobRow) -> bool:
    """File the work that writes the rows of a job's unchanged records again where they are gone; False if it has been.

    The job's row is locked.
    """
    if tx.execute("SELECT FROM work WHERE job_id = %s AND dedup = %s", (job.id, dedup(job.id))).rowcount:
        return False
    new = NewWork(
        kind="refold",
        stage="refold",
        job_id=job.id,
        source=job.source,
        target=job.target,
        priority=job.priority,
        dedup=dedup(job.id),
        args={"unchanged": job.id, "after": ""},
    )
    return work.file(tx, new) is not None


def of_job(tx: Tx, table: TargetTable, job_id: int, *, source: str, after: str, limit: int) -> Missing:
    """Among the next records that a job counts as unchanged, in the order of their ids: of the first `limit` in which
    one has no row, or of none in the first `_SLICES` times as many.
    """
    found = Missing((), after)
    for _ in range(_SLICES):
        if found.keys or found.last is None:
            break
        found = _slice(tx, table, job_id, source=source, after=found.last, limit=limit)
    return found


def _slice(tx: Tx, table: TargetTable, job_id: int, *, source: str, after: str, limit: int) -> Missing:
    params = {"job": job_id, "source": source, "target": table.target.name, "after": after, "limit": limit}
    rows = tx.execute(
        """
        SELECT few.record_id, a.key
        FROM (SELECT record_id, observation FROM item WHERE job_id = %(job)s AND record_id > %(after)s
              AND state = 'unchanged' ORDER BY record_id LIMIT %(limit)s) AS few
        LEFT JOIN assertion a ON a.target = %(target)s AND a.source = %(source)s AND a.record_id = few.record_id
              AND a.observation = few.observation AND a.state = 'standing'
        ORDER BY few.record_id
        """,
        params,
    ).fetchall()
    keys = sorted({row["key"] for row in rows if row["key"] is not None})
    return Missing(_without_row(tx, table, keys), rows[-1]["record_id"] if len(rows) >= limit else None)


def _without_row(tx: Tx, table: TargetTable, keys: list[str]) -> tuple[str, ...]:
    """Those of these keys that have no row; all where one of them is none that the table could hold by now."""
    try:
        with tx.transaction():
            rows = tx.execute(
                sql.SQL(
                    "SELECT k.key FROM unnest(%s::text[]) AS k(key)"
                    " WHERE NOT EXISTS (SELECT FROM {table} t WHERE {matches})"
                ).format(table=table.name, matches=table.matches_key("t", "k.key")),
                (keys,),
            ).fetchall()
    except psycopg.DataError:
        return tuple(keys)
    return tuple(row["key"] for row in rows)


def behind(tx: Tx, target: str, job_id: int, *, source: str, keys: Sequence[str]) -> list[Behind]:
    """The records of these keys that a job counts as unchanged."""
    return made(
        tx,
        Behind,
        """
        SELECT DISTINCT ON (i.record_id)
               a.key, i.record_id, i.observation, a.payload_id, a.ordinal, a.plan_id, p.shape_id
        FROM assertion a JOIN plan p ON p.id = a.plan_id
        JOIN item i ON i.job_id = %(job)s AND i.record_id = a.record_id AND i.observation = a.observation
             AND i.state = 'unchanged'
        WHERE a.target = %(target)s AND a.source = %(source)s AND a.key = ANY(%(keys)s) AND a.state = 'standing'
        ORDER BY i.record_id, a.plan_id DESC, a.gate_id DESC
        """,
        {"job": job_id, "target": target, "source": source, "keys": list(keys)},
    )


def asserted(tx: Tx, target: str, key: str) -> dict[str, Any]:
    """All that stands of a key: each cell of each entry, under a name of its own."""
    rows = tx.execute(
        "SELECT id, cells FROM assertion WHERE target = %s AND key = %s AND state = 'standing'", (target, key)
    ).fetchall()
    return {f"{row['id']} {name}": value for row in rows for name, value in row["cells"].items()}
