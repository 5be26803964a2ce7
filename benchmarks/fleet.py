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
    """`peaks`: service -> largest resident memory seen, in megabytes, children included."""

    folder: Path
    peaks: dict[str, float] = field(default_factory=dict)

    def status(self) -> Mapping[str, Any]:
        found: Mapping[str, Any] = json.loads(_assay(self.folder, "status", "--json"))
        return found

    def watch(self, stop: threading.Event) -> None:
        """Sample the memory of every service until told to stop."""
        pids = {s["name"]: s["pid"] for s in self.status()["services"] if s["pid"]}
        while not stop.wait(0.5):
            for name, pid in pids.items():
                try:
                    root = psutil.Process(pid)
                    size = sum(p.memory_info().rss for p in (root, *root.children(recursive=True))) / 1e6
                except psutil.NoSuchProcess:
                    continue
                self.peaks[name] = max(self.peaks.get(name, 0.0), size)


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
