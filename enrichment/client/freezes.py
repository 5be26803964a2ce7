"""The kill switch of the fleet."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from enrichment.client.document import Document
from enrichment.client.wire import Wire


class Freezes:
    def __init__(self, wire: Wire) -> None:
        self._wire = wire

    def freeze(self, *, reason: str, source: str | None = None) -> Sequence[Document]:
        """Stop all writing to targets and all calls of models, of the fleet or of one source. Gives all that stand."""
        return self._said("/v1/freezes", {"reason": reason, "source": source})

    def thaw(self, *, source: str | None = None) -> Sequence[Document]:
        """Let the fleet, or one source, go on. Gives what still stands."""
        return self._said("/v1/freezes/thaw", {"source": source})

    def list(self) -> Sequence[Document]:
        """What is frozen; nothing is where it is empty."""
        found: Document = self._wire.ask("GET", "/v1/freezes")
        return [Document(one) for one in found["items"]]

    def _said(self, path: str, body: dict[str, Any]) -> Sequence[Document]:
        found: Document = self._wire.ask("POST", path, body)
        return [Document(one) for one in found["items"]]
