"""What a person's decisions read and note."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from psycopg.types.json import Jsonb

from enrichment.store import items, staging
from enrichment.store.database import Tx


def note(tx: Tx, plan_id: int, *, act: str, fields: Sequence[str], by: str, reason: str) -> None:
    """Keep with the plan who decided what, and why."""
    entry = {"act": act, "fields": list(fields), "by": by, "reason": reason, "at": datetime.now(UTC).isoformat()}
    tx.execute(
        "UPDATE plan SET evidence = jsonb_set(evidence, '{decisions}',"
        " coalesce(evidence -> 'decisions', '[]'::jsonb) || %s::jsonb) WHERE id = %s",
        (Jsonb([entry]), plan_id),
    )


def support(tx: Tx, staged_ids: Sequence[int], *, plan_id: int, by: str) -> None:
    """A person vouches for every cell of staged rows; the counts of their plan do not change.

    A row that an auditor has looked at is a person's from then on: only that lets a risky cell go, and no auditor that
    begins anew is asked about it again.
    """
    tx.execute(
        """
        INSERT INTO sample (plan_id, staged_id, state, purpose, drawn_order, verdicts, auditor, judged_at)
        SELECT %(plan)s, s.id, 'judged', 'person', ''::bytea,
               (SELECT coalesce(jsonb_object_agg(k, 'supported'), '{}'::jsonb) FROM jsonb_object_keys(s.cells) AS k),
               %(by)s, now()
        FROM staged s WHERE s.id = ANY(%(staged)s) ORDER BY s.id
        ON CONFLICT (plan_id, staged_id) DO UPDATE
        SET state = 'judged', purpose = 'person', verdicts = excluded.verdicts, auditor = excluded.auditor,
            judged_at = now()
        """,
        {"plan": plan_id, "staged": list(staged_ids), "by": by},
    )


def stage_again(tx: Tx, staged_ids: Sequence[int]) -> list[int]:
    """Rows that were in review wait to be merged; their items are held until they are. Gives the jobs concerned."""
    ids = list(staged_ids)
    tx.execute("UPDATE staged SET state = 'staged' WHERE id = ANY(%s) AND state = 'review'", (ids,))
    rows = tx.execute(
        "UPDATE item SET state = 'held', code = NULL WHERE staged_id = ANY(%s) AND state = 'review' RETURNING job_id",
        (ids,),
    ).fetchall()
    return sorted({row["job_id"] for row in rows})


def refuse_rows(tx: Tx, staged_ids: Sequence[int], *, code: str) -> list[int]:
    """Rows that were in review are not written; their items are discarded. Gives the jobs concerned."""
    ids = list(staged_ids)
    tx.execute("UPDATE staged SET state = 'void' WHERE id = ANY(%s) AND state = 'review'", (ids,))
    rows = tx.execute(
        "UPDATE item SET state = 'discarded', code = %s WHERE staged_id = ANY(%s) AND state = 'review'"
        " RETURNING job_id",
        (code, ids),
    ).fetchall()
    return sorted({row["job_id"] for row in rows})


def give_up_staged(tx: Tx, plan_id: int, *, code: str) -> list[int]:
    """Rows of a plan that wait to be judged or merged are not written. Gives the jobs concerned."""
    staging.lock_waiting(tx, plan_id)
    items.attach_own(tx, plan_id)
    tx.execute("UPDATE staged SET state = 'void' WHERE plan_id = %s AND state = 'staged'", (plan_id,))
    rows = tx.execute(
        "UPDATE item i SET state = 'discarded', code = %s FROM staged s WHERE s.plan_id = %s AND s.state = 'void'"
        " AND i.staged_id = s.id AND i.state IN ('in_flight', 'held') RETURNING i.job_id",
        (code, plan_id),
    ).fetchall()
    return sorted({row["job_id"] for row in rows})


def give_up_held(tx: Tx, *, source: str, target: str, shape_id: int, code: str) -> list[int]:
    """Records that wait for a plan of a shape are discarded. Gives the jobs concerned."""
    rows = tx.execute(
        """
        UPDATE item i SET state = 'discarded', code = %s FROM job j
        WHERE i.job_id = j.id AND j.source = %s AND j.target = %s AND i.shape_id = %s AND i.state = 'held'
          AND i.staged_id IS NULL RETURNING i.job_id
        """,
        (code, source, target, shape_id),
    ).fetchall()
    return sorted({row["job_id"] for row in rows})
