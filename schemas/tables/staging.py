"""Accepted rows that are not yet merged."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Index, UniqueConstraint, text

from schemas.states import StagedState
from schemas.tables.columns import big, document, identity, moment, one_of
from schemas.tables.registry import Row


class Staged(Row, table=True):
    """One accepted row, shared by the jobs that saw the same observation under the same plan and gate.

    cells holds filled cells only (exact numbers as text); reasons says why the others are empty; digest is the md5 of
    key and cells as the gate wrote them, so that a row changed afterwards is refused.
    """

    __tablename__ = "staged"
    __table_args__ = (
        one_of("state", StagedState),
        # What tells most comes first: the other order compares two names that are the same in every entry.
        UniqueConstraint(
            "record_id", "observation", "plan_id", "gate_id", "dry_job", "source", "target", name="staged_once_key"
        ),
        Index("staged_waiting_idx", "plan_id", "id", postgresql_where=text("state = 'staged'")),
    )

    id: int = identity()
    target: str
    source: str
    record_id: str
    observation: int
    plan_id: int = big(nullable=False)
    gate_id: int = big(nullable=False)
    dry_job: int = big(default=0, nullable=False)
    state: str = "staged"
    key: str
    cells: dict[str, Any] = document(default="{}")
    reasons: dict[str, Any] = document(default="{}")
    winners: dict[str, Any] = document(default="{}")
    version: dict[str, Any] | None = document()
    payload_id: int = big(nullable=False)
    ordinal: int
    job_id: int = big(nullable=False)
    digest: str
    created_at: datetime = moment(default_now=True)
