"""RabbitMQ as the broker: whether it serves, is new enough, and what it gave up on."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from schemas.errors import TransientError
from tasks import brokers
from tasks.celery_app import create_app
from tasks.publishing import depths
from workers.doctor.finding import Finding, odd, well, wrong

#: The first with delivery limits and dead-lettering of quorum queues as they are used here.
_OLDEST: Final = (3, 10)


def broker(url: str) -> Iterator[Finding]:
    if not brokers.answers(url, seconds=4.0):
        yield wrong("broker", "cannot be reached or refuses the login", "is RabbitMQ up? see broker.url")
        return
    app = create_app(url)
    with app.connection_for_read() as connection:
        connection.connect()
        version = str(connection.connection.server_properties.get("version", ""))
    numbers = tuple(int(part) for part in version.split(".")[:2] if part.isdigit())
    if numbers < _OLDEST:
        yield odd("broker", f"RabbitMQ {version or 'of unknown version'}", "use RabbitMQ 3.10 or newer")
    else:
        yield well("broker", f"RabbitMQ {version}, quorum queues, confirmed publishing")
    try:
        given_up = depths(app, [brokers.UNDELIVERED])[brokers.UNDELIVERED]
    except TransientError as error:
        yield wrong("broker", error.message, error.hint)
        return
    if given_up:
        remedy = (
            f"nothing is lost: PostgreSQL sends that work again. Workers that end over and over deliver nothing; see"
            f" their logs, then purge queue {brokers.UNDELIVERED}"
        )
        yield odd("broker", f"gave up on {given_up} messages after {brokers.DELIVERY_LIMIT} deliveries", remedy)
