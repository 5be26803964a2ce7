"""Publishing: the rest of each work's chain, many in one round trip."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import structlog
from celery import Celery, chain

from enrichment.pipeline import STAGES, chain_from
from enrichment.store.dispatch import Due
from schemas.errors import TransientError
from tasks.brokers import CONFIRM_SECONDS, errors_of
from tasks.queues import queue_name

_log = structlog.get_logger()


def publish(app: Celery, due: Sequence[Due]) -> None:
    """Send one message per work; each carries the rest of its chain. Stages that are not known here are left out.

    Raises:
        TransientError: the broker did not take them all; sending all of them again does no harm.
    """
    known = [one for one in due if one.stage in STAGES]
    if len(known) < len(due):
        # A newer release's, or somebody's edit: it must not keep all others from being published.
        _log.warning("publishing.unknown_stage", works=[one.id for one in due if one.stage not in STAGES][:20])
    if not known:
        return
    try:
        with app.producer_pool.acquire(block=True, timeout=10) as producer, producer.batch():
            for one in known:
                # A retry would break the open batch off; the dispatcher sends all of it again.
                _signature(app, one).apply_async(producer=producer, retry=False, confirm_timeout=CONFIRM_SECONDS)
    except errors_of(app) as error:
        raise TransientError(
            f"the broker did not take {len(due)} messages: {type(error).__name__}",
            hint="is the broker up?",
            code="broker",
        ) from error


def _signature(app: Celery, due: Due) -> Any:  # noqa: ANN401 - Celery's signatures are not typed
    steps = [
        app.signature(f"assay.{stage}", args=(due.id, due.fence), immutable=True, queue=queue_name(stage, due.lane))
        for stage in chain_from(due.stage)
    ]
    return steps[0] if len(steps) == 1 else chain(*steps, app=app)


def depths(app: Celery, queues: Sequence[str]) -> dict[str, int]:
    """Messages waiting in each queue; a queue that the broker does not know has none.

    Raises:
        TransientError: the broker cannot be asked.
    """
    found: dict[str, int] = {}
    try:
        with app.connection_for_read() as connection:
            channel = connection.default_channel
            for queue in queues:
                try:
                    found[queue] = int(channel.queue_declare(queue=queue, passive=True).message_count)
                except connection.channel_errors:
                    found[queue] = 0
                    channel = connection.channel()
    except errors_of(app) as error:
        raise TransientError("the broker cannot be asked", hint="is the broker up?", code="broker") from error
    return found
