from __future__ import annotations

import errno
import json
import os
import signal
from collections.abc import Sequence
from pathlib import Path

import pytest

from schemas.errors import ConfigurationError
from workers.embedded import processes
from workers.embedded.locks import Claim, DirectoryLock, claim, taker
from workers.embedded.processes import Identity

NOBODY = Identity(1, "no process has this mark")


class Clock:
    """Time that passes only while somebody sleeps."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 0.0
        monkeypatch.setattr("workers.embedded.locks.time.monotonic", lambda: self.now)
        monkeypatch.setattr("workers.embedded.locks.time.sleep", self._sleep)

    def _sleep(self, seconds: float) -> None:
        self.now += seconds


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    return Clock(monkeypatch)


def request(directory: Path, orphans: Sequence[Identity] = ()) -> Claim:
    return Claim(name="It", lock_path=directory / "lock", pid_file=directory / "pid", orphans=lambda: orphans)


def myself() -> Identity:
    me = processes.identity_of(os.getpid())
    assert me is not None
    return me


def test_a_lock_has_one_owner_and_names_who_takes_it(tmp_path: Path) -> None:
    lock = DirectoryLock.take(tmp_path / "lock")
    assert lock is not None
    assert DirectoryLock.take(tmp_path / "lock") is None
    assert taker(tmp_path / "lock") == myself()
    lock.release()
    lock.release()
    assert taker(tmp_path / "lock") is None
    with DirectoryLock.take(tmp_path / "lock") or pytest.fail("it was not released"):
        pass


@pytest.mark.parametrize("content", ["", "{", "5", "[1]", json.dumps(NOBODY)])
def test_a_lock_file_without_a_living_taker(tmp_path: Path, content: str) -> None:
    (tmp_path / "lock").write_text(content)
    assert taker(tmp_path / "lock") is None


def test_a_free_lock_is_taken_though_the_pid_file_is_stale(tmp_path: Path) -> None:
    (tmp_path / "pid").write_text(json.dumps({"pid": os.getpid(), "mark": "another"}))
    claimed = claim(request(tmp_path), attach=False, timeout=1)
    assert isinstance(claimed, DirectoryLock)
    claimed.release()


def test_a_running_server_is_attached_to_or_named(tmp_path: Path, clock: Clock) -> None:
    (tmp_path / "pid").write_text(json.dumps({"pid": os.getpid(), "mark": myself().mark}))
    assert claim(request(tmp_path), attach=True, timeout=1) == myself()
    with pytest.raises(ConfigurationError, match=str(os.getpid())) as refused:
        claim(request(tmp_path), attach=False, timeout=60)
    assert refused.value.code == "held"
    assert clock.now < 1


def test_a_start_that_is_under_way_is_waited_for_only_to_attach(tmp_path: Path, clock: Clock) -> None:
    with DirectoryLock.take(tmp_path / "lock") or pytest.fail("it is taken"):
        with pytest.raises(ConfigurationError, match="is starting it"):
            claim(request(tmp_path), attach=False, timeout=60)
        assert clock.now == 0
        with pytest.raises(ConfigurationError, match="is starting it"):
            claim(request(tmp_path), attach=True, timeout=60)
        assert 60 <= clock.now < 61


def test_orphans_are_given_time_before_they_are_killed(
    tmp_path: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    held = DirectoryLock.take(tmp_path / "lock")
    assert held is not None
    (tmp_path / "lock").write_text("")
    killed: list[tuple[Identity, int, float]] = []

    def signal_to(identity: Identity, number: int) -> bool:
        killed.append((identity, number, clock.now))
        held.release()
        return True

    monkeypatch.setattr("workers.embedded.locks.processes.signal_to", signal_to)
    claimed = claim(request(tmp_path, [NOBODY]), attach=False, timeout=60)
    assert isinstance(claimed, DirectoryLock)
    claimed.release()
    ((identity, number, when),) = killed
    assert (identity, number) == (NOBODY, signal.SIGKILL)
    assert 2 <= when < 3


def test_a_holder_that_cannot_be_seen_is_not_waited_for_long(tmp_path: Path, clock: Clock) -> None:
    with DirectoryLock.take(tmp_path / "lock") or pytest.fail("it is taken"):
        (tmp_path / "lock").write_text("")
        with pytest.raises(ConfigurationError, match="cannot be seen"):
            claim(request(tmp_path), attach=True, timeout=300)
    assert 15 <= clock.now < 16


def test_a_lock_is_taken_where_no_note_of_its_taker_fits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("workers.embedded.locks.os.pwrite", full)
    with DirectoryLock.take(tmp_path / "lock") or pytest.fail("it was not taken"):
        assert DirectoryLock.take(tmp_path / "lock") is None
        assert taker(tmp_path / "lock") is None
