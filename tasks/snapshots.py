"""Notes the trusted history of columns that the gate goes by, beside the dispatcher and never in its way.

A target is a table of somebody else: it may be large, locked by its owner, or without the column for an hour.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence

import structlog

from enrichment.store import housekeeping
from enrichment.store.database import Database
from schemas.errors import AssayError
from schemas.target import Target

_log = structlog.get_logger()


class Snapshots:
    """Reads one target after the other in a thread of its own; one that cannot be read is told of and left out."""

    def __init__(self, database: Database, targets: Sequence[Target]) -> None:
        self._database = database
        self._targets = targets
        self._thread: threading.Thread | None = None

    def begin(self) -> None:
        """Start a round, unless the last one still goes on."""
        if self._targets and (self._thread is None or not self._thread.is_alive()):
            self._thread = threading.Thread(target=self.take, name="snapshots", daemon=True)
            self._thread.start()

    def take(self) -> None:
        for target in self._targets:
            try:
                with self._database.transaction() as tx:
                    housekeeping.snapshot_columns(tx, target)
            except AssayError as error:
                _log.warning("snapshots.left_out", target=target.name, error=error.message)
            except Exception as error:  # noqa: BLE001 - whatever a table is like, it concerns this table only
                _log.error("snapshots.broke", target=target.name, error=type(error).__name__, exc_info=error)
