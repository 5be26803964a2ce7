"""Processes known by pid and start mark: a recycled pid is never taken for the process that once had it."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Collection
from functools import cache
from pathlib import Path
from typing import NamedTuple

import psutil


class Identity(NamedTuple):
    """One process for as long as the machine runs.

    `mark` is opaque and differs for two processes that have the same pid one after the other.
    """

    pid: int
    mark: str


@cache
def _boot() -> str:
    return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()


def _mark(process: psutil.Process) -> str:
    if sys.platform != "linux":
        return repr(process.create_time())
    # On Linux a wall-clock start time moves whenever the clock is set; the ticks since boot do not.
    try:
        stat = Path(f"/proc/{process.pid}/stat").read_text(encoding="utf-8", errors="replace")
    except (FileNotFoundError, ProcessLookupError) as error:
        raise psutil.NoSuchProcess(process.pid) from error
    return f"{_boot()}:{stat.rpartition(')')[2].split()[19]}"


def identity_of(pid: int) -> Identity | None:
    """The living process with this pid; None where there is none or only its unreaped remains."""
    if pid <= 0:
        return None
    try:
        process = psutil.Process(pid)
        if process.status() in {psutil.STATUS_ZOMBIE, psutil.STATUS_DEAD}:
            return None
        return Identity(pid, _mark(process))
    except psutil.NoSuchProcess:
        return None


def is_running(identity: Identity) -> bool:
    return identity_of(identity.pid) == identity


def descendants(identity: Identity) -> list[Identity]:
    """Children, grandchildren and so on of a living process; empty once it has gone."""
    if not is_running(identity):
        return []
    with contextlib.suppress(psutil.NoSuchProcess):
        children = psutil.Process(identity.pid).children(recursive=True)
        return [found for found in (identity_of(child.pid) for child in children) if found is not None]
    return []


def group_members(leader: int) -> list[Identity]:
    """Living processes of the process group that the process `leader` opened, without the leader itself.

    Empty when the number `leader` belongs to a running process of another group: as long as a group has members the
    kernel gives its number to no new process, so then the old group has no members left.
    """
    members = []
    for pid in psutil.pids():
        with contextlib.suppress(ProcessLookupError, PermissionError):
            if pid != leader and os.getpgid(pid) == leader:
                members.append(identity_of(pid))
    return [member for member in members if member is not None]


def working_in(directory: Path, names: Collection[str]) -> list[Identity]:
    """Living processes with one of these program names whose working directory is `directory`."""
    wanted = os.path.realpath(directory)
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error, OSError):
            if process.name() in names and process.cwd() == wanted:
                found.append(identity_of(process.pid))
    return [identity for identity in found if identity is not None]


def signal_to(identity: Identity, number: int) -> bool:
    """Send a signal to exactly this process; False when it has gone already."""
    if not is_running(identity):
        return False
    try:
        os.kill(identity.pid, number)
    except ProcessLookupError:
        return False
    return True
