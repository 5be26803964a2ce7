"""A fleet of its own for a measurement: a data directory, `assay up`, and `assay down` at the end."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil


@dataclass(slots=True)
class Fleet:
    """`peaks`: service -> most memory seen, in megabytes, children included; what processes share is counted once."""

    folder: Path
    peaks: dict[str, float] = field(default_factory=dict)

    def status(self) -> Mapping[str, Any]:
        found: Mapping[str, Any] = json.loads(_assay(self.folder, "status", "--json"))
        return found

    def watch(self, stop: threading.Event) -> None:
        """Sample the memory of every service until told to stop; seldom, for each look walks all of its pages."""
        roots = self._services()
        while not stop.wait(10.0):
            for name, root in roots.items():
                size = sum(_memory(one) for one in _family(root)) / 1e6
                self.peaks[name] = max(self.peaks.get(name, 0.0), size)

    def processor_seconds(self) -> dict[str, float]:
        """Service -> processor time so far, of it and of the children that it has or had."""
        return {name: sum(_processor_seconds(one) for one in _family(root)) for name, root in self._services().items()}

    def _services(self) -> dict[str, psutil.Process]:
        return {s["name"]: psutil.Process(s["pid"]) for s in self.status()["services"] if s["pid"]}


def _family(root: psutil.Process) -> list[psutil.Process]:
    try:
        return [root, *root.children(recursive=True)]
    except psutil.NoSuchProcess:
        return []


def _memory(process: psutil.Process) -> int:
    """Bytes; a page that n processes share counts for each of them with its n-th part."""
    try:
        return int(process.memory_full_info().pss)
    except (psutil.AccessDenied, AttributeError):
        return int(process.memory_info().rss)
    except psutil.NoSuchProcess:
        return 0


def _processor_seconds(process: psutil.Process) -> float:
    try:
        times = process.cpu_times()
    except psutil.NoSuchProcess:
        return 0.0
    return float(times.user + times.system + times.children_user + times.children_system)


def _assay(folder: Path, *arguments: str) -> str:
    command = [sys.executable, "-m", "workers", *arguments]
    return subprocess.run(command, cwd=folder, check=True, stdout=subprocess.PIPE, text=True).stdout


@contextmanager
def running(folder: Path, configuration: Sequence[str]) -> Iterator[Fleet]:
    """Run a fleet over a folder with this `assay.toml`."""
    (folder / "assay.toml").write_text("\n".join(configuration) + "\n")
    _assay(folder, "up", "--detach")
    try:
        yield Fleet(folder)
    finally:
        _assay(folder, "down")
