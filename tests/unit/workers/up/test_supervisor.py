"""The supervisor itself, with services that are none: how it begins to serve, waits and stops."""

from __future__ import annotations

import os
import shutil
import signal
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from schemas.errors import ConfigurationError, TerminalError
from workers import addresses
from workers.embedded.processes import Identity
from workers.settings import Settings, load_settings
from workers.up import preparing, roster
from workers.up import supervisor as module
from workers.up.keeper import Service
from workers.up.record import Recorder
from workers.up.supervisor import Supervisor

URL = "http://127.0.0.1:1"


class Fake:
    """A process, and the database of the supervisor."""

    def __init__(self, *_: Any, **__: Any) -> None:
        self.identity = Identity(1, "mark")
        self.is_alive = True

    def stop(self, timeout: float = 0.0) -> bool:
        del timeout
        self.is_alive = False
        return True

    def kill(self) -> None:
        self.is_alive = False

    def close(self) -> None:
        """As the database does."""


def service(name: str, start: Callable[[], Fake]) -> Service:
    return Service(name=name, start=start, is_ready=lambda _: True, url=lambda: URL, ready_seconds=5.0)


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.fixture
def fleet(monkeypatch: pytest.MonkeyPatch) -> list[Service]:
    """Services that a supervisor starts, beside no servers and over no database."""
    services: list[Service] = []
    monkeypatch.setattr(module, "_SIGNAL_SECONDS", 0.05)
    monkeypatch.setattr(module, "Database", Fake)
    monkeypatch.setattr(roster, "require_ports", lambda _: None)
    monkeypatch.setattr(roster, "servers", lambda _: [])
    monkeypatch.setattr(roster, "services", lambda _: [services])
    monkeypatch.setattr(addresses, "database_url", lambda *_: "postgresql://")
    monkeypatch.setattr(preparing, "prepare", lambda *_: preparing.Prepared("1", ()))
    monkeypatch.setattr(preparing, "keys_of", lambda *_: preparing.Keys("local", "administrator's"))
    return services


def settings_of(folder: Path) -> Settings:
    return load_settings(None, {"ASSAY_DATA_DIR": str(folder / "data")}, folder=folder)


def over(folder: Path, said: list[str]) -> Supervisor:
    return Supervisor(settings_of(folder), {}, say=said.append)


def ask_to_stop() -> None:
    os.kill(os.getpid(), signal.SIGTERM)


def running(fleet: list[Service], names: Sequence[str] = ("dispatcher", "gate", "api")) -> dict[str, Fake]:
    made = {name: Fake() for name in names}
    fleet += [service(name, lambda name=name: made[name]) for name in names]  # type: ignore[misc]
    return made


def test_a_fleet_is_stopped_though_its_directory_is_gone(tmp_path: Path, fleet: list[Service], said: list[str]) -> None:
    made = running(fleet)

    def lose() -> None:
        shutil.rmtree(tmp_path / "data" / "up")
        ask_to_stop()

    over(tmp_path, said).run(on_ready=lose)
    assert not any(one.is_alive for one in made.values())
    assert said[-3:] == [f"{name:<14} stopped" for name in ("dispatcher", "gate", "api")]


def test_a_fleet_is_stopped_on_a_full_disk(
    tmp_path: Path, fleet: list[Service], said: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    made = running(fleet)

    def full(_: Recorder) -> None:
        raise TerminalError("the disk is full", code="disk_full")

    def fill() -> None:
        monkeypatch.setattr(Recorder, "_write", full)
        ask_to_stop()

    over(tmp_path, said).run(on_ready=fill)
    assert not any(one.is_alive for one in made.values())


def test_what_cannot_be_stopped_or_told_keeps_no_other_service_running(
    tmp_path: Path, fleet: list[Service], monkeypatch: pytest.MonkeyPatch
) -> None:
    made = running(fleet)

    def stuck(_: float = 0.0) -> bool:
        raise OSError("not expected")

    def say(line: str) -> None:
        if line.endswith("stopped"):
            raise OSError("no space left for the log")

    monkeypatch.setattr(made["dispatcher"], "stop", stuck)
    Supervisor(settings_of(tmp_path), {}, say=say).run(on_ready=ask_to_stop)
    assert [name for name, one in made.items() if one.is_alive] == ["dispatcher"]


@pytest.mark.timeout(30)
def test_a_signal_that_another_thread_is_told_of_is_acted_on(
    tmp_path: Path, fleet: list[Service], said: list[str]
) -> None:
    made = running(fleet)

    def ask_from_elsewhere() -> None:
        # once this thread waits: it is not to find the signal on its way there
        threading.Timer(0.3, ask_to_stop).start()
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})

    try:
        over(tmp_path, said).run(on_ready=ask_from_elsewhere)
    finally:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTERM})
    assert not any(one.is_alive for one in made.values())


def test_the_administrators_key_is_made_once_all_serves_and_shown_at_once(
    tmp_path: Path, fleet: list[Service], said: list[str]
) -> None:
    running(fleet)
    over(tmp_path, said).run(on_ready=ask_to_stop)
    shown = next(at for at, line in enumerate(said) if "administrator's API key" in line)
    assert {line.split()[0] for line in said[:shown]} == {"dispatcher", "gate", "api"}


def test_a_start_that_fails_makes_no_key(
    tmp_path: Path, fleet: list[Service], said: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused() -> Fake:
        raise ConfigurationError("the port is taken", code="port_taken")

    made: list[object] = []
    monkeypatch.setattr(preparing, "keys_of", lambda *given: made.append(given))
    fleet.append(service("api", refused))
    with pytest.raises(ConfigurationError, match="the port is taken"):
        over(tmp_path, said).run()
    assert made == []


def test_a_key_is_shown_before_the_endpoint_is_written(
    tmp_path: Path, fleet: list[Service], said: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise TerminalError("the disk is full", code="disk_full")

    monkeypatch.setattr(preparing, "write_endpoint", full)
    running(fleet)
    with pytest.raises(TerminalError):
        over(tmp_path, said).run()
    assert any("administrator's API key" in line for line in said)
