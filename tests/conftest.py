"""Servers for the tests that need real ones: one PostgreSQL and one Redis per run, a database per module."""

from __future__ import annotations

import os
import secrets
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from workers.embedded import (
    OWNER,
    PostgresServer,
    RedisServer,
    discard_postgres,
    running_postgres,
    running_redis,
    start_postgres,
    start_redis,
)
from workers.embedded.servers import SUPERUSER

#: Names the directory of this run's servers to the worker processes of xdist, which inherit it.
_RUN_VARIABLE = "TEST_RUN_SERVERS"
_PREFIX = "ASSAY_"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--broker",
        choices=("redis", "rabbitmq"),
        default="redis",
        help="what the fleets of the acceptance suite use as their broker",
    )


def pytest_configure() -> None:
    for name in [name for name in os.environ if name.startswith(_PREFIX)]:
        del os.environ[name]
    if "PYTEST_XDIST_WORKER" not in os.environ:
        # not below pytest's own directory: that one is closed, and PostgreSQL may have to run as another user
        os.environ[_RUN_VARIABLE] = str(Path(tempfile.gettempdir(), f"assay-tests-{secrets.token_hex(6)}"))


def pytest_unconfigure() -> None:
    if "PYTEST_XDIST_WORKER" in os.environ:
        return
    directory = Path(os.environ[_RUN_VARIABLE])
    if directory.exists():
        _stop_and_remove(directory)


def _stop_and_remove(directory: Path) -> None:
    for server in (running_postgres(directory), running_redis(directory)):
        if server is not None:
            server.stop()
    discard_postgres(directory)
    shutil.rmtree(directory)


@pytest.fixture(autouse=True)
def _no_settings_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith(_PREFIX)]:
        monkeypatch.delenv(name)


@pytest.fixture(scope="session")
def postgres_server() -> PostgresServer:
    """PostgreSQL for the whole run, shared by all its processes; whoever asks first starts it."""
    return start_postgres(Path(os.environ[_RUN_VARIABLE]), attach=True)


@pytest.fixture(scope="session")
def redis_server() -> RedisServer:
    """Redis for the whole run, shared by all its processes; tests keep to keys of their own."""
    return start_redis(Path(os.environ[_RUN_VARIABLE]), attach=True)


@pytest.fixture
def data_dir() -> Iterator[Path]:
    """An empty data directory that every user may pass through; what a test leaves running in it is stopped."""
    directory = Path(tempfile.mkdtemp(prefix="assay-test-"))
    directory.chmod(0o711)
    yield directory
    _stop_and_remove(directory)


@pytest.fixture(scope="module")
def database(postgres_server: PostgresServer) -> Iterator[str]:
    """URL (SQLAlchemy, driver psycopg, role assay_owner) of an empty database that lives as long as the module."""
    name = f"test_{secrets.token_hex(6)}"
    administration = postgres_server.url_for(SUPERUSER, "postgres").replace("+psycopg", "")
    with psycopg.connect(administration, autocommit=True) as connection:
        connection.execute(
            sql.SQL("CREATE DATABASE {} OWNER {}").format(sql.Identifier(name), sql.Identifier(OWNER)),
        )
    yield postgres_server.url_for(OWNER, name)
    with psycopg.connect(administration, autocommit=True) as connection:
        connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


@pytest.fixture(scope="module")
def url_for(database: str, postgres_server: PostgresServer) -> Callable[[str], str]:
    """From a role's name to its URL of the module's database."""
    name = database.rpartition("/")[2]
    return lambda role: postgres_server.url_for(role, name)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """What a machine lacks is said at the end, where a skipped test would be one letter among a thousand."""
    skipped = terminalreporter.stats.get("skipped", [])
    said = sorted({str(one.longrepr[2]) for one in skipped if "NOT TESTED" in str(one.longrepr)})
    for reason in said:
        terminalreporter.write_line(reason.removeprefix("Skipped: "), red=True, bold=True)
