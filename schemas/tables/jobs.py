"""Jobs, the items they accepted, the records behind them and the payloads that hold them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Column, ForeignKey, Index, LargeBinary, UniqueConstraint, text
from sqlmodel import Field

from schemas.states import ItemState, JobState
from schemas.tables.columns import big, blob, document, identity, moment, one_of
from schemas.tables.registry import Row


class Job(Row, table=True):
    __tablename__ = "job"
    __table_args__ = (
        one_of("state", JobState),
        UniqueConstraint("api_key_id", "idempotency_key"),
        Index("job_open_idx", "id", postgresql_where=text("state IN ('receiving','running','paused','blocked')")),
    )

    id: int = identity()
    source: str
    target: str
    target_version: str
    state: str
    scope: dict[str, Any] = document(default="{}")
    dry_run: bool = Field(default=False, sa_column_kwargs={"server_default": "false"})
    replay: bool = Field(default=False, sa_column_kwargs={"server_default": "false"})
    priority: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    api_key_id: int | None = big()
    idempotency_key: str | None = None
    body_digest: str | None = None
    batches: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    #: Of all batches so far, as their sender counts it; null where none is in.
    batches_digest: str | None = None
    error: dict[str, Any] | None = document()
    created_at: datetime = moment(default_now=True)
    finished_at: datetime | None = moment()


class JobBatch(Row, table=True):
    """A batch of a streamed job that is in: what is sent once more under its number has to be the same."""

    __tablename__ = "job_batch"

    job_id: int = big(primary_key=True)
    number: int = Field(primary_key=True)
    digest: str


class Payload(Row, table=True):
    """The raw records of a chunk: one zstd blob of concatenated JSON texts, and a packed index.

    Partitioned by ranges of ids; the partitions lie in a schema of their own. needed_at: when retention last found that
    something still needs it.
    """

    __tablename__ = "payload"

    id: int = identity()
    source: str
    job_id: int = Field(sa_column=Column(BigInteger, ForeignKey("assay.job.id"), nullable=False, index=True))
    records: int
    blob: bytes = blob()
    index: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    created_at: datetime = moment(default_now=True)
    needed_at: datetime = moment(default_now=True)


class SourceRecord(Row, table=True):
    """A record of a source: its last observation, where its payload lies, and the shape of its structure."""

    __tablename__ = "record"

    source: str = Field(primary_key=True)
    record_id: str = Field(primary_key=True)
    observation: int
    digest: bytes = blob()
    payload_id: int = big(nullable=False)
    ordinal: int
    shape_id: int | None = big()
    shape_revision: int | None = None
    structure: bytes | None = Field(default=None, sa_column=Column(LargeBinary, nullable=True))


class ScopeId(Row, table=True):
    """The record ids that a job is limited to, in the order in which they are fetched."""

    __tablename__ = "job_scope"

    job_id: int = Field(sa_column=Column(BigInteger, ForeignKey("assay.job.id"), primary_key=True))
    ordinal: int = Field(primary_key=True)
    record_id: str


class Item(Row, table=True):
    """One record id of one job. Inserted by fetch, moved only by conditional updates."""

    __tablename__ = "item"
    __table_args__ = (
        one_of("state", ItemState),
        Index("item_held_plan_idx", "shape_id", postgresql_where=text("state = 'held' AND staged_id IS NULL")),
        Index(
            "item_staged_idx",
            "staged_id",
            postgresql_where=text("staged_id IS NOT NULL AND state IN ('held','in_flight','review')"),
        ),
        Index("item_record_idx", "record_id", postgresql_where=text("state = 'dead'")),
        Index("item_open_idx", "job_id", "state", postgresql_where=text("state IN ('in_flight','held','review')")),
    )

    # No foreign key: it would be looked up once a record. Items are filed by transactions that hold their job's work.
    job_id: int = Field(sa_column=Column(BigInteger, primary_key=True, autoincrement=False))
    record_id: str = Field(primary_key=True)
    observation: int
    payload_id: int | None = big()
    ordinal: int | None = None
    state: str
    code: str | None = None
    shape_id: int | None = big()
    plan_id: int | None = big()
    staged_id: int | None = big()
    work_id: int | None = big()
