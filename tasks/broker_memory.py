"""What the broker remembers: where it was started anew, or emptied, messages may be gone; and whom it serves."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from celery import Celery
from kombu.exceptions import KombuError, OperationalError

from schemas.errors import TransientError
from tasks.queues import PREFIX

#: Beside the queues and of their prefix, so that whatever empties them takes it along.
_MARK = "memory"
_FLEETS = "fleets"
#: As a client sees it that puts no prefix before its keys.
FLEETS_KEY: Final = f"{PREFIX}{_FLEETS}"


def lost(app: Celery) -> bool:
    """True once after Redis was flushed or started. Other brokers keep what they confirmed: never.

    Raises:
        TransientError: the broker cannot be asked.
    """
    with _redis(app) as client:
        if client is None:
            return False
        # A start of the server changes its id, and a flush takes the mark away.
        run = str(client.info("server")["run_id"])
        return _text(client.set(_MARK, run, get=True)) != run


def show(app: Celery, fleet: str) -> None:
    """Note in Redis that this fleet's dispatcher lives: fleets on one Redis database take each other's messages, and
    nobody else could tell.

    Raises:
        TransientError: the broker cannot be asked.
    """
    with _redis(app) as client:
        if client is not None:
            client.hset(_FLEETS, fleet, client.time()[0])


@contextmanager
def _redis(app: Celery) -> Iterator[Any]:
    """The connection's client; null where the broker is no Redis."""
    try:
        with app.pool.acquire(block=True, timeout=5) as connection:
            if connection.transport.driver_type != "redis":
                yield None
                return
            try:
                yield connection.default_channel.client
            except (*connection.connection_errors, *connection.channel_errors) as error:
                raise _not_asked() from error
    except (KombuError, OperationalError, OSError) as error:
        raise _not_asked() from error


def _text(value: bytes | str | None) -> str | None:
    return value.decode() if isinstance(value, bytes) else value


def _not_asked() -> TransientError:
    return TransientError("the broker cannot be asked", hint="is the broker up?", code="broker")
