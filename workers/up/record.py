"""What a running `assay up` tells others: its process, and each service with pid, state and address."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final, Literal, cast

from workers.embedded.files import place_of, read_json, write_json
from workers.embedded.processes import Identity, is_running
from workers.up.configuration import Noted, noted

#: starting -> running <-> restarting -> stopped; gone: its process has ended and nobody has noticed yet.
State = Literal["starting", "running", "restarting", "stopping", "stopped", "gone"]
Phase = Literal["starting", "running", "stopping", "stopped"]


@dataclass(frozen=True, slots=True)
class ServiceRecord:
    """`restarts` counts how often it ended by itself since `up` started."""

    name: str
    state: State
    pid: int | None = None
    mark: str | None = None
    url: str | None = None
    restarts: int = 0

    @property
    def identity(self) -> Identity | None:
        return Identity(self.pid, self.mark) if self.pid is not None and self.mark is not None else None

    def seen(self) -> ServiceRecord:
        """The record as the machine shows it now."""
        identity = self.identity
        if self.state in {"running", "starting"} and (identity is None or not is_running(identity)):
            return replace(self, state="gone" if self.state == "running" else "starting", pid=None)
        return self


@dataclass(frozen=True, slots=True)
class FleetRecord:
    supervisor: Identity | None = None
    phase: Phase = "stopped"
    services: Mapping[str, ServiceRecord] = field(default_factory=dict)
    configuration: Noted | None = None

    @property
    def is_supervised(self) -> bool:
        return self.supervisor is not None and is_running(self.supervisor)

    @property
    def has_ended(self) -> bool:
        """Whether a fleet was started and neither its supervisor nor its API is left. Of one that left no record here
        nothing is known.
        """
        api = self.services.get("api")
        identity = api.identity if api is not None else None
        answers = identity is not None and is_running(identity)
        return self.supervisor is not None and not self.is_supervised and not answers


#: No process has this pid.
_NOBODY: Final = Identity(0, "")


def read_record(path: Path) -> FleetRecord:
    """The record in the file; an empty one where there is none or an older version wrote it.

    One that came with a copy of its directory tells of processes of the original: here none of them runs.
    """
    content = read_json(path)
    try:
        found = _record(content)
    except (KeyError, TypeError, ValueError):
        return FleetRecord()
    if content.get("place") in {None, place_of(path.parent)}:
        return found
    return FleetRecord(supervisor=_NOBODY)


def _record(content: Mapping[str, Any]) -> FleetRecord:
    supervisor, services = content["supervisor"], content["services"]
    if not isinstance(supervisor, dict) or not isinstance(services, list):
        raise TypeError("not a record")
    found = [ServiceRecord(**one) for one in services if isinstance(one, dict)]
    return FleetRecord(
        Identity(int(str(supervisor["pid"])), str(supervisor["mark"])),
        cast("Phase", content["phase"]),
        {one.name: one for one in found},
        noted(content.get("configuration")),
    )


class Recorder:
    """Writes the record at every change; used by all threads of the supervisor."""

    def __init__(self, path: Path, supervisor: Identity, configuration: Noted | None = None) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._record = FleetRecord(supervisor, "starting", configuration=configuration)

    def phase(self, phase: Phase) -> None:
        with self._lock:
            self._record = replace(self._record, phase=phase)
            self._write()

    def service(self, one: ServiceRecord) -> None:
        with self._lock:
            self._record = replace(self._record, services={**self._record.services, one.name: one})
            self._write()

    @property
    def services(self) -> Mapping[str, ServiceRecord]:
        with self._lock:
            return self._record.services

    def _write(self) -> None:
        supervisor, configuration = self._record.supervisor, self._record.configuration
        write_json(
            self._path,
            {
                "supervisor": None if supervisor is None else {"pid": supervisor.pid, "mark": supervisor.mark},
                "place": place_of(self._path.parent),
                "phase": self._record.phase,
                "configuration": None if configuration is None else configuration.document(),
                "services": [
                    {
                        "name": one.name,
                        "state": one.state,
                        "pid": one.pid,
                        "mark": one.mark,
                        "url": one.url,
                        "restarts": one.restarts,
                    }
                    for one in self._record.services.values()
                ],
            },
        )
