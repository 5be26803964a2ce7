"""What the two brokers need said differently. Both are a doorbell: losing either costs time, never data."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlsplit

from amqp.exceptions import MessageNacked  # type: ignore[import-untyped]  # kombu's client has no types
from celery import Celery
from kombu.connection import Connection
from kombu.entity import Exchange, Queue
from kombu.exceptions import KombuError, OperationalError

from tasks.queues import PREFIX, queue_names

#: Deliveries after which RabbitMQ gives up on a message: by then PostgreSQL has sent another under a newer fence.
DELIVERY_LIMIT: Final = 10
#: Where RabbitMQ puts what it gave up on, for people to look at; nothing consumes it, and nothing is lost by it.
UNDELIVERED: Final = "undelivered"
_UNDELIVERED_KEPT: Final = 10_000
#: Seconds that RabbitMQ may take to confirm one message: while its memory or disk alarm is on it does not.
CONFIRM_SECONDS: Final = 10.0
_TRANSPORT: Final = "tasks.redis_transport:Transport"
_AMQP: Final = frozenset({"amqp", "amqps", "pyamqp"})


def speaks_amqp(broker_url: str) -> bool:
    return urlsplit(broker_url).scheme in _AMQP


def queues(broker_url: str) -> list[Queue]:
    """Every queue, on the default exchange: there is no binding that could be lost."""
    amqp = speaks_amqp(broker_url)
    exchange: Any = Exchange("", type="direct")  # type: ignore[no-untyped-call]  # kombu is not typed
    # As the second net: what a worker gave back, or died of, so often that it would go round for ever.
    given_up = {"x-dead-letter-exchange": "", "x-dead-letter-routing-key": UNDELIVERED}
    arguments = {"x-queue-type": "quorum", "x-delivery-limit": DELIVERY_LIMIT, **given_up} if amqp else None
    return [
        Queue(name, exchange=exchange, routing_key=name, queue_arguments=arguments)  # type: ignore[no-untyped-call]
        for name in queue_names()
    ]


def prepare(app: Celery) -> None:
    """Declare what nobody consumes, so that what RabbitMQ gives up on has a place; nothing to do for Redis.

    Raises:
        Exception: one of `errors_of`.
    """
    if not speaks_amqp(str(app.conf.broker_url)):
        return
    bounds = {"x-queue-type": "quorum", "x-max-length": _UNDELIVERED_KEPT, "x-overflow": "drop-head"}
    queue = Queue(UNDELIVERED, durable=True, queue_arguments=bounds)  # type: ignore[no-untyped-call]
    with app.connection_for_write() as connection:
        queue.bind(connection.default_channel).queue_declare()  # type: ignore[no-untyped-call]


def errors_of(app: Celery) -> tuple[type[Exception], ...]:
    """Whatever a broker's client raises when it cannot be reached or does not take a message.

    kombu wraps them only where it tries again by itself, which is what publishing must not do.
    """
    transport = app.connection_for_write().transport
    its_own = (*transport.connection_errors, *transport.channel_errors)
    return (KombuError, OperationalError, OSError, MessageNacked, *its_own)


def settings_of(broker_url: str, *, visibility: int) -> Mapping[str, Any]:
    """Celery's settings that differ. `visibility`: seconds that one message may stay unacknowledged."""
    if speaks_amqp(broker_url):
        return _AMQP_SETTINGS
    settings = _redis_settings(visibility)
    # Named by its class, kombu would not see that an address asks for TLS.
    return {**settings, "broker_transport": _TRANSPORT} if urlsplit(broker_url).scheme == "redis" else settings


#: RabbitMQ gives a dead consumer's messages to the next one at once; there is no visibility timeout. Its own limit on
#: unacknowledged messages (consumer_timeout, 30 min by default) lies above every stage's deadline.
_AMQP_SETTINGS: Final[Mapping[str, Any]] = {
    "broker_transport_options": {
        # Without it a message that the broker refuses is lost without an error.
        "confirm_publish": True,
        # A publisher that finds no broker says so; PostgreSQL keeps everything meanwhile. The default tries for ever.
        "max_retries": 1,
        "interval_start": 0,
        "interval_step": 0.2,
        "interval_max": 0.5,
        "connect_timeout": 5,
        # A peer that went away without a word is noticed.
        "read_timeout": 30,
        "write_timeout": 10,
    },
    # Half-open connections are noticed by both sides within about twenty seconds.
    "broker_heartbeat": 10,
    "worker_consumer": "tasks.plain_consumer:PlainConsumer",
}


def _redis_settings(visibility: int) -> Mapping[str, Any]:
    return {
        "broker_transport_options": {
            "visibility_timeout": visibility,
            # The default sweep takes 100 s until it looks for lost messages.
            "unacked_restore_interval": 5,
            "unacked_restore_throttle": 1,
            # A sweeper that is killed must not block sweeping for five minutes.
            "unacked_mutex_expire": 60,
            # Without these a publish to a dead peer waits for ever.
            "socket_timeout": 10,
            "socket_connect_timeout": 5,
            "socket_keepalive": True,
            # A half-open connection is noticed within about twenty seconds.
            "health_check_interval": 10,
            "global_keyprefix": PREFIX,
            # What cannot be routed is kept and seen, not dropped.
            "deadletter_queue": "unrouted",
        }
    }


def answers(broker_url: str, *, seconds: float = 2.0) -> bool:
    """Whether a RabbitMQ can be reached and logged in to."""
    connection: Any = Connection(broker_url, connect_timeout=seconds)  # type: ignore[no-untyped-call]  # as above
    try:
        connection.ensure_connection(max_retries=1, interval_start=0, interval_step=0)
    except (OperationalError, OSError):
        return False
    finally:
        connection.release()
    return True
