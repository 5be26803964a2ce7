"""Numbers as most tables write them, each read by one pattern; the grammar reads the same out of these texts.

Nothing here looks at declared separators: that a point is the decimal mark has to be sure, or declared. A text is taken
as it stands; these patterns leave no white space around it, and no character that stands for another.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from functools import lru_cache
from typing import Final

from enrichment.operations.numerals import Magnitude

_WHEN: Final = r"(?: ?\((?:average, )?(?:19|20)[0-9]{2}\))?"
_WHOLE: Final = r"([1-9][0-9]{0,2}(?:,[0-9]{3}){1,4}|[1-9][0-9]{0,14})"
#: Three digits behind a lone point may be a group.
_NUMBER: Final = rf"{_WHOLE}(?:\.([0-9]{{1,2}}))?"
_SCALED: Final = r"(0|[1-9][0-9]{0,5})(?:\.([0-9]{1,3}))? (million|billion|trillion)"
_POWERS: Final[Mapping[str, int]] = {"million": 6, "billion": 9, "trillion": 12}
_COUNT: Final = re.compile(_WHOLE + _WHEN)
_DECIMAL: Final = re.compile(_NUMBER + _WHEN)
_AMOUNT: Final = re.compile(rf"([\u20ac\u00a3$]|US\$)(?:{_SCALED}|{_NUMBER}){_WHEN}")
_PERCENT: Final = re.compile(r"(0|[1-9][0-9]{0,5})(?:\.([0-9]{1,2}))? ?%")
#: The currency signs that are looked for.
SIGNS: Final = ("\u20ac", "\u00a3", "$", "US$")


def usual_integer(text: str) -> int | None:
    found = _COUNT.fullmatch(text)
    return int(found[1].replace(",", "")) if found is not None else None


def usual_decimal(text: str) -> Decimal | None:
    found = _DECIMAL.fullmatch(text)
    return _exact(found[1].replace(",", ""), found[2], 0) if found is not None else None


# An amount and its currency are read out of the same text, one right after the other.
@lru_cache(maxsize=16)
def usual_amount(text: str) -> tuple[str, Decimal] | None:
    """The sign of an amount, and the amount in full units."""
    found = _AMOUNT.fullmatch(text)
    if found is None:
        return None
    sign, scaled, behind, power, whole, fraction = found.groups()
    if power is not None:
        return sign, _exact(scaled, behind, _POWERS[power])
    return sign, _exact(whole.replace(",", ""), fraction, 0)


def usual_percent(text: str, power: int) -> Decimal | None:
    """`power`: of ten, that the percent sign stands for."""
    found = _PERCENT.fullmatch(text)
    return _exact(found[1], found[2], power) if found is not None else None


def _exact(whole: str, fraction: str | None, power: int) -> Decimal:
    if fraction is None:
        digits = int(whole)
    else:
        digits = int(whole + fraction)
        power -= len(fraction)
    return Decimal(digits * 10**power) if power >= 0 else Magnitude(digits, power).decimal(negative=False)
