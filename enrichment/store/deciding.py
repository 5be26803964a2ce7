"""What a person's decisions read and note."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from psycopg.types.json import Jsonb

from enrichment.store.database import Tx


def note(tx: Tx, plan_id: int, *, act: str, fields: Sequence[str], by: str, reason: str) -> None:
    """Keep with the plan who decided what, and why."""
    entry = {"act": act, "fields": list(fields), "by": by, "reason": reason, "at": datetime.now(UTC).isoformat()}
    tx.execute(
        "UPDATE plan SET evidence = jsonb_set(evidence, '{decisions}',"
        " coalesce(evidence -> 'decisions', '[]'::jsonb) || %s::jsonb) WHERE id = %s",
        (Jsonb([entry]), plan_id),
    )


def support(tx: Tx, staged_id: int, *, plan_id: int, by: str) -> None:
    """A person vouches for every cell of a staged row; the counts of its plan do not change."""
    tx.execute(
        """
        INSERT INTO sample (plan_id, staged_id, state, purpose, drawn_order, verdicts, auditor, judged_at)
        SELECT %(plan)s, s.id, 'judged', 'person', ''::bytea,
               (SELECT coalesce(jsonb_object_agg(k, 'supported'), '{}'::jsonb) FROM jsonb_object_keys(s.cells) AS k),
               %(by)s, now()
        FROM staged s WHERE s.id = %(staged)s
        ON CONFLICT (plan_id, staged_id) DO UPDATE
        SET state = 'judged', verdicts = excluded.verdicts, auditor = excluded.auditor, judged_at = now()
        """,
        {"plan": plan_id, "staged": staged_id, "by": by},
    )


def stage_again(tx: Tx, staged_id: int) -> bool:
    """A row that was in review waits to be merged; its items are held until it is."""
    changed = tx.execute("UPDATE staged SET state = 'staged' WHERE id = %s AND state = 'review'", (staged_id,)).rowcount
    tx.execute("UPDATE item SET state = 'held', code = NULL WHERE staged_id = %s AND state = 'review'", (staged_id,))
    return changed == 1


def refuse_row(tx: Tx, staged_id: int, *, code: str) -> list[int]:
    """A row that was in review is not written; its items are discarded. Gives the jobs concerned."""
    tx.execute("UPDATE staged SET state = 'void' WHERE id = %s AND state = 'review'", (staged_id,))
    rows = tx.execute(
        "UPDATE item SET state = 'discarded', code = %s WHERE staged_id = %s AND state = 'review' RETURNING job_id",
        (code, staged_id),
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
