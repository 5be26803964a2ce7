"""The limiter as its users see it, and how they wait for it: briefly in place, else by putting their work back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Protocol

from schemas.errors import WaitingError
from schemas.rate import Rate

#: Seconds that are waited in place; for longer waits the work is put back.
PATIENCE = 5.0
#: Why a use has to wait that no limit of ours holds back.
ASKED_TO_WAIT: Final = "the other side asked to wait"
NOTHING_LEFT: Final = "the other side says that nothing is left"
#: Code of a wait for the other side, and not for a limit of ours.
HELD_OFF: Final = "held_off"


@dataclass(frozen=True, slots=True)
class Ask:
    """One use of a key that is wanted.

    key:     `model:<name>` or `host:<name>`
    source:  for whom; sources take turns where there is not enough for all
    waiter:  names who asks, so that asking again does not count as another one in the queue
    tokens:  at most so many
    seconds: after which a use that nobody settled is no longer in flight
    """

    key: str
    rate: Rate
    source: str
    waiter: str
    tokens: int = 0
    seconds: float = 60.0


@dataclass(frozen=True, slots=True)
class Grant:
    """May be used now, once."""

    key: str
    id: str


@dataclass(frozen=True, slots=True)
class Wait:
    """Ask again in so many seconds."""

    seconds: float
    reason: str


class Rates(Protocol):
    """One limiter for the fleet. Nothing here raises for a limiter that is away: nobody may go on then."""

    def reserve(self, ask: Ask) -> Grant | Wait: ...

    def sent(self, grant: Grant) -> bool:
        """The use happens now; false where the limiter does not know of it any more, and then it must not."""

    def settle(self, grant: Grant, *, tokens: int | None = None) -> None:
        """The use has ended; `tokens` is what it really took, null where nobody knows."""

    def release(self, grant: Grant) -> None:
        """The use never happened."""

    def penalize(self, key: str, seconds: float) -> None:
        """Nobody uses the key for so long, an hour at most: the other side asked for it."""

    def learn(self, key: str, *, requests: int | None, tokens: int | None, hold: float | None) -> None:
        """The other side states lower limits per minute, or that nothing is left for `hold` seconds."""


def take(
    rates: Rates,
    ask: Ask,
    *,
    sleep: Callable[[float], None],
    patience: float = PATIENCE,
) -> Grant:
    """Reserve, waiting in place while that is short.

    Raises:
        WaitingError: it takes longer; `waits_on` is `rate:<key>`, and no attempt is spent.
    """
    left = patience
    while True:
        found = rates.reserve(ask)
        if isinstance(found, Grant):
            return found
        if found.seconds > left:
            raise WaitingError(
                f"the rate of {ask.key} is used up: {found.reason}",
                waits_on=f"rate:{ask.key}",
                seconds=found.seconds,
                hint="it goes on by itself; the limits are requests_per_minute and tokens_per_minute, or rate",
                code=HELD_OFF if found.reason in {ASKED_TO_WAIT, NOTHING_LEFT} else "rate_limited",
            )
        sleep(found.seconds)
        left -= found.seconds
