"""Shapes, the plans made for them, and what was asked of a model."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, Column, ForeignKey, Index, Numeric, UniqueConstraint, text
from sqlmodel import Field

from schemas.plan import FieldState, PlanState
from schemas.tables.columns import big, document, identity, moment, one_of
from schemas.tables.registry import Row


class Shape(Row, table=True):
    """A growing set of pointers of a source. `pointers` maps each to the JSON types seen there."""

    __tablename__ = "shape"
    __table_args__ = (Index("shape_source_idx", "source", "id"), CheckConstraint("revision > 0", name="revision_rises"))

    id: int = identity()
    source: str = Field(foreign_key="assay.source.name")
    revision: int
    pointers: dict[str, list[str]] = document(default="{}")
    created_at: datetime = moment(default_now=True)


class Plan(Row, table=True):
    """A later id is a later plan. Decisions lock the row exclusively; stages that rely on it share it."""

    __tablename__ = "plan"
    __table_args__ = (
        one_of("state", PlanState),
        UniqueConstraint("source", "shape_id", "shape_revision", "target", "target_version", "try"),
        Index(
            "plan_in_force_idx",
            "source",
            "target",
            "shape_id",
            "id",
            postgresql_where=text("state IN ('probation','released')"),
        ),
    )

    id: int = identity()
    source: str
    target: str
    target_version: str
    shape_id: int = Field(sa_column=Column(BigInteger, ForeignKey("assay.shape.id"), nullable=False))
    shape_revision: int
    try_: int = Field(sa_column=Column("try", BigInteger, nullable=False))
    state: str
    body: dict[str, Any] = document(default="{}")
    refusals: list[dict[str, Any]] = document(default="[]")
    evidence: dict[str, Any] = document(default="{}")
    model: str | None = None
    prompt_version: str | None = None
    source_digest: str
    predecessor: int | None = big()
    work_id: int | None = big()
    format: int = Field(default=1, sa_column_kwargs={"server_default": "1"})
    created_at: datetime = moment(default_now=True)
    decided_at: datetime | None = moment()


class PlanField(Row, table=True):
    """Probation of one bound field.

    drawn counts filled cells drawn for audit and not yet found unsure, audited those that were judged supported or
    unsupported, defects only confirmed ones. began: those of these counts at which the test in course began, where a
    confirmed defect reopened it after release.
    """

    __tablename__ = "plan_field"
    __table_args__ = (one_of("state", FieldState),)

    plan_id: int = Field(sa_column=Column(BigInteger, ForeignKey("assay.plan.id"), primary_key=True))
    name: str = Field(primary_key=True)
    state: str
    drawn: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    audited: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    defects: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    unconfirmed: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    unsure: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    misses: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    began: dict[str, int] = document(default="{}")
    decided_at: datetime | None = moment()


class ModelCall(Row, table=True):
    """One request to a model: reserved before it is sent, settled by what it used.

    Tokens and cost are the worst case until then. Past `expires_at`, `reserved` is given back, and `sent` is `presumed`
    spent at the worst case. `fallback`: it went to the second provider.
    """

    __tablename__ = "model_call"
    __table_args__ = (
        one_of("state", ("reserved", "sent", "settled", "presumed", "released")),
        one_of("purpose", ("planning", "audit")),
        Index("model_call_job_idx", "job_id"),
        Index("model_call_work_idx", "work_id"),
        Index("model_call_open_idx", "expires_at", postgresql_where=text("state IN ('reserved','sent')")),
    )

    id: int = identity()
    work_id: int = big(nullable=False)
    job_id: int | None = big()
    source: str
    purpose: str
    model: str
    fallback: bool = Field(default=False, sa_column_kwargs={"server_default": "false"})
    state: str
    outcome: str | None = None
    input_tokens: int = big(default=0, nullable=False)
    output_tokens: int = big(default=0, nullable=False)
    cost: Decimal | None = Field(default=None, sa_column=Column(Numeric, nullable=True))
    started_at: datetime = moment(default_now=True)
    expires_at: datetime | None = moment()
    finished_at: datetime | None = moment()
