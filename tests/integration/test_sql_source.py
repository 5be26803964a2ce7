"""The sql connector against a real server: types of order, rights, logins, and a table that moves while it is read."""

from __future__ import annotations

import datetime as dt
import json
from decimal import Decimal
from urllib.parse import unquote, urlsplit, urlunsplit

import psycopg
import pytest
import sqlalchemy as sa

from enrichment.connectors.opening import open_pages
from enrichment.connectors.pages import Page
from enrichment.connectors.sql_connecting import connected
from schemas.errors import TerminalError
from schemas.source import Auth, Password, SqlSource


@pytest.fixture(scope="module")
def filled(database: str) -> str:
    with psycopg.connect(database.replace("+psycopg", ""), autocommit=True) as connection:
        connection.execute("CREATE SCHEMA other")
        connection.execute("CREATE TYPE other.size AS ENUM ('small', 'big')")
        connection.execute(
            "CREATE TABLE other.firm (id uuid PRIMARY KEY DEFAULT gen_random_uuid(), n int NOT NULL,"
            " big numeric NOT NULL, at timestamptz NOT NULL, day date NOT NULL, name text NOT NULL,"
            " size other.size, extra jsonb, ip inet)"
        )
        connection.execute(
            "INSERT INTO other.firm (n, big, at, day, name, size, extra, ip) SELECT g, g / 3.0,"
            " timestamptz '2024-01-01' + g * interval '1 microsecond', date '2024-01-01' + g, chr(64 + g), 'big',"
            " jsonb_build_object('a', g), inet '10.0.0.1' FROM generate_series(1, 9) g"
        )
    return database


def source(url: str, **settings: object) -> SqlSource:
    parts = urlsplit(url)
    bare = urlunsplit(parts._replace(netloc=f"{parts.username}@{parts.hostname}:{parts.port}"))
    given = {"name": "s", "connector": "sql", "url": bare, "table": "firm", "table_schema": "other", "key": "/n"}
    return SqlSource.model_validate({**given, "password": Password(env="THE_PASSWORD"), **settings})


def resumed(configured: SqlSource, password: str) -> list[Page]:
    pages, cursor = [], None
    while True:
        opened = open_pages(configured, cursor=cursor, secrets=lambda _: password, page_records=2)
        page = next(opened)
        opened.close()  # type: ignore[attr-defined]
        pages.append(page)
        if page.cursor is None:
            return pages
        cursor = json.loads(json.dumps(page.cursor))


def _password(url: str) -> str:
    return unquote(urlsplit(url).password or "")


@pytest.mark.parametrize("order", ["id", "n", "big", "at", "day", "name"])
def test_columns_of_every_exact_type_order_rows(filled: str, order: str) -> None:
    pages = resumed(source(filled, order_by=(order,)), _password(filled))
    assert sorted(int(r.record_id) for page in pages for r in page.records) == list(range(1, 10))


def test_values_are_read_as_they_are(filled: str) -> None:
    record = json.loads(resumed(source(filled), _password(filled))[0].records[1].body, parse_float=Decimal)
    assert record["big"] == Decimal("0.66666666666666666667")
    assert dt.datetime.fromisoformat(record["at"]).microsecond == 2
    assert (record["size"], record["extra"], record["ip"]) == ("big", {"a": 2}, "10.0.0.1")


def test_rows_that_come_and_go_meanwhile_move_no_others(filled: str) -> None:
    configured, password = source(filled, order_by=("n",)), _password(filled)
    pages = open_pages(configured, cursor=None, secrets=lambda _: password, page_records=4)
    cursor = next(pages).cursor
    with psycopg.connect(filled.replace("+psycopg", ""), autocommit=True) as connection:
        connection.execute("DELETE FROM other.firm WHERE n < 3")
        rest = open_pages(configured, cursor=cursor, secrets=lambda _: password, page_records=50)
        assert [r.record_id for page in rest for r in page.records] == ["5", "6", "7", "8", "9"]
        connection.execute(
            "INSERT INTO other.firm (n, big, at, day, name)"
            " SELECT g, g, now(), current_date, '' FROM generate_series(1, 2) g"
        )


def test_a_session_cannot_write(filled: str) -> None:
    with (
        connected(source(filled), lambda _: _password(filled), ()) as connection,
        pytest.raises(sa.exc.InternalError, match="read-only"),
    ):
        connection.execute(sa.text("DELETE FROM other.firm"))


def test_a_wrong_login_is_refused_and_never_quoted(filled: str) -> None:
    def wrong(_: Auth) -> str:
        return "wr0ng-one"

    with pytest.raises(TerminalError) as caught:
        next(open_pages(source(filled), cursor=None, secrets=wrong))
    assert caught.value.code == "source_refused"
    assert "wr0ng-one" not in str(caught.value)
