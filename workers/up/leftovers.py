"""Processes of an earlier `up` that was killed: found by pid and start mark, and ended before anything starts."""

from __future__ import annotations

import contextlib
import signal
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil

from workers.embedded import processes
from workers.embedded.managed import ManagedProcess, Program, recorded
from workers.embedded.processes import Identity
from workers.up.places import Places


def end_leftovers(places: Places, *, seconds: float) -> list[str]:
    """End what an earlier `up` left running, all at once, and give the names of what was found.

    Servers of the data are not among them: they are taken over as they are.
    """
    pid_files = sorted(places.home.glob("*.pid")) if places.home.is_dir() else []
    if not pid_files:
        return []
    with ThreadPoolExecutor(max_workers=len(pid_files), thread_name_prefix="end") as pool:
        ended = pool.map(lambda file: _end(places, file, seconds), pid_files)
        return [file.stem for file, found in zip(pid_files, ended, strict=True) if found]


def _end(places: Places, pid_file: Path, seconds: float) -> bool:
    running = ManagedProcess.attach(_known_as(places, pid_file))
    if running is not None:
        running.stop(seconds)
        return True
    orphans = _orphans(pid_file)
    for orphan in orphans:
        with contextlib.suppress(PermissionError):
            processes.signal_to(orphan, signal.SIGKILL)
    pid_file.unlink(missing_ok=True)
    return bool(orphans)


def _known_as(places: Places, pid_file: Path) -> Program:
    return Program(
        name=pid_file.stem,
        command=(),
        log_path=places.log_of(pid_file.stem),
        pid_file=pid_file,
        environment={},
    )


def _orphans(pid_file: Path) -> Sequence[Identity]:
    """Children that outlived a killed worker: they are still in the group that it opened."""
    pid = recorded(pid_file).get("pid")
    if not isinstance(pid, int) or processes.identity_of(pid) is not None:
        return []
    return [member for member in processes.group_members(pid) if _is_ours(member)]


def _is_ours(member: Identity) -> bool:
    with contextlib.suppress(psutil.Error):
        return "workers" in psutil.Process(member.pid).cmdline()
    return False
