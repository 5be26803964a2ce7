"""Breakers and what they went through."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, Column, ForeignKey, Index
from sqlmodel import Field

from schemas.tables.columns import big, document, identity, moment, one_of
from schemas.tables.registry import Row

_STATES = ("closed", "open", "half_open", "forced_open", "forced_closed")


class BreakerRow(Row, table=True):
    """One key's breaker; every change is made under a lock on its row. A key without a row is closed.

    windows:    name -> its last outcomes from a failure on, 1 for a failure, the newest last
    shape_id:   the last shape for which a proposal was refused
    offered_at: when a piece of work was last woken as a probe
    """

    __tablename__ = "breaker"
    __table_args__ = (
        one_of("kind", ("quality", "model", "source")),
        one_of("state", _STATES),
    )

    id: int = identity()
    key: str = Field(unique=True)
    kind: str
    source: str = ""
    model: str = ""
    prompt: str = ""
    target: str = ""
    target_version: str = ""
    state: str = Field(default="closed", sa_column_kwargs={"server_default": "closed"})
    windows: dict[str, list[int]] = document(default="{}")
    passes: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    opens: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    until: datetime | None = moment()
    lease_holder: int | None = big()
    lease_until: datetime | None = moment()
    offered_at: datetime | None = moment()
    shape_id: int | None = big()
    reason: str = Field(default="", sa_column_kwargs={"server_default": ""})
    changes: int = big(default=0, nullable=False)
    created_at: datetime = moment(default_now=True)
    updated_at: datetime = moment(default_now=True)


class BreakerEvent(Row, table=True):
    """A breaker changed its state; `by` names the person where it was one."""

    __tablename__ = "breaker_event"
    __table_args__ = (Index("breaker_event_breaker_idx", "breaker_id", "id"),)

    id: int = identity()
    breaker_id: int = Field(sa_column=Column(BigInteger, ForeignKey("assay.breaker.id"), nullable=False))
    before: str
    after: str
    reason: str
    by: str | None = None
    created_at: datetime = moment(default_now=True)
