"""What retention has taken, and how far its pass over each table has come."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Field

from schemas.states import Retained
from schemas.tables.columns import big, moment, one_of
from schemas.tables.registry import Row


class RetentionPass(Row, table=True):
    """One kind of row that is removed in time.

    place: where the pass goes on (an id, or 1 for "more"), 0 between passes. removed: rows removed since the beginning.
    passed_at: when the last whole pass ended, and `kept` how many rows past their time it left since they are needed.
    """

    __tablename__ = "retention"
    __table_args__ = (one_of("what", Retained),)

    what: str = Field(primary_key=True)
    place: int = big(default=0, nullable=False)
    removed: int = big(default=0, nullable=False)
    keeping: int = big(default=0, nullable=False)
    kept: int = big(default=0, nullable=False)
    touched_at: datetime = moment(default_now=True)
    passed_at: datetime | None = moment()
