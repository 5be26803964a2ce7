"""Who runs: workers by boot id, the dispatcher's seat, and the keys of the producer API."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint
from sqlmodel import Field

from schemas.tables.columns import big, identity, moment, one_of
from schemas.tables.registry import Row


class Worker(Row, table=True):
    """One start of one worker process. A new boot of a node declares the node's earlier boots dead."""

    __tablename__ = "worker"

    boot_id: str = Field(primary_key=True)
    node: str = Field(index=True)
    role: str
    pid: int
    code_version: str
    started_at: datetime = moment(default_now=True)
    heartbeat_at: datetime = moment(default_now=True)
    dead_at: datetime | None = moment()


class DispatcherSeat(Row, table=True):
    """The one active dispatcher. Every dispatch transaction checks that the epoch is still its own."""

    __tablename__ = "dispatcher"
    __table_args__ = (CheckConstraint("seat = 1", name="one_seat"),)

    seat: int = Field(default=1, primary_key=True)
    epoch: int = big(default=0, nullable=False)
    backend_pid: int | None = None
    heartbeat_at: datetime | None = moment()


class ApiKey(Row, table=True):
    """A key of the producer API; only its hash is kept."""

    __tablename__ = "api_key"
    __table_args__ = (one_of("role", ("admin", "producer", "reader")),)

    id: int = identity()
    name: str
    role: str
    prefix: str
    hash: bytes = Field(unique=True)
    created_at: datetime = moment(default_now=True)
    revoked_at: datetime | None = moment()


class Secret(Row, table=True):
    """Keys that the fleet shares: what the audit samples by."""

    __tablename__ = "secret"

    name: str = Field(primary_key=True)
    value: bytes
