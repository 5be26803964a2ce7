"""One supervised service: started, watched, started again when it ends, stopped."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import structlog

from schemas.errors import AssayError
from workers.embedded.processes import Identity
from workers.up.record import Recorder, ServiceRecord, State

_log = structlog.get_logger()

_POLL_SECONDS = 0.1
#: What is not ready after the first seconds is asked less often: asking takes from what it needs to become ready.
_EAGER_SECONDS = 15.0
_LATE_POLL_SECONDS = 1.0
#: A start may lose its port to another program once; what ends again has another reason.
_EARLY_ENDS = 1
#: Wait before a service is started again, doubled at each end in a row.
FIRST_WAIT = 0.5
LONGEST_WAIT = 30.0
#: A service that ran for so long begins anew with the first wait.
_STEADY_SECONDS = 60.0


class Process(Protocol):
    """A running process, as the embedded servers and `ManagedProcess` give it."""

    @property
    def identity(self) -> Identity: ...
    @property
    def is_alive(self) -> bool: ...
    def stop(self, timeout: float = ...) -> bool: ...
    def kill(self) -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """What to start and how to see that it serves.

    start:        gives the process; may take its time
    is_ready:     whether it serves now; asked again and again until `ready_seconds` have passed
    url:          its address, once it was started
    on_end:       called when it ended without having been told to, before it is started again
    stop_seconds: what it is given to end by itself
    """

    name: str
    start: Callable[[], Process]
    is_ready: Callable[[Process], bool]
    url: Callable[[], str | None] = lambda: None
    on_end: Callable[[], None] = lambda: None
    ready_seconds: float = 90.0
    stop_seconds: float = 10.0


def backoff(ends_in_a_row: int) -> float:
    """Seconds to wait before the next start: 0.5, 1, 2, ... up to 30."""
    return float(min(FIRST_WAIT * 2 ** min(ends_in_a_row - 1, 16), LONGEST_WAIT))


class Keeper:
    """Keeps one service running in a thread of its own."""

    def __init__(self, service: Service, recorder: Recorder) -> None:
        self.service = service
        self.failure: AssayError | None = None
        self._recorder = recorder
        self._process: Process | None = None
        self._restarts = 0
        self._stop = threading.Event()
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"keep {service.name}", daemon=True)

    @property
    def name(self) -> str:
        return self.service.name

    @property
    def is_ready(self) -> bool:
        return self._ready.is_set()

    @property
    def has_ended_early(self) -> bool:
        """Whether it could not be started, or has ended twice, before it ever was ready."""
        return not self._ready.is_set() and (self.failure is not None or self._restarts > _EARLY_ENDS)

    def launch(self) -> None:
        self._note("starting")
        self._thread.start()

    def stop(self, seconds: float | None = None) -> bool:
        """End the service; True when it ended by itself within its time."""
        self._stop.set()
        # A start that is under way must be over before its process can be ended.
        if self._thread.is_alive():
            self._thread.join(self.service.ready_seconds)
        clean = True
        if self._process is not None:
            self._note("stopping")
            clean = self._process.stop(self.service.stop_seconds if seconds is None else seconds)
        self._process = None
        self._note("stopped")
        return clean

    def _run(self) -> None:
        in_a_row = 0
        while not self._stop.is_set():
            began = time.monotonic()
            self._guarded(self._live)
            if self._stop.is_set():
                return
            in_a_row = 1 if time.monotonic() - began >= _STEADY_SECONDS else in_a_row + 1
            self._restarts += 1
            self._guarded(self._clear)
            self._note("restarting")
            self._stop.wait(backoff(in_a_row))

    def _guarded(self, step: Callable[[], None]) -> None:
        """A thread that ended would leave its service to nobody: whatever goes wrong, the next start may go right."""
        try:
            step()
        except AssayError as error:
            self.failure = error
            _log.error("service.not_started", service=self.name, error=error.message, hint=error.hint)
        except Exception as error:  # noqa: BLE001 - as said
            _log.error("service.broke", service=self.name, error=type(error).__name__, exc_info=error)

    def _live(self) -> None:
        self._process = self.service.start()
        self._note("starting")
        self._watch(self._process)

    def _watch(self, process: Process) -> None:
        """Until it ends or is to be stopped."""
        deadline = time.monotonic() + self.service.ready_seconds
        served = False
        while process.is_alive and not self._stop.is_set():
            if not served and self.service.is_ready(process):
                served = True
                self.failure = None
                # Noted first: who is told that all is ready and reads the record then must find it running.
                self._note("running")
                self._ready.set()
            if not served and time.monotonic() >= deadline:
                _log.error("service.not_ready", service=self.name, seconds=self.service.ready_seconds)
                return
            late = not served and time.monotonic() > deadline - self.service.ready_seconds + _EAGER_SECONDS
            self._stop.wait(_LATE_POLL_SECONDS if late else _POLL_SECONDS)

    def _clear(self) -> None:
        """End what is left of it, and tell those who wait for it."""
        process, self._process = self._process, None
        if process is None:
            return
        _log.error("service.ended", service=self.name, pid=process.identity.pid, restarts=self._restarts)
        process.kill()
        try:
            self.service.on_end()
        except AssayError as error:
            _log.warning("service.end_not_told", service=self.name, error=error.message)

    def _note(self, state: State) -> None:
        identity = None if self._process is None else self._process.identity
        record = ServiceRecord(
            self.name,
            state,
            None if identity is None else identity.pid,
            None if identity is None else identity.mark,
            self.service.url(),
            self._restarts,
        )
        try:
            self._recorder.service(record)
        except (AssayError, OSError) as error:
            # On a full disk, or where the directory is gone, a service is worth more than the file that tells of it,
            # which the next change tells.
            _log.warning("service.not_recorded", service=self.name, error=str(error))
