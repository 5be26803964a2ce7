"""The way into another's database: a connection that may only read, and its failures told apart."""

from __future__ import annotations

import os
import re
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

import sqlalchemy as sa
from sqlalchemy import exc

from enrichment.connectors.file_bytes import open_below
from enrichment.connectors.sql_silence import longest_silence
from schemas.codes import Code
from schemas.errors import AssayError, ConfigurationError, TerminalError, TransientError
from schemas.source import Auth, SqlSource

_SAID: Final = 200
#: MySQL's number of the type BIT.
_BIT: Final = 16
#: What a driver's message may quote of an address.
_SECRET: Final = re.compile(r"(?i)((?:password|passwd|pwd)\s*[=:]\s*)\S+|//[^/@\s]+@")
#: What servers say of a login, or of a database, that will not be there the next time either.
_NO_LOGIN: Final = re.compile(
    r"(?i)password authentication failed|no password supplied|access denied for user|unknown database"
    r"|FATAL: +(database|role) .* does not exist"
)
#: SQLSTATE classes of what will fail the same way: no right, no such thing, wrong login.
_REFUSED: Final = ("28", "3D", "3F", "42")
#: How a connection is told, before anything else, that it only reads; others are only ever given a SELECT.
_READ_ONLY: Final = {
    "postgresql": (
        "SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY",
        "SET statement_timeout = {milliseconds}",
        # The only styles that its driver reads.
        "SET DateStyle = 'ISO'",
        "SET IntervalStyle = 'postgres'",
    ),
    "mysql": ("SET SESSION TRANSACTION READ ONLY", "SET SESSION max_execution_time = {milliseconds}"),
    "mariadb": ("SET SESSION TRANSACTION READ ONLY", "SET SESSION max_statement_time = {seconds}"),
    "sqlite": ("PRAGMA query_only = ON",),
}


@contextmanager
def connected(source: SqlSource, secrets: Callable[[Auth], str], roots: Sequence[Path]) -> Iterator[sa.Connection]:
    """Open a connection that is closed, and whose transaction is taken back, at the end.

    Raises:
        TransientError: `source_unreachable`.
        TerminalError: `source_refused`, the login is refused or the database file lies elsewhere; `not_found`.
        ConfigurationError: the address is none, or its driver is not installed.
    """
    engine = _engine(source, secrets, roots)
    try:
        with told_apart(source):
            connection = engine.connect()
        try:
            with told_apart(source):
                _only_reading(connection, source)
            yield connection
        finally:
            connection.close()
    finally:
        engine.dispose()


@contextmanager
def told_apart(source: SqlSource) -> Iterator[None]:
    """Turn what a driver raises into errors that say what to do next; a message never holds the address."""
    try:
        yield
    except AssayError:
        raise
    except exc.NoSuchTableError as error:
        raise TerminalError(
            f"source {source.name}: there is no table {source.table!r} that its user may see",
            code=Code.SOURCE_REFUSED,
            hint="mend table or table_schema, or grant its user the right to read it",
        ) from error
    except exc.DBAPIError as error:
        raise _of_driver(source, error) from error
    except exc.SQLAlchemyError as error:
        raise TerminalError(f"source {source.name}: {_told(error)}", code=Code.SOURCE_REFUSED) from error


def _of_driver(source: SqlSource, error: exc.DBAPIError) -> AssayError:
    state = str(getattr(error.orig, "sqlstate", None) or getattr(error.orig, "pgcode", None) or "")
    message = f"source {source.name}: {_told(error.orig or error)}"
    lasting = not isinstance(error, exc.OperationalError | exc.InterfaceError | exc.InternalError)
    lasting = lasting or _wrongly_asked(error.orig)
    if state.startswith(_REFUSED) or (lasting and not error.connection_invalidated) or _refuses_login(str(error.orig)):
        return TerminalError(message, code=Code.SOURCE_REFUSED, hint="mend the source, or what its user may read")
    return TransientError(message, code=Code.SOURCE_UNREACHABLE, hint="is the database up and reachable?")


def _wrongly_asked(error: BaseException | None) -> bool:
    """SQLite calls it an operational error, too, where a view needs a table or a function that is not there."""
    return isinstance(error, sqlite3.Error) and getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_ERROR


def _refuses_login(said: str) -> bool:
    """While connecting, libpq gives no SQLSTATE, only the server's words."""
    return bool(_NO_LOGIN.search(said))


def _told(error: BaseException) -> str:
    said = " ".join(_SECRET.sub("[...]", str(error)).split())[:_SAID]
    return f"{type(error).__name__}: {said}"


def _engine(source: SqlSource, secrets: Callable[[Auth], str], roots: Sequence[Path]) -> sa.Engine:
    url = _address(source)
    if source.password is not None:
        url = url.set(password=secrets(Auth(env=source.password.env, file=source.password.file)))
    arguments: dict[str, Any] = {}
    try:
        backend = url.get_backend_name()
        if backend == "sqlite":
            url = _file(url, source, roots)
        elif backend in {"postgresql", "mysql", "mariadb"}:
            arguments["connect_timeout"] = max(2, int(min(source.timeout, 10)))
        if backend in {"mysql", "mariadb"} and url.get_driver_name() == "pymysql":
            arguments["read_timeout"] = arguments["write_timeout"] = longest_silence(source)
        engine = sa.create_engine(url, poolclass=sa.NullPool, connect_args=arguments, hide_parameters=True)
    except (exc.ArgumentError, exc.NoSuchModuleError) as error:
        raise _no_address(source) from error
    except ImportError as error:
        raise ConfigurationError(
            f"source {source.name}: its driver {error.name!r} is not installed",
            hint="install it for the workers of the role fetch",
        ) from error
    if (engine.dialect.name, engine.dialect.driver) == ("postgresql", "psycopg"):
        from enrichment.connectors import postgres_values

        sa.event.listen(engine, "connect", lambda connection, _: postgres_values.keep(connection))
    if backend in {"mysql", "mariadb"} and engine.dialect.driver == "pymysql":
        # BIT comes as bytes, of which 0 would be a text that holds NUL.
        sa.event.listen(engine, "connect", lambda connection, _: connection.decoders.update({_BIT: _number}))
    if backend == "sqlite":
        # Left to itself the driver ends the reading of the whole table at a text that is none.
        sa.event.listen(engine, "connect", lambda connection, _: setattr(connection, "text_factory", _text))
    return engine


def _address(source: SqlSource) -> sa.URL:
    try:
        return sa.make_url(source.url)
    except exc.ArgumentError as error:
        raise _no_address(source) from error


def _no_address(source: SqlSource) -> ConfigurationError:
    return ConfigurationError(
        f"source {source.name}: url is no address that SQLAlchemy knows",
        hint="write dialect+driver://user@host/name",
    )


def _file(url: sa.URL, source: SqlSource, roots: Sequence[Path]) -> sa.URL:
    """A database file is a file: below an allowed root, and never made by asking for it."""
    if not url.database or url.database == ":memory:" or url.database.startswith("file:"):
        raise ConfigurationError(
            f"source {source.name}: url names no database file", hint="write sqlite:///path/to/file.db"
        )
    with open_below(url.database, roots) as file:
        path = os.fspath(file.path)
    return url.set(database=f"file:{quote(path)}", query={"mode": "ro", "uri": "true"})


def require_file(source: SqlSource, roots: Sequence[Path]) -> bool:
    """Look at the file of a database that is one, as whoever connects does first; false where it is a server.

    Raises:
        TerminalError: `not_found`, or `source_refused` where it lies elsewhere or cannot be read.
        ConfigurationError: the address is none, or names no file.
    """
    url = _address(source)
    if url.get_backend_name() != "sqlite":
        return False
    _file(url, source, roots)
    return True


class NotUtf8:
    """A text that SQLite keeps in another encoding. Whoever writes its record as JSON refuses it, and names this."""

    def __str__(self) -> str:
        return "?"


def _number(bits: bytes) -> int:
    return int.from_bytes(bits, "big")


def _text(stored: bytes) -> str | NotUtf8:
    try:
        return stored.decode()
    except UnicodeDecodeError:
        return NotUtf8()


def speaks_mysql(connection: sa.Connection) -> bool:
    return connection.dialect.name in {"mysql", "mariadb"}


def _only_reading(connection: sa.Connection, source: SqlSource) -> None:
    # A MariaDB server may be asked for by MySQL's name, too.
    name = "mariadb" if getattr(connection.dialect, "is_mariadb", False) else connection.dialect.name
    for statement in _READ_ONLY.get(name, ()):
        connection.exec_driver_sql(statement.format(milliseconds=int(source.timeout * 1000), seconds=source.timeout))
    connection.rollback() if connection.dialect.name == "sqlite" else connection.commit()
