"""What one worker process has: its context, its boot and its leases. Made once per process, after any fork."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from celery import Celery

from enrichment.context import Context
from tasks.leases import LeaseKeeper


@dataclass(frozen=True, slots=True)
class Runtime:
    context: Context
    boot_id: str
    leases: LeaseKeeper


_ATTRIBUTE = "assay_runtime"


def provide(app: Celery, runtime: Callable[[], Runtime]) -> None:
    """Tell the tasks of an application how to get at the process's runtime."""
    setattr(app, _ATTRIBUTE, runtime)


def of(app: Celery) -> Runtime:
    runtime: Callable[[], Runtime] = getattr(app, _ATTRIBUTE)
    return runtime()
