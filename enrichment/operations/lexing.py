"""Cutting a text that states numbers into tokens."""

from __future__ import annotations

import re
from enum import Enum, auto
from typing import Final, NamedTuple

from enrichment.operations.currencies import SIGN
from enrichment.operations.moments import MOMENT
from enrichment.operations.numerals import NUMERAL


class Is(Enum):
    """What a token is."""

    NUMBER = auto()
    WORD = auto()
    SIGN = auto()  # of a currency
    MOMENT = auto()  # a date, month, quarter or fiscal year
    NOTE = auto()  # a footnote in square brackets
    PERCENT = auto()
    OPEN = auto()
    CLOSE = auto()
    DASH = auto()
    PLUS = auto()
    ABOUT = auto()  # ~ ≈ > < ≥ ≤
    COLON = auto()
    NAME = auto()  # letters with digits in them: A320, km2
    UNCLEAR = auto()  # digits that are no numeral: 24-hour, 5x, ½
    OTHER = auto()


class Token(NamedTuple):
    """One token; `glued`: nothing stands between it and the one before."""

    kind: Is
    text: str
    glued: bool


_FORMS: Final = {
    "space": r"\s+",
    "note": r"\[[^\[\]]{0,40}\]",
    "moment": rf"(?<![^\W_])(?:{MOMENT})",
    "sign": SIGN,
    "number": rf"(?:{NUMERAL})(?:[eE][+-]?[0-9]{{1,3}}(?!\w))?|(?<![\w.])\.[0-9]+(?![0-9.])",
    "percent": "[%\u2030]",
    "name": r"[^\W\d_]+(?:-?[0-9]\w*|_\w*)",
    "word": r"(?:[^\W\d_]\.){2,}(?![^\W\d_])|[^\W\d_]+(?:['&-][^\W\d_]+)*\.?",
    "open": r"\(",
    "close": r"\)",
    "dash": "-",
    "plus": r"\+",
    "about": "[~\u2248\u223c<>\u2265\u2264\u2243\u2245]",
    "colon": ":",
    "other": ".",
}
_PATTERN: Final = re.compile("|".join(f"(?P<{name}>{form})" for name, form in _FORMS.items()), re.DOTALL)
_KINDS: Final = {
    "note": Is.NOTE,
    "moment": Is.MOMENT,
    "sign": Is.SIGN,
    "number": Is.NUMBER,
    "percent": Is.PERCENT,
    "name": Is.NAME,
    "word": Is.WORD,
    "open": Is.OPEN,
    "close": Is.CLOSE,
    "dash": Is.DASH,
    "plus": Is.PLUS,
    "about": Is.ABOUT,
    "colon": Is.COLON,
    "other": Is.OTHER,
}
#: A number that runs on in letters and digits, or in a hyphen and letters: `5G3`, `24-hour`, `1-chome`.
_RUNS_ON: Final = re.compile(r"[^\W\d_]+[\d_]\w*|-[^\W\d_][\w-]*|_\w*")
#: Letters at the front of a name that its digits may be taken from: `USD5`, `Rs500`, `c250`.
_FRONT: Final = re.compile(r"([^\W\d_]+)-?(?=[0-9])")


def lex(text: str, fronts: frozenset[str]) -> list[Token]:
    """Cut a text in plain characters into tokens, without white space.

    fronts: words that a number may follow without a space
    """
    tokens: list[Token] = []
    position, glued = 0, False
    while position < len(text):
        match = _PATTERN.match(text, position)
        if match is None or match.lastgroup is None:  # never: the last alternative takes any character
            break
        group, found = match.lastgroup, match.group()
        if group == "space":
            position, glued = match.end(), False
            continue
        kind = _KINDS[group]
        if kind is Is.NAME and (front := _FRONT.match(found)) and front[1] in fronts:
            kind, found = Is.WORD, front[1]
        elif kind is Is.NUMBER and (on := _RUNS_ON.match(text, position + len(found))):
            kind, found = Is.UNCLEAR, found + on.group()
        elif kind is Is.OTHER and found.isnumeric():
            kind = Is.UNCLEAR
        tokens.append(Token(kind, found, glued))
        position, glued = position + len(found), True
    return tokens
