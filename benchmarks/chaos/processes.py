"""The processes of a fleet, as its record names them."""

from __future__ import annotations

from pathlib import Path

import psutil

from workers.up.places import Places
from workers.up.record import read_record


def running(data_dir: Path) -> list[psutil.Process]:
    """The supervisor first, so that it starts nothing again, then the services, then what they started."""
    record = read_record(Places(data_dir).record)
    known = [record.supervisor, *(service.identity for service in record.services.values())]
    found: dict[int, psutil.Process] = {}
    for identity in known:
        if identity is not None and psutil.pid_exists(identity.pid):
            process = psutil.Process(identity.pid)
            for one in (process, *process.children(recursive=True)):
                found.setdefault(one.pid, one)
    return list(found.values())
