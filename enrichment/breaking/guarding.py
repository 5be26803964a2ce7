"""The way past a breaker: asked before something is tried, told what became of it."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime

from enrichment.breaking import machine
from enrichment.breaking.keys import Key
from enrichment.breaking.machine import PASSING, Breaker, Outcome
from enrichment.store import breakers
from enrichment.store.database import Database, Tx
from schemas.errors import WaitingError

Jitter = Callable[[], float]


def jitter() -> float:
    """A cool-down's stretch, so that what was stopped together does not come back together."""
    return secrets.SystemRandom().uniform(0.8, 1.2)


def admitted(database: Database, key: Key, holder: int, *, stretch: Jitter = jitter) -> bool:
    """Whether the work `holder` may go on; where the key is half open it then holds the lease of the one probe.

    Raises:
        TransientError: the breakers cannot be read. Nothing goes on then: what is not known to be closed is open.
    """
    with database.transaction() as tx:
        if breakers.passing(tx, key):
            return True
        told: list[bool] = []

        def ask(breaker: Breaker, now: datetime) -> Breaker:
            after, may = machine.admit(breaker, holder, now=now, jitter=stretch())
            told.append(may)
            return after

        breakers.change(tx, key, ask)
        return told[0]


def passes(tx: Tx, key: Key) -> bool:
    """Whether nothing stops this key, as far as can be seen without a lock."""
    return breakers.passing(tx, key)


def waiting(key: Key) -> WaitingError:
    """For work that may not go on: it costs no attempt, and is woken when the breaker lets it."""
    return WaitingError(
        f"the breaker {key.text} is open",
        waits_on=key.waits_on,
        hint="see why: assay breakers list",
        code="breaker_open",
    )


def admit(database: Database, key: Key, holder: int) -> None:
    """
    Raises:
        WaitingError: the work `holder` may not go on.
    """
    if not admitted(database, key, holder):
        raise waiting(key)


@contextmanager
def passing(database: Database, keys: Iterable[Key], holder: int) -> Iterator[None]:
    """Go on past all of these breakers, or past none. What breaks off without an outcome gives its leases back.

    Raises:
        WaitingError: one of them is open, or another probe is under way.
    """
    held: list[Key] = []
    try:
        for key in sorted(keys):
            admit(database, key, holder)
            held.append(key)
        yield
    except BaseException:
        give_back(database, held, holder)
        raise


def give_back(database: Database, keys: Sequence[Key], holder: int) -> None:
    for key in keys:
        with database.transaction() as tx:
            if not breakers.passing(tx, key):
                breakers.change(tx, key, lambda breaker, _: machine.give_back(breaker, holder))


def record(
    tx: Tx,
    key: Key,
    outcomes: Sequence[Outcome],
    *,
    holder: int | None,
    shape_id: int | None = None,
    stretch: Jitter = jitter,
) -> bool:
    """Add outcomes in their order; gives whether the key still passes."""
    if not any(one.failed for one in outcomes) and breakers.untroubled(tx, key, [one.window for one in outcomes]):
        # Success is the rule: it must not make the whole fleet queue for one row.
        return True

    def add(breaker: Breaker, now: datetime) -> Breaker:
        for one in outcomes:
            breaker = machine.record(breaker, one, holder=holder, now=now, jitter=stretch())
        return breaker

    _, after = breakers.change(tx, key, add, shape_id=shape_id)
    return after.state in PASSING
