"""Small files of a server's directory: written whole or not at all, and readable by nobody else."""

from __future__ import annotations

import contextlib
import errno
import json
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path

from schemas.json_types import Json
from workers.embedded.failures import explained


def write_text(path: Path, text: str, *, mode: int = 0o600) -> None:
    """Replace the file in one step, flushed to the disk.

    Raises:
        TerminalError: the disk is full (`disk_full`).
        ConfigurationError: the directory is not writable (`not_writable`).
    """
    with explained(path.parent):
        handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            Path(name).chmod(mode)
            Path(name).replace(path)
        except BaseException:
            with contextlib.suppress(FileNotFoundError):
                Path(name).unlink()
            raise


def write_json(path: Path, content: Mapping[str, Json]) -> None:
    write_text(path, json.dumps(content, indent=1, sort_keys=True) + "\n")


def read_json(path: Path) -> dict[str, Json]:
    """The object in the file; empty when there is no file or when it was cut off.

    Raises:
        ConfigurationError: it cannot be read, as a file of another user (`not_writable`).
    """
    try:
        content = json.loads(_read(path))
    except ValueError:
        return {}
    return content if isinstance(content, dict) else {}


def _read(path: Path) -> str:
    with explained(path, whatever=True):
        try:
            return path.read_text(encoding="utf-8")
        except (FileNotFoundError, NotADirectoryError):
            return ""


def place_of(directory: Path) -> str | None:
    """What tells a directory from every copy of it, and stays when it is moved; null where it cannot be looked at."""
    try:
        status = directory.stat()
    except OSError:
        return None
    return f"{status.st_dev}:{status.st_ino}"


def make_directory(path: Path, *, mode: int) -> None:
    """Create the directory with this mode, and what is missing above it; an existing one keeps its mode.

    Raises:
        ConfigurationError: it cannot be created (`not_writable`).
        TerminalError: the disk is full (`disk_full`).
    """
    with explained(path, whatever=True):
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            path.mkdir(mode=mode)
        except FileExistsError as error:
            if not path.is_dir():
                raise NotADirectoryError(errno.ENOTDIR, "it is not a directory") from error
        else:
            # mkdir applies the umask, which may take away what the unprivileged user needs
            path.chmod(mode)
