"""What the values of a column look like as a whole: size, length, marks and variety, whatever they mean.

Two columns of one meaning tend to have profiles of one kind: comparing them needs neither names nor a common record.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from statistics import median, quantiles
from typing import Final

from enrichment.exact import is_whole
from schemas.json_types import Json

#: Values from which on a profile says something.
ENOUGH: Final = 5
_LOOKED_AT: Final = 200
_LONGEST: Final = 200
#: Powers of ten between two medians that make two columns of figures wholly unlike.
_FAR: Final = 2.0
#: Numbers from which on a figure measures nothing, and is near what no float can hold.
_TOO_LARGE: Final = Decimal("1e300")


@dataclass(frozen=True, slots=True)
class Profile:
    """Values of a column, summed up.

    seen:    values looked at
    numbers: share that are numbers, 0..1
    size:    median of log10(1 + |value|) of the numbers, and the distance between its quartiles
    below:   share of the numbers below zero
    whole:   share of the numbers without a fraction
    length:  median number of characters of the texts
    marks:   mean shares of letters, capitals, digits, spaces and other marks of the texts
    variety: different values / values
    """

    seen: int
    numbers: float
    size: float
    spread: float
    below: float
    whole: float
    length: float
    marks: tuple[float, ...]
    variety: float


def profile(values: Iterable[Json | Decimal]) -> Profile | None:
    """Sum up the scalars among values; null where there are too few."""
    kept = [v for v in values if isinstance(v, str | int | Decimal | float)][:_LOOKED_AT]
    if len(kept) < ENOUGH:
        return None
    figures = [figure for value in kept if (figure := as_number(value)) is not None]
    texts = [str(value)[:_LONGEST] for value in kept if as_number(value) is None]
    sizes = sorted(math.log10(1 + abs(float(figure))) for figure in figures)
    quarters = quantiles(sizes, n=4) if len(sizes) >= 2 else [0.0, 0.0, 0.0]
    return Profile(
        seen=len(kept),
        numbers=len(figures) / len(kept),
        size=median(sizes) if sizes else 0.0,
        spread=quarters[2] - quarters[0],
        below=sum(figure < 0 for figure in figures) / max(1, len(figures)),
        whole=sum(is_whole(figure) for figure in figures) / max(1, len(figures)),
        length=median(len(text) for text in texts) if texts else 0.0,
        marks=_marks(texts),
        variety=len({str(value) for value in kept}) / len(kept),
    )


def likeness(one: Profile, other: Profile) -> float:
    """Say how alike two columns look, -1 (nothing in common) to 1."""
    share = min(one.numbers, other.numbers)
    words = 1 - max(one.numbers, other.numbers)
    apart = 1 - share - words
    figures = _figures(one, other) if share else 0.0
    texts = _texts(one, other) if words else 0.0
    return round(share * figures + words * texts - apart, 4)


def _figures(one: Profile, other: Profile) -> float:
    reach = _FAR + 0.5 * (one.spread + other.spread)
    distance = abs(one.size - other.size) / reach + abs(one.below - other.below) + 0.5 * abs(one.whole - other.whole)
    return max(-1.0, 1.0 - 2.0 * distance)


def _texts(one: Profile, other: Profile) -> float:
    longer, shorter = max(one.length, other.length, 1.0), max(1.0, min(one.length, other.length))
    marks = sum(abs(a - b) for a, b in zip(one.marks, other.marks, strict=True)) / 2
    distance = 0.5 * math.log2(longer / shorter) + 1.5 * marks + 0.5 * abs(one.variety - other.variety)
    return max(-1.0, 1.0 - 1.5 * distance)


def as_number(value: Json | Decimal | float) -> Decimal | None:
    """Give a value as a number, where it is one or is a plain text of one."""
    if isinstance(value, bool) or value is None or not isinstance(value, str | int | float | Decimal):
        return None
    try:
        number = Decimal(str(value).strip())
    except InvalidOperation:
        return None
    return number if number.is_finite() and number.copy_abs() < _TOO_LARGE else None


def _marks(texts: Sequence[str]) -> tuple[float, ...]:
    sums = [0.0] * 5
    for text in texts:
        for mark in text:
            at = 0 if mark.islower() else 1 if mark.isalpha() else 2 if mark.isdigit() else 3 if mark.isspace() else 4
            sums[at] += 1 / max(1, len(text))
    return tuple(round(one / max(1, len(texts)), 4) for one in sums)
