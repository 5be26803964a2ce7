"""`read_statement`: the door to the grammar, with a short way in for the commonest shape."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

from enrichment.operations import currencies
from enrichment.operations.grammar import read_by_grammar
from enrichment.operations.magnitudes import magnitude
from enrichment.operations.numerals import read_numeral
from enrichment.operations.statement import Stated, Statement, is_year_like

#: The commonest shape by far, read without cutting it into tokens; what it reads, the grammar reads as well.
_SIMPLE: Final = re.compile(
    r"(c\. ?|[~>] ?)?(?:(US\$|[$\u20ac\u00a3\u00a5]) ?)?(-)?([0-9]{1,3}(?:,[0-9]{3})*(?:\.[0-9]+)?|[0-9]+(?:\.[0-9]+)?)"
    r"(?: (million|billion|trillion))?(\+)?(?: \((?:19|20)[0-9]{2}\))?"
)


def _read_simple(match: re.Match[str], separators: str | None) -> Statement:
    about, sign, minus, numeral, scale, plus = match.groups()
    number = read_numeral(numeral, separators, scaled=scale is not None)
    if number is not None and scale is not None:
        number = number.times_ten(magnitude(scale, glued=False, money=True) or 0)
    stated = Stated(
        number,
        negative=minus is not None,
        approximate=about is not None or plus is not None,
        codes=None if sign is None else currencies.sign_codes(sign),
        sign=sign or "",
        scaled=scale is not None,
        bare_year=is_year_like(numeral),
    )
    words = frozenset(word for word in (scale, "c" if about and about[0] == "c" else None) if word is not None)
    return Statement((stated,), unclear=False, words=words, stray_signs=())


@lru_cache(maxsize=8192)
def read_statement(text: str, separators: str | None, *, money: bool) -> Statement:
    """Read a text in plain characters.

    separators: grouping mark and decimal mark of its numerals, where they are known
    money:      single letters are suffixes of amounts (`5 m`), which elsewhere are units
    """
    simple = _SIMPLE.fullmatch(text)
    return _read_simple(simple, separators) if simple else read_by_grammar(text, separators, money=money)
