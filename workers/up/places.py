"""Where `assay up` keeps what it knows, inside the data directory."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Places:
    data_dir: Path

    @property
    def home(self) -> Path:
        return self.data_dir / "up"

    @property
    def logs(self) -> Path:
        return self.data_dir / "logs"

    @property
    def lock(self) -> Path:
        """Held by the running supervisor, and by nothing that it starts."""
        return self.home / "lock"

    @property
    def record(self) -> Path:
        return self.home / "state.json"

    @property
    def configuration(self) -> Path:
        """Names the `assay.toml` that the fleet was last started with; empty where there was none."""
        return self.home / "configuration"

    @property
    def ports(self) -> Path:
        return self.home / "ports.json"

    @property
    def model_endpoint(self) -> Path:
        return self.home / "model-endpoint"

    @property
    def flower_password(self) -> Path:
        return self.home / "flower-password"

    @property
    def endpoint(self) -> Path:
        """Address and key for the command line and `Client.local()`."""
        return self.data_dir / "endpoint.json"

    def log_of(self, service: str) -> Path:
        return self.logs / f"{service}.log"

    def pid_file_of(self, service: str) -> Path:
        return self.home / f"{service}.pid"

    def ready_file_of(self, service: str) -> Path:
        return self.home / f"{service}.ready"


def remembered(data_dir: Path) -> Path | None:
    """The configuration that the fleet of a data directory was last started with, where it still exists."""
    try:
        named = Places(data_dir).configuration.read_text(encoding="utf-8").strip()
    except OSError:
        return None
    return Path(named) if named and Path(named).is_file() else None
