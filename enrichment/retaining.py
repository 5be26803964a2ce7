"""Removing in time what nothing needs any more: a pass over each table, slice by slice, each its own transaction.

A pass that is cut off goes on where it was. What a person may still decide, audit or try again is never removed.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from enrichment.store import retention
from enrichment.store.database import Database, Tx
from enrichment.store.retention import Slice
from schemas.states import Retained

#: Seconds between the end of a pass and the next one.
REST = 3_600.0


@dataclass(frozen=True, slots=True)
class Retention:
    """Days after which rows may go; null keeps them for ever.

    payloads:  since something last needed them; until then a record can be replayed without its source; texts of
               letters since the letter was closed
    staged:    rows that were merged or voided; never before the payload they were made of
    withdrawn: ledger entries, since they were withdrawn
    rows, payload_rows: looked at in one transaction
    """

    payloads: int | None = 90
    staged: int | None = 90
    withdrawn: int | None = 365
    rows: int = 5_000
    payload_rows: int = 1_000


def tend(
    database: Database, kept: Retention, *, seconds: float = 5.0, clock: Callable[[], float] = time.monotonic
) -> Mapping[Retained, int]:
    """Go on with every pass that is due, for about so long; gives what was removed of each.

    Raises:
        TransientError: the database cannot be reached. What was committed stands.
    """
    until = clock() + seconds
    removed = dict.fromkeys(Retained, 0)
    with database.transaction() as tx:
        if retention.alone(tx):
            retention.tend_partitions(tx)
    for what in Retained:
        while clock() < until:
            with database.transaction() as tx:
                done = _slice(tx, what, kept)
            if done is None:
                break
            removed[what] += done.removed
            if done.place == 0:
                break
    return removed


def _slice(tx: Tx, what: Retained, kept: Retention) -> Slice | None:
    """The next slice of a pass; null where nothing is due, or somebody else is at it."""
    days = getattr(kept, what)
    if days is None or not retention.alone(tx):
        return None
    begun = retention.begun(tx, what)
    if begun.place == 0 and begun.rested is not None and begun.rested < REST:
        return None
    match what:
        case Retained.PAYLOADS:
            # They are the payloads of what never became a record, and few: no pass of their own.
            retention.remove_texts(tx, days=days, limit=kept.rows)
            done = retention.remove_payloads(tx, days=days, after=begun.place, limit=kept.payload_rows)
        case Retained.STAGED:
            done = retention.remove_staged(tx, days=days, after=begun.place, limit=kept.rows)
        case Retained.WITHDRAWN:
            done = retention.remove_withdrawn(tx, days=days, limit=kept.rows)
    retention.note(tx, what, done)
    return done
