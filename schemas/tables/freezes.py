"""The kill switch: what an operator has stopped, why, and since when."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index, text
from sqlmodel import Field

from schemas.tables.columns import identity, moment
from schemas.tables.registry import Row


class FreezeRow(Row, table=True):
    """Until it is thawed nothing is written to targets and no model is asked, for one source, or for all ('')."""

    __tablename__ = "freezing"
    __table_args__ = (
        Index("freezing_standing_key", "source", unique=True, postgresql_where=text("thawed_at IS NULL")),
    )

    id: int = identity()
    source: str = Field(default="", sa_column_kwargs={"server_default": ""})
    reason: str
    by: str
    created_at: datetime = moment(default_now=True)
    thawed_at: datetime | None = moment()
    thawed_by: str | None = None
