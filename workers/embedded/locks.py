"""Who may start a server: a lock on its directory that the server itself holds for as long as any part of it lives.

The lock is an open file description that the server's processes inherit. It is free exactly when none of them is
left, also after a kill, in another container or with a recycled pid; pid files only say *who* holds it.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import signal
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from schemas.errors import ConfigurationError
from workers.embedded import processes
from workers.embedded.failures import explained
from workers.embedded.managed import recorded_identity
from workers.embedded.processes import Identity

_POLL_SECONDS = 0.05
#: How long the orphans of a killed server may take to notice its end before they are killed too.
_GRACE_SECONDS = 2.0
#: How long a server that was killed a moment ago may still look alive.
_DYING_SECONDS = 0.3
#: How long a lock is waited for that is held by nobody we can see.
_UNSEEN_SECONDS = 15.0


class DirectoryLock:
    """An exclusive lock on `path`; the file names the process that took it."""

    def __init__(self, path: Path, descriptor: int) -> None:
        self.path = path
        self.descriptor = descriptor

    @classmethod
    def take(cls, path: Path) -> DirectoryLock | None:
        """Take the lock at once, or None when somebody has it.

        Raises:
            ConfigurationError: the file cannot be created (`not_writable`) or its file system knows no locks
                (`no_locks`).
        """
        with explained(path):
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            return None
        except OSError as error:
            os.close(descriptor)
            raise ConfigurationError(
                f"the file system of {path} does not support locks: {error.strerror}",
                hint="choose a --data-dir on a local disk",
                code="no_locks",
            ) from error
        # The lock holds without the note of who took it: on a full disk, which takes none, a fleet can be stopped.
        with contextlib.suppress(OSError):
            os.ftruncate(descriptor, 0)
            os.pwrite(descriptor, json.dumps(processes.identity_of(os.getpid())).encode("ascii"), 0)
        return cls(path, descriptor)

    def release(self) -> None:
        """Let go of it; a server that inherited it still holds it, but nobody is starting it any more."""
        if self.descriptor >= 0:
            os.ftruncate(self.descriptor, 0)
            os.close(self.descriptor)
            self.descriptor = -1

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()


def taker(path: Path) -> Identity | None:
    """The living process that has taken the lock and not released it, if it can be told."""
    with contextlib.suppress(FileNotFoundError, ValueError, TypeError):
        pid, mark = json.loads(path.read_text(encoding="ascii"))
        identity = Identity(pid, mark)
        return identity if processes.is_running(identity) else None
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """What `claim` needs to know of a server: its name, files, and how to find processes that outlived it."""

    name: str
    lock_path: Path
    pid_file: Path
    orphans: Callable[[], Sequence[Identity]]


def claim(request: Claim, *, attach: bool, timeout: float) -> DirectoryLock | Identity:
    """Get the right to start a server, or with `attach` the one that runs.

    Waits for processes that a killed server left behind, and ends them after two seconds. With `attach` it also waits
    for a start that another process is busy with.

    Raises:
        ConfigurationError: the server runs, or is being started, and `attach` is off; or the lock did not become free
            in time (`held`).
    """
    began = time.monotonic()
    while True:
        lock = DirectoryLock.take(request.lock_path)
        running = recorded_identity(request.pid_file)
        if running is None and lock is not None:
            return lock
        if lock is not None:
            lock.release()
        if running is not None and attach:
            return running
        waited = time.monotonic() - began
        if running is None:
            _wait_for_lock(request, attach=attach, waited=waited, timeout=timeout)
        elif waited >= _DYING_SECONDS:
            raise held(request.name, request.lock_path.parent, f"it runs already with pid {running.pid}")
        time.sleep(_POLL_SECONDS)


def _wait_for_lock(request: Claim, *, attach: bool, waited: float, timeout: float) -> None:
    """Judge whether a lock that no running server holds is worth waiting for; end orphans that hold it too long."""
    starter = taker(request.lock_path)
    orphans = request.orphans() if starter is None else []
    if starter is not None:
        patience = timeout if attach else 0.0
        reason = f"the process with pid {starter.pid} is starting it"
    elif orphans:
        patience = timeout
        reason = f"what is left of its last run (pid {orphans[0].pid}) does not end"
        if waited >= _GRACE_SECONDS:
            for orphan in orphans:
                processes.signal_to(orphan, signal.SIGKILL)
    else:
        patience = min(timeout, _UNSEEN_SECONDS)
        reason = "a process that cannot be seen from here, perhaps in another container, holds its lock"
    if waited >= patience:
        raise held(request.name, request.lock_path.parent, reason)


def held(name: str, directory: Path, reason: str) -> ConfigurationError:
    return ConfigurationError(
        f"{name} of {directory} cannot be started: {reason}",
        hint="stop it with `assay down`, use it as it is, or choose another --data-dir",
        code="held",
    )
