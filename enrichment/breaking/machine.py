"""The breaker as a value: what an outcome, a claim, a person or the passing of time makes of it. Pure.

closed ──(a window trips)──▶ open ──(cool-down over)──▶ half_open ──(probes pass)──▶ closed
                              ▲                            │
                              └──(a probe fails, or its lease runs out: the cool-down doubles)
forced_open and forced_closed are a person's word, until it expires: then the windows decide.

The pattern is Nygard's circuit breaker (Release It!, 2007), with windows by count, so that a slow source is judged by
the same number of outcomes as a fast one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

#: Outcomes that a window remembers.
REMEMBERED: Final = 20


class State(StrEnum):
    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half_open"
    FORCED_OPEN = "forced_open"
    FORCED_CLOSED = "forced_closed"


#: States in which work of the key goes on.
PASSING: Final = frozenset({State.CLOSED, State.FORCED_CLOSED})


@dataclass(frozen=True, slots=True)
class Trip:
    """A window trips at so many failures in a row (null: never by that), or at so many of the last twenty."""

    in_a_row: int | None
    of_twenty: int


@dataclass(frozen=True, slots=True)
class Rules:
    """Numbers of one kind of breaker; seconds.

    passes: probes that must pass one after the other
    lease:  how long a probe may take before it counts as failed
    """

    trips: Mapping[str, Trip]
    passes: int
    first_cool_down: float
    longest_cool_down: float
    lease: float


RULES: Final[Mapping[str, Rules]] = {
    "quality": Rules({"plans": Trip(3, 5), "rows": Trip(None, 5)}, 3, 60.0, 1_800.0, 900.0),
    "model": Rules({"calls": Trip(5, 10)}, 1, 5.0, 300.0, 300.0),
    # Below the five attempts of a chunk, so that an outage does not spend those of every chunk of the host.
    "source": Rules({"calls": Trip(3, 10)}, 1, 5.0, 300.0, 300.0),
}


@dataclass(frozen=True, slots=True)
class Breaker:
    """windows: name -> the last outcomes from a failure on, the newest last; true is a failure.

    passes: probes passed since it is half open
    opens:  openings since it was last closed, which double the cool-down
    until:  end of the cool-down, or of a person's word
    lease:  (holder, until) of the one probe
    """

    kind: str
    state: State = State.CLOSED
    windows: Mapping[str, Sequence[bool]] = field(default_factory=dict)
    passes: int = 0
    opens: int = 0
    until: datetime | None = None
    lease: tuple[int, datetime] | None = None
    reason: str = ""

    @property
    def rules(self) -> Rules:
        return RULES[self.kind]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one proposal, audited row or call.

    at_once: it opens the breaker whatever the windows say (a key that is refused, a quota that is used up)
    wait:    seconds that the other side asked for
    """

    window: str
    failed: bool
    reason: str = ""
    at_once: bool = False
    wait: float = 0.0


def admit(breaker: Breaker, holder: int, *, now: datetime, jitter: float) -> tuple[Breaker, bool]:
    """Whether the work `holder` may go on. Half open, one at a time may: it holds the lease from now on."""
    breaker = tend(breaker, now=now, jitter=jitter)
    if breaker.state in PASSING:
        return breaker, True
    if breaker.state != State.HALF_OPEN:
        return breaker, False
    if breaker.lease is not None and breaker.lease[0] != holder:
        return breaker, False
    lease = (holder, now + timedelta(seconds=breaker.rules.lease))
    return replace(breaker, lease=lease), True


def tend(breaker: Breaker, *, now: datetime, jitter: float) -> Breaker:
    """What the passing of time alone makes of it. `jitter` stretches a cool-down: 1.0 leaves it as it is."""
    over = breaker.until is not None and breaker.until <= now
    match breaker.state:
        case State.OPEN if over:
            return replace(breaker, state=State.HALF_OPEN, until=None, passes=0, lease=None)
        case State.HALF_OPEN if breaker.lease is not None and breaker.lease[1] <= now:
            return _opened(breaker, "the probe never came back", now=now, jitter=jitter)
        case State.FORCED_OPEN if over:
            # Whoever opened it did so for a time; what was seen before decides whether probes come first.
            state = State.HALF_OPEN if _tripped(breaker) else State.CLOSED
            return replace(breaker, state=state, until=None, passes=0, lease=None, reason="the word has expired")
        case State.FORCED_CLOSED if over and (window := _tripped(breaker)):
            return _opened(replace(breaker, opens=0), _why(breaker, window), now=now, jitter=jitter)
        case State.FORCED_CLOSED if over:
            return replace(breaker, state=State.CLOSED, until=None, reason="the word has expired")
    return breaker


def record(breaker: Breaker, outcome: Outcome, *, holder: int | None, now: datetime, jitter: float) -> Breaker:
    """Add one outcome. Half open, only that of the probe counts; open, none does."""
    if breaker.state == State.HALF_OPEN:
        if breaker.lease is None or breaker.lease[0] != holder:
            return breaker
        return _probed(breaker, outcome, now=now, jitter=jitter)
    if breaker.state not in PASSING:
        return breaker
    breaker = replace(breaker, windows=_remembered(breaker.windows, outcome))
    if breaker.state == State.FORCED_CLOSED or not outcome.failed:
        return breaker
    reason = outcome.reason if outcome.at_once else ""
    if not outcome.at_once and (window := _tripped(breaker)):
        reason = _why(breaker, window) + (f", the last: {outcome.reason}" if outcome.reason else "")
    return _opened(breaker, reason, now=now, jitter=jitter, wait=outcome.wait) if reason else breaker


def _remembered(windows: Mapping[str, Sequence[bool]], outcome: Outcome) -> dict[str, Sequence[bool]]:
    """Passes before the first failure decide nothing and are not kept: a key that never fails has nothing to write."""
    kept = [*windows.get(outcome.window, ()), outcome.failed][-REMEMBERED:]
    first = kept.index(True) if True in kept else len(kept)
    return {name: seen for name, seen in {**windows, outcome.window: tuple(kept[first:])}.items() if seen}


def give_back(breaker: Breaker, holder: int) -> Breaker:
    """A probe that came to no outcome frees its lease."""
    return replace(breaker, lease=None) if breaker.lease is not None and breaker.lease[0] == holder else breaker


def force_open(breaker: Breaker, *, until: datetime, reason: str) -> Breaker:
    return replace(breaker, state=State.FORCED_OPEN, until=until, reason=reason, lease=None, passes=0)


def force_close(breaker: Breaker, *, until: datetime, reason: str) -> Breaker:
    """A person vouches for the key: what was seen before is forgotten."""
    return replace(
        breaker, state=State.FORCED_CLOSED, until=until, reason=reason, lease=None, passes=0, opens=0, windows={}
    )


def _probed(breaker: Breaker, outcome: Outcome, *, now: datetime, jitter: float) -> Breaker:
    if outcome.failed:
        reason = outcome.reason or "a probe failed"
        return _opened(breaker, reason, now=now, jitter=jitter, wait=outcome.wait)
    passes = breaker.passes + 1
    if passes < breaker.rules.passes:
        return replace(breaker, passes=passes, lease=None)
    return Breaker(breaker.kind, reason=f"{passes} probe{'s' if passes > 1 else ''} passed")


def _opened(breaker: Breaker, reason: str, *, now: datetime, jitter: float, wait: float = 0.0) -> Breaker:
    rules = breaker.rules
    # The exponent is capped as well: an outage of weeks must not overflow.
    doubled = rules.first_cool_down * 2.0 ** min(breaker.opens, 16)
    seconds = max(min(doubled, rules.longest_cool_down) * jitter, wait)
    return replace(
        breaker,
        state=State.OPEN,
        opens=breaker.opens + 1,
        until=now + timedelta(seconds=seconds),
        passes=0,
        lease=None,
        reason=reason,
    )


def _tripped(breaker: Breaker) -> str | None:
    """The window that says so."""
    for name, trip in breaker.rules.trips.items():
        seen = breaker.windows.get(name, ())
        row = trip.in_a_row
        if sum(seen) >= trip.of_twenty or (row is not None and len(seen) >= row and all(seen[-row:])):
            return name
    return None


def _why(breaker: Breaker, window: str) -> str:
    seen = breaker.windows.get(window, ())
    return f"{sum(seen)} of the last {len(seen)} {window} failed"
