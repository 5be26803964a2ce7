"""What values say of their own kind, by cheap recognisers. Parsing is the operations' business, not this module's."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from enrichment.evidence.figures import of_number
from enrichment.evidence.sight import Sight, sure
from enrichment.evidence.texts import look_at_text
from schemas.json_types import Json
from schemas.kinds import Kind

#: Characters of a text that are looked at; what it is shows at its beginning.
_LOOKED_AT: Final = 300


@dataclass(frozen=True, slots=True)
class Look:
    """What values look like.

    decisive: kind -> share of values that can hardly be anything else, 0..1
    possible: kind -> share of values that may be of the kind, 0..1
    units:    currencies and units found in the values -> share
    years:    all are whole numbers that lie together among the years of our time
    seen:     number of values looked at
    """

    decisive: Mapping[Kind, float]
    possible: Mapping[Kind, float]
    units: Mapping[str, float]
    years: bool
    seen: int


def look_at(values: Sequence[Json]) -> Look:
    """Look at values; lists count by their scalars, objects say nothing."""
    decisive: Counter[Kind] = Counter()
    possible: Counter[Kind] = Counter()
    units: Counter[str] = Counter()
    numbers: set[int] = set()
    seen = 0
    for value in scalars(values):
        sight = _look(value)
        seen += 1
        numbers.add(_as_year(value))
        decisive.update(sight.decisive)
        possible.update(sight.possible | sight.decisive)
        units.update([sight.unit] if sight.unit else [])
    share = 1 / seen if seen else 0.0
    return Look(
        decisive={kind: n * share for kind, n in decisive.items()},
        possible={kind: n * share for kind, n in possible.items()},
        units={unit: n * share for unit, n in units.items()},
        years=len(numbers) > 2 and all(1900 <= number <= 2040 for number in numbers),
        seen=seen,
    )


def _as_year(value: str | int | Decimal) -> int:
    """Give a number, or a text of four digits as one; 0 for whatever cannot be a year."""
    if isinstance(value, str):
        return int(value) if len(value) == 4 and value.isascii() and value.isdigit() else 0
    return value if isinstance(value, int) else 0


def scalars(values: Iterable[Json]) -> Iterator[str | int | Decimal]:
    """Give the scalars among values and their lists, texts trimmed, absent ones dropped. Booleans are integers here."""
    for value in values:
        if isinstance(value, str):
            if value.strip():
                yield value.strip()
        elif isinstance(value, int | Decimal):
            yield value
        elif isinstance(value, list | tuple):
            yield from scalars(value)


def _look(value: str | int | Decimal) -> Sight:
    if isinstance(value, bool):
        return sure(Kind.BOOLEAN)
    if isinstance(value, str):
        return look_at_text(value[:_LOOKED_AT])
    return Sight(possible=of_number(Decimal(value)))
