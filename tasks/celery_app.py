"""The Celery application. Each setting has its reason beside it."""

from __future__ import annotations

from typing import Any

from celery import Celery

from enrichment.pipeline import STAGES
from tasks import brokers
from tasks.event_batches import EventBatches, Events

#: Longest that one message may stay unacknowledged: the longest stage, and time to wait in a worker's hands.
VISIBILITY = int(max(stage.seconds for stage in STAGES.values())) + 300


def create_app(broker_url: str, *, prefork: bool = False) -> Celery:
    """An application that publishes to and consumes from one broker. No result backend: PostgreSQL is the truth."""
    app = Celery("assay", broker=broker_url, events=Events, set_as_current=False)
    app.conf.update(_settings(broker_url, prefork=prefork))
    app.steps["consumer"].add(EventBatches)
    return app


def _settings(broker_url: str, *, prefork: bool) -> dict[str, Any]:
    return {
        # At-least-once is all that any broker gives; the fence makes a second delivery harmless.
        "task_acks_late": True,
        # A killed child's message comes again at once; poison is counted in PostgreSQL, not by the broker.
        "task_reject_on_worker_lost": False,
        # A long stage must not keep other messages waiting in its worker's hands.
        "worker_prefetch_multiplier": 1,
        # Nobody reads results; storing them halves the throughput.
        "task_ignore_result": True,
        "result_backend": None,
        # Only JSON is read from the broker, so that whoever reaches it cannot run code.
        "accept_content": ["json"],
        "task_serializer": "json",
        "event_serializer": "json",
        "task_queues": brokers.queues(broker_url),
        # A queue that nobody declared is a mistake, not something to create.
        "task_create_missing_queues": False,
        "task_default_queue": "fetch",
        "task_default_exchange": "",
        "task_default_routing_key": "fetch",
        "broker_connection_retry_on_startup": True,
        # For ever: PostgreSQL keeps everything meanwhile.
        "broker_connection_max_retries": None,
        # What Redis and RabbitMQ need said differently.
        **brokers.settings_of(broker_url, visibility=VISIBILITY),
        # A worker that hands a chunk on while its broker is away for a moment tries again, within a lease.
        "task_publish_retry": True,
        "task_publish_retry_policy": {"max_retries": 8, "interval_start": 0.1, "interval_step": 0.3, "interval_max": 1},
        # A worker that loses its broker goes on with what it has: the fence decides, not the connection.
        "worker_cancel_long_running_tasks_on_connection_loss": False,
        # TERM lets running stages end; what does not end in time goes back.
        "worker_soft_shutdown_timeout": 20.0,
        "worker_enable_soft_shutdown_on_idle": True,
        # Flower lives on these events; the sender's event would double their number.
        "worker_send_task_events": True,
        "task_send_sent_event": False,
        # One logging setup, ours, with ids in every line.
        "worker_hijack_root_logger": False,
        "worker_redirect_stdouts": False,
        # Stages wait in PostgreSQL; nothing is ever sent with an ETA.
        "worker_eta_task_limit": 10,
        # Children that grow are replaced between two tasks.
        "worker_max_memory_per_child": 1_000_000 if prefork else None,
        "worker_proc_alive_timeout": 30.0,
        "enable_utc": True,
        "timezone": "UTC",
    }
