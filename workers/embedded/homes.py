"""The directory of one server inside the data directory: lock, pid file, log, passwords, and what was decided."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from schemas.json_types import Json
from workers.embedded.files import make_directory, read_json, write_json
from workers.embedded.ports import free_port, is_free

#: How often another free port is tried when somebody takes the chosen one between the look and the start.
PORT_ATTEMPTS = 5


@dataclass(frozen=True, slots=True)
class Home:
    path: Path

    @classmethod
    def make(cls, data_dir: Path, name: str, *, passable: bool = False) -> Home:
        """Make `data_dir`/`name`, closed to others.

        `passable`: started as root, other users may pass through to what lies below, without listing it.

        Raises:
            ConfigurationError: it cannot be written (`not_writable`).
            TerminalError: the disk is full (`disk_full`).
        """
        closed, open_below_root = 0o700, 0o711 if os.geteuid() == 0 else 0o700
        make_directory(data_dir, mode=open_below_root)
        make_directory(data_dir / name, mode=open_below_root if passable else closed)
        return cls(data_dir / name)

    @property
    def lock(self) -> Path:
        return self.path / "lock"

    @property
    def pid_file(self) -> Path:
        return self.path / "pid"

    @property
    def log(self) -> Path:
        return self.path / "log"

    @property
    def passwords(self) -> Path:
        return self.path / "passwords"

    def read(self) -> dict[str, Json]:
        """What was decided at earlier starts; empty before the first."""
        return read_json(self.path / "state.json")

    def note(self, **decided: Json) -> None:
        """Add to what was decided."""
        write_json(self.path / "state.json", {**self.read(), **decided})

    def read_passwords(self) -> dict[str, str]:
        return {role: value for role, value in read_json(self.passwords).items() if isinstance(value, str)}

    def port(self, configured: int | None, attempt: int) -> int:
        """The port to try: the configured one, else the one of the last start if it is free, else a free one."""
        if configured is not None:
            return configured
        last = self.read().get("port")
        return last if attempt == 0 and isinstance(last, int) and is_free(last) else free_port()

    def last_port(self) -> int:
        """The port of the last start; raises LookupError before the first."""
        port = self.read().get("port")
        if isinstance(port, int):
            return port
        raise LookupError(f"{self.path} records no port")
