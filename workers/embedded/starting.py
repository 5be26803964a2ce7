"""The course of a start that all servers share: lock or attach, find a port, wait until it is ready."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from schemas.errors import TerminalError
from workers.embedded.failures import port_taken, start_failure
from workers.embedded.homes import PORT_ATTEMPTS, Home
from workers.embedded.locks import Claim, DirectoryLock, claim, held
from workers.embedded.managed import ManagedProcess
from workers.embedded.ports import is_free
from workers.embedded.processes import Identity

_POLL_SECONDS = 0.02

Started = TypeVar("Started")


def start_or_attach(
    request: Claim,
    *,
    attach: bool,
    deadline: float,
    start: Callable[[DirectoryLock], Started],
    attached: Callable[[Identity], Started | None],
) -> Started:
    """Start the server under its lock; or, with `attach`, take the running one as soon as it is ready.

    `attached` gives None when the running one ended or was not ready by the deadline (of `time.monotonic`).

    Raises:
        ConfigurationError: as `claim` does, and when the running one does not become ready (`held`).
    """
    while True:
        claimed = claim(request, attach=attach, timeout=deadline - time.monotonic())
        if isinstance(claimed, DirectoryLock):
            with claimed:
                return start(claimed)
        found = attached(claimed)
        if found is not None:
            return found
        if time.monotonic() >= deadline:
            reason = f"the server with pid {claimed.pid} did not become ready in time"
            raise held(request.name, request.lock_path.parent, reason)


@dataclass(frozen=True, slots=True, kw_only=True)
class Listener:
    """A server that is to listen: `launch` configures and starts it on a port, `is_ready` asks it."""

    name: str
    home: Home
    data: Path
    launch: Callable[[int], ManagedProcess]
    is_ready: Callable[[ManagedProcess, int], bool]


def listen(listener: Listener, *, port: int | None, deadline: float) -> ManagedProcess:
    """Start the server on the port (None: the last one, else any) and wait until it is ready.

    Raises:
        ConfigurationError: the port is taken (`port_taken`), or another cause that a person has to mend.
        TerminalError: it did not start, or was not ready by the deadline; it has been stopped again.
    """
    attempt = 0
    while True:
        chosen = listener.home.port(port, attempt)
        attempt += 1
        if is_free(chosen):
            listener.home.note(port=chosen)
            process = listener.launch(chosen)
            try:
                if _wait_ready(listener, process, chosen, deadline):
                    return process
            except BaseException:
                process.stop()
                raise
            process.stop()
            failure = start_failure(listener.name, process.output(), where=listener.data, port=chosen)
            if failure.code != "port_taken":
                raise failure
        if port is not None or attempt >= PORT_ATTEMPTS:
            raise port_taken(listener.name, chosen)


def _wait_ready(listener: Listener, process: ManagedProcess, port: int, deadline: float) -> bool:
    """Whether the server became ready; False when it ended instead."""
    while process.is_alive:
        if listener.is_ready(process, port):
            return True
        if time.monotonic() >= deadline:
            raise TerminalError(
                f"{listener.name} did not become ready in time: {process.output(500).strip().splitlines()[-1:]}",
                hint=f"see {listener.home.log}; after a crash it may need longer to recover, then try again",
                code="start_failed",
            )
        time.sleep(_POLL_SECONDS)
    return False


def wait_attached(running: Callable[[], bool], found: Callable[[], Started | None], deadline: float) -> Started | None:
    """What `found` gives as soon as it gives something, while the server is running and until the deadline."""
    while running():
        server = found()
        if server is not None or time.monotonic() >= deadline:
            return server
        time.sleep(_POLL_SECONDS)
    return None
