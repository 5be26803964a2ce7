"""`assay down`: tell the supervisor to stop, or end what a killed one left behind."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable

from schemas.errors import TransientError
from workers.embedded import running_postgres, running_redis
from workers.embedded.locks import DirectoryLock, taker
from workers.embedded.processes import signal_to
from workers.settings import Settings
from workers.up.leftovers import end_leftovers
from workers.up.places import Places
from workers.up.record import read_record

_POLL_SECONDS = 0.1
#: All that a stop in order may take: every service its own time, one row after the other.
LONGEST_STOP = 120.0


def end_fleet(settings: Settings, *, say: Callable[[str], None], seconds: float = LONGEST_STOP) -> bool:
    """Stop everything that runs over the data directory; False when nothing did.

    Raises:
        TransientError: the supervisor is still at it after `seconds`.
    """
    places = Places(settings.data_dir)
    if not places.home.is_dir():
        return False
    deadline = time.monotonic() + seconds
    told = False
    stopped: set[str] = set()
    while True:
        lock = DirectoryLock.take(places.lock)
        if told:
            _tell_stopped(places, stopped, say)
        if lock is not None:
            with lock:
                return _end_rest(settings, places, say) or told
        supervisor = taker(places.lock)
        if supervisor is not None and not told:
            told = signal_to(supervisor, signal.SIGTERM)
        if time.monotonic() >= deadline:
            who = f" (pid {supervisor.pid})" if supervisor is not None else ""
            raise TransientError(
                f"`assay up`{who} has not stopped within {seconds:.0f} s", hint="wait, or run `assay down` again"
            )
        time.sleep(_POLL_SECONDS)


def _tell_stopped(places: Places, stopped: set[str], say: Callable[[str], None]) -> None:
    """Say what has stopped since the last look."""
    for one in read_record(places.record).services.values():
        if one.state == "stopped" and one.name not in stopped:
            stopped.add(one.name)
            say(f"{one.name:<14} stopped")


def _end_rest(settings: Settings, places: Places, say: Callable[[str], None]) -> bool:
    """End what runs without a supervisor, the servers last."""
    names = end_leftovers(places, seconds=10.0)
    for find in (running_redis, running_postgres):
        server = find(settings.data_dir)
        if server is not None:
            server.stop()
            names.append(server.name)
    for name in names:
        say(f"{name:<14} stopped; its supervisor had been killed")
    return bool(names)
