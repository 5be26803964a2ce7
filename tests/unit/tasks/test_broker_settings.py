"""What Celery is told of each broker."""

from __future__ import annotations

import pytest

from tasks import brokers
from tasks.celery_app import create_app
from tasks.queues import queue_names


def test_rabbitmq_has_quorum_queues_that_give_up_into_a_place() -> None:
    queues = brokers.queues("amqp://h//")
    assert [queue.name for queue in queues] == queue_names()
    for queue in queues:
        assert queue.queue_arguments == {
            "x-queue-type": "quorum",
            "x-delivery-limit": brokers.DELIVERY_LIMIT,
            "x-dead-letter-exchange": "",
            "x-dead-letter-routing-key": brokers.UNDELIVERED,
        }
    assert brokers.UNDELIVERED not in queue_names()


def test_rabbitmq_confirms_and_a_publisher_does_not_try_for_ever() -> None:
    options = create_app("amqps://h//").conf.broker_transport_options
    assert options["confirm_publish"] is True
    assert options["max_retries"] == 1
    assert options["write_timeout"]


def test_redis_keeps_its_settings() -> None:
    app = create_app("redis://h/0")
    assert app.conf.broker_transport_options["global_keyprefix"] == "assay."
    assert all(queue.queue_arguments is None for queue in app.conf.task_queues)
    assert app.conf.worker_consumer == "celery.worker.consumer:Consumer"


def test_no_queues_are_declared_for_messages_with_an_eta() -> None:
    from celery.worker.consumer import Consumer

    from tasks.plain_consumer import PlainConsumer

    left = set(Consumer.Blueprint.default_steps) - set(PlainConsumer.Blueprint.default_steps)
    assert left == {"celery.worker.consumer.delayed_delivery:DelayedDelivery"}


@pytest.mark.parametrize("url", ["amqp://guest:guest@127.0.0.1:1//"])
def test_a_broker_that_is_away_does_not_answer(url: str) -> None:
    assert not brokers.answers(url, seconds=1.0)
