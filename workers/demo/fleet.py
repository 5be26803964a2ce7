"""The fleet that a demo runs on: started with the demo's configuration for as long as a block lasts."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import workers
from schemas.errors import ConfigurationError, TerminalError
from workers.settings import Settings
from workers.up.ending import end_fleet
from workers.up.places import remembered
from workers.up.status import FleetStatus, fleet_status

#: Variables that would put the demo on other servers, another model or another configuration than its own.
_ELSEWHERE: Final = (
    "ASSAY_API_KEY",
    "ASSAY_BROKER__",
    "ASSAY_CONFIG",
    "ASSAY_DATABASE__",
    "ASSAY_DATA_DIR",
    "ASSAY_MODEL__",
    "ASSAY_SOURCES__",
    "ASSAY_TARGETS__",
    "ASSAY_URL",
)

Say = Callable[[str], None]


def own_environment(environ: Mapping[str, str]) -> dict[str, str]:
    """What is left of an environment when a demo depends on nothing but itself; ports and sizes stay."""
    return {name: value for name, value in environ.items() if not name.startswith(_ELSEWHERE)}


@contextmanager
def running_fleet(settings: Settings, environ: Mapping[str, str], *, is_new: bool, say: Say) -> Iterator[FleetStatus]:
    """Run the fleet of the settings; one that serves already is used as it is, and left running.

    `is_new`: the configuration is not the one of the last run, so that a running fleet does not know it.

    Raises:
        ConfigurationError: a fleet that is no demo, or is not serving, runs over the data directory (`held`).
        TerminalError: the fleet did not become ready; what it said is in the message.
    """
    owner = remembered(settings.data_dir)
    if owner not in {None, settings.file}:
        raise ConfigurationError(
            f"{settings.data_dir} holds the data of the fleet of {owner}",
            hint="name another --data-dir for the demo",
            code="held",
        )
    found = fleet_status(settings)
    if found.state in {"starting", "running", "stopping"}:
        if is_new or not found.serves or owner is None:
            raise ConfigurationError(
                f"a fleet over {settings.data_dir} is {found.state} that this demo cannot use",
                hint="stop it with `assay down`, or name another --data-dir",
                code="held",
            )
        say(f"the fleet over {settings.data_dir} runs already, and stays running")
        yield found
        return
    try:
        _start(settings, environ, say)
        yield fleet_status(settings)
    finally:
        say("stopping the fleet")
        end_fleet(settings, say=lambda _: None)
        say(f"stopped; the data are kept in {settings.data_dir}")


def _start(settings: Settings, environ: Mapping[str, str], say: Say) -> None:
    home = str(Path(workers.__file__).parent.parent)
    path = ":".join(filter(None, (home, environ.get("PYTHONPATH", ""))))
    # what it logs is kept apart from what it tells, and only of use where it did not start
    with (
        tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") as logged,
        subprocess.Popen(  # noqa: S603 - ourselves, without a shell
            [sys.executable, "-P", "-m", "workers", "--config", str(settings.file), "up", "--detach"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=logged,
            text=True,
            env={**environ, "PYTHONPATH": path},
        ) as starting,
    ):
        for line in starting.stdout or ():
            say(line.rstrip())
        if starting.wait() == 0:
            return
        logged.seek(0)
        raise not_ready(logged.read())


def not_ready(said: str) -> TerminalError:
    """The error of a fleet that did not become ready, out of what `assay up` wrote to stderr."""
    _, found, error = said.strip().rpartition("error: ")
    message, _, hint = error.partition("\nhint: ") if found else ("it said nothing of why", "", "")
    return TerminalError(
        f"the fleet did not become ready: {message}", hint=hint or "see `assay doctor`", code="start_failed"
    )
