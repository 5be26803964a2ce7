"""Sources and targets as last configured. A source's row is also what growing its shapes locks."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import MetaData
from sqlmodel import Field, SQLModel

from schemas.states import SCHEMA
from schemas.tables.columns import document, identity, moment

metadata = MetaData(
    schema=SCHEMA,
    naming_convention={
        "ix": "%(table_name)s_%(column_0_N_name)s_idx",
        "uq": "%(table_name)s_%(column_0_N_name)s_key",
        "ck": "%(table_name)s_%(constraint_name)s",
        "fk": "%(table_name)s_%(column_0_N_name)s_fkey",
        "pk": "%(table_name)s_pkey",
    },
)


class Row(SQLModel):
    """Root of Assay's own tables; a user's SQLModel classes keep their own metadata."""

    metadata = metadata


class SourceRow(Row, table=True):
    __tablename__ = "source"

    name: str = Field(primary_key=True)
    precedence: int
    settings_digest: str
    connector: str
    updated_at: datetime = moment(default_now=True)


class TargetRow(Row, table=True):
    """`columns`: name -> number in the table that they were kept of, which "" names (`store.made_again`)."""

    __tablename__ = "target"

    name: str = Field(primary_key=True)
    version: str
    table_schema: str | None = None
    table_name: str
    existing: str
    body: dict[str, Any] = document()
    columns: dict[str, Any] | None = document()
    updated_at: datetime = moment(default_now=True)


class Gate(Row, table=True):
    """One reading of a source: the gate's code and libraries together with the source's settings.

    The highest id of a source is in force. A change gives a new row, even a change back, so that "latest" never
    depends on the order in which rows arrive.
    """

    __tablename__ = "gate"

    id: int = identity()
    source: str = Field(index=True)
    version: str
    source_digest: str
    created_at: datetime = moment(default_now=True)
