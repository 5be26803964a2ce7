"""Questions for a person, bound to the exact content that they were asked about."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from psycopg.types.json import Jsonb

from enrichment.store.database import Tx, notify
from schemas.errors import ConflictError, NotFoundError


@dataclass(frozen=True, slots=True)
class ReviewRow:
    id: int
    subject: str
    rule: str
    source: str
    target: str
    question: Mapping[str, Any]
    content_hash: str
    job_id: int | None
    shape_id: int | None
    plan_id: int | None
    staged_id: int | None
    state: str
    decision: str | None
    decided_by: str | None
    reason: str | None
    created_at: datetime
    decided_at: datetime | None
    expires_at: datetime | None
    #: Rows that one answer is for; null where it is not about rows.
    rows: int | None = None


_COLUMNS = (
    "id, subject, rule, source, target, question, content_hash, job_id, shape_id, plan_id, staged_id, state, decision,"
    " decided_by, reason, created_at, decided_at, expires_at"
)


#: Of an open question about a row: how many rows the same answer is for.
_ROWS = (
    "CASE WHEN r.staged_id IS NOT NULL AND r.state = 'open' THEN coalesce((SELECT nullif(count(*), 0) FROM review o"
    " WHERE o.state = 'open' AND o.asks = r.asks), 1) END AS rows"
)


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked. `subject` is plan, successor, replacement, field, row, key, work or source with its id.

    question: what it is bound to; shown: what an answer needs beside it. asks: what is the same in all questions that
    one answer settles; without it, subject and rule.
    """

    subject: str
    rule: str
    source: str
    target: str
    question: Mapping[str, Any]
    shown: Mapping[str, Any] = field(default_factory=dict)
    asks: str | None = None
    job_id: int | None = None
    shape_id: int | None = None
    plan_id: int | None = None
    staged_id: int | None = None

    @property
    def content_hash(self) -> str:
        text = json.dumps(self.question, sort_keys=True, default=str)
        return hashlib.sha256(f"{self.subject}|{self.rule}|{text}".encode()).hexdigest()[:32]


#: Days after which nobody's answer counts any more, and it is asked anew.
DAYS = 14


def ask(tx: Tx, *questions: Question) -> None:
    """Ask once; the same open question is not asked twice."""
    tx.cursor().executemany(
        """
        INSERT INTO review (subject, rule, source, target, question, content_hash, asks, job_id, shape_id, plan_id,
                            staged_id, state, expires_at)
        VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, 'open', now() + make_interval(days => %s))
        ON CONFLICT DO NOTHING
        """,
        [
            (
                question.subject,
                question.rule,
                question.source,
                question.target,
                Jsonb(json.loads(json.dumps({**question.question, **question.shown}, default=str))),
                question.content_hash,
                question.asks or f"{question.rule}|{question.subject}",
                question.job_id,
                question.shape_id,
                question.plan_id,
                question.staged_id,
                DAYS,
            )
            for question in questions
        ],
    )


def is_open(tx: Tx, subject: str) -> bool:
    """Whether something is asked about a subject, whatever it says."""
    return tx.execute("SELECT 1 FROM review WHERE subject = %s AND state = 'open'", (subject,)).fetchone() is not None


def count_open(tx: Tx, *, source: str, target: str) -> int:
    """Open questions about what a source fills of a target; those that one answer settles are one."""
    row = tx.execute(
        "SELECT count(DISTINCT asks) AS n FROM review WHERE state = 'open' AND source = %s AND target = %s",
        (source, target),
    ).fetchone()
    return 0 if row is None else int(row["n"])


def open_among(tx: Tx, subjects: Sequence[str]) -> list[str]:
    """Those of these subjects about which something is asked."""
    rows = tx.execute(
        "SELECT DISTINCT subject FROM review WHERE subject = ANY(%s) AND state = 'open'", (list(subjects),)
    ).fetchall()
    return [row["subject"] for row in rows]


def get(tx: Tx, review_id: int, *, lock: bool = False) -> ReviewRow:
    """
    Raises:
        NotFoundError: there is no such review.
    """
    row = tx.execute(
        f"SELECT {_COLUMNS}, {_ROWS} FROM review r WHERE id = %s{' FOR UPDATE' if lock else ''}", (review_id,)
    ).fetchone()
    if row is None:
        raise NotFoundError(f"there is no review {review_id}", hint="list them with: assay reviews list")
    return ReviewRow(**row)


def listing(tx: Tx, *, state: str | None, after: int | None, limit: int, each: bool = False) -> list[ReviewRow]:
    """Newest first; `after` is the id of the last one seen. Of open questions that one answer settles only the newest,
    unless `each` of them is wanted: thousands of rows that ask the same would hide everything else.
    """
    rows = tx.execute(
        f"""
        WITH asked AS (
            SELECT coalesce(asks, id::text) AS same, max(id) AS newest, count(*) AS n FROM review
            WHERE state = 'open' GROUP BY 1
        )
        SELECT {_COLUMNS}, CASE WHEN staged_id IS NOT NULL THEN asked.n END AS rows
        FROM review LEFT JOIN asked ON state = 'open' AND same = coalesce(asks, id::text)
        WHERE (%(state)s::text IS NULL OR state = %(state)s) AND (%(after)s::bigint IS NULL OR id < %(after)s)
          AND (state <> 'open' OR id = asked.newest OR %(each)s)
        ORDER BY id DESC LIMIT %(limit)s
        """,
        {"state": state, "after": after, "limit": limit, "each": each},
    ).fetchall()
    return [ReviewRow(**row) for row in rows]


def plans_concerned(tx: Tx, review_id: int) -> list[int]:
    """Plans that an answer to this question decides about: its own, and those of open questions that ask the same."""
    rows = tx.execute(
        "SELECT DISTINCT plan_id FROM review WHERE plan_id IS NOT NULL AND (id = %(id)s OR (state = 'open' AND asks ="
        " (SELECT asks FROM review WHERE id = %(id)s))) ORDER BY plan_id",
        {"id": review_id},
    ).fetchall()
    return [row["plan_id"] for row in rows]


def decide(
    tx: Tx, review_id: int, *, decision: str, content_hash: str | None, by: str, reason: str | None
) -> list[ReviewRow]:
    """Record an answer, once; it settles every open question that asks the same. Gives them, this one first.

    Raises:
        ConflictError: it was answered before, has expired, or what was asked about is not what is answered.
    """
    # All that ask the same are locked in one order, so that two people cannot wait for each other.
    tx.execute(
        "SELECT 1 FROM review WHERE id = %(id)s OR (state = 'open' AND asks = (SELECT asks FROM review"
        " WHERE id = %(id)s)) ORDER BY id FOR UPDATE",
        {"id": review_id},
    )
    review = get(tx, review_id)
    if review.state != "open":
        told = f": {review.reason}" if review.reason and review.state == "expired" else ""
        raise ConflictError(f"review {review_id} is {review.state} already{told}", hint="a decision is single use")
    if content_hash is not None and content_hash != review.content_hash:
        raise ConflictError(f"review {review_id} asks about other content", hint="show it again and decide on that")
    rows = tx.execute(
        f"""
        UPDATE review SET state = 'decided', decision = %(decision)s, decided_by = %(by)s, reason = %(reason)s,
               decided_at = now()
        WHERE state = 'open' AND coalesce(expires_at > now(), true)
          AND (id = %(id)s OR asks = (SELECT asks FROM review WHERE id = %(id)s))
        RETURNING {_COLUMNS}
        """,
        {"decision": decision, "by": by, "reason": reason, "id": review_id},
    ).fetchall()
    if all(row["id"] != review_id for row in rows):
        raise ConflictError(f"review {review_id} has expired", hint="it is asked anew; decide on that")
    notify(tx)
    found = [ReviewRow(**row, rows=len(rows) if row["staged_id"] else None) for row in rows]
    return sorted(found, key=lambda r: (r.id != review_id, r.id))


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


def approved_rows(tx: Tx, staged_ids: Sequence[int]) -> set[tuple[int, str]]:
    """(staged row, rule) pairs that a person let pass."""
    rows = tx.execute(
        "SELECT staged_id, rule FROM review WHERE staged_id = ANY(%s) AND state = 'decided' AND decision = 'approve'",
        (list(staged_ids),),
    ).fetchall()
    return {(row["staged_id"], row["rule"]) for row in rows}
