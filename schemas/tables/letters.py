"""What was given up on, and what only a person can decide."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Index, text
from sqlmodel import Field

from schemas.states import LetterState, ReviewState
from schemas.tables.columns import big, blob, document, identity, moment, one_of
from schemas.tables.registry import Row


class DeadLetter(Row, table=True):
    """A record or page that was given up on, its reason, and what is needed to try again.

    body:        the beginning of a text that never became a record, which no payload holds. It is what the source gave,
                 with whatever is private in it; nothing else here quotes content
    body_digest: tells that text from another one, also when retention has taken it
    """

    __tablename__ = "dead_letter"
    __table_args__ = (
        one_of("state", LetterState),
        Index("dead_letter_job_idx", "job_id", "record_id"),
        Index(
            "dead_letter_replay_idx", "replay_job_id", "record_id", postgresql_where=text("replay_job_id IS NOT NULL")
        ),
        Index("dead_letter_unannounced_idx", "id", postgresql_where=text("announced_at IS NULL")),
        Index("dead_letter_record_idx", "record_id"),
        Index(
            "dead_letter_texts_idx",
            "updated_at",
            postgresql_where=text("body IS NOT NULL AND state IN ('resolved', 'discarded', 'permanent')"),
        ),
    )

    id: int = identity()
    job_id: int = big(nullable=False)
    source: str
    target: str
    target_version: str
    record_id: str
    stage: str
    code: str
    issues: list[dict[str, Any]] = document(default="[]")
    observation: int | None = None
    payload_id: int | None = big()
    ordinal: int | None = None
    cursor: dict[str, Any] | None = document()
    body: bytes | None = blob(nullable=True)
    body_digest: bytes | None = blob(nullable=True)
    shape_id: int | None = big()
    plan_id: int | None = big()
    gate_id: int = big(nullable=False)
    fingerprint: str
    attempts: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    calls: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    replays: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    failed_replays: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    replay_job_id: int | None = big()
    state: str = "open"
    note: str | None = None
    announced_at: datetime | None = moment()
    confirmed_at: datetime | None = moment()
    created_at: datetime = moment(default_now=True)
    updated_at: datetime = moment(default_now=True)


class Review(Row, table=True):
    """A question for a person, bound to the exact content it was asked about; a decision is single use."""

    __tablename__ = "review"
    __table_args__ = (
        one_of("state", ReviewState),
        Index("review_open_key", "subject", "content_hash", unique=True, postgresql_where=text("state = 'open'")),
        Index("review_asks_idx", "asks", postgresql_where=text("state = 'open'")),
    )

    id: int = identity()
    subject: str  # plan, field, row, key, work or source, with its id: "row:17"
    rule: str
    source: str
    target: str
    question: dict[str, Any] = document(default="{}")
    content_hash: str
    asks: str | None = None  # the same in all questions that one answer settles
    job_id: int | None = big()
    shape_id: int | None = big()
    plan_id: int | None = big()
    staged_id: int | None = big()
    state: str = "open"
    decision: str | None = None
    decided_by: str | None = None
    reason: str | None = None
    created_at: datetime = moment(default_now=True)
    decided_at: datetime | None = moment()
    expires_at: datetime | None = moment()
