"""The demo's API of companies, run beside the fleet for as long as a block lasts."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import workers
from enrichment.door import Caps, call_own_api
from schemas.errors import AssayError, TerminalError
from workers.demo.companies_api import HEALTH
from workers.demo.configuration import DemoFolder
from workers.embedded.managed import ManagedProcess, Program, environment
from workers.embedded.ports import HOST

_READY_SECONDS: Final = 20.0
_POLL_SECONDS: Final = 0.05
_CAPS: Final = Caps(total_seconds=2.0, connect_seconds=1.0, read_seconds=2.0, body_bytes=10_000)


@contextmanager
def serving_companies(folder: DemoFolder) -> Iterator[int]:
    """Serve the companies; gives the port, which is the one of the last run unless something else took it.

    Raises:
        TerminalError: it did not start; the hint shows the end of its log.
    """
    left_over = ManagedProcess.attach(_program(folder, 0))
    if left_over is not None:
        left_over.stop(2.0)
    port = folder.companies_port()
    process = ManagedProcess.start(_program(folder, port))
    try:
        _wait(process, port, folder.log)
        yield port
    finally:
        process.stop(2.0)


def _program(folder: DemoFolder, port: int) -> Program:
    home = str(Path(workers.__file__).parent.parent)
    return Program(
        name="companies-api",
        command=[
            *(sys.executable, "-P", "-m", "workers.demo.companies_api"),
            *("--port", str(port), "--changes", str(folder.changes), "--parent", str(os.getpid())),
        ],
        log_path=folder.log,
        pid_file=folder.pid_file,
        environment={**environment(), "PYTHONPATH": home},
        directory=folder.path,
    )


def _wait(process: ManagedProcess, port: int, log: Path) -> None:
    deadline = time.monotonic() + _READY_SECONDS
    while process.is_alive and time.monotonic() < deadline:
        if _answers(port):
            return
        time.sleep(_POLL_SECONDS)
    raise TerminalError(
        f"the demo's API of companies did not start on port {port}",
        hint=f"the end of {log}:\n{process.output(2_000).strip()}",
        code="start_failed",
    )


def _answers(port: int) -> bool:
    try:
        return call_own_api("GET", f"http://{HOST}:{port}", HEALTH, caps=_CAPS).status == 200
    except AssayError:
        return False
