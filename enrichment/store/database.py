"""Connections. One pool a process; every transaction is short, and failures of the server are transient."""

from __future__ import annotations

import select
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeAlias, TypeVar

import psycopg
from psycopg.conninfo import make_conninfo
from psycopg.rows import DictRow, args_row, dict_row
from psycopg_pool import ConnectionPool

from enrichment.store import outages
from enrichment.store.arrays import ArrayDumper
from schemas.errors import ConfigurationError
from schemas.states import SCHEMA

Tx: TypeAlias = psycopg.Connection[DictRow]
T = TypeVar("T")

#: Work that was filed or woken: the dispatcher listens here.
WORK_CHANNEL = "assay_work"
#: Among what a statement returns: rings the dispatcher's bell when its transaction commits.
BELL = f"pg_notify('{WORK_CHANNEL}', '')"

#: Seconds that a caller waits for a connection, and for which the pool tries again to make one.
_PATIENCE = 15.0
_RECONNECTING = 10.0

# A process that stands still amid a transaction keeps its locks, and with them its work from whoever would take it
# over: the server ends such a session, and looks by itself whether the other side is still there.
_OPTIONS = (
    f"-c search_path={SCHEMA} -c timezone=UTC -c datestyle=ISO -c jit=off -c lock_timeout=20000"
    " -c idle_in_transaction_session_timeout=60000"
    " -c tcp_keepalives_idle=10 -c tcp_keepalives_interval=3 -c tcp_keepalives_count=3"
)
# Listings with filters that may be left out need a plan for the ones that are given.
_VARIED = " -c plan_cache_mode=force_custom_plan"
# A fleet asks the same few dozen statements all the time: planning each anew took a quarter of the server's time. A
# plan for any array is a good one as long as it goes by an index: made while a table is young, it would read all of it.
_REPEATED = " -c plan_cache_mode=auto -c enable_seqscan=off"
# A server that dies may lose the last fraction of a second of what such sessions committed, always the newest of it and
# all of it in order: the tables are then as they were a moment before, and what was under way is done once more.
_REPEATABLE = " -c synchronous_commit=off"


def conninfo(url: str, *, application: str, repeats: bool = False, durable: bool = True) -> str:
    """Turn an SQLAlchemy URL into a libpq connection string.

    repeats: the server may keep plans of statements
    durable: a commit waits until it is on disk

    Raises:
        ConfigurationError: not a PostgreSQL URL.
    """
    scheme, separator, rest = url.partition("://")
    if not separator or scheme.partition("+")[0] not in {"postgresql", "postgres"}:
        raise ConfigurationError(
            "database.url is no address of a PostgreSQL server",
            hint="write postgresql+psycopg://user:password@host/database; PostgreSQL 15 or newer",
        )
    try:
        return make_conninfo(
            f"postgresql://{rest}",
            application_name=application,
            options=_OPTIONS + (_REPEATED if repeats else _VARIED) + ("" if durable else _REPEATABLE),
            connect_timeout=5,
            keepalives_idle=10,
            keepalives_interval=3,
            keepalives_count=3,
            tcp_user_timeout=15_000,
        )
    except psycopg.ProgrammingError as error:
        raise ConfigurationError(
            "database.url cannot be read", hint="write postgresql+psycopg://user:password@host/database"
        ) from error


class Database:
    """A pool of connections for one process. Safe to share between threads, not across a fork.

    `repeats` is for processes of the fleet, which ask the same statements again and again. Without `durable` a commit
    does not wait for the disk: for what is done anew where it was lost, and told to nobody outside.
    """

    def __init__(
        self, url: str, *, application: str, size: int = 2, repeats: bool = False, durable: bool = True
    ) -> None:
        self.url = url
        self._conninfo = conninfo(url, application=application, repeats=repeats, durable=durable)
        self._pool: ConnectionPool[Tx] = ConnectionPool(
            self._conninfo,
            connection_class=psycopg.Connection[DictRow],
            kwargs={"row_factory": dict_row},
            min_size=0,
            max_size=size,
            timeout=_PATIENCE,
            # The pool tries ever more seldom, and nobody else meanwhile: after an outage of minutes it would stay away
            # for minutes more. What gives up sooner than its callers is begun anew by the next of them.
            reconnect_timeout=_RECONNECTING,
            max_idle=60,
            configure=_configure,
            check=_refuse_closed,
            open=False,
        )

    @contextmanager
    def transaction(self) -> Iterator[Tx]:
        """One transaction: committed at the end, rolled back on any exception.

        Raises:
            TransientError: the server is away, or gave up this transaction for another's sake.
            ConfigurationError: `not_granted`: this role may not do that.
        """
        with self._connection() as tx:
            yield tx

    @contextmanager
    def single_statements(self) -> Iterator[Tx]:
        """A connection on which each statement commits by itself: a third of the round trips of a transaction of one.

        Raises:
            TransientError: as for `transaction`.
        """
        with self._connection() as tx:
            tx.autocommit = True
            try:
                yield tx
            finally:
                if not tx.closed:
                    tx.autocommit = False

    @contextmanager
    def _connection(self) -> Iterator[Tx]:
        self._pool.open()
        try:
            with self._pool.connection() as tx:
                try:
                    yield tx
                except psycopg.errors.ReadOnlySqlTransaction:
                    # the one who takes writes may be another server by now
                    tx.close()
                    raise
        except outages.PASSING as error:
            raise outages.passing(error) from error
        except psycopg.errors.InsufficientPrivilege as error:
            raise outages.not_granted(error) from error

    def direct(self) -> Tx:
        """A connection of its own in autocommit, for a session lock or LISTEN. The caller closes it."""
        try:
            connection = psycopg.Connection[DictRow].connect(self._conninfo, autocommit=True, row_factory=dict_row)
        except psycopg.OperationalError as error:
            raise outages.no_connection(error, hint="is PostgreSQL up?") from error
        _configure(connection)
        return connection

    def close(self) -> None:
        self._pool.close()


def _configure(connection: Tx) -> None:
    connection.adapters.register_dumper(list, ArrayDumper)


def _refuse_closed(connection: Tx) -> None:
    """Hand out no connection that the server has closed meanwhile, as every one is after its restart.

    An idle connection has nothing to read unless it was closed, so that no round trip is needed to see it.

    Raises:
        OperationalError: it is closed; the pool takes another one.
    """
    poll = select.poll()
    poll.register(connection.fileno(), select.POLLIN)
    while poll.poll(0):
        connection.pgconn.consume_input()


def made(tx: Tx, make: Callable[..., T], query: str, params: Any) -> list[T]:  # noqa: ANN401 - as the driver takes them
    """What `make` makes of the columns of each row in their order: for hundreds of rows, without a dict for each."""
    with tx.cursor(row_factory=args_row(make)) as cursor:
        return cursor.execute(query.encode(), params).fetchall()


def durably(tx: Tx) -> None:
    """Let this transaction's commit wait for the disk, and with it all that was committed before it."""
    tx.execute("SET LOCAL synchronous_commit = on")


def stay_awake(tx: Tx) -> None:
    """A statement that does nothing: this session does not stand still."""
    tx.execute("SELECT 1")


def notify(tx: Tx) -> None:
    """Ring the dispatcher's bell when this transaction commits."""
    tx.execute(f"SELECT {BELL}")
