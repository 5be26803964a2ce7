"""The numbers a text mentions, each with what stands around it. One pass from left to right over the text."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from typing import Final, Literal

#: How a source writes numbers: with a decimal point, with a decimal comma, or not known.
Style = Literal["point", "comma", "unknown"]

_NUMBER: Final = re.compile(
    r"\d{1,3}(?:[ \u00a0\u2009\u202f'\u2019]\d{3})+(?![\d])(?:[.,]\d+)?|\d+(?:[.,]\d+)*(?:[eE][+-]?\d{1,3}(?![\w]))?"
)
_SIGNS: Final = "-\u2212\u2013\u2010"
_MAGNITUDE: Final = {
    "k": 3, "tsd": 3, "thousand": 3, "thousands": 3, "thsd": 3, "tausend": 3, "mille": 3,
    "lakh": 5, "lakhs": 5, "lac": 5,
    "m": 6, "mn": 6, "mio": 6, "mm": 6, "million": 6, "millions": 6, "mil": 6, "mill": 6, "millionen": 6,
    "crore": 7, "crores": 7, "cr": 7,
    "b": 9, "bn": 9, "billion": 9, "billions": 9, "mrd": 9, "milliard": 9, "milliards": 9, "milliarden": 9, "bln": 9,
    "t": 12, "tn": 12, "trn": 12, "trillion": 12, "trillions": 12, "bio": 12,
}  # fmt: skip
_AFTER: Final = re.compile(r"[ \u00a0\u202f]*([^\W\d_]{1,10}|%)(?![^\W_])")
_GLUED: Final = re.compile(r"[^\W\d_]$")
_DATE_BEFORE: Final = re.compile(
    r"\b(?:in|of|as of|since|until|till|fy|jfy|fiscal year|year|ended|ending|from|by|end|early|late|circa|dated?|on|at"
    r"|jan\w*|feb\w*|mar\w*|apr\w*|may|june?|july?|aug\w*|sep\w*|oct\w*|nov\w*|dec\w*)[.,]?\s*(?:\d{1,2}(?:st|nd|rd|th)?,?\s*)?$",
    re.IGNORECASE,
)
_MONTH_NEAR: Final = re.compile(
    r"^(?:st|nd|rd|th)?\.?,?\s*(?:of\s+)?(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\b", re.IGNORECASE
)
_MONTH_BEFORE: Final = re.compile(r"\b(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.?\s*$", re.IGNORECASE)
_DATE: Final = re.compile(r"\b\d{1,4}([-/.])\d{1,2}\1\d{1,4}\b|\b\d{1,2}/\d{4}\b|\b\d{4}-\d{2}\b")
_NOTE: Final = re.compile(r"\[[^\]]{0,20}\]")
_TRAILING_NOTE: Final = re.compile(r"(?<=[\w)\]%])\s*:\s*\d{1,4}(?:[-\u2013]\d{1,4})?\s*$")
_MAX_TEXT: Final = 4000
_MAX_MENTIONS: Final = 200


@dataclass(frozen=True, slots=True)
class Mention:
    """One number in a text.

    values:    the readings its digits and magnitude word allow
    start, end: where it stands, magnitude word included
    aside:     it stands in brackets
    dated:     it reads as a part of a date or as a year
    word:      the word or sign right after it, lower case (a unit, `%`), "" where none stands
    scaled:    a magnitude word follows it
    """

    values: frozenset[Decimal]
    start: int
    end: int
    aside: bool
    dated: bool
    word: str
    scaled: bool


def _readings(digits: str, power: int, style: Style) -> frozenset[Decimal]:
    body = re.sub(r"[ \u00a0\u2009\u202f'\u2019]", "", digits)
    marks = [mark for mark in body if mark in ".,"]
    if not marks:
        return frozenset({Decimal(body)})
    plain = Decimal(re.sub(r"[.,]", "", body))
    last = marks[-1]
    fraction = (
        Decimal(body.replace("." if last == "," else ",", "").replace(last, ".")) if marks.count(last) == 1 else None
    )
    if fraction is None:
        return frozenset({plain})
    groups = re.split(r"[.,]", body)
    if len(set(marks)) > 1 or len(groups[-1]) != 3 or not 1 <= len(groups[0]) <= 3 or groups[0].startswith("0"):
        return frozenset({fraction})
    decimal_mark = {"point": ".", "comma": ","}.get(style)
    if decimal_mark is not None:
        settled = fraction if last == decimal_mark else plain
        # a point before a magnitude word is a decimal point unless the source settles it otherwise
        return frozenset({settled, fraction}) if last == "." and power else frozenset({settled})
    if last == ",":
        return frozenset({plain, fraction}) if power else frozenset({plain})
    return frozenset({fraction}) if power else frozenset({plain, fraction})


def _is_dated(text: str, start: int, end: int, digits: str, dates: list[tuple[int, int]]) -> bool:
    if any(low <= start and end <= high for low, high in dates):
        return True
    if not digits.isdigit():
        return False
    before, after = text[max(0, start - 40) : start], text[end : end + 16]
    if len(digits) == 4 and 1000 <= int(digits) <= 2199:
        return bool(_DATE_BEFORE.search(before)) or (
            before.rstrip()[-1:] in "(/" and after.lstrip()[:1] in (")", ",", ";", "/", "")
        )
    return len(digits) <= 2 and bool(_MONTH_NEAR.match(after.lstrip()) or _MONTH_BEFORE.search(before))


def _magnitude(text: str, end: int) -> tuple[int, str, int, bool]:
    """Give the power of ten, the word after the number, where that ends, and whether it was a magnitude."""
    follows = _AFTER.match(text, end)
    if follows is None:
        return 0, "", end, False
    word = follows.group(1).lower()
    if word not in _MAGNITUDE:
        return 0, word, end, False
    power, stop = _MAGNITUDE[word], follows.end()
    then = _AFTER.match(text, stop)
    second = then.group(1).lower() if then is not None else ""
    return power, second, stop, True


def _negative(text: str, start: int) -> bool:
    before = text[:start].rstrip()
    if before[-1:] not in tuple(_SIGNS):
        return False
    # a dash between two numbers or words is no sign
    return not before[:-1].rstrip()[-1:].isdigit() and (
        len(before) < 2 or not before[-2].isalpha() or before[-1] == "\u2212"
    )


@lru_cache(maxsize=8192)
def mentions(text: str, style: Style = "unknown") -> tuple[Mention, ...]:
    """Every number of a text (its first 4,000 characters), left to right, without footnotes and glued figures."""
    text = text[:_MAX_TEXT]
    blanked = _TRAILING_NOTE.sub(lambda m: " " * len(m.group()), _NOTE.sub(lambda m: " " * len(m.group()), text))
    dates = [match.span() for match in _DATE.finditer(blanked)]
    found: list[Mention] = []
    depth, seen = 0, 0
    for match in _NUMBER.finditer(blanked):
        start, end = match.span()
        depth += blanked.count("(", seen, start) - blanked.count(")", seen, start)
        seen = start
        if _GLUED.search(blanked[max(0, start - 1) : start]) and not _currency_glued(blanked, start):
            continue
        digits = match.group()
        if any(low <= start < high for low, high in dates):
            end = max(end, start)
        power, word, stop, scaled = _magnitude(blanked, end)
        try:
            values = frozenset({Decimal(digits)}) if "e" in digits.lower() else _readings(digits, power, style)
        except ArithmeticError:
            continue
        sign = -1 if _negative(blanked, start) else 1
        dated = not scaled and _is_dated(blanked, start, end, digits, dates)
        scale = Decimal(10) ** power
        found.append(Mention(frozenset(v * scale * sign for v in values), start, stop, depth > 0, dated, word, scaled))
        if len(found) == _MAX_MENTIONS:
            break
    return tuple(found)


_GLUED_CURRENCY: Final = re.compile(r"(?:^|[^A-Za-z])(?:[A-Z]{3}|[A-Z]{1,3}\$|kr|Kr|Rs|R|Fr|SFr|SEKm)$")


def _currency_glued(text: str, start: int) -> bool:
    return bool(_GLUED_CURRENCY.search(text[max(0, start - 6) : start]))


def meant(found: tuple[Mention, ...]) -> tuple[Mention, ...]:
    """The mentions that a text is about: outside brackets and no dates, where there are such."""
    for chosen in (
        [m for m in found if not m.aside and not m.dated],
        [m for m in found if not m.dated],
        [m for m in found if not m.aside],
    ):
        if chosen:
            return tuple(chosen)
    return found


_POINT: Final = re.compile(r"\d,\d{3}\.\d|\d,\d{3},\d{3}|\d\.\d{1,2}(?!\d)|\d\.\d{4,}")
_COMMA: Final = re.compile(r"\d\.\d{3},\d|\d\.\d{3}\.\d{3}|\d,\d{1,2}(?!\d)|\d,\d{4,}")


def style_of(texts: Iterable[str]) -> Style:
    """How numbers are written in these texts; not known where they hardly tell or contradict each other."""
    point = comma = 0
    for text in texts:
        bare = _DATE.sub(" ", text[:_MAX_TEXT])
        point += bool(_POINT.search(bare))
        comma += bool(_COMMA.search(bare))
    if point >= max(1, 5 * comma):
        return "point"
    return "comma" if comma >= max(1, 5 * point) else "unknown"
