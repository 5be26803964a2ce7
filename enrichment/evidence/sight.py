"""What one recogniser makes of one text."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from schemas.kinds import Kind


@dataclass(frozen=True, slots=True)
class Sight:
    """`decisive`: what the value can hardly help being; `possible`: what else it may be; `unit`: what it is in."""

    decisive: frozenset[Kind] = frozenset()
    possible: frozenset[Kind] = frozenset()
    unit: str | None = None


#: A trimmed text -> what it looks like, or null where the recogniser does not know it.
Recogniser: TypeAlias = Callable[[str], Sight | None]


def sure(*kinds: Kind, also: frozenset[Kind] = frozenset(), unit: str | None = None) -> Sight:
    return Sight(frozenset(kinds), also, unit)


def maybe(*kinds: Kind, also: frozenset[Kind] = frozenset()) -> Sight:
    return Sight(possible=frozenset(kinds) | also)
