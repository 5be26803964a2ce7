"""One written numeral: which number its digits, grouping and decimal mark state, if that is only one."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Final, NamedTuple

#: A numeral as it stands in a text whose spaces are plain: digits grouped by single spaces, or any other run.
NUMERAL: Final = r"[0-9]{1,3}(?: [0-9]{3})+(?![0-9])(?:[.,][0-9]+)?(?![.,']?[0-9])|[0-9]+(?:[.,'_][0-9]+)*"
#: Digits that a number read out of a text may have before trailing zeros are spelled out, and after.
MOST_DIGITS = 60

_MARKED_GROUPS = re.compile(r"([1-9][0-9]{0,2}(?:([ '_])[0-9]{3})(?:\2[0-9]{3})*)(?:([.,])([0-9]+))?")
_COMMA_GROUPS = re.compile(r"[1-9][0-9]{0,2}(?:,[0-9]{3})+|[1-9][0-9]?(?:,[0-9]{2})+,[0-9]{3}")  # western, Indian
_POINT_GROUPS = re.compile(r"[1-9][0-9]{0,2}(?:\.[0-9]{3})+")


class Magnitude(NamedTuple):
    """`digits` times ten to the power of `exponent`, never negative. Exact, whatever the decimal context."""

    digits: int
    exponent: int

    def times_ten(self, power: int) -> Magnitude:
        return Magnitude(self.digits, self.exponent + power)

    @property
    def too_large(self) -> bool:
        """Is it beyond what is kept? Measured before anything is spelled out, so that no text can make it large."""
        if self.digits < 10**18 and -MOST_DIGITS <= self.exponent <= MOST_DIGITS - 18:
            return False
        length = len(str(self.digits)) if self.digits.bit_length() <= MOST_DIGITS * 4 else MOST_DIGITS + 1
        return length > MOST_DIGITS or abs(self.exponent) > MOST_DIGITS or length + self.exponent > MOST_DIGITS

    @property
    def is_whole(self) -> bool:
        return self.exponent >= 0 or self.digits % 10**-self.exponent == 0

    def whole(self, *, negative: bool) -> int:
        scale: int = 10 ** abs(self.exponent)
        number = self.digits * scale if self.exponent >= 0 else self.digits // scale
        return -number if negative else number

    def decimal(self, *, negative: bool) -> Decimal:
        """Give the number without trailing zeros after the point."""
        if self.is_whole:
            return Decimal(self.whole(negative=negative))
        digits, exponent = self.digits, self.exponent
        while digits % 10 == 0:
            digits, exponent = digits // 10, exponent + 1
        return Decimal(f"{'-' if negative else ''}{digits}E{exponent}")


def _stated(whole: str, fraction: str = "") -> Magnitude:
    return Magnitude(int(whole + fraction), -len(fraction))


def _grouped(text: str, mark: str) -> str | None:
    """Give the digits of a whole part that may be grouped by `mark`, null where the groups are not regular."""
    if mark not in text:
        return text if text.isdigit() else None
    groups = _COMMA_GROUPS if mark == "," else _POINT_GROUPS
    return text.replace(mark, "") if groups.fullmatch(text) else None


def _declared(text: str, grouping: str, decimal: str) -> Magnitude | None:
    whole, mark, fraction = text.partition(decimal)
    digits = _grouped(whole, grouping)
    if digits is None or (mark and not fraction.isdigit()):
        return None
    return _stated(digits, fraction)


def _single_mark(text: str, mark: str, *, scaled: bool) -> Magnitude | None:
    """`12,345`, `12.345`, `1,5`: the only mark there is, and nothing declared."""
    whole, _, fraction = text.partition(mark)
    decimal = _stated(whole, fraction)
    if whole == "0" or (len(fraction) == 3 and len(whole) > 3):
        return decimal  # grouping never gives these
    if len(fraction) != 3:
        # A comma before four digits and more is as often a slip in grouping as a decimal comma.
        return decimal if mark == "." or len(fraction) < 3 else None
    if whole.startswith("0"):
        return None
    if mark == ",":
        return None if scaled else _stated(whole + fraction)
    return decimal if scaled else None


def read_numeral(text: str, separators: str | None, *, scaled: bool) -> Magnitude | None:
    """Read one numeral; null where it has more than one reading or none.

    separators: grouping mark and decimal mark, where they are known (`,.` or `.,`)
    scaled:     a magnitude word follows, before which a point is a decimal point and a comma may be one
    """
    if text.isdigit():
        return None if len(text) > 1 and not text.strip("0") else _stated(text)
    if text.startswith("."):
        return None if separators == ".," else _stated("0", text[1:])
    if text.startswith(","):
        return _stated("0", text[1:]) if separators == ".," else None  # a fraction, or the end of a number
    if text.strip("0123456789.,"):
        return _by_clear_marks(text, separators)
    if separators:
        return _declared(text, separators[0], separators[1])
    return _by_points_and_commas(text, scaled=scaled)


def _by_clear_marks(text: str, separators: str | None) -> Magnitude | None:
    """`3 500,5`, `1'234.50`: the grouping marks cannot be anything else, so a point or comma is the decimal mark."""
    match = _MARKED_GROUPS.fullmatch(text)
    if match is None or (separators and match[3] and match[3] != separators[1]):
        return None
    return _stated(match[1].replace(match[2], ""), match[4] or "")


def _by_points_and_commas(text: str, *, scaled: bool) -> Magnitude | None:
    commas, points = text.count(","), text.count(".")
    if commas and points:
        decimal = "," if text.rfind(",") > text.rfind(".") else "."
        return _declared(text, "." if decimal == "," else ",", decimal)
    mark = "," if commas else "."
    if commas + points > 1:
        digits = _grouped(text, mark)
        return None if digits is None else _stated(digits)
    return _single_mark(text, mark, scaled=scaled)
