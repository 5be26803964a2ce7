"""What un-writing did to rows, for those downstream who had read them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Index

from schemas.tables.columns import big, document, identity, moment, one_of
from schemas.tables.registry import Row


class Compensation(Row, table=True):
    """One row that was changed because something asserted before was withdrawn, or stands again.

    Written with the change itself. Writers follow one another, so that ids rise in the order of commits: a reader who
    keeps the last id that it saw misses nothing. before and after hold the cells that changed, in the ledger's terms;
    of a row that came or went the whole row, and null on the other side.
    """

    __tablename__ = "compensation"
    __table_args__ = (
        one_of("change", ("inserted", "updated", "deleted")),
        Index("compensation_target_idx", "target", "id"),
    )

    id: int = identity()
    target: str
    key: str
    change: str
    before: dict[str, Any] | None = document()
    after: dict[str, Any] | None = document()
    reason: str
    plan_id: int | None = big()
    job_id: int | None = big()
    work_id: int | None = big()
    created_at: datetime = moment(default_now=True)
