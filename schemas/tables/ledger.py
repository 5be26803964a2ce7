"""The ledger: what each observation asserts. A target row is the fold of its key's standing assertions."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import CheckConstraint, Column, Index, Numeric, text
from sqlmodel import Field

from schemas.states import AssertionState
from schemas.tables.columns import big, document, identity, moment, one_of
from schemas.tables.registry import Row


class TargetKey(Row, table=True):
    """The lock of one row of a target.

    folded: digest of what Assay last wrote there, null before
    top:    staged row of the strongest assertion that is folded into it, null where that is not known
    made:   of a table that may make something else of what is written (a trigger), the cells that it made, and under
            "~" the digest that they are of: of another one than `folded` they say nothing
    """

    __tablename__ = "target_key"

    target: str = Field(primary_key=True)
    key: str = Field(primary_key=True)
    folded: str | None = None
    top: int | None = big()
    made: dict[str, Any] | None = document()


class Assertion(Row, table=True):
    """One entry: this observation of a record, under this plan and gate, asserts these cells. Null asserts nothing
    (except in a baseline). Versions order by type (none 0, number 1, date-time 2, text 3), then value.
    """

    __tablename__ = "assertion"
    __table_args__ = (
        one_of("state", AssertionState),
        CheckConstraint(
            "version_type IN (0, 1, 2, 3) AND (version_type IN (1, 2)) = (version_number IS NOT NULL)"
            " AND (version_type = 3) = (version_text IS NOT NULL)",
            name="version_is_typed",
        ),
        Index("assertion_key_idx", "target", "key", "id", postgresql_where=text("state = 'standing'")),
        # What was withdrawn is asked for by explain only; the index costs nothing where assertions are appended.
        Index("assertion_void_idx", "target", "key", postgresql_where=text("state = 'void'")),
        Index(
            "assertion_standing_key",
            "record_id",
            "source",
            "target",
            "observation",
            "plan_id",
            "gate_id",
            unique=True,
            postgresql_where=text("state = 'standing'"),
        ),
        Index("assertion_plan_idx", "plan_id", "id"),
    )

    id: int = identity()
    target: str
    key: str
    source: str
    record_id: str
    observation: int
    plan_id: int = big(nullable=False)
    gate_id: int = big(nullable=False)
    version_type: int
    version_number: Decimal | None = Field(default=None, sa_column=Column(Numeric, nullable=True))
    version_text: str | None = None
    cells: dict[str, Any] = document(default="{}")
    reasons: dict[str, Any] = document(default="{}")
    winners: dict[str, Any] = document(default="{}")
    payload_id: int | None = big()
    ordinal: int | None = None
    job_id: int | None = big()
    staged_id: int | None = big()
    state: str = "standing"
    created_at: datetime = moment(default_now=True)
    voided_at: datetime | None = moment()
    void_reason: str | None = None
