"""Jobs: submitting, their state from the tables, pausing, cancelling."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Literal, LiteralString

from psycopg.types.json import Jsonb

from enrichment.store import forsaken
from enrichment.store.database import Tx, notify
from schemas.errors import ConflictError, NotFoundError
from schemas.states import JobState


@dataclass(frozen=True, slots=True)
class JobRow:
    id: int
    source: str
    target: str
    target_version: str
    state: str
    scope: Mapping[str, Any]
    dry_run: bool
    replay: bool
    priority: int
    batches: int
    batches_digest: str | None
    error: Mapping[str, Any] | None
    created_at: datetime
    finished_at: datetime | None


_COLUMNS = """
    id, source, target, target_version, state, scope, dry_run, replay, priority, batches, batches_digest, error,
    created_at, finished_at
"""


@dataclass(frozen=True, slots=True)
class NewJob:
    source: str
    target: str
    target_version: str
    state: str
    scope: Mapping[str, Any]
    dry_run: bool = False
    replay: bool = False
    priority: int = 0
    api_key_id: int | None = None
    idempotency_key: str | None = None
    body_digest: str | None = None


def create(tx: Tx, new: NewJob) -> tuple[JobRow, bool]:
    """Open a job; the same key and body give the job that there is already, and false.

    Raises:
        ConflictError: the same idempotency key came with another body.
    """
    row = tx.execute(
        f"""
        INSERT INTO job (source, target, target_version, state, scope, dry_run, replay, priority, api_key_id,
                         idempotency_key, body_digest)
        VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
        ON CONFLICT (api_key_id, idempotency_key) DO NOTHING RETURNING {_COLUMNS}
        """,
        (
            new.source,
            new.target,
            new.target_version,
            new.state,
            Jsonb(dict(new.scope)),
            new.dry_run,
            new.replay,
            new.priority,
            new.api_key_id,
            new.idempotency_key,
            new.body_digest,
        ),
    ).fetchone()
    if row is not None:
        return JobRow(**row), True
    found = tx.execute(
        f"SELECT {_COLUMNS}, body_digest FROM job WHERE api_key_id = %s AND idempotency_key = %s",
        (new.api_key_id, new.idempotency_key),
    ).fetchone()
    if found is None or found.pop("body_digest") != new.body_digest:
        raise ConflictError(
            f"idempotency key {new.idempotency_key!r} was used with another body",
            hint="send the same body again, or take a new key",
        )
    return JobRow(**found), False


def get(tx: Tx, job_id: int, *, lock: bool = False) -> JobRow:
    """
    Raises:
        NotFoundError: there is no such job.
    """
    row = tx.execute(f"SELECT {_COLUMNS} FROM job WHERE id = %s{' FOR UPDATE' if lock else ''}", (job_id,)).fetchone()
    if row is None:
        raise NotFoundError(f"there is no job {job_id}", hint="list them with: assay jobs")
    return JobRow(**row)


def listing(
    tx: Tx,
    *,
    after: int | None,
    limit: int,
    state: str | None = None,
    source: str | None = None,
    target: str | None = None,
) -> list[JobRow]:
    """Newest first; `after` is the id of the last one seen."""
    rows = tx.execute(
        f"""
        SELECT {_COLUMNS} FROM job WHERE (%(after)s::bigint IS NULL OR id < %(after)s)
          AND (%(state)s::text IS NULL OR state = %(state)s) AND (%(source)s::text IS NULL OR source = %(source)s)
          AND (%(target)s::text IS NULL OR target = %(target)s) ORDER BY id DESC LIMIT %(limit)s
        """,
        {"after": after, "limit": limit, "state": state, "source": source, "target": target},
    ).fetchall()
    return [JobRow(**row) for row in rows]


def held_of_source(tx: Tx, source: str, *, at_most: int) -> int:
    """How many items of open jobs of a source wait for a plan or a decision, counted up to `at_most`."""
    return _items_of_source(tx, source, at_most, items="held", jobs="'receiving', 'running', 'paused', 'blocked'")


def on_their_way_of_source(tx: Tx, source: str, *, at_most: int) -> int:
    """How many items of a source no stage has done with, counted up to `at_most`; those of paused jobs stand still."""
    return _items_of_source(tx, source, at_most, items="in_flight", jobs="'receiving', 'running', 'blocked'")


def _items_of_source(
    tx: Tx, source: str, at_most: int, *, items: Literal["held", "in_flight"], jobs: LiteralString
) -> int:
    # The states stand in the statement: of a parameter a plan for any of them cannot tell that the index of open items
    # has all that it asks for, and would read every item of a job, for each of its chunks.
    row = tx.execute(
        f"""
        SELECT count(*) AS n FROM (
            SELECT 1 FROM item i JOIN job j ON j.id = i.job_id
            WHERE j.source = %s AND j.state IN ({jobs}) AND i.state = '{items}'
            LIMIT %s) AS few
        """,
        (source, at_most),
    ).fetchone()
    return 0 if row is None else int(row["n"])


def set_error(tx: Tx, job_id: int, error: Mapping[str, Any]) -> None:
    tx.execute("UPDATE job SET error = %s WHERE id = %s AND error IS NULL", (Jsonb(dict(error)), job_id))


def _set_state(tx: Tx, job_id: int, state: JobState, *, from_states: Sequence[JobState]) -> bool:
    changed = tx.execute(
        "UPDATE job SET state = %s WHERE id = %s AND state = ANY(%s)", (state, job_id, [str(s) for s in from_states])
    ).rowcount
    notify(tx)
    return changed == 1


def pause(tx: Tx, job_id: int) -> bool:
    return _set_state(tx, job_id, JobState.PAUSED, from_states=(JobState.RUNNING, JobState.BLOCKED))


def resume(tx: Tx, job_id: int) -> bool:
    return _set_state(tx, job_id, JobState.RUNNING, from_states=(JobState.PAUSED,))


def seal(tx: Tx, job_id: int) -> bool:
    return _set_state(tx, job_id, JobState.RUNNING, from_states=(JobState.RECEIVING,))


def count_batch(tx: Tx, job_id: int, number: int, *, digest: str, chain: str) -> None:
    """The next batch is in; `chain`: of all that are in then. The job's row is locked."""
    tx.execute("INSERT INTO job_batch (job_id, number, digest) VALUES (%s, %s, %s)", (job_id, number, digest))
    tx.execute("UPDATE job SET batches = %s, batches_digest = %s WHERE id = %s", (number, chain, job_id))


def batch_digest(tx: Tx, job_id: int, number: int) -> str | None:
    """Of a batch that is in; null where it came before this was noted."""
    row = tx.execute("SELECT digest FROM job_batch WHERE job_id = %s AND number = %s", (job_id, number)).fetchone()
    return None if row is None else str(row["digest"])


def cancel(tx: Tx, job_id: int) -> bool:
    """End a job: its open work is taken away from whoever has it, its open items count as cancelled.

    What it staged and no other job waits for is void, so that nothing of it is written later.
    """
    job = get(tx, job_id, lock=True)
    if job.state in {JobState.CANCELLED, JobState.DONE, JobState.PARTIAL, JobState.FAILED}:
        return False
    tx.execute(
        "UPDATE work SET status = 'cancelled', worker = NULL, lease_until = NULL, updated_at = now()"
        " WHERE job_id = %s AND kind = 'chunk' AND status IN ('ready', 'published', 'running', 'waiting')",
        (job_id,),
    )
    forsaken.void_of_job(tx, job_id)
    tx.execute(
        "UPDATE item SET state = 'cancelled' WHERE job_id = %s AND state IN ('in_flight', 'held', 'review')", (job_id,)
    )
    tx.execute("UPDATE job SET state = 'cancelled', finished_at = now() WHERE id = %s", (job_id,))
    notify(tx)
    return True


def usage(tx: Tx, job_id: int) -> dict[str, Any]:
    """Calls, tokens and cost that were spent for a job, failures included. Cost is null where no price is known."""
    rows = tx.execute(
        """
        SELECT purpose, count(*) FILTER (WHERE state IN ('sent', 'settled', 'presumed')) AS calls,
               coalesce(sum(input_tokens) FILTER (WHERE state IN ('settled', 'presumed')), 0) AS input,
               coalesce(sum(output_tokens) FILTER (WHERE state IN ('settled', 'presumed')), 0) AS output,
               sum(cost) FILTER (WHERE state IN ('settled', 'presumed')) AS cost
        FROM model_call WHERE job_id = %s GROUP BY purpose
        """,
        (job_id,),
    ).fetchall()
    by_purpose = {row["purpose"]: row for row in rows}
    costs: list[Decimal] = [row["cost"] for row in rows if row["cost"] is not None]
    return {
        "calls": {
            purpose: int(by_purpose[purpose]["calls"]) if purpose in by_purpose else 0
            for purpose in ("planning", "audit")
        },
        "tokens": {
            "input": int(sum(row["input"] for row in rows)),
            "output": int(sum(row["output"] for row in rows)),
        },
        "cost": str(sum(costs)) if costs else None,
    }
