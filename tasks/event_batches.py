"""What workers tell Flower of their tasks, a batch at a time: a message for each event cost more than the tasks did.

Events may be lost, and a worker must not: whatever goes wrong with them holds up nothing else.
"""

from __future__ import annotations

import sys
from typing import Any, Final

from celery import bootsteps
from celery.app import events
from celery.events.dispatcher import EventDispatcher
from celery.worker.consumer import Consumer
from celery.worker.consumer.events import Events as EventsStep

#: Seconds that an event may wait for others. It keeps the time at which it happened.
_TOLD_EVERY: Final = 0.5


class Dispatcher(EventDispatcher):  # type: ignore[misc]  # Celery is not typed
    """Sends from the worker's loop only, and once.

    Celery lets whichever thread fills a batch send it. The loop reads that same connection: with RabbitMQ the two then
    wait, each for what the other has, and the worker takes no message any more. And it has a heartbeat sent again
    until that succeeds, inside the loop: where the connection was made anew meanwhile, kombu goes on with the channel
    of the old one, for ever. What could not be sent is kept, and the loop makes all its connections anew.
    """

    def __init__(self, *arguments: Any, **options: Any) -> None:  # noqa: ANN401 - Celery's
        super().__init__(*arguments, **options)
        self.buffer_limit = sys.maxsize

    def extend_buffer(self, other: EventDispatcher) -> None:
        """Take over what another one has not sent: also of tasks, which arose while there was no connection."""
        super().extend_buffer(other)
        for group, gathered in other._group_buffer.items():  # noqa: SLF001 - there is no other way
            self._group_buffer[group].extend(gathered)

    def send(self, type: str, **fields: Any) -> Any:  # noqa: A002, ANN401 - Celery's
        return super().send(type, **{**fields, "retry": False})


class Events(events.Events):  # type: ignore[misc]  # as above
    dispatcher_cls = f"{__name__}:Dispatcher"


class EventBatches(bootsteps.StartStopStep):  # type: ignore[misc]  # as above
    """Celery gathers events as well, but only those of one turn of its loop, which are one or two."""

    requires = (EventsStep,)

    def __init__(self, consumer: Consumer, **options: Any) -> None:  # noqa: ANN401 - Celery's options
        self._timer: Any = None
        super().__init__(consumer, **options)

    def start(self, consumer: Consumer) -> None:
        """What is no task's is still sent at once."""
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
