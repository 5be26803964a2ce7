"""Work: everything that is dispatched, in one table by one mechanism, and the artifacts its stages leave."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, Column, ForeignKey, Index, UniqueConstraint, text
from sqlmodel import Field

from schemas.states import Lane, WorkKind, WorkStatus
from schemas.tables.columns import big, blob, document, identity, moment, one_of
from schemas.tables.registry import Row

_OPEN_SQL = "status IN ('ready','published','running','waiting')"


class Work(Row, table=True):
    __tablename__ = "work"
    __table_args__ = (
        one_of("kind", WorkKind),
        one_of("status", WorkStatus),
        one_of("lane", Lane),
        CheckConstraint(
            "status <> 'running' OR (lease_until IS NOT NULL AND worker IS NOT NULL)", name="running_is_leased"
        ),
        CheckConstraint(
            "status <> 'waiting' OR wait_until IS NOT NULL OR waits_on IS NOT NULL", name="waiting_says_why"
        ),
        CheckConstraint(
            "stage = kind OR kind = 'chunk' AND stage IN ('fetch', 'map', 'gate', 'audit', 'upsert')",
            name="stage_fits_kind",
        ),
        CheckConstraint("fence >= 0 AND starts >= 0 AND attempts >= 0", name="counts_rise"),
        UniqueConstraint("job_id", "position"),
        Index("work_dedup_key", "dedup", unique=True, postgresql_where=text(f"dedup IS NOT NULL AND {_OPEN_SQL}")),
        Index("work_ready_idx", "kind", "priority", "id", postgresql_where=text("status = 'ready'")),
        Index("work_open_idx", "status", "stage", "source", postgresql_where=text(_OPEN_SQL)),
        Index("work_job_open_idx", "job_id", postgresql_where=text(_OPEN_SQL)),
        Index("work_waiting_idx", "waits_on", "wait_until", postgresql_where=text("status = 'waiting'")),
    )

    id: int = identity()
    kind: str
    stage: str
    status: str = "ready"
    lane: str = Field(default="normal", sa_column_kwargs={"server_default": "normal"})
    fence: int = big(default=0, nullable=False)
    job_id: int | None = Field(default=None, sa_column=Column(BigInteger, ForeignKey("assay.job.id"), nullable=True))
    source: str | None = None
    target: str | None = None
    position: int | None = None
    priority: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    dedup: str | None = None
    args: dict[str, Any] = document(default="{}")
    counts: dict[str, Any] = document(default="{}")
    shape_id: int | None = big()
    plan_id: int | None = big()
    attempts: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    starts: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    waits_on: str | None = None
    wait_until: datetime | None = moment()
    lease_until: datetime | None = moment()
    deadline: datetime | None = moment()
    publish_seconds: float | None = None
    worker: str | None = None
    format: int = Field(default=1, sa_column_kwargs={"server_default": "1"})
    error: dict[str, Any] | None = document()
    created_at: datetime = moment(default_now=True)
    updated_at: datetime = moment(default_now=True)


class Artifact(Row, table=True):
    """What one stage hands to the next: compressed JSON, replaced when the stage runs again."""

    __tablename__ = "artifact"

    work_id: int = Field(sa_column=Column(BigInteger, ForeignKey("assay.work.id"), primary_key=True))
    stage: str = Field(primary_key=True)
    body: bytes = blob()
