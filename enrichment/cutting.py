"""Where what was read is cut into chunks: by records and by bytes."""

from __future__ import annotations

from collections.abc import Sequence

from enrichment.connectors.pages import FetchedRecord
from enrichment.context import Tuning


def cut(
    waiting: list[FetchedRecord], tuning: Tuning, *, position: int
) -> tuple[list[list[FetchedRecord]], list[FetchedRecord]]:
    """Groups that make a chunk, the first of them the one at `position`, and what is left for the next.

    What is left is less than two chunks, in records and in bytes: so little may also be one.
    """
    full: list[list[FetchedRecord]] = []
    while True:
        size = tuning.chunk_at(position + len(full))
        if _fitting(waiting, records=2 * size - 1, size=2 * tuning.chunk_bytes) == len(waiting):
            return full, waiting
        taken = _fitting(waiting, records=size, size=tuning.chunk_bytes)
        full.append(waiting[:taken])
        waiting = waiting[taken:]


def _fitting(waiting: Sequence[FetchedRecord], *, records: int, size: int) -> int:
    """How many of the first records are no more than that many, of no more bytes than that; at least one."""
    for place, one in enumerate(waiting[:records]):
        size -= len(one.body)
        if size < 0:
            return max(place, 1)
    return min(len(waiting), records)
