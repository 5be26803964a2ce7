from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from schemas.errors import TerminalError
from workers.demo.companies_process import serving_companies
from workers.demo.configuration import DemoFolder
from workers.embedded.ports import free_port, is_free
from workers.embedded.processes import identity_of

ROOT = Path(__file__).parents[2]


def get(port: int, path: str) -> Any:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=5) as answer:
        return json.loads(answer.read())


def test_the_companies_are_served_while_the_block_lasts_and_keep_their_port(tmp_path: Path) -> None:
    folder = DemoFolder.make(tmp_path / "data")
    with serving_companies(folder) as port:
        assert get(port, "/v1/companies?limit=1")["data"][0]["name"] == "1&1"
        folder.changes.write_text('{"1&1": {"/metadata/employees": 7}}')
        assert get(port, "/v1/companies/1%261")["metadata"]["employees"] == 7
    assert is_free(port)
    with serving_companies(folder) as again:
        assert again == port


def test_what_a_killed_demo_left_behind_does_not_keep_its_port(tmp_path: Path) -> None:
    folder = DemoFolder.make(tmp_path / "data")
    port = folder.companies_port()
    left = subprocess.Popen(
        [
            *(sys.executable, "-P", "-m", "workers.demo.companies_api", "--port", str(port)),
            *("--changes", str(folder.changes)),
        ],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    try:
        identity = identity_of(left.pid)
        assert identity is not None
        folder.pid_file.write_text(json.dumps({"pid": identity.pid, "mark": identity.mark}))
        with serving_companies(folder) as again:
            assert again == port
    finally:
        left.kill()
        left.wait()


def test_the_server_ends_with_the_process_that_started_it() -> None:
    port = free_port()
    script = (
        "import os, subprocess, sys\n"
        f"child = subprocess.Popen([sys.executable, '-P', '-m', 'workers.demo.companies_api', '--port', '{port}',"
        " '--changes', '/nonexistent', '--parent', str(os.getpid())])\n"
        "print(child.pid, flush=True)\n"
        "sys.stdin.read()\n"
    )
    parent = subprocess.Popen(
        [sys.executable, "-P", "-c", script],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert parent.stdout is not None
    child = int(parent.stdout.readline())
    try:
        assert eventually(lambda: not is_free(port))
        parent.kill()
        parent.wait()
        assert eventually(lambda: is_free(port))
    finally:
        parent.kill()
        parent.communicate()
        if identity_of(child) is not None:
            os.kill(child, signal.SIGKILL)


def test_a_server_that_cannot_start_says_why(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = DemoFolder.make(tmp_path / "data")
    with socket.create_server(("127.0.0.1", 0)) as other:
        taken = other.getsockname()[1]
        monkeypatch.setattr(DemoFolder, "companies_port", lambda _: taken)
        with pytest.raises(TerminalError) as raised, serving_companies(folder):
            pass
    assert str(taken) in raised.value.message
    assert "in use" in raised.value.hint


def eventually(condition: Any, seconds: float = 15.0) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.05)
    return False
