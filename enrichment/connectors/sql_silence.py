"""Servers that stand still, and networks that swallow what they say: neither ends a query, nor the wait for it."""

from __future__ import annotations

import os
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import sqlalchemy as sa

from schemas.source import SqlSource


def longest_silence(source: SqlSource) -> float:
    """Seconds without a word after which a server is given up: it should have ended the query itself long before."""
    return 2 * source.timeout


@contextmanager
def watched(connection: sa.Connection, source: SqlSource) -> Iterator[Callable[[], None]]:
    """Cut the connection where its server is silent for too long; to call what is given says that it is not.

    For PostgreSQL, whose drivers wait without end; only a connection that is cut wakes them. Others time out by
    themselves.
    """
    if connection.dialect.name != "postgresql":
        yield _Heard()
        return
    driver = connection.connection.driver_connection
    line = os.dup(driver.fileno())  # type: ignore[union-attr]  # it is connected
    heard, ended, longest = _Heard(), threading.Event(), longest_silence(source)

    def watch() -> None:
        while not ended.wait(max(0.0, heard.at + longest - time.monotonic())):
            if time.monotonic() - heard.at >= longest:
                with suppress(OSError), socket.socket(fileno=os.dup(line)) as other_end:
                    other_end.shutdown(socket.SHUT_RDWR)
                return

    watcher = threading.Thread(target=watch, name=f"hears {source.name}", daemon=True)
    watcher.start()
    try:
        yield heard
    finally:
        ended.set()
        watcher.join()
        os.close(line)


class _Heard:
    __slots__ = ("at",)

    def __init__(self) -> None:
        self.at = time.monotonic()

    def __call__(self) -> None:
        self.at = time.monotonic()
