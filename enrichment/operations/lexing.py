"""Cutting a text that states numbers into tokens."""

from __future__ import annotations

import re
import unicodedata
from enum import IntEnum, auto
from functools import lru_cache
from typing import Final, NamedTuple

from enrichment.operations.currencies import SIGN, word_codes
from enrichment.operations.moments import MOMENT, MONTHS
from enrichment.operations.numerals import NUMERAL
from enrichment.operations.vocabulary import COUNTERS


class Is(IntEnum):
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
    TREND = auto()  # ▲ ↓ ±: a sign or a direction, of more than one reading
    OTHER = auto()


class Token(NamedTuple):
    """One token; `glued`: nothing stands between it and the one before."""

    kind: Is
    text: str
    glued: bool


#: What each character that stands for itself is.
_SINGLE: Final = {
    "(": Is.OPEN,
    ")": Is.CLOSE,
    "-": Is.DASH,
    "+": Is.PLUS,
    ":": Is.COLON,
    "%": Is.PERCENT,
    "\u2030": Is.PERCENT,
    "\u2031": Is.PERCENT,
    **dict.fromkeys("~\u2248\u223c<>\u2265\u2264\u2243\u2245", Is.ABOUT),
}
_NOTE: Final = re.compile(r"\[[^\[\]]{0,40}\]")
_MOMENT: Final = re.compile(MOMENT)
#: What a date can begin with; looked at first, because the whole pattern of dates is a long one.
_MOMENT_DIGITS: Final = re.compile(
    r"[0-9]{1,4}(?:[-/.] ?[0-9]| ?/ ?[0-9]|(?:st|nd|rd|th|er|\u00ba)?[.,]?[ -]{0,2}[^\W\d_])"
)
_MOMENT_LETTERS: Final = re.compile(r"[A-Z]?FY|[CT]Y[ ,'0-9]|[QH][1-4]")
_SIGN: Final = re.compile(SIGN)
_SIGN_LETTERS: Final = re.compile(r"[^\W\d_][\w.]{0,4} ?[$\u00a3\u00a5]")
_SIGN_ENDS: Final = frozenset("$\u00a3\u00a5")
_NUMBER: Final = re.compile(rf"(?:{NUMERAL})(?:[eE][+-]?[0-9]{{1,3}}(?!\w))?")
_FRACTION: Final = re.compile(r"(?<![\w.])\.[0-9]+(?![0-9.])|(?<![\w.,)\]\u0022']),[0-9]+(?![0-9.,])")
_NAME: Final = re.compile(r"[^\W\d_]+(?:-?[0-9]\w*(?:[.,'][0-9]+)*|_\w*)")
_WORD: Final = re.compile(r"(?:[^\W\d_]\.){2,}(?![^\W\d_])|[^\W\d_]+(?:['&-][^\W\d_]+)*\.?")
_LETTERS: Final = re.compile(r"[^\W\d_]+")
#: What the names of such marks tell, in Unicode. A triangle is a loss in Japanese accounts and a rise elsewhere, an
#: obelus a minus in Scandinavian ones; in German ones that is `./.`.
_TREND: Final = re.compile(
    r"\b(?:MINUS|UP|DOWN|UPWARDS|DOWNWARDS|NORTH|SOUTH|DASH|INCREMENT|NABLA|NOT SIGN|DIVISION SIGN)\b"
)
_WAVES: Final = re.compile(r"\b(?:WAVE|WAVY|SWUNG)\b")  # `from` and `about`
#: A number that runs on in letters and digits, or in a hyphen and letters: `5G3`, `24-hour`, `1-chome`.
_RUNS_ON: Final = re.compile(r"[^\W\d_]+[\d_]\w*|-[^\W\d_][\w-]*|_\w*")
#: Powers of ten of Chinese, Japanese and Korean writing right behind a number, and what may be written on to one.
MYRIADS: Final = frozenset("万億兆萬亿만억조")
_WRITTEN_ON: Final = COUNTERS | frozenset({"円", "元", "원"})
#: Letters at the front of a name that its digits may be taken from: `USD5`, `Rs500`, `c250`.
_FRONT: Final = re.compile(r"([^\W\d_]+)-?(?=[0-9])")


def _from_digit(text: str, position: int, *, starts: bool) -> tuple[Is, str]:
    if starts and _MOMENT_DIGITS.match(text, position) and (moment := _MOMENT.match(text, position)):
        return Is.MOMENT, moment.group()
    number = _NUMBER.match(text, position)
    found = number.group() if number else text[position]
    on = _RUNS_ON.match(text, position + len(found))
    return (Is.UNCLEAR, found + on.group()) if on else (Is.NUMBER, found)


def _from_letter(text: str, position: int, fronts: frozenset[str], *, starts: bool) -> tuple[Is, str]:
    match = _LETTERS.match(text, position)
    letters = match.group() if match else text[position]
    if (
        starts
        and (letters.casefold() in MONTHS or (letters.isupper() and _MOMENT_LETTERS.match(text, position)))
        and (moment := _MOMENT.match(text, position))
    ):
        return Is.MOMENT, moment.group()
    end = position + len(letters)
    following = text[end : end + 2]
    if not following or (following[0] in " ),:;(" and following[1:] not in _SIGN_ENDS):
        return Is.WORD, letters
    if _SIGN_LETTERS.match(text, position) and (sign := _SIGN.match(text, position)):
        return Is.SIGN, sign.group()
    if name := _NAME.match(text, position):
        front = _FRONT.match(name.group())
        if front and (front[1] in fronts or word_codes(front[1])):
            return Is.WORD, front[1]
        # A separator belongs to a numeral, not to a name: `x5,000` is neither.
        return (Is.UNCLEAR if set(name.group()) & set(".,'") else Is.NAME), name.group()
    word = _WORD.match(text, position)
    return Is.WORD, word.group() if word else letters


@lru_cache(maxsize=1024)
def is_trend(mark: str) -> bool:
    """Is a mark, no letter and no digit, a sign or a direction of more than one reading?"""
    name = unicodedata.name(mark, "")
    return not mark.isascii() and _TREND.search(name) is not None and _WAVES.search(name) is None


def _from_mark(text: str, position: int) -> tuple[Is, str]:
    mark = text[position]
    if mark == "[" and (note := _NOTE.match(text, position)):
        return Is.NOTE, note.group()
    if mark in {".", ","} and (fraction := _FRACTION.match(text, position)):
        return Is.NUMBER, fraction.group()
    if sign := _SIGN.match(text, position):
        return Is.SIGN, sign.group()
    if mark == "." and text.startswith("./.", position):
        return Is.TREND, "./."
    if mark.isnumeric():
        return Is.UNCLEAR, mark
    return (Is.TREND if is_trend(mark) else Is.OTHER), mark


def lex(text: str, fronts: frozenset[str]) -> list[Token]:
    """Cut a text in plain characters into tokens, without white space.

    fronts: words that a number may follow without a space
    """
    tokens: list[Token] = []
    position, glued, length = 0, False, len(text)
    while position < length:
        character = text[position]
        if character.isspace():
            position += 1
            glued = False
            continue
        kind = _SINGLE.get(character)
        if kind is not None:
            found = character
        elif "0" <= character <= "9":
            kind, found = _from_digit(text, position, starts=not (glued and text[position - 1].isalnum()))
        elif character.isalpha():
            kind, found = _from_letter(text, position, fronts, starts=not (glued and text[position - 1].isalnum()))
            if character in MYRIADS and found[1:] in _WRITTEN_ON and glued and text[position - 1].isdigit():
                found = character
        else:
            kind, found = _from_mark(text, position)
        tokens.append(Token(kind, found, glued))
        position += len(found)
        glued = True
    return tokens
