"""The audit's sample of staged rows, and the trusted history that the state rules compare with."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Numeric, text
from sqlmodel import Field

from schemas.tables.columns import big, document, identity, moment, one_of
from schemas.tables.registry import Row


class Sample(Row, table=True):
    """One staged row drawn for audit under its plan.

    state: drawn (waits for a judge) -> filed (a judge work has it) -> judged. verdicts: field -> supported |
    unsure | miss | defect (an unsupported that a second look confirmed) | refuted (that it did not) | unconfirmed.
    """

    __tablename__ = "sample"
    __table_args__ = (
        one_of("state", ("drawn", "filed", "judged")),
        Index("sample_drawn_idx", "plan_id", "drawn_order", postgresql_where=text("state = 'drawn'")),
        Index("sample_work_idx", "work_id", postgresql_where=text("state = 'filed'")),
    )

    plan_id: int = Field(sa_column=Column(BigInteger, ForeignKey("assay.plan.id"), primary_key=True))
    staged_id: int = big(primary_key=True)
    state: str = "drawn"
    purpose: str
    drawn_order: bytes
    work_id: int | None = big()
    verdicts: dict[str, Any] = document(default="{}")
    auditor: str | None = None
    judged_at: datetime | None = moment()
    created_at: datetime = moment(default_now=True)


class Planted(Row, table=True):
    """A known-bad row that rode along with a question to the auditor. It is never staged, written or in the sample.

    cells: as they were sent beside the record of `staged_id`; the one of `field` was made wrong in the way of `fault`.
    state: sent -> judged; void once the auditor that judged it is no longer asked, or has gone blind since. seen: the
    first look called it unsupported, null where it was unsure. confirmed: so did the second, null where that was not
    asked.
    """

    __tablename__ = "planted"
    __table_args__ = (
        one_of("state", ("sent", "judged", "void")),
        Index("planted_plan_idx", "plan_id"),
        Index("planted_work_idx", "work_id", postgresql_where=text("state = 'sent'")),
    )

    id: int = identity()
    plan_id: int = Field(sa_column=Column(BigInteger, ForeignKey("assay.plan.id"), nullable=False))
    work_id: int = big(nullable=False)
    staged_id: int = big(nullable=False)
    fault: str
    field: str
    cells: dict[str, Any] = document(default="{}")
    state: str = "sent"
    seen: bool | None = None
    confirmed: bool | None = None
    auditor: str | None = None
    judged_at: datetime | None = moment()
    created_at: datetime = moment(default_now=True)


class WrongCell(Row, table=True):
    """A value that was found wrong in one record: a second look confirmed it, or a person `reported` it.

    It is not written from this record again, whatever else of the record changes and whichever plan reads it.
    """

    __tablename__ = "wrong_cell"
    __table_args__ = (
        Index("wrong_cell_once_key", "target", "source", "record_id", "field", text("md5(value::text)"), unique=True),
        Index("wrong_cell_plan_idx", "plan_id"),
    )

    id: int = identity()
    target: str
    source: str
    record_id: str
    field: str
    value: Any = document(default="null")
    reported: bool
    plan_id: int = Field(sa_column=Column(BigInteger, ForeignKey("assay.plan.id"), nullable=False))
    created_at: datetime = moment(default_now=True)


class ReleasedLot(Row, table=True):
    """What a released plan merged on a UTC day, and how much of it was drawn to be looked at afterwards.

    wrong: rows of these in which a confirmed defect was found; a lot with one is not accepted.
    """

    __tablename__ = "released_lot"

    plan_id: int = big(primary_key=True)
    day: date = Field(primary_key=True)
    rows: int = big(default=0, nullable=False)
    drawn: int = big(default=0, nullable=False)
    wrong: int = big(default=0, nullable=False)


class PlanSketch(Row, table=True):
    """What records looked like that the gate judged under a plan: appended chunk by chunk, laid together when compared.

    phase: new (not compared yet), reference (what it is compared with), past (of a whole UTC day).
    filled: field -> records that fill it. bins: field -> bin of magnitude or length -> values.
    """

    __tablename__ = "plan_sketch"
    __table_args__ = (
        one_of("phase", ("new", "reference", "past")),
        Index("plan_sketch_plan_idx", "plan_id", "phase"),
    )

    id: int = identity()
    plan_id: int = big(nullable=False)
    day: date
    phase: str = Field(default="new", sa_column_kwargs={"server_default": "new"})
    rows: int = big(nullable=False)
    filled: dict[str, Any] = document(default="{}")
    bins: dict[str, Any] = document(default="{}")


class ExistingChange(Row, table=True):
    """How many rows that stood before Assay a first plan has changed; counted until a person approves of it."""

    __tablename__ = "existing_change"

    plan_id: int = Field(sa_column=Column(BigInteger, ForeignKey("assay.plan.id"), primary_key=True))
    rows: int = big(default=0, nullable=False)


class ColumnHistory(Row, table=True):
    """A versioned snapshot of one numeric column's trusted values, by magnitude."""

    __tablename__ = "column_history"

    target: str = Field(primary_key=True)
    field: str = Field(primary_key=True)
    version: int = big(primary_key=True)
    rows: int = big(nullable=False)
    smallest: Decimal | None = Field(default=None, sa_column=Column(Numeric, nullable=True))
    largest: Decimal | None = Field(default=None, sa_column=Column(Numeric, nullable=True))
    created_at: datetime = moment(default_now=True)
