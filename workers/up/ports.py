"""Ports of the services: the configured one, else that of the last start, else the usual one, else any free one."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from schemas.errors import ConfigurationError
from workers.embedded.failures import port_taken
from workers.embedded.files import read_json, write_json
from workers.embedded.ports import free_port, is_free
from workers.up.probes import answers, listens


class ServicePort:
    """The port of one service for as long as `up` runs.

    Until the service was seen to serve, every start may choose anew: somebody may take a free port between the look
    and the start. From then on others know the port, and it stays.
    """

    def __init__(self, service: str, *, configured: int | None, usual: int | None, file: Path) -> None:
        self._service = service
        self._configured = configured
        self._usual = usual
        self._file = file
        self._settled = False
        self.number: int | None = None

    def take(self) -> int:
        """The port to start with.

        Raises:
            ConfigurationError: the configured port is taken (`port_taken`).
        """
        if self.number is None or not self._settled:
            self.number = choose_port(self._service, configured=self._configured, usual=self._usual, file=self._file)
        return self.number

    def serves(self, pid: int, base_url: str, path: str) -> bool:
        """Whether this very process listens on the port and answers; another one that does proves nothing."""
        self._settled = self.number is not None and listens(pid, self.number) and answers(base_url, path)
        return self._settled


def choose_port(service: str, *, configured: int | None, usual: int | None, file: Path) -> int:
    """Choose a port that is free now and record it.

    Raises:
        ConfigurationError: the configured port is taken (`port_taken`).
    """
    recorded = read_json(file)
    last = recorded.get(service)
    candidates = [configured] if configured is not None else [last, usual]
    chosen = next((port for port in candidates if isinstance(port, int) and is_free(port)), None)
    if chosen is None:
        if configured is not None:
            raise taken(service, configured)
        chosen = free_port()
    write_json(file, {**recorded, service: chosen})
    return chosen


def recorded_ports(file: Path) -> Mapping[str, int]:
    return {name: port for name, port in read_json(file).items() if isinstance(port, int)}


def taken(service: str, port: int) -> ConfigurationError:
    error = port_taken(service, port)
    return ConfigurationError(
        error.message, hint=f"stop that process, or set another [{service}] port", code="port_taken"
    )
