"""Questions for a person, bound to the exact content that they were asked about."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
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


_COLUMNS = (
    "id, subject, rule, source, target, question, content_hash, job_id, shape_id, plan_id, staged_id, state, decision,"
    " decided_by, reason, created_at, decided_at, expires_at"
)


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked. `subject` is plan, field, row or shape with its id; `question` holds all that an answer needs."""

    subject: str
    rule: str
    source: str
    target: str
    question: Mapping[str, Any]
    job_id: int | None = None
    shape_id: int | None = None
    plan_id: int | None = None
    staged_id: int | None = None

    @property
    def content_hash(self) -> str:
        text = json.dumps(self.question, sort_keys=True, default=str)
        return hashlib.sha256(f"{self.subject}|{self.rule}|{text}".encode()).hexdigest()[:32]


def ask(tx: Tx, question: Question) -> None:
    """Ask once; the same open question is not asked twice."""
    tx.execute(
        """
        INSERT INTO review (subject, rule, source, target, question, content_hash, job_id, shape_id, plan_id,
                            staged_id, state)
        VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, 'open') ON CONFLICT DO NOTHING
        """,
        (
            question.subject,
            question.rule,
            question.source,
            question.target,
            Jsonb(json.loads(json.dumps(question.question, default=str))),
            question.content_hash,
            question.job_id,
            question.shape_id,
            question.plan_id,
            question.staged_id,
        ),
    )


def is_open(tx: Tx, subject: str) -> bool:
    """Whether something is asked about a subject, whatever it says."""
    return tx.execute("SELECT 1 FROM review WHERE subject = %s AND state = 'open'", (subject,)).fetchone() is not None


def get(tx: Tx, review_id: int, *, lock: bool = False) -> ReviewRow:
    """
    Raises:
        NotFoundError: there is no such review.
    """
    row = tx.execute(
        f"SELECT {_COLUMNS} FROM review WHERE id = %s{' FOR UPDATE' if lock else ''}", (review_id,)
    ).fetchone()
    if row is None:
        raise NotFoundError(f"there is no review {review_id}", hint="list them with: assay reviews list")
    return ReviewRow(**row)


def listing(tx: Tx, *, state: str | None, after: int | None, limit: int) -> list[ReviewRow]:
    """Newest first; `after` is the id of the last one seen."""
    rows = tx.execute(
        f"""
        SELECT {_COLUMNS} FROM review WHERE (%(state)s::text IS NULL OR state = %(state)s)
          AND (%(after)s::bigint IS NULL OR id < %(after)s) ORDER BY id DESC LIMIT %(limit)s
        """,
        {"state": state, "after": after, "limit": limit},
    ).fetchall()
    return [ReviewRow(**row) for row in rows]


def decide(
    tx: Tx, review_id: int, *, decision: str, content_hash: str | None, by: str, reason: str | None
) -> ReviewRow:
    """Record an answer, once.

    Raises:
        ConflictError: it was answered before, or what was asked about is not what is answered.
    """
    review = get(tx, review_id, lock=True)
    if review.state != "open":
        raise ConflictError(f"review {review_id} is {review.state} already", hint="a decision is single use")
    if content_hash is not None and content_hash != review.content_hash:
        raise ConflictError(f"review {review_id} asks about other content", hint="show it again and decide on that")
    tx.execute(
        "UPDATE review SET state = 'decided', decision = %s, decided_by = %s, reason = %s, decided_at = now()"
        " WHERE id = %s",
        (decision, by, reason, review_id),
    )
    notify(tx)
    return get(tx, review_id)


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


def approved_rows(tx: Tx, staged_ids: Sequence[int]) -> set[int]:
    """Staged rows that a person let pass."""
    rows = tx.execute(
        "SELECT staged_id FROM review WHERE staged_id = ANY(%s) AND state = 'decided' AND decision = 'approve'",
        (list(staged_ids),),
    ).fetchall()
    return {row["staged_id"] for row in rows}
