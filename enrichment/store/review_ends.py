"""Questions that end without an answer of their own: decided with what they are about, out of date, or out of time."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from psycopg.types.json import Jsonb

from enrichment.store.database import Tx
from enrichment.store.reviews import DAYS


def answer_rows(
    tx: Tx, plan_id: int, *, rules: Sequence[str], about: Collection[str], but: Collection[str], decision: str, by: str
) -> list[int]:
    """Rows of a plan that waited for a decision on one of the fields `about` have it now. Gives the staged rows.

    but: fields that are not decided; whoever waits for one of these as well, waits on
    """
    rows = tx.execute(
        """
        WITH meant AS MATERIALIZED (
            SELECT id FROM review
            WHERE plan_id = %(plan)s AND rule = ANY(%(rules)s) AND state = 'open' AND staged_id IS NOT NULL
              AND question -> 'fields' ?| %(about)s::text[] AND NOT question -> 'fields' ?| %(but)s::text[]
            ORDER BY id FOR UPDATE)
        UPDATE review r SET state = 'decided', decision = %(decision)s, decided_by = %(by)s, decided_at = now(),
               reason = 'its fields were decided'
        FROM meant WHERE r.id = meant.id RETURNING r.staged_id
        """,
        {
            "plan": plan_id,
            "rules": list(rules),
            "about": sorted(about),
            "but": sorted(but),
            "decision": decision,
            "by": by,
        },
    ).fetchall()
    return sorted(row["staged_id"] for row in rows)


def answer_with_plan(tx: Tx, plan_id: int, subjects: Collection[str], *, decision: str, by: str) -> int:
    """What a person decided on a plan answers these questions about it as well. Gives how many were open."""
    return tx.execute(
        """
        WITH meant AS MATERIALIZED (
            SELECT id FROM review WHERE subject = ANY(%(subjects)s) AND state = 'open' ORDER BY id FOR UPDATE)
        UPDATE review r SET state = 'decided', decision = %(decision)s, decided_by = %(by)s, decided_at = now(),
               reason = %(reason)s
        FROM meant WHERE r.id = meant.id
        """,
        {
            "subjects": sorted(subjects),
            "decision": decision,
            "by": by,
            "reason": f"answered by what {by} decided on plan {plan_id}",
        },
    ).rowcount


def expire(tx: Tx, review_id: int, *, reason: str) -> None:
    """No answer to this question counts any more."""
    tx.execute(
        "UPDATE review SET state = 'expired', reason = %s, decided_at = now() WHERE id = %s AND state = 'open'",
        (reason, review_id),
    )


def close_about(tx: Tx, subject: str, *, reason: str) -> None:
    """Nobody needs to answer what is asked about this any more."""
    tx.execute(
        "UPDATE review SET state = 'expired', reason = %s, decided_at = now() WHERE subject = %s AND state = 'open'",
        (reason, subject),
    )


def close_of_shape(
    tx: Tx, *, source: str, target: str, shape_id: int, rule: str, reason: str, fields: Collection[str] | None = None
) -> int:
    """Nobody needs to say what becomes of a shape's records any more; of questions about `fields` only, where given."""
    return tx.execute(
        "UPDATE review SET state = 'expired', reason = %s, decided_at = now()"
        " WHERE source = %s AND target = %s AND shape_id = %s AND rule = %s AND state = 'open'"
        " AND (%s::jsonb IS NULL OR question -> 'fields' <@ %s::jsonb)",
        (reason, source, target, shape_id, rule, *[None if fields is None else Jsonb(sorted(fields))] * 2),
    ).rowcount


def renew_expired(tx: Tx, *, limit: int = 1_000) -> int:
    """Questions that nobody answered in time expire and are asked anew: what waits for them is not lost."""
    rows = tx.execute(
        """
        WITH late AS (
            SELECT id FROM review WHERE state = 'open' AND expires_at <= now() ORDER BY id LIMIT %(limit)s
            FOR UPDATE SKIP LOCKED
        )
        UPDATE review r SET state = 'expired', reason = 'nobody answered in time', decided_at = now()
        FROM late WHERE r.id = late.id RETURNING r.id
        """,
        {"limit": limit},
    ).fetchall()
    return tx.execute(
        """
        INSERT INTO review (subject, rule, source, target, question, content_hash, asks, job_id, shape_id, plan_id,
                            staged_id, state, expires_at)
        SELECT subject, rule, source, target, question, content_hash, asks, job_id, shape_id, plan_id, staged_id,
               'open', now() + make_interval(days => %(days)s)
        FROM review WHERE id = ANY(%(ids)s) ORDER BY id ON CONFLICT DO NOTHING
        """,
        {"ids": [row["id"] for row in rows], "days": DAYS},
    ).rowcount


def close_of_void_rows(tx: Tx, *, plan_id: int | None = None, job_id: int | None = None) -> int:
    """Nobody needs to answer for rows that will not be written: of a plan that fell, or of a job that was cancelled."""
    return tx.execute(
        """
        UPDATE review r SET state = 'expired', reason = 'the row it asks about was withdrawn', decided_at = now()
        FROM staged s WHERE s.id = r.staged_id AND s.state = 'void' AND r.state = 'open'
          AND (r.plan_id = %(plan)s OR s.job_id = %(job)s
               OR EXISTS (SELECT 1 FROM item i WHERE i.job_id = %(job)s AND i.staged_id = s.id))
        """,
        {"plan": plan_id, "job": job_id},
    ).rowcount
