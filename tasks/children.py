"""A parent watches its processes: one that was killed cannot say so, and one that stands still cannot end."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Final

import psutil
import structlog
from celery import Celery
from celery.bootsteps import StartStopStep
from celery.signals import worker_shutting_down

from schemas.errors import TransientError

_log = structlog.get_logger()
_LOOK = 0.5
#: Seconds between the end of children that would not end and that of the process itself.
_LAST = 10.0
_THREADS: Final = Path("/proc/self/task")


class ChildWatch:
    """Calls `on_end` with the pid of each child that has ended, from a thread of its own."""

    def __init__(self, on_end: Callable[[int], None]) -> None:
        self._on_end = on_end
        self._known: set[int] = set()
        self._untold: set[int] = set()
        self._stop = threading.Event()

    def start(self) -> None:
        threading.Thread(target=self._run, name="children", daemon=True).start()

    def stop(self) -> None:
        self._stop.set()

    def _run(self) -> None:
        while not self._stop.wait(_LOOK):
            self.look()

    def look(self) -> None:
        """Tell of who has ended since the last look; what could not be told is told at the next one."""
        living = {pid for pid in self._known | _listed() if _is_living_child(pid)}
        self._untold |= self._known - living
        self._known = living
        for pid in sorted(self._untold):
            try:
                self._on_end(pid)
            except TransientError as error:
                _log.warning("worker.child_not_told", child=pid, error=error.message)
                return
            except Exception as error:  # noqa: BLE001 - without this thread no death of a child is told any more
                _log.error("worker.child_not_told", child=pid, error=type(error).__name__, exc_info=error)
                return
            self._untold.discard(pid)


def end_worker_in_time(app: Celery, seconds: float, *, give_up: Callable[[], None]) -> None:
    """Have a worker end in time (`end_in_time`) once it is told to stop, and once it stops because of an error of its
    own: it would stand there for ever, alive to whoever supervises it, and take no more work.
    """
    # Told twice: the step also where the worker fails, the signal also where its loop stands still.
    begun = threading.Lock()

    def begin(**_: object) -> None:
        if begun.acquire(blocking=False):
            end_in_time(seconds, give_up=give_up)

    class Ending(StartStopStep):  # type: ignore[misc]  # Celery is not typed
        def close(self, worker: object) -> None:  # noqa: ARG002 - as Celery calls it
            begin()

    app.steps["worker"].add(Ending)
    worker_shutting_down.connect(begin, weak=False)


def end_in_time(seconds: float, *, give_up: Callable[[], None], last: float = _LAST) -> None:
    """A worker that was told to stop waits for its tasks, and for ever for a child that stands still.

    What has not ended after `seconds` is killed, children first; its work is returned by its death. Runs in a thread
    of its own, which ends with the process.
    """

    def end() -> None:
        pause = threading.Event()
        pause.wait(seconds)
        for child in psutil.Process().children():
            if _lives(child):
                _log.warning("worker.child_killed", child=child.pid, after=seconds)
                _kill(child)
        pause.wait(last)
        _log.error("worker.given_up", after=seconds + last)
        give_up()

    threading.Thread(target=end, name="end", daemon=True).start()


def _listed() -> set[int]:
    """The pids of children, as far as they can be told.

    Linux keeps a list for each thread that forked; elsewhere, every process of the machine is asked whose child it is.
    """
    try:
        lists = [one.read_text() for one in _THREADS.glob("*/children")]
    except OSError:
        # A thread has ended meanwhile, and its children are on another's list.
        lists = []
    return {int(pid) for one in lists for pid in one.split()} if lists else _asked()


def _asked() -> set[int]:
    return {child.pid for child in psutil.Process().children()}


def _is_living_child(pid: int) -> bool:
    try:
        child = psutil.Process(pid)
        return child.ppid() == os.getpid() and _lives(child)
    except psutil.NoSuchProcess:
        return False


def _kill(child: psutil.Process) -> None:
    try:
        child.kill()
    except psutil.NoSuchProcess:
        return


def _lives(child: psutil.Process) -> bool:
    try:
        return child.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
