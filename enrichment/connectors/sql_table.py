"""A table of another database, page by page, by the last values of the columns that order it (keyset pagination).

An offset would have the server read again all that was read before, and would pass over rows when others are deleted
meanwhile. What is inserted or changed behind the place reached is for the next job.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from enrichment.connectors import keyset
from enrichment.connectors.inline import read_one
from enrichment.connectors.page_text import sorted_out
from enrichment.connectors.pages import PAGE_BYTES, Cursor, FetchedRecord, Page, RefusedRecord
from enrichment.connectors.plain_values import plain
from enrichment.connectors.sql_connecting import connected, told_apart
from enrichment.connectors.sql_silence import watched
from enrichment.connectors.table_columns import columns
from schemas.codes import Code
from schemas.errors import ConfigurationError, TerminalError, UsageError, nearest, storable
from schemas.source import Auth, SqlSource

#: Rows taken from the server at a time; a page's memory is bounded by its bytes as well as by its rows.
_FETCHED = 50
#: Characters of a place in the name of its row.
_LONGEST_NAME = 200


class TableReader:
    """One sql source. `roots` are the folders that a database file may lie in; `page_records` bounds a page."""

    def __init__(
        self, source: SqlSource, *, secrets: Callable[[Auth], str], roots: Sequence[Path], page_records: int = 500
    ) -> None:
        self._source = source
        self._secrets = secrets
        self._roots = roots
        self._page_records = page_records

    def pages(self, cursor: Cursor | None) -> Iterator[Page]:
        """Give pages from a cursor on; of an empty table one empty page.

        Raises:
            TransientError: `source_unreachable`; the pages given so far stand.
            TerminalError: `source_refused`, the table cannot be read or not in this order.
            ConfigurationError: a driver is missing, there is no such column.
        """
        source = self._source
        after = None if cursor is None else _after(cursor)
        names = source.ordered_by
        with connected(source, self._secrets, self._roots) as connection, told_apart(source):
            with watched(connection, source):
                nullable = self._looked_over(connection) if cursor is None else bool(cursor.get("nullable"))
            while True:
                with watched(connection, source) as heard:
                    rows, more = self._read(connection, after, heard)
                outcomes = [outcome for outcome, _ in rows]
                if not more:
                    yield _page([*outcomes, *(self._unplaced(connection) if nullable else ())], None)
                    return
                after = rows[-1][1]
                yield _page(outcomes, {"after": keyset.written(after, names), "nullable": nullable})

    def _looked_over(self, connection: sa.Connection) -> bool:
        """Check the columns named, once a reading; say whether a row may have no place in the order."""
        source = self._source
        if not source.ordered_by:
            raise ConfigurationError(
                f"source {source.name}: nothing says how its rows are ordered",
                hint="set order_by, or key to one column",
            )
        found = columns(connection, source)
        for name in (*source.columns, *source.ordered_by):
            if name not in found:
                raise ConfigurationError(
                    f"source {source.name}: {source.table} has no column {name!r}{nearest(name, list(found))}",
                    hint="mend columns, order_by or key of the source",
                )
            if name in source.ordered_by and (why := found[name].unordered):
                raise TerminalError(
                    f"source {source.name}: column {name!r} {why}",
                    code=Code.SOURCE_REFUSED,
                    hint="order_by needs columns that the server orders as it compares them, as the primary key",
                )
        return any(found[name].nullable for name in source.ordered_by)

    def _read(
        self, connection: sa.Connection, after: Sequence[Any] | None, heard: Callable[[], None]
    ) -> tuple[list[tuple[FetchedRecord | RefusedRecord, tuple[Any, ...]]], bool]:
        """Give a page's outcomes, each with its place in the order, and whether there is more behind them."""
        names = self._source.ordered_by
        query = keyset.query(self._source, after).limit(self._page_records + 1)
        result = connection.execute(query, execution_options={"stream_results": True, "yield_per": _FETCHED})
        rows: list[tuple[FetchedRecord | RefusedRecord, tuple[Any, ...]]] = []
        size = 0
        with closing(result):
            for number, row in enumerate(result.mappings()):
                heard()
                place = tuple(row[name] for name in names)
                if number == 0 and after is not None and place == tuple(after):
                    raise TerminalError(
                        f"{self._source.table} gives the same row again behind itself",
                        code=Code.PAGINATION_LOOP,
                        hint=f"order_by ({', '.join(names)}) needs columns that compare exactly, without rounding",
                    )
                if number and (number >= self._page_records or size >= PAGE_BYTES):
                    break
                outcome = read_one(self._value(row), _named(place), self._source)
                rows.append((outcome, place))
                size += len(outcome.body or b"")
            else:
                return rows, False

        def same(one: Sequence[Any], other: Sequence[Any]) -> bool:
            return connection.execute(keyset.same_place(self._source, one, other)).first() is not None

        return keyset.whole_groups(rows, place, self._source, same), True

    def _value(self, row: sa.RowMapping) -> object:
        wanted = self._source.columns or row.keys()
        return {str(name): plain(row[name]) for name in wanted}

    def _unplaced(self, connection: sa.Connection) -> list[RefusedRecord]:
        names = ", ".join(self._source.ordered_by)
        left = connection.execute(keyset.unplaced(self._source)).scalar_one()
        if not left:
            return []
        message = f"{left} rows have no value in {names}, and so no place in the order that the table is read in"
        return [RefusedRecord("#without-order", Code.KEY_MISSING, message)]


def _named(place: Sequence[Any]) -> str:
    """Name a row by its place; what is cut may begin like another one."""
    name = storable("/".join(str(plain(value)) for value in place))
    if len(name) > _LONGEST_NAME:
        name = f"{name[:_LONGEST_NAME]}#{hashlib.sha256(name.encode()).hexdigest()[:8]}"
    return f"#row:{name}"


def _page(outcomes: Sequence[FetchedRecord | RefusedRecord], cursor: Cursor | None) -> Page:
    records, refused = sorted_out(outcomes)
    return Page(records, refused, cursor)


def _after(cursor: Cursor) -> tuple[Any, ...]:
    try:
        return keyset.read(cursor["after"])
    except (KeyError, TypeError, ValueError) as error:
        raise UsageError("the cursor is not one of a sql source", hint="the source's connector was changed") from error
