"""`read_statement`: the door to the grammar, with a short way in for the commonest shapes."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

from enrichment.operations import currencies
from enrichment.operations.grammar import read_by_grammar
from enrichment.operations.magnitudes import magnitude
from enrichment.operations.moments import ENGLISH_MONTH
from enrichment.operations.numerals import read_numeral
from enrichment.operations.statement import Stated, Statement, is_year_like

_YEAR: Final = r"(?:19|20)[0-9]{2}"
_DAY: Final = "(?:0?[1-9]|[12][0-9]|3[01])"
#: When a number was so, in parentheses: nothing in it is a number of the text, and no word in it says more.
_WHEN: Final = (
    r" ?\( ?(?:(?:consolidated|average|FTE|[Aa]s of|as at|end(?: of)?|[Ff]iscal [Yy]ear(?: [Ee]nded)?)(?: ?,)? )*"
    rf"(?:{_YEAR}|{ENGLISH_MONTH} (?:{_DAY},? )?{_YEAR}|{_DAY} {ENGLISH_MONTH} {_YEAR}"
    rf"|FY ?{_YEAR}|FY[0-9]{{2}}|Q[1-4] {_YEAR}) ?\)"
)
#: The commonest shapes by far, read without cutting them into tokens; what this reads, the grammar reads as well.
_SIMPLE: Final = re.compile(
    r"(c\. ?|[~>] ?|[Aa](?:pproximately|pprox\.?|bout) |[Oo]ver )?(-)?"
    r"(?:(US\$|JP\u00a5|[$\u20ac\u00a3\u00a5]) ?|([A-Z]{3}) )?(-)?"
    r"([0-9]{1,3}(?:,[0-9]{3})*(?:\.[0-9]+)?|[0-9]+(?:\.[0-9]+)?)"
    r"(?: (million|billion|trillion)|([BM]))?(?:(\+)|( ?%))?(?: ([A-Z]{3}|euros?|kr))?"
    rf"(?:{_WHEN})?"
)
_UNKNOWN: Final[frozenset[str]] = frozenset()


def _written_currency(before: str | None, code: str | None, behind: str | None) -> tuple[str, frozenset[str]] | None:
    """Give the one sign or word that is written, with its codes; null where it is none or one of several."""
    if before is not None:
        return (before, currencies.sign_codes(before)) if code is behind is None else None
    word = code or behind
    if word is None:
        return "", _UNKNOWN
    if (code is not None and behind is not None) or (word.isupper() and not currencies.is_code(word)):
        return None
    return word, currencies.word_codes(word)


def read_simply(text: str, separators: str | None) -> Stated | None:
    """Give the only number of a text of one of the commonest shapes, null where only the grammar can tell."""
    match = _SIMPLE.fullmatch(text)
    if match is None:
        return None
    about, minus, before, code, sign, numeral, word, letter, plus, percent, behind = match.groups()
    written = _written_currency(before, code, behind)
    if written is None or (minus and (sign or about)) or (percent and (written[0] or word or letter)):
        return None
    scale = word or letter
    number = read_numeral(numeral, separators, scaled=scale is not None)
    if number is not None and scale is not None:
        number = number.times_ten(magnitude(scale, glued=letter is not None, money=True) or 0)
    return Stated(
        number,
        negative=minus is not None or sign is not None,
        approximate=about is not None or plus is not None,
        percent=None if percent is None else -2,
        codes=written[1] or None,
        sign=written[0],
        scaled=scale is not None,
        bare_year=is_year_like(numeral),
        letter=letter or "",
    )


@lru_cache(maxsize=8192)
def read_statement(text: str, separators: str | None, *, money: bool) -> Statement:
    """Read a text in plain characters.

    separators: grouping mark and decimal mark of its numerals, where they are known
    money:      single letters are suffixes of amounts (`5 m`), which elsewhere are units
    """
    simple = read_simply(text, separators)
    if simple is not None:
        return Statement((simple,), unclear=False, words=_UNKNOWN, stray_signs=())
    return read_by_grammar(text, separators, money=money)
