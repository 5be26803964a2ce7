"""Dead letters shown in Flower: a consumed task per letter, which confirms its row and ends as FAILURE.

Announcements can be repeated and are never the truth.
"""

from __future__ import annotations

from typing import Any

from celery import Celery, Task

from enrichment.store import letters
from enrichment.store.database import Tx
from schemas.errors import TransientError
from tasks import runtime
from tasks.brokers import CONFIRM_SECONDS, errors_of
from tasks.queues import DEAD_STAGES, dead_queue

_AT_ONCE = 200


class DeadLetterAnnounced(Exception):  # noqa: N818 - the name is what Flower shows
    """A record was given up on: this is how a dead letter looks in Flower."""


def register(app: Celery) -> None:
    """Give the application a task `assay.dead.<stage>` for every stage that can give up."""
    for stage in DEAD_STAGES:
        app.task(
            _body(stage),
            bind=True,
            name=f"assay.dead.{stage}",
            queue=dead_queue(stage),
            shared=False,
            throws=(DeadLetterAnnounced,),
            acks_late=True,
        )


def _body(stage: str) -> Any:  # noqa: ANN401 - Celery takes any callable
    def body(self: Task, letter_id: int, code: str) -> None:
        with runtime.of(self.app).context.database.transaction() as tx:
            letters.confirm(tx, letter_id)
        raise DeadLetterAnnounced(f"letter {letter_id}: {code}")

    body.__name__ = f"dead_{stage}"
    body.__doc__ = f"Confirm a dead letter of {stage}."
    return body


def announce(app: Celery, tx: Tx) -> int:
    """Send announcements of letters that were not announced; they are marked when this transaction commits.

    Raises:
        TransientError: the broker did not take them; nothing is marked.
    """
    found = letters.unannounced(tx, limit=_AT_ONCE)
    if not found:
        return 0
    try:
        with app.producer_pool.acquire(block=True, timeout=10) as producer, producer.batch():
            for letter in found:
                stage = letter["stage"] if letter["stage"] in DEAD_STAGES else "gate"
                app.send_task(
                    f"assay.dead.{stage}",
                    args=(letter["id"], letter["code"]),
                    queue=dead_queue(stage),
                    producer=producer,
                    retry=False,
                    confirm_timeout=CONFIRM_SECONDS,
                )
    except errors_of(app) as error:
        raise TransientError(
            "the broker did not take announcements", hint="is the broker up?", code="broker"
        ) from error
    return len(found)
