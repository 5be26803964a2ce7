"""Supervision of one service, with a process that is none."""

import os
import shutil
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from schemas.errors import ConfigurationError, TerminalError, TransientError
from workers.embedded.processes import Identity, identity_of
from workers.up import keeper as module
from workers.up.keeper import Keeper, Service, backoff
from workers.up.record import FleetRecord, Recorder, ServiceRecord, read_record


class Fake:
    def __init__(self, number: int) -> None:
        self.identity = Identity(number, "mark")
        self.is_alive = True
        self.ended: list[str] = []

    def stop(self, timeout: float = 0.0) -> bool:
        del timeout
        self.is_alive = False
        self.ended.append("stop")
        return True

    def kill(self) -> None:
        self.is_alive = False
        self.ended.append("kill")


def starting() -> tuple[list[Fake], Callable[[], Fake]]:
    """The processes that were started, and what starts one more."""
    made: list[Fake] = []

    def start() -> Fake:
        made.append(Fake(1))
        return made[-1]

    return made, start


@pytest.fixture
def recorder(tmp_path: Path) -> Recorder:
    return Recorder(tmp_path / "state.json", Identity(1, "x"))


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_POLL_SECONDS", 0.001)
    monkeypatch.setattr(module, "FIRST_WAIT", 0.001)


def until(condition: Any, seconds: float = 10.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        threading.Event().wait(0.002)


def test_a_service_that_ends_is_started_again_and_its_end_is_told(recorder: Recorder) -> None:
    made: list[Fake] = []
    told: list[int] = []

    def start() -> Fake:
        made.append(Fake(100 + len(made)))
        return made[-1]

    keeper = Keeper(
        Service(name="gate", start=start, is_ready=lambda _: True, on_end=lambda: told.append(len(made))), recorder
    )
    keeper.launch()
    until(lambda: keeper.is_ready)
    made[0].is_alive = False
    until(lambda: len(made) == 2 and recorder.services["gate"].state == "running")
    assert told == [1]
    assert made[0].ended == ["kill"]
    assert recorder.services["gate"] == ServiceRecord("gate", "running", 101, "mark", None, 1)
    assert keeper.stop()
    assert made[1].ended == ["stop"]
    assert recorder.services["gate"].state == "stopped"


def test_what_never_becomes_ready_is_ended(recorder: Recorder) -> None:
    made, start = starting()
    keeper = Keeper(Service(name="api", start=start, is_ready=lambda _: False, ready_seconds=0.01), recorder)
    keeper.launch()
    until(lambda: keeper.has_ended_early)
    keeper.stop()
    assert made[0].ended[0] == "kill"


def test_why_it_could_not_be_started_is_kept(recorder: Recorder) -> None:
    def start() -> Fake:
        raise ConfigurationError("the port is taken", code="port_taken")

    keeper = Keeper(Service(name="api", start=start, is_ready=lambda _: True), recorder)
    keeper.launch()
    until(lambda: keeper.has_ended_early)
    keeper.stop()
    assert keeper.failure is not None
    assert keeper.failure.code == "port_taken"


def test_a_database_that_is_away_does_not_end_supervision(recorder: Recorder) -> None:
    made, start = starting()

    def away() -> None:
        raise TransientError("the database is away")

    keeper = Keeper(Service(name="gate", start=start, is_ready=lambda _: True, on_end=away), recorder)
    keeper.launch()
    until(lambda: keeper.is_ready)
    made[0].is_alive = False
    until(lambda: len(made) == 2)
    keeper.stop()


def test_a_start_that_the_machine_refuses_is_tried_again(recorder: Recorder) -> None:
    made: list[Fake] = []

    def start() -> Fake:
        made.append(Fake(1))
        if len(made) == 1:
            raise BlockingIOError("no more processes")
        return made[-1]

    keeper = Keeper(Service(name="gate", start=start, is_ready=lambda _: True), recorder)
    keeper.launch()
    until(lambda: keeper.is_ready)
    assert keeper.stop()


def test_an_end_that_nobody_can_be_told_of_does_not_end_supervision(recorder: Recorder) -> None:
    made, start = starting()

    def refused() -> None:
        raise RuntimeError("not expected")

    keeper = Keeper(Service(name="gate", start=start, is_ready=lambda _: True, on_end=refused), recorder)
    keeper.launch()
    until(lambda: keeper.is_ready)
    made[0].is_alive = False
    until(lambda: len(made) == 2 and recorder.services["gate"].state == "running")
    assert keeper.stop()


def test_a_full_disk_ends_neither_a_service_nor_its_supervision(tmp_path: Path) -> None:
    class Full(Recorder):
        full = True

        def _write(self) -> None:
            if self.full:
                raise TerminalError("the disk is full", code="disk_full")
            super()._write()

    recorder = Full(tmp_path / "state.json", Identity(1, "x"))
    made, start = starting()
    keeper = Keeper(Service(name="gate", start=start, is_ready=lambda _: True), recorder)
    keeper.launch()
    until(lambda: keeper.is_ready)
    assert made[0].is_alive
    made[0].is_alive = False
    until(lambda: len(made) == 2 and recorder.services["gate"].state == "running")
    recorder.full = False
    assert keeper.stop()
    assert read_record(tmp_path / "state.json").services["gate"].state == "stopped"


def test_a_directory_that_is_gone_keeps_no_service_from_being_stopped(tmp_path: Path) -> None:
    (tmp_path / "up").mkdir()
    made, start = starting()
    recorder = Recorder(tmp_path / "up" / "state.json", Identity(1, "x"))
    keeper = Keeper(Service(name="gate", start=start, is_ready=lambda _: True), recorder)
    keeper.launch()
    until(lambda: keeper.is_ready)
    shutil.rmtree(tmp_path / "up")
    assert keeper.stop()
    assert made[0].ended == ["stop"]


def test_who_sees_a_service_ready_finds_it_running_in_the_record(tmp_path: Path) -> None:
    seen: list[tuple[str, bool]] = []

    class Watched(Recorder):
        def service(self, one: ServiceRecord) -> None:
            seen.append((one.state, keeper.is_ready))
            super().service(one)

    _, start = starting()
    keeper = Keeper(
        Service(name="gate", start=start, is_ready=lambda _: True), Watched(tmp_path / "state.json", Identity(1, "x"))
    )
    keeper.launch()
    until(lambda: keeper.is_ready)
    assert read_record(tmp_path / "state.json").services["gate"].state == "running"
    assert keeper.stop()
    assert ("running", False) in seen


def test_waits_double_up_to_a_cap(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "FIRST_WAIT", 0.5)
    assert [backoff(n) for n in (1, 2, 3, 4, 100)] == [0.5, 1.0, 2.0, 4.0, 30.0]


def test_the_record_comes_back_as_it_was_written(tmp_path: Path, recorder: Recorder) -> None:
    recorder.phase("running")
    recorder.service(ServiceRecord("api", "running", 5, "m", "http://127.0.0.1:1", 2))
    found = read_record(tmp_path / "state.json")
    assert found.phase == "running"
    assert found.services["api"] == ServiceRecord("api", "running", 5, "m", "http://127.0.0.1:1", 2)
    # nobody has this pid and mark
    assert found.services["api"].seen().state == "gone"
    assert not found.is_supervised


def test_a_copied_record_tells_of_a_fleet_that_has_ended(tmp_path: Path) -> None:
    me = identity_of(os.getpid())
    assert me is not None
    (tmp_path / "original").mkdir()
    recorder = Recorder(tmp_path / "original" / "state.json", me)
    recorder.service(ServiceRecord("api", "running", me.pid, me.mark))
    assert read_record(tmp_path / "original" / "state.json").is_supervised
    shutil.copytree(tmp_path / "original", tmp_path / "copy")
    copied = read_record(tmp_path / "copy" / "state.json")
    assert (copied.is_supervised, copied.has_ended, copied.services) == (False, True, {})


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"supervisor": null, "services": []}', '{"supervisor": 1'])
def test_a_record_that_is_none_is_an_empty_one(tmp_path: Path, text: str) -> None:
    (tmp_path / "state.json").write_text(text)
    assert read_record(tmp_path / "state.json") == FleetRecord()
