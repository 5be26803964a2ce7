"""The order that a table is read in: its queries, its places as JSON, and what lies on the border of a page."""

from __future__ import annotations

import datetime as dt
import json
import uuid
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any, Final, TypeVar

import sqlalchemy as sa

from schemas.codes import Code
from schemas.errors import TerminalError
from schemas.json_types import Json
from schemas.source import SqlSource

T = TypeVar("T")

#: A text that holds NUL, of which PostgreSQL keeps none in a cursor, is written as JSON writes it.
_QUOTED: Final = "quoted"
#: A place's values by type. A float is none of them: a column of four bytes differs from its own value read.
_READ: Final[dict[str, Callable[[str], Any]]] = {
    "int": int,
    "str": str,
    "Decimal": Decimal,
    "datetime": dt.datetime.fromisoformat,
    "date": dt.date.fromisoformat,
    "time": dt.time.fromisoformat,
    "UUID": uuid.UUID,
    _QUOTED: json.loads,
}


def query(source: SqlSource, after: Sequence[Any] | None) -> sa.Select[Any]:
    """Select the rows behind a place, in order; names are quoted, values bound.

    Columns have no type here: what is read is what the driver gives, so that one value that its declared type cannot
    hold (SQLite checks none) costs its own record only.
    """
    names = list(dict.fromkeys((*source.columns, *source.ordered_by))) if source.columns else []
    table = _table(source)
    ordered = _ordered(source, table)
    chosen: list[Any] = [table.c[name] for name in names] or [sa.literal_column("*")]
    rows = sa.select(*chosen).select_from(table).where(*(column.is_not(None) for column in ordered)).order_by(*ordered)
    if after is None:
        return rows
    # Row values, (a, b) > (x, y), are not known everywhere; `a >= x` is what lets an index find the start.
    bound = [sa.literal(value, sa.types.NullType()) for value in after]
    further = [
        sa.and_(*(c == v for c, v in zip(ordered[:i], bound[:i], strict=True)), ordered[i] > bound[i])
        for i in range(len(ordered))
    ]
    return rows.where(ordered[0] >= bound[0], sa.or_(*further))


def unplaced(source: SqlSource) -> sa.Select[Any]:
    """Count the rows that no place leads to."""
    table = _table(source)
    return (
        sa.select(sa.func.count())
        .select_from(table)
        .where(sa.or_(*(column.is_(None) for column in _ordered(source, table))))
    )


def _table(source: SqlSource) -> sa.TableClause:
    names = dict.fromkeys((*source.columns, *source.ordered_by))
    columns: list[sa.ColumnClause[Any]] = [sa.column(_quoted(name)) for name in names]
    return sa.table(_quoted(source.table), *columns, schema=source.table_schema and _quoted(source.table_schema))


def _ordered(source: SqlSource, table: sa.TableClause) -> list[sa.ColumnClause[Any]]:
    return [table.c[name] for name in source.ordered_by]


def _quoted(name: str) -> sa.quoted_name:
    return sa.quoted_name(name, quote=True)


def written(place: Sequence[Any], names: Sequence[str]) -> Json:
    """Give a place as JSON, exact.

    Raises:
        TerminalError: `source_refused`, a value of it cannot be compared exactly.
    """
    said: list[Json] = []
    for value, name in zip(place, names, strict=True):
        kind = type(value).__name__
        if kind not in _READ:
            raise TerminalError(
                f"column {name!r} holds {kind}, which is no place to go on from",
                code=Code.SOURCE_REFUSED,
                hint="set order_by to columns of integers, decimals, text, dates, times or UUIDs",
            )
        if kind == "str" and "\x00" in value:
            said.append([_QUOTED, json.dumps(value)])
            continue
        said.append([kind, value.isoformat() if kind in {"datetime", "date", "time"} else str(value)])
    return said


def read(said: Json) -> tuple[Any, ...]:
    """Give a place that `written` wrote.

    Raises:
        ValueError, TypeError, KeyError: it did not.
    """
    if not isinstance(said, list):
        raise TypeError("no list of values")
    return tuple(_READ[str(kind)](str(text)) for kind, text in (_pair(value) for value in said))


def _pair(value: Json) -> tuple[Json, Json]:
    if not isinstance(value, list) or len(value) != 2:
        raise ValueError("no pair of a type and a text")
    return value[0], value[1]


def same_place(source: SqlSource, one: Sequence[Any], other: Sequence[Any]) -> sa.Select[Any]:
    """Select something where the server holds both equal, of which at least one is a row's place.

    Only it knows: collations pass over case, accents, width, marks or trailing spaces, and hold `æ` to be `ae`.
    """
    table = _table(source)
    equal = [
        column == sa.literal(value, sa.types.NullType())
        for place in (one, other)
        for column, value in zip(_ordered(source, table), place, strict=True)
    ]
    return sa.select(sa.literal_column("1")).select_from(table).where(*equal).limit(1)


def whole_groups(
    rows: list[tuple[T, tuple[Any, ...]]],
    following: tuple[Any, ...],
    source: SqlSource,
    same: Callable[[tuple[Any, ...], tuple[Any, ...]], bool],
) -> list[tuple[T, tuple[Any, ...]]]:
    """Leave rows that share their place with the first row behind the page to the next page, which begins with them.

    same: says of two places that differ whether they are one to the server

    Raises:
        TerminalError: `source_refused`, they fill the whole page.
    """
    kept = len(rows)
    while kept and _shared(rows[kept - 1][1], following, same):
        kept -= 1
    if not kept:
        raise TerminalError(
            f"more than {len(rows) - 1} rows of {source.table} share one value of {', '.join(source.ordered_by)}",
            code=Code.SOURCE_REFUSED,
            hint="add a column to order_by that tells them apart, as the primary key does",
        )
    return rows[:kept]


def _shared(
    one: tuple[Any, ...], other: tuple[Any, ...], same: Callable[[tuple[Any, ...], tuple[Any, ...]], bool]
) -> bool:
    differing = [(a, b) for a, b in zip(one, other, strict=True) if a != b]
    if not differing:
        return True
    # Whatever else there is compares here as it does there.
    open_here = all(isinstance(a, str) or isinstance(b, str) or _is_nan(a) for a, b in differing)
    return open_here and same(one, other)


def _is_nan(value: object) -> bool:
    return isinstance(value, Decimal) and value.is_nan()
