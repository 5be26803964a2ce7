"""Bringing a database to this code's tables, by Alembic, under a lock so that two starts at once are safe."""

from __future__ import annotations

import io
from pathlib import Path
from typing import TextIO

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, create_engine, make_url, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.pool import NullPool

from enrichment.store import outages, revisions
from enrichment.store.advisory import Lock
from schemas.errors import AssayError, ConfigurationError
from schemas.states import SCHEMA

_MINIMUM_SERVER = 15
#: What libpq hands on of a login that the server has heard and refused; in other languages it counts as away.
_LOGIN_REFUSED = (
    "password authentication failed",
    "no password supplied",
    "no pg_hba.conf entry",
    "is not permitted to log in",
    "does not exist",
)


def _config(connection: Connection | None = None, output: TextIO | None = None) -> Config:
    config = Config(output_buffer=output)
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    if connection is not None:
        config.attributes["connection"] = connection
    return config


def head() -> str:
    """The revision that this code's tables are at."""
    revision = ScriptDirectory.from_config(_config()).get_current_head()
    if revision is None:
        raise ConfigurationError("no migrations found", hint="the installation is incomplete; install Assay again")
    return revision


def current(connection: Connection) -> str | None:
    context = MigrationContext.configure(connection, opts={"version_table_schema": SCHEMA})
    return context.get_current_revision()


def migrate(url: str) -> str:
    """Upgrade to the head and give its revision. Also idempotent when several call it at once.

    Raises:
        ConfigurationError: the server is too old or lets nobody in by this URL, or the database is of a newer Assay.
        TransientError: the server cannot be reached.
    """
    engine = create_engine(url, poolclass=NullPool)
    try:
        with engine.connect() as connection:
            version = connection.dialect.server_version_info or (0,)
            if int(version[0]) < _MINIMUM_SERVER:
                raise ConfigurationError(f"PostgreSQL {version[0]} is too old", hint="use PostgreSQL 15 or newer")
            connection.execute(text("SELECT pg_advisory_lock(:lock)"), {"lock": Lock.MIGRATION.value})
            connection.execute(text(f"CREATE SCHEMA IF NOT EXISTS {SCHEMA}"))
            connection.commit()
            revisions.refuse(current(connection))
            command.upgrade(_config(connection), "head")
            connection.commit()
            connection.execute(text("SELECT pg_advisory_unlock(:lock)"), {"lock": Lock.MIGRATION.value})
    except OperationalError as error:
        raise _away(error, url) from error
    finally:
        engine.dispose()
    return head()


def print_sql() -> str:
    """The whole upgrade as SQL, for those who apply it by hand."""
    output = io.StringIO()
    command.upgrade(_config(output=output), "head", sql=True)
    return f"CREATE SCHEMA IF NOT EXISTS {SCHEMA};\n\n" + output.getvalue()


def check_current(url: str) -> None:
    """Refuse to run on tables that are not this code's.

    Raises:
        ConfigurationError: not migrated, behind, or ahead of this code; or the server lets nobody in by this URL.
        TransientError: the server cannot be reached.
    """
    engine = create_engine(url, poolclass=NullPool)
    try:
        with engine.connect() as connection:
            revisions.refuse(current(connection))
            if (found := current(connection)) != head():
                raise ConfigurationError(
                    f"the database is at revision {found or 'none'}, this code needs {head()}",
                    hint="run: assay migrate",
                )
    except OperationalError as error:
        raise _away(error, url) from error
    finally:
        engine.dispose()


def _away(error: OperationalError, url: str) -> AssayError:
    """What a connection that failed says to do. To try again does not mend a login; libpq gives words and no code."""
    told = str(error.orig)
    if (words := next((one for one in _LOGIN_REFUSED if one in told), None)) is None:
        return outages.no_connection(error.orig, hint="check database.url, and that PostgreSQL runs")
    asked = make_url(url)
    return ConfigurationError(
        f"the server at {asked.host}:{asked.port or 5432} lets {asked.username} not into {asked.database}: {words}",
        hint="check user, password and name of the database in database.url",
        code="login_refused",
    )
