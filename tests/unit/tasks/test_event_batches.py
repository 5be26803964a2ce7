"""Events wait for each other, none is left behind, and other brokers' loops are left alone."""

from __future__ import annotations

import threading
from types import SimpleNamespace
from typing import Any

from tasks.celery_app import create_app
from tasks.event_batches import EventBatches
from tasks.plain_consumer import PlainConsumer


class _Timer:
    def __init__(self) -> None:
        self.repeated: list[Any] = []
        self.cancelled = 0

    def call_repeatedly(self, _: float, flush: Any) -> Any:
        self.repeated.append(flush)
        return SimpleNamespace(cancel=self._cancel)

    def _cancel(self) -> None:
        self.cancelled += 1


def _consumer(*, hub: object) -> Any:
    told: list[str] = []
    dispatcher = SimpleNamespace(on_send_buffered=print, flush=lambda: told.append("flushed"))
    return SimpleNamespace(hub=hub, timer=_Timer(), event_dispatcher=dispatcher, told=told)


def test_a_timer_sends_what_was_gathered_and_the_end_sends_the_rest() -> None:
    consumer = _consumer(hub=object())
    step = EventBatches(consumer)
    step.start(consumer)
    assert consumer.event_dispatcher.on_send_buffered is None
    consumer.timer.repeated[0]()
    step.stop(consumer)
    step.shutdown(consumer)
    assert consumer.told == ["flushed"] * 3
    assert consumer.timer.cancelled == 1


def test_no_thread_but_the_loops_sends_however_many_events_there_are() -> None:
    """On RabbitMQ a thread that sends and the loop that reads the same connection would wait for each other."""
    app = create_app("memory://")
    sent_by: list[int] = []
    with app.connection_for_write() as connection:
        dispatcher = app.events.Dispatcher(connection, hostname="worker", buffer_group=["task"])
        dispatcher.producer.publish = lambda *_, **__: sent_by.append(threading.get_ident())
        consumer = SimpleNamespace(hub=object(), timer=_Timer(), event_dispatcher=dispatcher)
        EventBatches(consumer).start(consumer)
        told = [{"type": "task-succeeded", "uuid": str(number)} for number in range(1_000)]
        thread = threading.Thread(target=lambda: [dispatcher.send(**one) for one in told])
        thread.start()
        thread.join()
        assert sent_by == []
        consumer.timer.repeated[0]()
    assert sent_by == [threading.get_ident()]


def test_nothing_is_sent_again_and_again_inside_the_loop() -> None:
    """A heartbeat asks for it; what failed is kept, and goes over the connection that is made next."""
    app = create_app("memory://")
    asked: list[object] = []

    def refuse(*_: object, retry: bool, **__: object) -> None:
        asked.append(retry)
        raise ConnectionResetError

    with app.connection_for_write() as lost, app.connection_for_write() as next_one:
        dispatcher = app.events.Dispatcher(lost, hostname="worker")
        dispatcher.producer.publish = refuse
        dispatcher.send("worker-heartbeat", retry=True)
        assert asked == [False]
        successor = app.events.Dispatcher(next_one, hostname="worker")
        successor.extend_buffer(dispatcher)
        sent: list[str] = []
        successor.producer.publish = lambda event, **_: sent.append(event["type"])
        successor.flush()
    assert sent == ["worker-heartbeat"]


def test_what_tasks_tell_while_there_is_no_connection_goes_over_the_next_one() -> None:
    """Or Flower would show a task as running that has ended, for ever."""
    app = create_app("memory://")
    with app.connection_for_write() as lost, app.connection_for_write() as next_one:
        dispatcher = app.events.Dispatcher(lost, hostname="worker", buffer_group=["task"])
        dispatcher.on_send_buffered = None
        dispatcher.send("task-succeeded", uuid="one")
        successor = app.events.Dispatcher(next_one, hostname="worker", buffer_group=["task"])
        successor.extend_buffer(dispatcher)
        sent: list[str] = []
        successor.producer.publish = lambda events, **_: sent.extend(event["type"] for event in events)
        successor.flush()
    assert sent == ["task-succeeded"]


def test_events_wait_for_no_confirmation_of_rabbitmq_and_all_else_does() -> None:
    app = create_app("amqp://localhost//")
    seen: list[Any] = []
    consumer = SimpleNamespace(app=app, ensure_connected=lambda connection: seen.append(connection) or connection)
    connection = PlainConsumer.connection_for_write(consumer, heartbeat=10)
    assert seen == [connection]
    assert not connection.transport_options["confirm_publish"]
    assert connection.heartbeat == 10
    assert app.connection_for_write().transport_options["confirm_publish"]


def test_without_an_event_loop_nothing_is_gathered() -> None:
    consumer = _consumer(hub=None)
    EventBatches(consumer).start(consumer)
    assert consumer.event_dispatcher.on_send_buffered is print
    assert not consumer.timer.repeated


def test_workers_have_the_step() -> None:
    assert EventBatches in create_app("redis://localhost/0").steps["consumer"]
