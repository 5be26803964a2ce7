"""Retention on a schedule: a thread beside the dispatcher, in transactions of its own, so that none waits for it."""

from __future__ import annotations

import threading

import structlog

from enrichment import retaining
from enrichment.retaining import Retention
from enrichment.store.database import Database
from schemas.errors import TransientError

_log = structlog.get_logger()

#: Seconds between looks at what is due.
_PAUSE = 30.0


class RetentionKeeper:
    """Runs in every dispatcher, seated or not; a lock lets one at a time remove anything."""

    def __init__(self, database: Database, kept: Retention, stop: threading.Event) -> None:
        self._database = database
        self._kept = kept
        self._stop = stop
        self._thread = threading.Thread(target=self._run, name="retention", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def join(self, seconds: float) -> None:
        self._thread.join(seconds)

    def _run(self) -> None:
        while True:
            self.look()
            if self._stop.wait(_PAUSE):
                return

    def look(self) -> None:
        """Remove what is due; what goes wrong is logged and tried at the next look."""
        try:
            removed = retaining.tend(self._database, self._kept)
        except TransientError as error:
            _log.warning("retention.no_database", error=error.message)
        except Exception as error:  # noqa: BLE001 - a thread that ends is missed by nobody until the disk is full
            _log.error("retention.broke", error=type(error).__name__, exc_info=error)
        else:
            if any(removed.values()):
                _log.info("retention.removed", **{str(what): n for what, n in removed.items()})
