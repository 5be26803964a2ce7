"""How dead letters end, or begin anew, and what that makes of the records of their jobs."""

from __future__ import annotations

from collections.abc import Sequence

from enrichment.store.database import Tx


def resolve_replayed(tx: Tx, job_id: int, record_ids: Sequence[str], *, item_state: str) -> list[int]:
    """Records of a replay job came through: their letters are resolved, and the job that lost them counts them again.

    Gives the jobs whose state is to be computed anew.
    """
    rows = tx.execute(
        """
        UPDATE dead_letter SET state = 'resolved', updated_at = now()
        WHERE replay_job_id = %s AND record_id = ANY(%s) AND state = 'replaying' RETURNING job_id, record_id
        """,
        (job_id, list(record_ids)),
    ).fetchall()
    if not rows:
        return []
    tx.execute(
        """
        UPDATE item t SET state = %(state)s, code = NULL
        FROM unnest(%(jobs)s::bigint[], %(ids)s::text[]) AS i(job_id, record_id)
        WHERE t.job_id = i.job_id AND t.record_id = i.record_id AND t.state = 'dead'
        """,
        {"state": item_state, "jobs": [r["job_id"] for r in rows], "ids": [r["record_id"] for r in rows]},
    )
    earlier = tx.execute(
        """
        UPDATE item t SET state = %(state)s, code = NULL FROM job j, job this
        WHERE this.id = %(job)s AND j.id = t.job_id AND j.replay AND j.id <> this.id AND j.source = this.source
          AND j.target = this.target AND t.record_id = ANY(%(ids)s) AND t.state = 'dead' RETURNING t.job_id
        """,
        {"state": item_state, "job": job_id, "ids": [row["record_id"] for row in rows]},
    ).fetchall()
    return sorted({row["job_id"] for row in (*rows, *earlier)})


def discard(tx: Tx, ids: Sequence[int], *, note: str) -> list[int]:
    """Give letters up for good, with a reason. Gives the jobs concerned."""
    rows = tx.execute(
        "UPDATE dead_letter SET state = 'discarded', note = %s, updated_at = now()"
        " WHERE id = ANY(%s) AND state IN ('open', 'permanent') RETURNING job_id, record_id",
        (note, list(ids)),
    ).fetchall()
    tx.execute(
        """
        UPDATE item t SET state = 'discarded' FROM unnest(%s::bigint[], %s::text[]) AS i(job_id, record_id)
        WHERE t.job_id = i.job_id AND t.record_id = i.record_id AND t.state = 'dead'
        """,
        ([r["job_id"] for r in rows], [r["record_id"] for r in rows]),
    )
    return sorted({row["job_id"] for row in rows})


def reopen(tx: Tx, letter_id: int, *, note: str) -> list[int]:
    """A person gives a permanent or discarded letter another chance; its job counts the record as dead again, and so do
    replays that met it and counted it as its letter stood. Gives the jobs concerned; none where it is neither.
    """
    row = tx.execute(
        "UPDATE dead_letter SET state = 'open', failed_replays = 0, note = %s, updated_at = now()"
        " WHERE id = %s AND state IN ('permanent', 'discarded') RETURNING job_id, source, target, record_id, code",
        (note, letter_id),
    ).fetchone()
    if row is None:
        return []
    tx.execute(
        "UPDATE item SET state = 'dead' WHERE job_id = %s AND record_id = %s AND state = 'discarded'",
        (row["job_id"], row["record_id"]),
    )
    met = tx.execute(
        """
        UPDATE item t SET state = 'dead' FROM job j
        WHERE j.id = t.job_id AND j.replay AND j.id <> %(job_id)s AND j.source = %(source)s AND j.target = %(target)s
          AND t.record_id = %(record_id)s AND t.state = 'discarded' AND t.code = %(code)s
          -- where the replay has a letter of its own, that one says how the record stands
          AND NOT EXISTS (SELECT 1 FROM dead_letter d WHERE d.job_id = t.job_id AND d.record_id = t.record_id)
        RETURNING t.job_id
        """,
        row,
    ).fetchall()
    return sorted({row["job_id"], *(one["job_id"] for one in met)})
