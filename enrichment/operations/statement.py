"""What numbers a text states: each with its sign, magnitude, currency, percent and qualifier."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from enrichment.operations.numerals import Magnitude

#: A number without grouping that can be a year, where its place says so.
_FIRST_YEAR, _LAST_YEAR = 1700, 2199


@dataclass(slots=True)
class Stated:
    """One number that a text states.

    number:      null where the numeral has more than one reading
    accounting:  it stands in parentheses of its own
    percent:     power of ten that its percent sign stands for (-2, -3, -4), null without one
    codes:       currencies that what stands beside it may mean, null where nothing does
    sign:        the currency sign or word as it is written, the least certain one of several
    bare_year:   four digits that may also be a year
    crores:      its magnitude is `Cr`, which is a credit where no one counts in crores
    letter:      the one letter that its magnitude is written in, which one language may have for another one
    aside:       a percentage in parentheses: where another number stands outside, a remark on it
    """

    number: Magnitude | None
    negative: bool = False
    accounting: bool = False
    approximate: bool = False
    percent: int | None = None
    codes: frozenset[str] | None = None
    sign: str = ""
    scaled: bool = False
    bare_year: bool = False
    crores: bool = False
    letter: str = ""
    aside: bool = False


class Statement(NamedTuple):
    """All numbers of a text.

    unclear: something in it has digits or a magnitude and could not be placed
    words:   those of its words that speak of losses, gains and falls
    """

    numbers: tuple[Stated, ...]
    unclear: bool
    words: frozenset[str]
    stray_signs: tuple[str, ...]

    @property
    def claims(self) -> tuple[Stated, ...]:
        """The numbers without percentages that only remark on them."""
        if len(self.numbers) < 2:
            return self.numbers
        return tuple(n for n in self.numbers if not n.aside) or self.numbers


def is_year_like(numeral: str) -> bool:
    return len(numeral) == 4 and numeral.isdigit() and _FIRST_YEAR <= int(numeral) <= _LAST_YEAR
