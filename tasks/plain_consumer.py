"""Celery's consumer without what no message of ours asks for."""

from __future__ import annotations

from typing import Any

from celery.worker.consumer import Consumer


class PlainConsumer(Consumer):  # type: ignore[misc]  # Celery is not typed
    """For RabbitMQ.

    No delayed delivery: twenty-eight queues for messages with an ETA, and none has one.
    """

    class Blueprint(Consumer.Blueprint):  # type: ignore[misc]  # as above
        default_steps = tuple(one for one in Consumer.Blueprint.default_steps if not one.endswith(":DelayedDelivery"))

    def connection_for_write(self, url: str | None = None, heartbeat: float | None = None) -> Any:  # noqa: ANN401
        """What events are sent over. A lost one costs nothing, so that the worker's loop waits for no confirmation."""
        options = {"confirm_publish": False}
        return self.ensure_connected(
            self.app.connection_for_write(url=url, heartbeat=heartbeat, transport_options=options)
        )
