"""Tables of other databases: read in order, page by page, whatever stands in them."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from enrichment.connectors.opening import open_items, open_pages
from enrichment.connectors.pages import Page
from schemas.errors import ConfigurationError, TerminalError, TransientError, UsageError
from schemas.source import SqlSource

Rows = Iterable[tuple[Any, ...]]


@pytest.fixture
def table(tmp_path: Path) -> Callable[[str, Rows], Path]:
    def make(columns: str, rows: Rows) -> Path:
        with closing(sqlite3.connect(tmp_path / "d.db")) as connection:
            connection.execute(f"CREATE TABLE t ({columns})")
            data = list(rows)
            if data:
                marks = ", ".join("?" * len(data[0]))
                connection.executemany(f"INSERT INTO t VALUES ({marks})", data)
            connection.commit()
        return tmp_path

    return make


def source(**settings: Any) -> SqlSource:
    return SqlSource(**{"name": "s", "connector": "sql", "url": "sqlite:///d.db", "table": "t", **settings})


def read(configured: SqlSource, root: Path, cursor: Any = None, page_records: int = 2) -> list[Page]:
    return list(open_pages(configured, cursor=cursor, secrets=lambda _: "", roots=[root], page_records=page_records))


def resumed(configured: SqlSource, root: Path) -> list[Page]:
    pages, cursor = [], None
    while True:
        opened = open_pages(configured, cursor=cursor, secrets=lambda _: "", roots=[root], page_records=2)
        page = next(opened)
        opened.close()  # type: ignore[attr-defined]
        pages.append(page)
        if page.cursor is None:
            return pages
        cursor = json.loads(json.dumps(page.cursor))


def ids(pages: list[Page]) -> list[str]:
    return [record.record_id for page in pages for record in page.records]


@pytest.mark.parametrize("reading", [read, resumed])
def test_every_row_is_read_once_in_order(
    table: Callable[[str, Rows], Path], reading: Callable[[SqlSource, Path], list[Page]]
) -> None:
    root = table("id INTEGER NOT NULL, name TEXT", [(n, f"n{n}") for n in (5, 3, 1, 4, 2)])
    pages = reading(source(), root)
    assert ids(pages) == ["1", "2", "3", "4", "5"]
    assert [len(page.records) for page in pages] == [2, 2, 1]
    assert pages[0].records[0].body == b'{"id":1,"name":"n1"}'


@pytest.mark.parametrize("reading", [read, resumed])
def test_several_columns_order_rows_and_ties_are_not_cut_apart(
    table: Callable[[str, Rows], Path], reading: Callable[[SqlSource, Path], list[Page]]
) -> None:
    rows = [("a", 1, "x1"), ("a", 2, "x2"), ("b", 1, "x3"), ("B ", 1, "x4"), ("c", 9, "x5"), ("ç", 9, "x6")]
    root = table("g TEXT NOT NULL, n INTEGER NOT NULL, id TEXT", rows)
    assert sorted(ids(reading(source(order_by=("g", "n")), root))) == ["x1", "x2", "x3", "x4", "x5", "x6"]


def test_rows_that_no_order_tells_apart_are_refused(table: Callable[[str, Rows], Path]) -> None:
    root = table("g TEXT NOT NULL, id INTEGER", [("a", 1), ("b", 2), ("b", 3), ("b", 4)])
    opened = open_pages(source(order_by=("g",)), cursor=None, secrets=lambda _: "", roots=[root], page_records=2)
    assert ids([next(opened)]) == ["1"]
    with pytest.raises(TerminalError, match="share one value") as caught:
        next(opened)
    assert caught.value.code == "source_refused"
    assert "primary key" in caught.value.hint


def test_rows_without_a_place_are_told_of(table: Callable[[str, Rows], Path]) -> None:
    root = table("id INTEGER, name TEXT", [(1, "a"), (None, "b"), (2, "c"), (None, "d")])
    pages = resumed(source(), root)
    assert ids(pages) == ["1", "2"]
    assert [(r.record_id, str(r.code)) for page in pages for r in page.refused] == [("#without-order", "key_missing")]
    assert pages[-1].refused[0].message.startswith("2 rows")


def test_a_value_that_is_not_json_costs_no_row(table: Callable[[str, Rows], Path]) -> None:
    root = table("id INTEGER NOT NULL, v", [(1, 1e400), (2, b"caf\xc3\xa9"), (3, b"\xff"), (4, 0.1), (5, b"\x00a")])
    pages = read(source(), root)
    assert [r.body for page in pages for r in page.records] == [
        b'{"id":1,"v":"Infinity"}',
        '{"id":2,"v":"café"}'.encode(),
        b'{"id":3,"v":null}',
        b'{"id":4,"v":0.1}',
        b'{"id":5,"v":null}',
    ]
    assert [r for page in pages for r in page.refused] == []


@pytest.mark.parametrize("reading", [read, resumed])
def test_a_place_that_postgresql_cannot_keep_costs_its_row_only(
    table: Callable[[str, Rows], Path], reading: Callable[..., list[Page]]
) -> None:
    root = table("id TEXT NOT NULL", [(key,) for key in ("a", "b\x00a", "b\x00b", "b\x00c", "c")])
    pages = reading(source(), root)
    assert ids(pages) == ["a", "c"]
    assert [r.record_id for page in pages for r in page.refused] == [f"#row:b\\u0000{end}" for end in "abc"]
    assert not any(r"\u0000" in json.dumps(page.cursor).replace(r"\\u0000", "") for page in pages)


def test_rows_whose_places_begin_alike_have_names_of_their_own(table: Callable[[str, Rows], Path]) -> None:
    root = table("id TEXT NOT NULL, v TEXT", [("x" * 600 + end, "") for end in "abc"])
    names = [r.record_id for page in read(source(), root) for r in page.refused]
    assert len(set(names)) == 3
    assert max(map(len, names)) < 250


def test_a_text_in_another_encoding_costs_its_row_only(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "d.db")) as connection:
        connection.execute("CREATE TABLE t (id INTEGER NOT NULL, v TEXT)")
        connection.execute("INSERT INTO t VALUES (1, 'a'), (2, CAST(x'4dfc' AS TEXT)), (3, 'b')")
        connection.commit()
    pages = read(source(), tmp_path)
    assert ids(pages) == ["1", "3"]
    assert [(r.record_id, str(r.code)) for page in pages for r in page.refused] == [("#row:2", "record_malformed")]


@pytest.mark.parametrize("view", ["SELECT id FROM gone", "SELECT nowhere(id) AS id FROM t"])
def test_a_view_that_cannot_be_read_is_not_waited_for(table: Callable[[str, Rows], Path], view: str) -> None:
    root = table("id INTEGER NOT NULL", [(1,)])
    with closing(sqlite3.connect(root / "d.db")) as connection:
        connection.execute(f"CREATE VIEW w AS {view}")
    with pytest.raises(TerminalError) as caught:
        read(source(table="w"), root)
    assert caught.value.code == "source_refused"


def test_names_are_quoted_and_only_chosen_columns_are_read(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "d.db")) as connection:
        connection.execute('CREATE TABLE "t;""x" ("select" INTEGER NOT NULL, "a%b" TEXT, secret TEXT)')
        connection.execute("INSERT INTO \"t;\"\"x\" VALUES (1, 'y', 'z'), (2, 'v', 'w'), (3, 'v', 'w')")
        connection.commit()
    configured = source(table='t;"x', key="/select", columns=("select", "a%b"))
    assert [r.body for page in resumed(configured, tmp_path) for r in page.records] == [
        b'{"select":1,"a%b":"y"}',
        b'{"select":2,"a%b":"v"}',
        b'{"select":3,"a%b":"v"}',
    ]


def test_an_empty_table_is_an_empty_page(table: Callable[[str, Rows], Path]) -> None:
    assert read(source(), table("id INTEGER NOT NULL", [])) == [Page((), ())]


def test_nothing_can_be_written(table: Callable[[str, Rows], Path]) -> None:
    import sqlalchemy as sa

    from enrichment.connectors.sql_connecting import connected

    root = table("id INTEGER NOT NULL", [(1,)])
    with connected(source(), lambda _: "", [root]) as connection, pytest.raises(sa.exc.OperationalError):
        connection.execute(sa.text("DELETE FROM t"))


@pytest.mark.parametrize(
    ("settings", "error", "code"),
    [
        ({"table": "nope"}, TerminalError, "source_refused"),
        ({"order_by": ("idd",)}, ConfigurationError, "configuration"),
        ({"columns": ("nope",)}, ConfigurationError, "configuration"),
        ({"key": "/a/b"}, ConfigurationError, "configuration"),
        ({"url": "sqlite:///../d.db"}, TerminalError, "source_refused"),
        ({"url": "sqlite:///other.db"}, TerminalError, "not_found"),
        ({"url": "sqlite:///t.txt"}, TerminalError, "source_refused"),
        ({"url": "sqlite://"}, ConfigurationError, "configuration"),
        ({"url": "nonsense"}, ConfigurationError, "configuration"),
        ({"url": "oracle+oracledb://u@127.0.0.1/x"}, ConfigurationError, "configuration"),
        ({"url": "postgresql+psycopg://u@127.0.0.1:1/x"}, TransientError, "source_unreachable"),
    ],
)
def test_what_is_wrong_is_said(
    table: Callable[[str, Rows], Path], settings: dict[str, Any], error: type[Exception], code: str
) -> None:
    root = table("id INTEGER NOT NULL", [(1,)])
    (root / "t.txt").write_text("no database" * 100)
    with pytest.raises(error) as caught:
        read(source(**settings), root)
    assert caught.value.code == code  # type: ignore[attr-defined]


def test_a_place_that_rounds_is_no_place(table: Callable[[str, Rows], Path]) -> None:
    root = table("id INTEGER NOT NULL, f REAL NOT NULL", [(n, n / 10) for n in range(5)])
    with pytest.raises(TerminalError, match="float"):
        read(source(order_by=("f",)), root)


@pytest.mark.parametrize("cursor", [{}, {"after": 3}, {"after": [["int", "x"]]}, {"after": [["list", "[]"]]}])
def test_a_cursor_of_something_else_is_refused(table: Callable[[str, Rows], Path], cursor: dict[str, Any]) -> None:
    with pytest.raises(UsageError, match="cursor"):
        read(source(), table("id INTEGER NOT NULL", [(1,)]), cursor)


def test_records_are_found_by_id(table: Callable[[str, Rows], Path]) -> None:
    root = table("id INTEGER NOT NULL", [(n,) for n in range(6)])
    pages = list(open_items(source(), ["4", "9"], cursor=None, secrets=lambda _: "", roots=[root], page_records=2))
    assert ids(pages) == ["4"]
    assert [r.record_id for page in pages for r in page.refused] == ["9"]
