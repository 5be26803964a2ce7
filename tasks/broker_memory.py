"""Whether the broker still knows what it was told: a mark that is gone says that messages are gone too."""

from __future__ import annotations

from typing import Any

from celery import Celery
from kombu.exceptions import KombuError, OperationalError

from schemas.errors import TransientError

#: Beside the queues and of their prefix, so that whatever empties them takes it along.
_MARK = "memory"


def lost(app: Celery) -> bool:
    """True once after Redis was flushed, or came up without its data. Other brokers keep messages on disk: never.

    Raises:
        TransientError: the broker cannot be asked.
    """
    try:
        with app.pool.acquire(block=True, timeout=5) as connection:
            if connection.transport.driver_type != "redis":
                return False
            try:
                client: Any = connection.default_channel.client
                return bool(client.set(_MARK, "1", nx=True))
            except (*connection.connection_errors, *connection.channel_errors) as error:
                raise _not_asked() from error
    except (KombuError, OperationalError, OSError) as error:
        raise _not_asked() from error


def _not_asked() -> TransientError:
    return TransientError("the broker cannot be asked", hint="is the broker up?", code="broker")
