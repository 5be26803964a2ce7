"""The sql connector against MariaDB, by both of its names: rows in an order that it keeps, and none lost in another."""

from __future__ import annotations

import json
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from mariadb_server import MISSING, MariaServer, is_installed, mariadb_server

from enrichment.connectors.opening import open_pages
from enrichment.connectors.pages import Page
from schemas.errors import TerminalError, TransientError
from schemas.source import Password, SqlSource

pytestmark = pytest.mark.skipif(not is_installed(), reason=MISSING)
#: An hour that comes twice, in Berlin: a row every ten minutes.
_BACK = "INSERT INTO night SELECT seq, from_unixtime(1729987200 + 600 * seq) FROM seq_1_to_24"


@pytest.fixture(scope="module")
def server() -> Iterator[MariaServer]:
    with mariadb_server() as made:
        made.execute(
            "CREATE TABLE thing (id int PRIMARY KEY, status enum('pending','active','closed') NOT NULL,"
            " tags set('b','a'), flag bit(1), bits bit(12), raw binary(4), price decimal(30,10), made datetime(6),"
            " name varchar(20))",
            "INSERT INTO thing SELECT seq, elt(1 + (seq > 6) + (seq > 9), 'pending', 'active', 'closed'), 'a', seq % 2,"
            " b'100000000001', 'ab', 12345678901234567890.0123456789, '2024-01-02 03:04:05.000006', concat('n', seq)"
            " FROM seq_1_to_12",
            "CREATE VIEW shown AS SELECT id, status, name FROM thing",
            "CREATE VIEW slow AS SELECT id, sleep(2) AS s FROM thing",
            "CREATE TABLE night (id int PRIMARY KEY, at timestamp NOT NULL)",
            _BACK,
            *(f"GRANT SELECT ON shop.{name} TO reader@localhost" for name in ("thing", "shown", "slow", "night")),
            "CREATE TABLE partly (id int PRIMARY KEY, name varchar(9), secret varchar(9))",
            "INSERT INTO partly VALUES (1, 'a', 'b')",
            "GRANT SELECT (id, name) ON shop.partly TO reader@localhost",
        )
        yield made


def read(server: MariaServer, *, scheme: str = "mysql+pymysql", query: str = "", **settings: Any) -> list[Page]:
    configured = SqlSource.model_validate(
        {
            "name": "s",
            "connector": "sql",
            "url": f"{scheme}://{server.reader}@127.0.0.1:{server.port}/shop{query}",
            "password": Password(env="THE_PASSWORD"),
            "table": "thing",
            "order_by": ["id"],
            "key": "/id",
            **settings,
        }
    )
    pages, cursor = [], None
    while True:
        opened = open_pages(configured, cursor=cursor, secrets=lambda _: server.password, page_records=5)
        pages.append(next(opened))
        opened.close()  # type: ignore[attr-defined]
        if (cursor := json.loads(json.dumps(pages[-1].cursor))) is None:
            return pages


def ids(pages: list[Page]) -> list[int]:
    assert [refused.message for page in pages for refused in page.refused] == []
    return sorted(int(record.record_id) for page in pages for record in page.records)


@pytest.mark.parametrize("scheme", ["mysql+pymysql", "mariadb+pymysql"])
@pytest.mark.parametrize("order", [["id"], ["name"], ["made", "id"], ["price", "id"], ["flag", "id"]])
def test_every_row_is_read_by_either_name_of_the_server(server: MariaServer, scheme: str, order: list[str]) -> None:
    assert ids(read(server, scheme=scheme, order_by=order)) == list(range(1, 13))


def test_values_are_what_they_are(server: MariaServer) -> None:
    record = json.loads(read(server)[0].records[0].body, parse_float=Decimal)
    assert (record["flag"], record["bits"], record["raw"]) == (1, 2049, None)
    assert (str(record["price"]), record["made"]) == ("12345678901234567890.0123456789", "2024-01-02T03:04:05.000006")


@pytest.mark.parametrize("order", [["status", "id"], ["tags", "id"]])
def test_an_order_that_compares_otherwise_is_refused(server: MariaServer, order: list[str]) -> None:
    with pytest.raises(TerminalError, match="compared by their names"):
        read(server, order_by=order)


def test_clocks_that_are_put_back_are_no_order(server: MariaServer) -> None:
    settings = {"table": "night", "order_by": ["at", "id"]}
    with pytest.raises(TerminalError, match="may be put back"):
        read(server, **settings)
    steady = "?init_command=SET time_zone='%2B00:00'"
    assert ids(read(server, query=steady, **settings)) == list(range(1, 25))


def test_the_right_to_read_is_right_enough(server: MariaServer) -> None:
    assert ids(read(server, table="shown")) == list(range(1, 13))
    assert ids(read(server, table="partly", columns=["id", "name"])) == [1]


def test_a_query_that_takes_too_long_is_tried_again(server: MariaServer) -> None:
    with pytest.raises(TransientError) as caught:
        read(server, table="slow", timeout=1)
    assert caught.value.code == "source_unreachable"


def test_a_database_that_is_not_there_is_not_waited_for(server: MariaServer) -> None:
    url = f"mysql+pymysql://{server.reader}@127.0.0.1:{server.port}/nowhere"
    with pytest.raises(TerminalError):
        read(server, url=url)
