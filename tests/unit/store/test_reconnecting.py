"""After an outage the next caller makes a connection; nobody waits for the one who tries ever more seldom."""

from __future__ import annotations

import socket
import time

import pytest
from psycopg_pool.base import AttemptWithBackoff

from enrichment.store import database
from enrichment.store.database import Database
from schemas.errors import TransientError


def test_the_pool_gives_a_connection_up_before_its_callers_do() -> None:
    assert database._RECONNECTING < database._PATIENCE


def test_a_caller_after_an_outage_begins_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    # as after minutes without a server: the next try of the pool lies far ahead
    monkeypatch.setattr(AttemptWithBackoff, "INITIAL_DELAY", 3600.0)
    monkeypatch.setattr(database, "_PATIENCE", 0.4)
    monkeypatch.setattr(database, "_RECONNECTING", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    away = Database(f"postgresql://127.0.0.1:{port}/nothing", application="test")
    with pytest.raises(TransientError), away.transaction():
        pass
    with socket.create_server(("127.0.0.1", port)) as back:
        back.settimeout(5)
        began = time.monotonic()
        with pytest.raises(TransientError), away.transaction():
            pass
        caller, _ = back.accept()
        caller.close()
        assert time.monotonic() - began < 5
    away.close()
