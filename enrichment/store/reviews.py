"""Questions for a person, bound to the exact content that they were asked about."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
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


def is_approved(tx: Tx, subject: str) -> bool:
    """Whether a person approved when asked about this subject of a plan, and no field of it was released since."""
    found = tx.execute(
        """
        SELECT 1 FROM review r WHERE r.subject = %s AND r.state = 'decided' AND r.decision = 'approve'
          AND NOT EXISTS (SELECT 1 FROM plan_field f
                          WHERE f.plan_id = r.plan_id AND f.state = 'released' AND f.decided_at > r.decided_at)
        """,
        (subject,),
    ).fetchone()
    return found is not None


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


def approved_rows(tx: Tx, staged_ids: Sequence[int]) -> set[tuple[int, str]]:
    """(staged row, rule) pairs that a person let pass."""
    rows = tx.execute(
        "SELECT staged_id, rule FROM review WHERE staged_id = ANY(%s) AND state = 'decided' AND decision = 'approve'",
        (list(staged_ids),),
    ).fetchall()
    return {(row["staged_id"], row["rule"]) for row in rows}
