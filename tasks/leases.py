"""Leases of the work that this process holds, renewed by a thread for as long as the process lives.

The same thread minds the deadlines. A pool of processes can kill a child; a pool of threads cannot end a thread. What
runs past its deadline is interrupted where it stands, and where even that does not help, the process ends.
"""

from __future__ import annotations

import ctypes
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import structlog

from enrichment.store import fleet, work
from enrichment.store.database import Database
from enrichment.store.work import Claimed
from schemas.errors import DeadlineError, TransientError

_log = structlog.get_logger()

#: Seconds beyond its deadline after which a stage that cannot be interrupted is stuck for good.
STUCK: float = 30.0
_LOOK = 0.5


@dataclass(slots=True)
class _Held:
    work_id: int
    fence: int
    thread: int
    deadline: float
    interrupted: bool = False
    done: bool = False


class LeaseKeeper:
    """Renews every few seconds what is held, shows that this boot lives, and interrupts what takes too long.

    `on_stuck` ends the process: it is called where an interrupted stage did not end, as one that waits in C code.
    """

    def __init__(
        self,
        database: Database,
        boot_id: str,
        *,
        on_stuck: Callable[[], None] = lambda: None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._database = database
        self._boot_id = boot_id
        self._on_stuck = on_stuck
        self._clock = clock
        self._held: list[_Held] = []
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="leases", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()

    @contextmanager
    def keeping(self, claimed: Claimed, *, seconds: float) -> Iterator[None]:
        """While the body runs, for at most `seconds`, the lease of this work is renewed.

        Raises:
            DeadlineError: the time is over. It comes wherever the body stands.
        """
        held = _Held(claimed.id, claimed.fence, threading.get_ident(), self._clock() + seconds)
        with self._lock:
            self._held.append(held)
        try:
            yield
        finally:
            # Before anything that can itself be interrupted: what ended at its very deadline is held no longer.
            held.done = True
            self._forget_done()

    def _forget_done(self) -> None:
        with self._lock:
            self._held = [one for one in self._held if not one.done]

    def _run(self) -> None:
        renewed = self._clock()
        while not self._stop.wait(_LOOK):
            self.mind_deadlines()
            if self._clock() - renewed >= work.RENEW:
                renewed = self._clock()
                self.renew()

    def mind_deadlines(self) -> None:
        """Interrupt what is past its deadline, once; give the process up for what does not end then."""
        stuck = False
        self._forget_done()
        with self._lock:
            for held in self._held:
                late = self._clock() - held.deadline
                if late >= 0 and not held.interrupted:
                    held.interrupted = True
                    _interrupt(held.thread)
                    _log.warning("stage.interrupted", work=held.work_id, fence=held.fence)
                elif late >= STUCK:
                    stuck = True
                    _log.error("stage.stuck", work=held.work_id, fence=held.fence, late=round(late))
        if stuck:
            self._on_stuck()

    def renew(self) -> None:
        """Show that this boot lives and lengthen what it holds; what fails is logged and tried at the next turn."""
        with self._lock:
            held = sorted((one.work_id, one.fence) for one in self._held if not one.done)
        try:
            with self._database.transaction() as tx:
                fleet.beat(tx, self._boot_id)
                if held:
                    work.renew(tx, held, worker=self._boot_id)
        except TransientError as error:
            _log.warning("lease.not_renewed", held=len(held), error=error.message)
        except Exception as error:  # noqa: BLE001 - without this thread the process goes on with what is not its own
            _log.error("lease.refused", held=len(held), error=type(error).__name__, exc_info=error)


def _interrupt(thread: int) -> None:
    """Raise in another thread, at its next step of Python code."""
    ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread), ctypes.py_object(DeadlineError))
