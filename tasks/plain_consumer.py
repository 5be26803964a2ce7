"""Celery's consumer without what no message of ours asks for."""

from __future__ import annotations

from celery.worker.consumer import Consumer


class PlainConsumer(Consumer):  # type: ignore[misc]  # Celery is not typed
    """No delayed delivery: twenty-eight queues of RabbitMQ for messages with an ETA, and none has one."""

    class Blueprint(Consumer.Blueprint):  # type: ignore[misc]  # as above
        default_steps = tuple(one for one in Consumer.Blueprint.default_steps if not one.endswith(":DelayedDelivery"))
