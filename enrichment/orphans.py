"""Rows that nothing asserts any more: only refold work may delete them."""

from __future__ import annotations

from collections.abc import Sequence

from enrichment.store import work
from enrichment.store.database import Tx
from enrichment.store.work import NewWork


def file_refold(tx: Tx, target: str, keys: Sequence[str], *, source: str | None) -> None:
    """`source`: whose merge left them; while it is frozen nothing of it is deleted either."""
    if keys:
        new = NewWork(kind="refold", stage="refold", source=source, target=target, args={"keys": sorted(keys)})
        work.file(tx, new)
