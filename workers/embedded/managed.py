"""Start and stop one program: in a process group of its own, with a log file, known by pid and start mark."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Thread

from schemas.errors import ConfigurationError
from schemas.json_types import Json
from workers.embedded import processes
from workers.embedded.accounts import Account, cannot_drop
from workers.embedded.failures import explained
from workers.embedded.files import place_of, read_json, write_json
from workers.embedded.processes import Identity

_POLL_SECONDS = 0.02
#: How long each signal after the first is given, and the kill at the end.
_PATIENCE_SECONDS = 5.0
#: A log that is longer than this when its program starts is moved aside to `<name>.1`.
_LOG_BYTES = 10_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """What to run and where to write down that it runs.

    `environment` is the whole environment of the program, nothing is inherited. `stop_signals` are sent one after the
    other until it has ended; a kill follows by itself. `strays` finds processes that the program may leave behind in
    sessions of their own; they are killed once it has ended.
    """

    name: str
    command: Sequence[str]
    log_path: Path
    pid_file: Path
    environment: Mapping[str, str]
    directory: Path = Path("/")
    account: Account | None = None
    stop_signals: Sequence[signal.Signals] = (signal.SIGTERM,)
    strays: Callable[[], Sequence[Identity]] = list


def environment() -> dict[str, str]:
    """What a server is given: no variable of ours, which may be a secret or redirect it (PGDATA)."""
    kept = {name: os.environ[name] for name in ("PATH", "LD_LIBRARY_PATH") if name in os.environ}
    return {**kept, "LC_ALL": "C", "TZ": "UTC"}


def recorded(pid_file: Path) -> Mapping[str, Json]:
    """What the pid file says; nothing where it came with a copy of its directory: it names who runs in the original."""
    content = read_json(pid_file)
    return content if content.get("place") in {None, place_of(pid_file.parent)} else {}


def recorded_identity(pid_file: Path) -> Identity | None:
    """The living process that the pid file names; None when it is missing, stale or copied, or its pid was recycled."""
    content = recorded(pid_file)
    pid, mark = content.get("pid"), content.get("mark")
    if not isinstance(pid, int) or not isinstance(mark, str):
        return None
    identity = Identity(pid, mark)
    return identity if processes.is_running(identity) else None


class ManagedProcess:
    """A running program, started here or found by its pid file."""

    def __init__(
        self, program: Program, identity: Identity, child: subprocess.Popen[bytes] | None = None, log_start: int = 0
    ) -> None:
        self.program = program
        self.identity = identity
        self._child = child
        if child is not None:
            # it may outlive this object, and must not stay behind as a zombie that others take for a living process
            Thread(target=child.wait, name=f"reap {program.name}", daemon=True).start()
        self._log_start = log_start

    @classmethod
    def start(cls, program: Program, *, keep_open: Sequence[int] = ()) -> ManagedProcess:
        """Start the program; it and all its descendants keep the file descriptors `keep_open`.

        Raises:
            ConfigurationError: the program is missing or not executable (`binary_missing`), the user cannot be
                changed (`cannot_drop`), or log or pid file cannot be written (`not_writable`).
            TerminalError: the disk is full (`disk_full`).
        """
        with explained(program.log_path):
            log = _open_log(program.log_path)
        try:
            log_start = os.fstat(log).st_size
            child = _spawn(program, log, keep_open)
        finally:
            os.close(log)
        identity = processes.identity_of(child.pid)
        if identity is None:
            # it ended before it could be looked at; a mark that no process has says exactly that
            identity = Identity(child.pid, "ended")
        managed = cls(program, identity, child, log_start)
        try:
            place = place_of(program.pid_file.parent)
            write_json(
                program.pid_file,
                {"name": program.name, "pid": identity.pid, "mark": identity.mark, "place": place},
            )
        except BaseException:
            managed.kill()
            raise
        return managed

    @classmethod
    def attach(cls, program: Program) -> ManagedProcess | None:
        """The program as an earlier `start`, here or in another process, left it running; None if it does not run."""
        identity = recorded_identity(program.pid_file)
        return None if identity is None else cls(program, identity)

    @property
    def pid(self) -> int:
        return self.identity.pid

    @property
    def is_alive(self) -> bool:
        return self._child.poll() is None if self._child is not None else processes.is_running(self.identity)

    @property
    def returncode(self) -> int | None:
        """Exit status (negative: the signal that ended it) of a program started here; None while it runs or if not."""
        return None if self._child is None else self._child.poll()

    def output(self, limit: int = 8_000) -> str:
        """The last `limit` bytes that the program wrote to its log since this start."""
        with contextlib.suppress(FileNotFoundError), self.program.log_path.open("rb") as log:
            end = log.seek(0, os.SEEK_END)
            log.seek(max(self._log_start, end - limit))
            return log.read(limit).decode("utf-8", errors="replace")
        return ""

    def wait(self, timeout: float) -> bool:
        """Whether the program has ended within `timeout` seconds."""
        deadline = time.monotonic() + timeout
        while self.is_alive:
            if time.monotonic() >= deadline:
                return False
            time.sleep(_POLL_SECONDS)
        return True

    def stop(self, timeout: float = 20.0) -> bool:
        """End the program and everything it started; True when no kill was needed.

        The first stop signal is given `timeout` seconds, each further one five. Does nothing when it has ended
        already, except for what it left behind.
        """
        family = processes.descendants(self.identity)
        patience = timeout
        clean = not self.is_alive
        for number in self.program.stop_signals:
            if clean:
                break
            processes.signal_to(self.identity, number)
            clean = self.wait(patience)
            patience = _PATIENCE_SECONDS
        self._kill(family)
        return clean

    def kill(self) -> None:
        """End the program and everything it started at once."""
        self._kill(processes.descendants(self.identity))

    def _kill(self, family: Sequence[Identity]) -> None:
        processes.signal_to(self.identity, signal.SIGKILL)
        gone = self.wait(_PATIENCE_SECONDS)
        # sessions that its children opened are not part of the group, members of the group need not be its children
        rest = {*family, *processes.group_members(self.pid)} if gone else set(family)
        if gone and recorded_identity(self.program.pid_file) is None:
            # with a living one on record somebody has started it again: then these are not left behind
            rest.update(self.program.strays())
        for member in rest:
            with contextlib.suppress(PermissionError):
                processes.signal_to(member, signal.SIGKILL)
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while any(map(processes.is_running, rest)) and time.monotonic() < deadline:
            time.sleep(_POLL_SECONDS)
        if recorded_identity(self.program.pid_file) is None:
            with contextlib.suppress(FileNotFoundError, NotADirectoryError):
                self.program.pid_file.unlink()


def _open_log(path: Path) -> int:
    with contextlib.suppress(FileNotFoundError):
        if path.stat().st_size > _LOG_BYTES:
            path.replace(path.with_name(f"{path.name}.1"))
    return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)


def _spawn(program: Program, log: int, keep_open: Sequence[int]) -> subprocess.Popen[bytes]:
    account = program.account
    try:
        return subprocess.Popen(  # noqa: S603 - the command is built by the caller, without a shell
            list(program.command),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            cwd=program.directory,
            env=dict(program.environment),
            user=None if account is None else account.uid,
            group=None if account is None else account.gid,
            extra_groups=None if account is None else [],
            pass_fds=tuple(keep_open),
            start_new_session=True,
            umask=0o077,
        )
    except subprocess.SubprocessError as error:
        if account is None:
            raise
        raise cannot_drop(account, str(error)) from error
    except OSError as error:
        raise ConfigurationError(
            f"cannot run {program.command[0]}: {error.strerror or error}",
            hint="install it again, and check that its file system allows programs to run (mount option noexec)",
            code="binary_missing",
        ) from error
