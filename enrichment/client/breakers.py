"""Breakers: what is stopped, and a person's word on it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from enrichment.client.document import Document, Listing
from enrichment.client.wire import Wire


class Breakers:
    def __init__(self, wire: Wire) -> None:
        self._wire = wire

    def list(self, *, limit: int | None = 1_000, cursor: str | None = None) -> Listing[Document]:
        """The newest first. A key that never failed has no breaker, and is closed."""
        return self._wire.listing("/v1/breakers", {}, limit=limit, cursor=cursor)

    def show(self, breaker: int) -> Document:
        found: Document = self._wire.ask("GET", f"/v1/breakers/{int(breaker)}")
        return found

    def open(self, breaker: int, *, reason: str, seconds: int = 3_600) -> Document:
        """Stop the work of a key for a time."""
        return self._force(breaker, "open", {"reason": reason, "seconds": seconds})

    def close(self, breaker: int, *, reason: str, seconds: int = 3_600, confirm: str | None = None) -> Document:
        """Let it pass for a time. The first call gives what that lets through and a token to confirm it."""
        return self._force(breaker, "close", {"reason": reason, "seconds": seconds, "confirm": confirm})

    def report_defect(self, target: str, key: str, field: str, *, reason: str = "") -> Document:
        """Say that a written cell is wrong: a confirmed defect of the plan that asserts it.

        Raises:
            NotFoundError: nothing is written under this key.
            ConflictError: no plan asserts the cell, or it was reported before.
        """
        body = {"target": target, "key": key, "field": field, "reason": reason}
        found: Document = self._wire.ask("POST", "/v1/defects", body)
        return found

    def _force(self, breaker: int, what: str, body: Mapping[str, Any]) -> Document:
        found: Document = self._wire.ask("POST", f"/v1/breakers/{int(breaker)}/{what}", body)
        return found
