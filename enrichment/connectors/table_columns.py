"""The columns of a table in another's database, and which of them cannot tell where a reading goes on."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

import sqlalchemy as sa
from sqlalchemy import exc

from enrichment.connectors.sql_connecting import speaks_mysql
from schemas.source import SqlSource

#: Zones whose clocks are never put back.
_STEADY: Final = re.compile(r"(?i)(utc|gmt|etc/.*|[+-]\d\d:\d\d)")
_REMEDY: Final = "add ?init_command=SET time_zone='%2B00:00' to url"
_COLUMNS: Final = sa.text(
    "SELECT column_name, is_nullable, data_type FROM information_schema.columns"
    " WHERE table_schema = COALESCE(:schema, DATABASE()) AND table_name = :name"
)


@dataclass(frozen=True, slots=True)
class Column:
    """`unordered`: why rows are not read in the order of this column, empty where they can be."""

    nullable: bool
    unordered: str = ""


def columns(connection: sa.Connection, source: SqlSource) -> dict[str, Column]:
    """Give the columns of the table by name.

    Raises:
        NoSuchTableError: there is none that its user may see.
    """
    if speaks_mysql(connection):
        return _of_mysql(connection, source)
    found = sa.inspect(connection).get_columns(source.table, schema=source.table_schema)
    return {column["name"]: Column(bool(column.get("nullable", True))) for column in found}


def _of_mysql(connection: sa.Connection, source: SqlSource) -> dict[str, Column]:
    """Asked for the definition of a view, the server wants more than the right to read it."""
    rows = connection.execute(_COLUMNS, {"schema": source.table_schema, "name": source.table}).all()
    if not rows:
        raise exc.NoSuchTableError(source.table)
    zone, system = connection.execute(sa.text("SELECT @@session.time_zone, @@system_time_zone")).one()
    why = dict.fromkeys(("enum", "set"), "is ordered by the places of its values and compared by their names")
    named = str(system if zone == "SYSTEM" else zone)
    if not _STEADY.fullmatch(named):
        why["timestamp"] = f"is told by the clocks of {named}, which may be put back ({_REMEDY})"
    return {str(name): Column(nullable != "NO", why.get(str(kind).lower(), "")) for name, nullable, kind in rows}
