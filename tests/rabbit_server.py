"""A RabbitMQ of a test's own, from the system's package: on loopback, in a directory, gone afterwards."""

from __future__ import annotations

import os
import secrets
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

#: Behind Debian's wrapper, which would change to a user of its own and to the system's directories.
_PROGRAMS: Final = Path("/usr/lib/rabbitmq/bin")
MISSING: Final = "NOT TESTED ON RABBITMQ: rabbitmq-server is not installed (apt-get install rabbitmq-server)"


def is_installed() -> bool:
    return (_PROGRAMS / "rabbitmq-server").exists() and shutil.which("erl") is not None


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


class RabbitServer:
    """`url` stays the same over `kill` and `start`."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.port = free_port()
        self.url = f"amqp://guest:guest@127.0.0.1:{self.port}//"
        self._epmd_port = str(free_port())
        self._process: subprocess.Popen[bytes] | None = None
        (home / "rabbitmq.conf").write_text(f"listeners.tcp.1 = 127.0.0.1:{self.port}\n", encoding="utf-8")
        (home / "plugins").write_text("[].\n", encoding="utf-8")
        self._environment = {
            **os.environ,
            "HOME": str(home),
            "ERL_EPMD_PORT": self._epmd_port,
            "ERL_EPMD_ADDRESS": "127.0.0.1",
            "RABBITMQ_NODENAME": f"assay-{secrets.token_hex(4)}@localhost",
            "RABBITMQ_DIST_PORT": str(free_port()),
            "RABBITMQ_CONFIG_FILE": str(home / "rabbitmq.conf"),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(home / "plugins"),
            "RABBITMQ_MNESIA_BASE": str(home / "mnesia"),
            "RABBITMQ_LOG_BASE": str(home / "log"),
            "RABBITMQ_PID_FILE": str(home / "pid"),
            # one machine's tests: two schedulers are enough, and no busy waiting
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "+S 1:1 +sbwt none",
        }

    def start(self, *, seconds: float = 90.0) -> None:
        with (self.home / "out").open("ab") as out:
            self._process = subprocess.Popen(
                [_PROGRAMS / "rabbitmq-server"], env=self._environment, cwd=self.home, stdout=out, stderr=out
            )
        ends = time.monotonic() + seconds
        while not self._greets():
            assert self._process.poll() is None, self._said()
            assert time.monotonic() < ends, self._said()
            time.sleep(0.1)

    def _greets(self) -> bool:
        """Whether it answers a protocol header, which it does only when it serves."""
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=2) as asked:
                asked.sendall(b"AMQP\x00\x00\x09\x01")
                return asked.recv(1) == b"\x01"
        except OSError:
            return False

    def _said(self) -> str:
        return (self.home / "out").read_text(encoding="utf-8", errors="replace")[-2_000:]

    def stop(self) -> None:
        if self._process is not None:
            self._process.terminate()
            try:
                self._process.wait(timeout=30)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait(timeout=10)
            self._process = None
        # the port mapper stays behind every node; this one served this node only
        subprocess.run(
            ["epmd", "-port", self._epmd_port, "-kill"],
            env=self._environment,
            capture_output=True,
            timeout=10,
            check=False,
        )


@contextmanager
def rabbit_server() -> Iterator[RabbitServer]:
    home = Path(tempfile.mkdtemp(prefix="assay-rabbit-"))
    server = RabbitServer(home)
    try:
        server.start()
        yield server
    finally:
        server.stop()
        shutil.rmtree(home, ignore_errors=True)
