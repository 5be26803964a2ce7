"""Whether the broker still knows what it was told: where it was started anew, or emptied, messages may be gone."""

from __future__ import annotations

from typing import Any

from celery import Celery
from kombu.exceptions import KombuError, OperationalError

from schemas.errors import TransientError

#: Beside the queues and of their prefix, so that whatever empties them takes it along.
_MARK = "memory"


def lost(app: Celery) -> bool:
    """True once after Redis was flushed or started. Other brokers keep what they confirmed: never.

    Raises:
        TransientError: the broker cannot be asked.
    """
    try:
        with app.pool.acquire(block=True, timeout=5) as connection:
            if connection.transport.driver_type != "redis":
                return False
            try:
                client: Any = connection.default_channel.client
                # A start of the server changes its id, and a flush takes the mark away.
                run = str(client.info("server")["run_id"])
                return _text(client.set(_MARK, run, get=True)) != run
            except (*connection.connection_errors, *connection.channel_errors) as error:
                raise _not_asked() from error
    except (KombuError, OperationalError, OSError) as error:
        raise _not_asked() from error


def _text(value: bytes | str | None) -> str | None:
    return value.decode() if isinstance(value, bytes) else value


def _not_asked() -> TransientError:
    return TransientError("the broker cannot be asked", hint="is the broker up?", code="broker")
