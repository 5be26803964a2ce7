"""A MariaDB of a test's own, from the system's package: on loopback, in a directory, gone afterwards.

Its clocks are those of Berlin, which are put back once a year.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import pymysql
from rabbit_server import free_port

MISSING: Final = "NOT TESTED ON MYSQL: mariadbd is not installed (apt-get install mariadb-server)"
#: Where the package puts it, which is on the path of its administrator only.
_PATH: Final = f"{os.environ.get('PATH', '')}:/usr/sbin"


def is_installed() -> bool:
    return shutil.which("mariadbd", path=_PATH) is not None


class MariaServer:
    """`execute` runs statements as the one who owns the database `shop`; `reader` may do what it is granted."""

    reader: Final = "reader"
    password: Final = "s3cret-one"

    def __init__(self, home: Path) -> None:
        self.home, self.port = home, free_port()
        self._process: subprocess.Popen[bytes] | None = None

    def start(self, *, seconds: float = 60.0) -> None:
        where = [f"--datadir={self.home / 'data'}", *(["--user=root"] if os.geteuid() == 0 else [])]
        out = (self.home / "out").open("ab")
        with out:
            subprocess.run(
                ["mariadb-install-db", "--no-defaults", "--auth-root-authentication-method=normal", *where],
                check=True,
                stdout=out,
                stderr=out,
            )
            self._process = subprocess.Popen(
                [
                    str(shutil.which("mariadbd", path=_PATH)),
                    "--no-defaults",
                    *where,
                    "--bind-address=127.0.0.1",
                    f"--port={self.port}",
                    f"--socket={self.home / 's'}",
                    f"--pid-file={self.home / 'pid'}",
                ],
                env={**os.environ, "TZ": "Europe/Berlin"},
                stdout=out,
                stderr=out,
            )
        ends = time.monotonic() + seconds
        while not self._answers():
            assert self._process.poll() is None, (self.home / "out").read_text()
            assert time.monotonic() < ends, (self.home / "out").read_text()
            time.sleep(0.1)
        with self._connect(None) as connection, connection.cursor() as cursor:
            cursor.execute("CREATE DATABASE shop")
            cursor.execute(f"CREATE USER {self.reader}@localhost IDENTIFIED BY '{self.password}'")

    def _answers(self) -> bool:
        with socket.socket(socket.AF_UNIX) as line:
            return line.connect_ex(str(self.home / "s")) == 0

    def execute(self, *statements: str) -> None:
        with self._connect("shop") as connection, connection.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)
            connection.commit()

    def _connect(self, database: str | None) -> pymysql.Connection[Any]:
        return pymysql.connect(unix_socket=str(self.home / "s"), user="root", database=database)

    def stop(self) -> None:
        if self._process is not None:
            self._process.terminate()
            self._process.wait(60)


@contextmanager
def mariadb_server() -> Iterator[MariaServer]:
    # the path of a socket has to be short
    with tempfile.TemporaryDirectory(prefix="maria-") as name:
        server = MariaServer(Path(name))
        try:
            server.start()
            yield server
        finally:
            server.stop()
