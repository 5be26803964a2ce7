"""A person's word on a breaker. Closing one lets through what it stopped, and has to be confirmed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from enrichment import confirming
from enrichment.breaking import machine, tending
from enrichment.breaking.machine import Breaker
from enrichment.store import breakers
from enrichment.store.breakers import Kept
from enrichment.store.database import Tx


@dataclass(frozen=True, slots=True)
class Closing:
    """What closing lets through. `confirm`: the token that doing it needs; null once it is done."""

    kept: Kept
    rows: int
    done: bool
    confirm: str | None = None


def force_open(tx: Tx, breaker_id: int, *, seconds: float, reason: str, by: str) -> Kept:
    """Stop a key's work for so long.

    Raises:
        NotFoundError: there is no such breaker.
    """
    kept = breakers.get(tx, breaker_id)

    def stop(breaker: Breaker, now: datetime) -> Breaker:
        return machine.force_open(breaker, until=now + timedelta(seconds=seconds), reason=reason)

    breakers.change(tx, kept.key, stop, by=by)
    return breakers.get(tx, breaker_id)


def force_close(
    tx: Tx,
    breaker_id: int,
    *,
    seconds: float,
    reason: str,
    by: str,
    secret: bytes,
    now: float,
    confirm: str | None,
) -> Closing:
    """Let a key's work pass for so long, whatever comes of it; what was seen of it before is forgotten.

    Without a token it only says what that would let through, and gives the token.

    Raises:
        NotFoundError: there is no such breaker.
        ConflictError: the token is not for what the breaker is now (`confirmation`).
    """
    kept = breakers.get(tx, breaker_id)
    rows = breakers.quarantined(tx, [plan.id for plan in tending.plans_of(tx, kept.key)])
    subject = f"breaker|{kept.id}|{kept.breaker.state}|{kept.changes}|{seconds:g}|{by}"
    if confirm is None:
        return Closing(kept, rows, done=False, confirm=confirming.token(secret, subject, now=now))
    confirming.require(secret, subject, confirm, now=now, what=f"closing breaker {kept.key.text}")

    def let(breaker: Breaker, at: datetime) -> Breaker:
        return machine.force_close(breaker, until=at + timedelta(seconds=seconds), reason=reason)

    breakers.change(tx, kept.key, let, by=by)
    return Closing(breakers.get(tx, breaker_id), rows, done=True)


def view(kept: Kept) -> dict[str, Any]:
    """A breaker as it is shown."""
    breaker = kept.breaker
    return {
        "id": kept.id,
        "key": kept.key.text,
        "kind": breaker.kind,
        "state": str(breaker.state),
        "reason": breaker.reason,
        "until": breaker.until,
        "failed": {name: sum(seen) for name, seen in breaker.windows.items()},
        "passes": breaker.passes,
        "opens": breaker.opens,
        "probe": None if breaker.lease is None else breaker.lease[0],
        "waiting": kept.waiting,
        "updated_at": kept.updated_at,
    }
