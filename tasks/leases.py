"""Leases of the work that this process holds, renewed by a thread for as long as the process lives."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import structlog

from enrichment.store import fleet, work
from enrichment.store.database import Database
from enrichment.store.work import Claimed
from schemas.errors import TransientError

_log = structlog.get_logger()


class LeaseKeeper:
    """Renews every few seconds what is held, and shows that this boot lives."""

    def __init__(self, database: Database, boot_id: str) -> None:
        self._database = database
        self._boot_id = boot_id
        self._held: set[tuple[int, int]] = set()
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="leases", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()

    @contextmanager
    def keeping(self, claimed: Claimed) -> Iterator[None]:
        """While the body runs, the lease of this work is renewed."""
        token = (claimed.id, claimed.fence)
        with self._lock:
            self._held.add(token)
        try:
            yield
        finally:
            with self._lock:
                self._held.discard(token)

    def _run(self) -> None:
        while not self._stop.wait(work.RENEW):
            with self._lock:
                held = sorted(self._held)
            try:
                with self._database.transaction() as tx:
                    fleet.beat(tx, self._boot_id)
                    if held:
                        work.renew(tx, held, worker=self._boot_id)
            except TransientError as error:
                _log.warning("lease.not_renewed", held=len(held), error=error.message)
