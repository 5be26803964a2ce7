from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from schemas.errors import ConfigurationError
from workers.demo import fleet
from workers.demo.configuration import DemoFolder
from workers.demo.fleet import not_ready, own_environment, running_fleet
from workers.settings import Settings, load_settings
from workers.up.places import Places


@dataclass
class Status:
    state: str = "running"
    serves: bool = True


@dataclass
class Calls:
    status: Status = field(default_factory=Status)
    started: int = 0
    ended: int = 0
    failure: BaseException | None = None


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> Calls:
    """A fleet whose status is what a test says, and which counts how often it was started and ended."""
    seen = Calls()

    def start(*_: object) -> None:
        seen.started += 1
        if seen.failure is not None:
            raise seen.failure

    def end(*_: object, **__: object) -> None:
        seen.ended += 1

    monkeypatch.setattr(fleet, "fleet_status", lambda _: seen.status)
    monkeypatch.setattr(fleet, "_start", start)
    monkeypatch.setattr(fleet, "end_fleet", end)
    return seen


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    folder = DemoFolder.make(tmp_path / "data")
    folder.write_configuration(8484)
    found = load_settings(folder.configuration, {})
    places = Places(found.data_dir)
    places.home.mkdir()
    places.configuration.write_text(str(found.file))
    return found


def run(settings: Settings, *, is_new: bool = False) -> Any:
    with running_fleet(settings, {}, is_new=is_new, say=lambda _: None) as status:
        return status


def test_a_fleet_that_was_started_for_the_demo_is_ended_with_it(calls: Calls, settings: Settings) -> None:
    calls.status = Status("stopped", serves=False)
    run(settings)
    assert (calls.started, calls.ended) == (1, 1)


@pytest.mark.parametrize("failure", [KeyboardInterrupt(), ConfigurationError("no")])
def test_a_fleet_that_did_not_start_is_ended_too(calls: Calls, settings: Settings, failure: BaseException) -> None:
    calls.status = Status("stopped", serves=False)
    calls.failure = failure
    with pytest.raises(type(failure)):
        run(settings)
    assert calls.ended == 1


def test_a_demo_that_serves_already_is_used_and_stays(calls: Calls, settings: Settings) -> None:
    assert run(settings) is calls.status
    assert (calls.started, calls.ended) == (0, 0)


@pytest.mark.parametrize(
    ("status", "is_new", "remembered"),
    [
        (Status(), True, True),
        (Status(), False, False),
        (Status(serves=False), False, True),
        (Status("starting", serves=False), False, True),
        (Status("stopping", serves=False), False, True),
    ],
)
def test_a_fleet_of_somebody_else_is_neither_used_nor_ended(
    calls: Calls, settings: Settings, status: Status, *, is_new: bool, remembered: bool
) -> None:
    calls.status = status
    if not remembered:
        Places(settings.data_dir).configuration.unlink()
    with pytest.raises(ConfigurationError) as raised:
        run(settings, is_new=is_new)
    assert raised.value.code == "held"
    assert "assay down" in raised.value.hint
    assert (calls.started, calls.ended) == (0, 0)


def test_data_of_another_fleet_are_left_alone(calls: Calls, settings: Settings, tmp_path: Path) -> None:
    calls.status = Status("stopped", serves=False)
    other = tmp_path / "assay.toml"
    other.write_text("")
    Places(settings.data_dir).configuration.write_text(str(other))
    with pytest.raises(ConfigurationError) as raised:
        run(settings)
    assert str(other) in raised.value.message
    assert "--data-dir" in raised.value.hint
    assert (calls.started, calls.ended) == (0, 0)


def test_the_demo_runs_on_its_own_servers_and_model_whatever_the_environment_says() -> None:
    environ = {
        "PATH": "/bin",
        "ASSAY_CONFIG": "/etc/assay.toml",
        "ASSAY_DATABASE__URL": "postgresql://elsewhere/db",
        "ASSAY_BROKER__URL": "redis://elsewhere",
        "ASSAY_MODEL__BASE_URL": "https://elsewhere/v1",
        "ASSAY_SOURCES__X__URL": "https://elsewhere",
        "ASSAY_API__PORT": "9000",
    }
    assert own_environment(environ) == {"PATH": "/bin", "ASSAY_API__PORT": "9000"}


def test_what_kept_the_fleet_from_starting_is_told() -> None:
    error = not_ready("[info] migrated\nerror: the port 5555 is taken\nhint: stop that process\nor another\n")
    assert error.message.endswith("the port 5555 is taken")
    assert error.hint == "stop that process\nor another"
    assert not_ready("").hint
