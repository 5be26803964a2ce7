"""The stages as Celery tasks: claim, run, and leave the work where its outcome says."""

from __future__ import annotations

import time
from typing import Any

import structlog
from celery import Celery, Task

from enrichment import failing, pipeline
from enrichment.pipeline import STAGES
from enrichment.store import work as work_rows
from enrichment.store.work import FenceLostError
from schemas.errors import TransientError
from tasks import runtime
from tasks.queues import queue_name

_log = structlog.get_logger()
#: Seconds until the message of work that a newer release has to do is sent again.
_NEWER = 5.0


def register(app: Celery) -> None:
    """Give the application a task `assay.<stage>` for every stage."""
    for stage in STAGES.values():
        app.task(
            _body(stage.name),
            bind=True,
            name=f"assay.{stage.name}",
            queue=queue_name(stage.name),
            # Another application of this process has tasks of its own.
            shared=False,
            # Beyond the stage's own deadline its lease is over: whatever still runs can only waste the slot.
            time_limit=stage.seconds + 30,
        )


def _body(stage: str) -> Any:  # noqa: ANN401 - Celery takes any callable
    def body(self: Task, work_id: int, fence: int) -> None:
        if not run_stage(self.app, stage, work_id, fence):
            self.request.chain = None

    body.__name__ = stage
    body.__doc__ = f"Run {stage} for a work id under a fence token."
    return body


def run_stage(app: Celery, stage: str, work_id: int, fence: int) -> bool:
    """True where the next stage of the chain goes on. A late or double delivery does nothing."""
    here = runtime.of(app)
    try:
        with here.context.database.single_statements() as tx:
            claimed = work_rows.claim(
                tx, work_id, fence=fence, stage=stage, worker=here.boot_id, seconds=STAGES[stage].seconds
            )
            newer = claimed is None and work_rows.leave_to_newer(tx, work_id, fence=fence, seconds=_NEWER)
    except TransientError as error:
        # Nothing was claimed: the published deadline brings the message again.
        _log.warning("stage.not_claimed", stage=stage, work=work_id, error=error.message)
        return False
    if newer:
        _log.warning("stage.newer_than_us", stage=stage, work=work_id)
        return False
    if claimed is None:
        _log.info("stage.not_ours", stage=stage, work=work_id, fence=fence)
        return False
    # Time of the processor and time by the clock differ by what the stage waited for others.
    began, busy = time.perf_counter(), time.thread_time()
    log = _log.bind(stage=stage, work=work_id, fence=fence, job=claimed.job_id)
    try:
        with here.leases.keeping(claimed, seconds=STAGES[stage].seconds):
            goes_on = pipeline.run(here.context, claimed)
    except FenceLostError:
        log.info("stage.fence_lost")
        return False
    except Exception as error:  # noqa: BLE001 - whatever it is, it ends in exactly one named place
        failing.after(here.context, claimed, error, log)
        return False
    log.info(
        "stage.done",
        goes_on=goes_on,
        seconds=round(time.perf_counter() - began, 4),
        cpu=round(time.thread_time() - busy, 4),
    )
    return goes_on
