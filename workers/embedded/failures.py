"""From what a server or the file system said to an error that names the remedy."""

from __future__ import annotations

import contextlib
import errno
from collections.abc import Iterator
from pathlib import Path

from schemas.errors import AssayError, ConfigurationError, TerminalError

_FULL = {errno.ENOSPC, errno.EDQUOT}
_REFUSED = {errno.EACCES, errno.EPERM, errno.EROFS}


def disk_full(where: str | Path) -> TerminalError:
    return TerminalError(
        f"no space left on the device of {where}",
        hint="free some space on that file system, or choose another --data-dir; nothing that was stored is lost",
        code="disk_full",
    )


def not_writable(path: str | Path, reason: str) -> ConfigurationError:
    return ConfigurationError(
        f"cannot use {path}: {reason}",
        hint="choose another --data-dir, or run as the user who owns this one",
        code="not_writable",
    )


def port_taken(name: str, port: int) -> ConfigurationError:
    return ConfigurationError(
        f"{name} cannot listen on port {port} of 127.0.0.1: another process has it",
        hint="stop that process, configure another port, or leave the port out so that a free one is chosen",
        code="port_taken",
    )


def start_failure(name: str, output: str, *, where: Path, port: int | None = None) -> AssayError:
    """Explain why a server did not start, from the end of what it printed."""
    text = output.casefold()
    if "no space left on device" in text or "disk quota exceeded" in text:
        return disk_full(where)
    if "file too large" in text or "file size limit exceeded" in text:
        return TerminalError(
            f"{name} may not write files as large as it needs below {where}",
            hint="raise the limit on file sizes (ulimit -f) for the user who starts Assay",
            code="file_limit",
        )
    if port is not None and ("address already in use" in text or "address in use" in text):
        return port_taken(name, port)
    if "permission denied" in text or "read-only file system" in text:
        return not_writable(where, _last_line(output))
    if "cannot allocate memory" in text or "out of memory" in text:
        return TerminalError(
            f"{name} got no memory: {_last_line(output)}",
            hint="free some memory, or raise the memory limit of the container",
            code="memory",
        )
    return TerminalError(
        f"{name} did not start: {_last_line(output) or 'it printed nothing'}",
        hint=f"the last lines it printed:\n{_tail(output)}" if output.strip() else "try again; see its log",
        code="start_failed",
    )


def _tail(output: str) -> str:
    return "\n".join(output.strip().splitlines()[-8:])


def _last_line(output: str) -> str:
    lines = [line for line in output.strip().splitlines() if line.strip()]
    telling = [line for line in lines if any(word in line for word in ("FATAL", "PANIC", "ERROR", "error:", "Fatal"))]
    return (telling or lines or [""])[-1].strip()


@contextlib.contextmanager
def explained(path: Path, *, whatever: bool = False) -> Iterator[None]:
    """Turn a full disk or a missing permission at or below `path` into an error with a remedy; other errors of the file
    system pass, or are turned into the latter with `whatever`.
    """
    try:
        yield
    except OSError as error:
        if error.errno in _FULL:
            raise disk_full(path) from error
        if whatever or error.errno in _REFUSED or isinstance(error, NotADirectoryError):
            raise not_writable(path, error.strerror or str(error)) from error
        raise
