from __future__ import annotations

import json
import os
import shutil
import signal
import sys
import time
from pathlib import Path

import psutil
import pytest

from schemas.errors import ConfigurationError
from workers.embedded import ManagedProcess, Program, processes
from workers.embedded.managed import environment, recorded_identity
from workers.up.leftovers import end_leftovers
from workers.up.places import Places


def program(directory: Path, *command: str, **changed: object) -> Program:
    fields: dict[str, object] = {
        "name": "test",
        "command": command,
        "log_path": directory / "log",
        "pid_file": directory / "pid",
        "environment": environment(),
    }
    return Program(**{**fields, **changed})  # type: ignore[arg-type] # a test's keyword arguments


def wait_for_output(process: ManagedProcess, text: str) -> None:
    deadline = time.monotonic() + 10
    while text not in process.output():
        assert time.monotonic() < deadline, process.output()
        time.sleep(0.02)


def test_it_leads_a_group_of_its_own_and_is_found_again(tmp_path: Path) -> None:
    process = ManagedProcess.start(program(tmp_path, "sleep", "60"))
    assert os.getpgid(process.pid) == process.pid != os.getpgrp()
    found = ManagedProcess.attach(process.program)
    assert found is not None
    assert (found.identity, found.is_alive, found.returncode) == (process.identity, True, None)
    assert found.stop()
    assert not process.is_alive
    assert process.returncode == -signal.SIGTERM
    assert ManagedProcess.attach(process.program) is None
    assert not process.program.pid_file.exists()


def test_only_its_own_environment_and_output(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "a secret")
    first = ManagedProcess.start(program(tmp_path, "sh", "-c", "echo first; exit 3"))
    assert first.wait(10)
    assert first.returncode == 3
    second = ManagedProcess.start(program(tmp_path, "sh", "-c", "env; echo second >&2"))
    assert second.wait(10)
    assert "second" in second.output()
    assert "first" not in second.output()
    assert "a secret" not in second.output()
    assert (tmp_path / "log").read_text().startswith("first")


def test_stop_ends_what_it_started_also_in_other_sessions(tmp_path: Path) -> None:
    script = (
        "import subprocess, sys, time\n"
        "children = [subprocess.Popen(['sleep', '60'], start_new_session=new) for new in (False, True)]\n"
        "print(*(child.pid for child in children), 'ready', flush=True); time.sleep(60)"
    )
    process = ManagedProcess.start(program(tmp_path, sys.executable, "-c", script))
    wait_for_output(process, "ready")
    children = [int(word) for word in process.output().split()[:2]]
    assert process.stop()
    assert [processes.identity_of(child) for child in children] == [None, None]


def test_stop_ends_the_group_of_a_leader_that_was_killed(tmp_path: Path) -> None:
    process = ManagedProcess.start(program(tmp_path, "sh", "-c", "sleep 60 & echo $! ready; wait"))
    wait_for_output(process, "ready")
    child = int(process.output().split()[0])
    os.kill(process.pid, signal.SIGKILL)
    assert process.wait(5)
    assert processes.identity_of(child) is not None
    process.stop()
    assert processes.identity_of(child) is None


def test_signals_escalate_to_a_kill(tmp_path: Path) -> None:
    # Not INT: a shell cannot trap what was ignored when it began, as INT is for all that runs in the background.
    stubborn = "trap '' TERM; trap 'echo heard' USR1; echo ready; while :; do sleep 0.05; done"
    signals = (signal.SIGTERM, signal.SIGUSR1)
    process = ManagedProcess.start(program(tmp_path, "sh", "-c", stubborn, stop_signals=signals))
    wait_for_output(process, "ready")
    assert not process.stop(timeout=4.0)
    assert "heard" in process.output()
    assert process.returncode == -signal.SIGKILL


def test_a_stale_pid_file_names_nobody(tmp_path: Path) -> None:
    me = processes.identity_of(os.getpid())
    assert me is not None
    for content in ("", "{", "[]", '{"pid": "1"}', json.dumps({"pid": me.pid, "mark": "another"})):
        (tmp_path / "pid").write_text(content)
        assert recorded_identity(tmp_path / "pid") is None, content
    (tmp_path / "pid").write_text(json.dumps({"pid": me.pid, "mark": me.mark}))
    assert recorded_identity(tmp_path / "pid") == me


def test_a_copied_pid_file_names_nobody(tmp_path: Path) -> None:
    (tmp_path / "original").mkdir()
    process = ManagedProcess.start(program(tmp_path / "original", "sleep", "60"))
    shutil.copytree(tmp_path / "original", tmp_path / "copy")
    assert ManagedProcess.attach(program(tmp_path / "copy")) is None
    places = Places(tmp_path)
    places.home.mkdir()
    shutil.copy(process.program.pid_file, places.pid_file_of("gate"))
    assert end_leftovers(places, seconds=1.0) == []
    assert process.is_alive
    (tmp_path / "original").rename(tmp_path / "moved")
    assert ManagedProcess.attach(program(tmp_path / "moved")) is not None
    process.kill()


def test_a_signal_reaches_only_the_process_that_was_meant(tmp_path: Path) -> None:
    process = ManagedProcess.start(program(tmp_path, "sleep", "60"))
    assert not processes.signal_to(processes.Identity(process.pid, "another"), signal.SIGKILL)
    assert process.is_alive
    assert processes.signal_to(process.identity, signal.SIGKILL)
    assert process.wait(5)
    assert not processes.signal_to(process.identity, signal.SIGKILL)


def test_it_is_reaped_without_being_asked(tmp_path: Path) -> None:
    pid = ManagedProcess.start(program(tmp_path, "true")).pid
    deadline = time.monotonic() + 10
    while psutil.pid_exists(pid):
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_a_long_log_is_moved_aside(tmp_path: Path) -> None:
    (tmp_path / "log").write_bytes(b"x" * 10_000_001)
    process = ManagedProcess.start(program(tmp_path, "echo", "new"))
    assert process.wait(10)
    assert (tmp_path / "log").read_text() == "new\n"
    assert (tmp_path / "log.1").stat().st_size == 10_000_001


def test_a_missing_program_and_a_pid_file_that_cannot_be_written(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError) as missing:
        ManagedProcess.start(program(tmp_path, "no-such-program"))
    assert missing.value.code == "binary_missing"
    (tmp_path / "file").write_text("")
    nowhere = program(tmp_path, "sleep", "60", pid_file=tmp_path / "file" / "pid")
    with pytest.raises(ConfigurationError) as refused:
        ManagedProcess.start(nowhere)
    assert refused.value.code == "not_writable"
    assert not [child for child in psutil.Process().children() if "sleep" in child.name()]
