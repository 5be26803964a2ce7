"""Budgets: what models have cost, and what they may."""

from __future__ import annotations

from decimal import Decimal

from enrichment.client.document import Document
from enrichment.client.wire import Wire


class Budgets:
    def __init__(self, wire: Wire) -> None:
        self._wire = wire

    def list(self) -> list[Document]:
        """Budgets in force: `scope`, `key`, and of tokens and money `cap`, `used` and `reserved`."""
        found: list[Document] = self._wire.ask("GET", "/v1/budgets")["items"]
        return found

    def raise_cap(self, scope: str, key: str | None = None, *, tokens: int = 0, money: Decimal | str = "0") -> Document:
        """Add to a cap; what waits on it goes on. `key` is a job's id or a source's name."""
        body = {"scope": scope, "key": key, "tokens": tokens, "money": str(money)}
        found: Document = self._wire.ask("POST", "/v1/budgets/raise", body)
        return found
