"""Filing chunks over records that are stored already: they start at map and have no position."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from enrichment.members import Member, as_rows, packed
from enrichment.store import work
from enrichment.store.database import Tx
from enrichment.store.work import NewWork


def file_chunks(
    tx: Tx,
    members: Sequence[Member],
    *,
    source: str,
    target: str,
    job_id: int | None,
    size: int,
    priority: int = 0,
    args: Mapping[str, Any] | None = None,
    lane: str = "normal",
) -> None:
    """File chunks of at most `size` records. Without a job nothing is counted."""
    for start in range(0, len(members), size):
        filed = work.file(
            tx,
            NewWork(
                kind="chunk",
                stage="map",
                job_id=job_id,
                source=source,
                target=target,
                priority=priority,
                args=args,
                lane=lane,
            ),
        )
        if filed is not None:
            work.put_artifact(tx, filed, "fetch", packed({"members": as_rows(members[start : start + size])}))
