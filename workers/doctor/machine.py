"""This machine: Python, disk, files, ports."""

from __future__ import annotations

import os
import shutil
import stat
import sys
from collections.abc import Iterator
from pathlib import Path

from workers.doctor.finding import Finding, odd, well, wrong
from workers.embedded.ports import is_free
from workers.named_secrets import missing_secrets
from workers.settings import Settings
from workers.up.configuration import REMEDY
from workers.up.places import Places
from workers.up.status import fleet_status, runs_all_roles

_OLDEST = (3, 11)
_LITTLE_BYTES = 1_000_000_000
_TOO_LITTLE_BYTES = 200_000_000


def python() -> Finding:
    version = ".".join(map(str, sys.version_info[:3]))
    if sys.version_info < _OLDEST:
        return wrong("python", f"Python {version} is too old", "run Assay with Python 3.11 or newer")
    return well("python", f"Python {version}")


def disk(settings: Settings) -> Iterator[Finding]:
    """Free space where the data directory is, or will be, and where parts of it lie on volumes of their own."""
    place = settings.data_dir
    while not place.exists():
        place = place.parent
    yield _space(place)
    if place != settings.data_dir:
        return
    for part in (place / name for name in ("postgres", "redis", "logs")):
        if part.is_dir() and part.stat().st_dev != place.stat().st_dev:
            yield _space(part)


def _space(place: Path) -> Finding:
    free = shutil.disk_usage(place).free
    said = f"{free / 1e9:.1f} GB free at {place}"
    if free < _TOO_LITTLE_BYTES:
        return wrong("disk", said, "free some space, or choose another --data-dir; a full disk stops the database")
    if free < _LITTLE_BYTES:
        return odd("disk", said, "free some space before it is full")
    return well("disk", said)


def files(settings: Settings) -> Iterator[Finding]:
    """Files that hold secrets must be closed to others."""
    places = Places(settings.data_dir)
    secret = [places.endpoint, places.flower_password]
    secret += [settings.data_dir / name / "passwords" for name in ("postgres", "redis")]
    if settings.model is not None and settings.model.api_key_file is not None:
        secret.append(settings.model.api_key_file)
    open_ones = [path for path in secret if _is_open(path)]
    for path in open_ones:
        yield wrong("files", f"{path} can be read by others on this machine", f"chmod 600 {path}")
    if not open_ones:
        yield well("files", "files with secrets are closed to others")


def secrets(settings: Settings) -> Iterator[Finding]:
    """Secrets that the roles need which run here: an embedded fleet runs all of them, with the environment of `up`."""
    if not runs_all_roles(settings):
        return
    missing = missing_secrets(settings, os.environ)
    start = "assay up --detach" if fleet_status(settings).state == "stopped" else REMEDY
    for problem in missing:
        yield wrong("secrets", f"{problem.where}: {problem.what}", f"{problem.remedy}, then: {start}")
    if not missing:
        yield well("secrets", "every secret that the configuration names is there")


def _is_open(path: Path) -> bool:
    try:
        mode = stat.S_IMODE(path.stat().st_mode)
    except OSError:
        return False
    # files of a container's secrets lie in folders that only it sees
    return bool(mode & 0o077) and not path.is_relative_to("/run/secrets")


def ports(settings: Settings) -> Iterator[Finding]:
    """Configured ports that somebody else has. A running fleet has its own."""
    if fleet_status(settings).state in {"starting", "running", "stopping", "unsupervised"}:
        yield well("ports", "the fleet that runs here has them")
        return
    for name, section in (("api", settings.api), ("flower", settings.flower)):
        if is_free(section.port):
            yield well("ports", f"{section.port} is free for {name}")
        elif "port" in section.model_fields_set:
            remedy = f"stop that process, or set another [{name}] port"
            yield wrong("ports", f"{section.port} of {name} is taken", remedy)
        else:
            yield odd("ports", f"{section.port}, the usual port of {name}, is taken", "nothing: another will be chosen")
