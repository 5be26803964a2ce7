"""Whether a service serves: asked of itself, not of its process."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import psutil

from enrichment.door import Caps, call_own_api
from enrichment.store import fleet
from enrichment.store.database import Database
from schemas.errors import AssayError, TransientError

_CAPS = Caps(total_seconds=3.0, connect_seconds=1.0, read_seconds=3.0, body_bytes=1_000_000)


def listens(pid: int, port: int) -> bool:
    """Whether the process listens on the TCP port."""
    try:
        connections = psutil.Process(pid).net_connections("tcp")
    except psutil.Error:
        return False
    return any(one.status == psutil.CONN_LISTEN and one.laddr.port == port for one in connections)


def answers(base_url: str, path: str) -> bool:
    """Whether an HTTP server serves this address."""
    try:
        return call_own_api("GET", base_url, path, caps=_CAPS).status == 200
    except AssayError:
        return False


def told(ready_file: Path) -> bool:
    """Whether the process has written its ready file."""
    return ready_file.exists()


def seat_beats(database: Database) -> Callable[[], bool]:
    """A question that is true once some dispatcher was seen to move its heartbeat since it was first asked."""
    first: list[datetime | None] = []

    def beats() -> bool:
        try:
            with database.transaction() as tx:
                seen = fleet.dispatcher_heartbeat(tx)
        except TransientError:
            return False
        if not first:
            first.append(seen)
        return seen is not None and seen != first[0]

    return beats
