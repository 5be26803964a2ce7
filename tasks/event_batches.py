"""What workers tell Flower of their tasks, a batch at a time: a message for each event cost more than the tasks did."""

from __future__ import annotations

from typing import Any, Final

from celery import bootsteps
from celery.worker.consumer import Consumer
from celery.worker.consumer.events import Events

#: Seconds that an event may wait for others. It keeps the time at which it happened.
_TOLD_EVERY: Final = 0.5


class EventBatches(bootsteps.StartStopStep):  # type: ignore[misc]  # Celery is not typed
    """Celery gathers events as well, but only those of one turn of its loop, which are one or two."""

    requires = (Events,)

    def __init__(self, consumer: Consumer, **options: Any) -> None:  # noqa: ANN401 - Celery's options
        self._timer: Any = None
        super().__init__(consumer, **options)

    def start(self, consumer: Consumer) -> None:
        """A full batch is still sent at once, and so is all that is no task's."""
        if consumer.hub is not None:
            consumer.event_dispatcher.on_send_buffered = None
            self._timer = consumer.timer.call_repeatedly(_TOLD_EVERY, consumer.event_dispatcher.flush)

    def stop(self, consumer: Consumer) -> None:
        """Before the connection is closed; what a lost one does not take is sent over the next one."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if consumer.event_dispatcher is not None:
            consumer.event_dispatcher.flush()

    shutdown = stop
