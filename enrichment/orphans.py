"""Rows that nothing asserts any more: only refold work may delete them."""

from __future__ import annotations

from collections.abc import Sequence

from enrichment.store import work
from enrichment.store.database import Tx
from enrichment.store.work import NewWork


def file_refold(tx: Tx, target: str, keys: Sequence[str]) -> None:
    if keys:
        work.file(tx, NewWork(kind="refold", stage="refold", target=target, args={"keys": sorted(keys)}))
