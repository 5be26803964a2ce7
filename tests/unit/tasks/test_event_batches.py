"""Events wait for each other, none is left behind, and other brokers' loops are left alone."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from tasks.celery_app import create_app
from tasks.event_batches import EventBatches


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


def test_without_an_event_loop_nothing_is_gathered() -> None:
    consumer = _consumer(hub=None)
    EventBatches(consumer).start(consumer)
    assert consumer.event_dispatcher.on_send_buffered is print
    assert not consumer.timer.repeated


def test_workers_have_the_step() -> None:
    assert EventBatches in create_app("redis://localhost/0").steps["consumer"]
