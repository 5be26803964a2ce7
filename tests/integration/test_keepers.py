"""Threads that watch over a process outlive whatever the server answers; what passes is told from what does not."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Iterator

import psycopg
import pytest
from structlog.testing import capture_logs

from enrichment.retaining import Retention
from enrichment.store.database import Database
from schemas.errors import TransientError
from tasks.children import ChildWatch
from tasks.leases import LeaseKeeper
from tasks.retention import RetentionKeeper


@pytest.fixture
def without_tables(database: str) -> Iterator[Database]:
    """As at a grant that was lost: what is asked is refused, and not for want of a server."""
    made = Database(database, application="test", size=1)
    yield made
    made.close()


def test_leases_are_renewed_after_the_server_refused_it(without_tables: Database) -> None:
    keeper = LeaseKeeper(without_tables, "boot")
    with capture_logs() as said:
        keeper.renew()
    assert [(one["event"], one["error"], one["log_level"]) for one in said] == [
        ("lease.refused", "UndefinedTable", "error")
    ]


def test_retention_goes_on_after_the_server_refused_it(without_tables: Database) -> None:
    keeper = RetentionKeeper(without_tables, Retention(), threading.Event())
    with capture_logs() as said:
        keeper.look()
    assert [(one["event"], one["log_level"]) for one in said] == [("retention.broke", "error")]


def test_a_death_that_the_server_would_not_note_is_told_again() -> None:
    told: list[int] = []

    def note(pid: int) -> None:
        told.append(pid)
        if len(told) == 1:
            raise psycopg.errors.InsufficientPrivilege

    watch = ChildWatch(note)
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as child:
        watch.look()
        child.kill()
        child.wait()
        with capture_logs() as said:
            watch.look()
        assert [one["log_level"] for one in said] == ["error"]
        watch.look()
        watch.look()
    assert told == [child.pid, child.pid]


def test_a_server_that_only_reads_for_now_is_one_that_is_away(without_tables: Database) -> None:
    def write() -> None:
        with without_tables.transaction() as tx:
            tx.execute("SET TRANSACTION READ ONLY")
            tx.execute("CREATE TABLE made (id int)")

    with pytest.raises(TransientError, match="ReadOnlySqlTransaction"):
        write()


def test_a_session_that_the_server_ended_for_standing_still_is_one_that_was_lost(
    without_tables: Database, database: str
) -> None:
    def stand_still() -> None:
        with without_tables.transaction() as tx:
            tx.execute("SET LOCAL idle_in_transaction_session_timeout = 100")
            _await_end(database, tx.info.backend_pid)
            tx.execute("SELECT 1")

    with pytest.raises(TransientError, match="IdleInTransactionSessionTimeout"):
        stand_still()


def _await_end(database: str, pid: int) -> None:
    """Waits in the server until it has no such session, ten seconds at most."""
    lives = "SELECT pg_sleep(0.05) FROM pg_stat_activity WHERE pid = %s"
    with psycopg.connect(database.replace("+psycopg", ""), autocommit=True) as beside:
        assert any(beside.execute(lives, (pid,)).fetchone() is None for _ in range(200))
