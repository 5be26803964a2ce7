"""Filing chunks over records that are stored already: they start at map and have no position."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from enrichment.members import Member, as_rows, packed
from enrichment.store import artifacts, held_items, records, wakings, work
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
            artifacts.put(tx, filed, "fetch", packed({"members": as_rows(members[start : start + size])}))


def file_for(
    tx: Tx, plan_id: int, slices: Iterable[Sequence[records.Member]], *, source: str, target: str, size: int
) -> int:
    """File chunks over stored records that this plan executes, whichever serves their shape; no job counts them. Gives
    their number.
    """
    filed = 0
    for found in slices:
        members = [Member(m.record_id, m.observation, m.payload_id, m.ordinal) for m in found]
        file_chunks(tx, members, source=source, target=target, job_id=None, size=size, args={"plan_id": plan_id})
        filed += len(members)
    return filed


def file_again(tx: Tx, *, plan_id: int, source: str, target: str, size: int) -> None:
    """File chunks over all records that a plan has rows of, however many they are; the plan executes them anew."""
    file_for(tx, plan_id, records.under_plan(tx, plan_id), source=source, target=target, size=size)


#: Records that waited for a plan and are taken back into flight by one statement.
_RELEASED = 10_000


def release_held(tx: Tx, *, source: str, target: str, shape_id: int, size: int) -> None:
    """File chunks over all records that waited for a plan of this shape, however many they are."""
    while groups := held_items.release(tx, source=source, target=target, shape_id=shape_id, limit=_RELEASED):
        for group in groups:
            file_chunks(
                tx, [Member(*m) for m in group.members], source=source, target=target, job_id=group.job_id, size=size
            )
    wakings.wake(tx, f"held:{source}")
