"""Budgets: what may be spent on a model, for whom, and what of it is left. No I/O."""

from __future__ import annotations

from dataclasses import dataclass, fields
from decimal import Decimal
from enum import StrEnum


class Scope(StrEnum):
    CALL = "call"
    JOB = "job"
    SOURCE = "source"
    DAY = "day"
    FLEET = "fleet"


#: Scopes whose budget is there again when their period ends (UTC): a day, a month.
PERIODS = frozenset({Scope.DAY, Scope.FLEET})


@dataclass(frozen=True, slots=True)
class Amount:
    """Tokens of both sides together, and money in the currency of the prices."""

    tokens: int = 0
    money: Decimal = Decimal(0)


NOTHING = Amount()


@dataclass(frozen=True, slots=True)
class Cap:
    """Null does not limit; 0 allows no call at all, not even one that costs nothing."""

    tokens: int | None = None
    money: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Caps:
    """Per call, job and source, and per UTC day and month of the whole fleet."""

    call: Cap = Cap()
    job: Cap = Cap()
    source: Cap = Cap()
    day: Cap = Cap()
    fleet: Cap = Cap()

    def of(self, scope: Scope) -> Cap:
        found: Cap = getattr(self, scope)
        return found

    @property
    def any(self) -> bool:
        return any(self.of(Scope(one.name)) != Cap() for one in fields(self))


@dataclass(frozen=True, slots=True)
class Standing:
    """One counter as it stands. `ends_in`: seconds until its period ends; null where it has none."""

    scope: Scope
    key: str
    used: Amount = Amount()
    reserved: Amount = Amount()
    raised: Amount = Amount()
    ends_in: float | None = None
    calls: int = 0

    def cap(self, configured: Cap) -> Cap:
        """The cap in force: what is configured, and what it was raised by."""
        return Cap(
            None if configured.tokens is None else configured.tokens + self.raised.tokens,
            None if configured.money is None else configured.money + self.raised.money,
        )


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a call does not fit. `passing`: it would, once what others have reserved is settled."""

    standing: Standing
    unit: str
    cap: int | Decimal
    passing: bool


def refusal(caps: Caps, standings: list[Standing], worst: Amount) -> Refusal | None:
    """Find the first counter that has no room for a call at its worst; lasting refusals come before passing ones."""
    found = [one for standing in standings for one in _refusals(caps, standing, worst)]
    return min(found, key=lambda one: one.passing, default=None)


def _refusals(caps: Caps, standing: Standing, worst: Amount) -> list[Refusal]:
    cap = standing.cap(caps.of(standing.scope))
    found: list[Refusal] = []
    for unit in ("tokens", "money"):
        limit = getattr(cap, unit)
        if limit is None:
            continue
        lasting = getattr(standing.used, unit) + getattr(worst, unit)
        if limit <= 0 or lasting > limit:
            found.append(Refusal(standing, unit, limit, passing=False))
        elif lasting + getattr(standing.reserved, unit) > limit:
            found.append(Refusal(standing, unit, limit, passing=True))
    return found
