"""What a server does not go through with passes, and ends no thread that a fleet stands on."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import psycopg
import pytest

from enrichment.store import fleet, migration, outages
from enrichment.store.database import Database
from enrichment.store.fleet import Boot
from schemas.errors import TransientError
from tasks.leases import LeaseKeeper
from workers.doctor import servers


@pytest.fixture
def migrated(database: str) -> Iterator[Database]:
    migration.migrate(database)
    made = Database(database, application="test", size=1)
    yield made
    made.close()


def test_a_server_that_takes_no_writes_is_away_and_its_connection_is_left(migrated: Database) -> None:
    with migrated.transaction() as tx:
        tx.execute("SET default_transaction_read_only = on")
        first = tx.info.backend_pid
    assert servers.writes(migrated).level == "wrong"

    def register() -> int:
        with migrated.transaction() as tx:
            fleet.register(tx, Boot("boot-1", "node", "gate", 1, "test"))
            return tx.info.backend_pid

    with pytest.raises(TransientError, match="ReadOnlySqlTransaction") as caught:
        register()
    assert "standby" in caught.value.hint
    assert servers.writes(migrated).level == "well"
    assert register() != first


def test_leases_are_kept_whatever_a_beat_ended_with(migrated: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    beats = []
    twice = threading.Event()

    def beat(*_: object) -> None:
        beats.append(1)
        if len(beats) > 1:
            twice.set()
        raise psycopg.errors.InsufficientPrivilege("permission denied for table worker")

    monkeypatch.setattr("tasks.leases.fleet.beat", beat)
    monkeypatch.setattr("tasks.leases.work.RENEW", 0.0)
    keeper = LeaseKeeper(migrated, "boot-1")
    keeper.start()
    assert twice.wait(10)
    keeper.stop()


def test_what_a_server_answers_that_lets_nobody_in_is_told() -> None:
    full = psycopg.OperationalError(
        'connection failed: connection to server at "127.0.0.1", port 1 failed: FATAL:  could not write init file'
    )
    assert outages.no_connection(full, hint="").message == "the database lets nobody in now: could not write init file"
    refused = psycopg.OperationalError("connection failed: Connection refused\n\tIs the server running?")
    assert outages.no_connection(refused, hint="look").message == "the database cannot be reached"
