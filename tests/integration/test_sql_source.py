"""The sql connector against a real server: types of order, rights, logins, and a table that moves while it is read."""

from __future__ import annotations

import datetime as dt
import gc
import json
import os
import signal
import threading
import time
import warnings
from decimal import Decimal
from urllib.parse import unquote, urlsplit, urlunsplit

import psycopg
import pytest
import sqlalchemy as sa

from enrichment.connectors.opening import open_pages
from enrichment.connectors.pages import Page
from enrichment.connectors.sql_connecting import connected
from schemas.errors import TerminalError, TransientError
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


def resumed(configured: SqlSource, password: str, size: int = 2) -> list[Page]:
    pages, cursor = [], None
    while True:
        opened = open_pages(configured, cursor=cursor, secrets=lambda _: password, page_records=size)
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


class TestWhatTheDriverWouldChange:
    """Read with a driver as it comes, of each of these tables either no row is read or a value is another one."""

    @staticmethod
    def _records(database: str, columns: str, *rows: str, **settings: object) -> list[dict[str, object]]:
        with psycopg.connect(database.replace("+psycopg", ""), autocommit=True) as connection:
            connection.execute("DROP TABLE IF EXISTS other.odd")
            connection.execute(f"CREATE TABLE other.odd ({columns})")
            for row in rows:
                connection.execute(f"INSERT INTO other.odd VALUES ({row})")
        pages = resumed(source(database, table="odd", key="/id", **settings), _password(database))
        assert [r.message for page in pages for r in page.refused] == []
        return [json.loads(r.body, parse_float=Decimal) for page in pages for r in page.records]

    def test_numbers_within_json_keep_every_digit(self, filled: str) -> None:
        said = '{"big": 123456789012345678901234567890.1234567890, "part": [0.1234567890123456789]}'
        (record,) = self._records(filled, "id int, a jsonb, b json", f"1, '{said}', '{said}'")
        wanted = json.loads(said, parse_float=Decimal)
        assert (record["a"], record["b"]) == (wanted, wanted)

    def test_moments_without_a_number_are_the_text_that_the_server_prints(self, filled: str) -> None:
        columns = "id int, day date, at timestamptz, naive timestamp, t time, days date[]"
        record, other = self._records(
            filled,
            columns,
            "1, 'infinity', '-infinity', '0044-03-15 BC', '24:00', '{infinity,2024-01-02}'",
            "2, '2024-01-02', '2024-01-02 03:04:05+00', NULL, '01:02', NULL",
        )
        assert (record["day"], record["at"], record["naive"]) == ("infinity", "-infinity", "0044-03-15 00:00:00 BC")
        assert (record["t"], record["days"]) == ("24:00:00", ["infinity", "2024-01-02"])
        assert (other["day"], str(other["at"])[:19], other["t"]) == ("2024-01-02", "2024-01-02T03:04:05", "01:02:00")

    def test_such_a_moment_is_a_place_to_go_on_from(self, filled: str) -> None:
        moments = ["-infinity", "0044-03-15 BC", "2024-01-01", "2024-01-02", "infinity"]
        rows = [f"{n}, '{moment}'" for n, moment in enumerate(moments)]
        records = self._records(filled, "id int, at timestamptz", *rows, order_by=("at",))
        assert [r["id"] for r in records] == [0, 1, 2, 3, 4]

    def test_a_span_of_months_is_no_number_of_days(self, filled: str) -> None:
        records = self._records(filled, "id int, span interval", "1, '1 year 2 mons'", "2, '1 day 01:00'")
        assert [r["span"] for r in records] == ["1 year 2 mons", "PT90000S"]

    def test_ranges_are_text(self, filled: str) -> None:
        (record,) = self._records(filled, "id int, r numrange, m datemultirange", "1, '[1.5,2)', '{[2024-01-01,)}'")
        assert (record["r"], record["m"]) == ("[1.5,2)", "{[2024-01-01,)}")

    def test_a_server_that_prints_otherwise_is_told_how(self, filled: str) -> None:
        with psycopg.connect(filled.replace("+psycopg", ""), autocommit=True) as connection:
            name = connection.execute("SELECT current_database()").fetchone()[0]  # type: ignore[index]
            connection.execute(f"ALTER DATABASE \"{name}\" SET DateStyle = 'German, DMY'")
            connection.execute(f'ALTER DATABASE "{name}" SET IntervalStyle = iso_8601')
        try:
            row = "1, '2024-02-01', '2024-02-01 00:00+00', '1 day'"
            (record,) = self._records(filled, "id int, day date, at timestamptz, span interval", row)
        finally:
            with psycopg.connect(filled.replace("+psycopg", ""), autocommit=True) as connection:
                connection.execute(f'ALTER DATABASE "{name}" RESET ALL')
        assert (record["day"], str(record["at"])[:10], record["span"]) == ("2024-02-01", "2024-02-01", "PT86400S")


@pytest.mark.parametrize(
    ("kind", "values"),
    [
        ("interval", ["1 month", "1 month 30 days", "2 months", "3 months", "3 months 30 days", "4 months"]),
        ("numeric", ["1", "2", "3", "NaN", "NaN", "5"]),
    ],
)
def test_what_only_the_server_holds_equal_is_not_cut_apart(filled: str, kind: str, values: list[str]) -> None:
    with psycopg.connect(filled.replace("+psycopg", ""), autocommit=True) as connection:
        connection.execute(f"CREATE TABLE other.tied_{kind} (n serial, place {kind} NOT NULL)")
        for value in values:
            connection.execute(f"INSERT INTO other.tied_{kind} (place) VALUES (%s)", [value])
    configured = source(filled, table=f"tied_{kind}", order_by=["place"])
    for size in (3, 4, 5):
        pages = resumed(configured, _password(filled), size)
        assert sorted(record.record_id for page in pages for record in page.records) == list("123456")


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


def test_a_server_that_stands_still_is_given_up_and_tried_again(filled: str) -> None:
    """Stopped amid the query, so that its own clock cannot end it."""
    with psycopg.connect(filled.replace("+psycopg", ""), autocommit=True) as connection:
        connection.execute("CREATE VIEW other.slow AS SELECT n, pg_sleep(0.5)::text AS s FROM other.firm")
        ended, stopped = threading.Event(), list[int]()

        def stop() -> None:
            # the query itself is behind a cursor
            asking = "SELECT pid FROM pg_stat_activity WHERE state = 'active' AND query LIKE 'FETCH %'"
            while not ended.wait(0.02):
                for (pid,) in connection.execute(asking).fetchall():
                    os.kill(pid, signal.SIGSTOP)
                    stopped.append(pid)
                    return

        thread = threading.Thread(target=stop)
        thread.start()
        began = time.monotonic()
        try:
            with pytest.raises(TransientError) as caught:
                next(
                    open_pages(
                        source(filled, table="slow", order_by=("n",), timeout=1),
                        cursor=None,
                        secrets=lambda _: _password(filled),
                    )
                )
        finally:
            ended.set()
            thread.join()
            for pid in stopped:
                os.kill(pid, signal.SIGCONT)
        assert len(stopped) == 1
        assert (caught.value.code, time.monotonic() - began < 30) == ("source_unreachable", True)
        # the driver's cursor cannot be closed over a line that was cut, and complains when it goes
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ResourceWarning)
            del caught
            gc.collect()


@pytest.mark.parametrize(("part", "value"), [("path", "/nowhere"), ("netloc", "nobody@127.0.0.1:{port}")])
def test_a_database_or_a_role_that_is_not_there_ends_the_reading(filled: str, part: str, value: str) -> None:
    parts = urlsplit(filled)
    configured = source(filled)
    bare = urlunsplit(urlsplit(configured.url)._replace(**{part: value.format(port=parts.port)}))
    with pytest.raises(TerminalError) as caught:
        next(open_pages(configured.model_copy(update={"url": bare}), cursor=None, secrets=lambda _: _password(filled)))
    assert caught.value.code == "source_refused"


def test_a_wrong_login_is_refused_and_never_quoted(filled: str) -> None:
    def wrong(_: Auth) -> str:
        return "wr0ng-one"

    with pytest.raises(TerminalError) as caught:
        next(open_pages(source(filled), cursor=None, secrets=wrong))
    assert caught.value.code == "source_refused"
    assert "wr0ng-one" not in str(caught.value)
