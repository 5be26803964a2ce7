"""Recognisers of amounts, shares, measures and plain numbers, as numbers and as texts."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Final

from enrichment.evidence.sight import Recogniser, Sight, maybe, sure
from enrichment.evidence.units import CURRENCIES, PEOPLE, SIGNS, STATED_UNITS, spelling
from enrichment.exact import is_whole
from schemas.kinds import Kind

_NUMERIC: Final = frozenset(
    {Kind.COUNT, Kind.QUANTITY, Kind.MONEY, Kind.PERCENT, Kind.DURATION, Kind.IDENTIFIER, Kind.CODE, Kind.CATEGORY}
)
_NUMBERED: Final = frozenset({Kind.COUNT, Kind.IDENTIFIER, Kind.CODE, Kind.CATEGORY})
_TEXT: Final = frozenset({Kind.TEXT})

_NUMBER: Final = r"[-+\u2212\u2013(]?\d[\d.,  '\u2019]*"
_CODES: Final = "|".join(code.upper() for code in sorted(CURRENCIES))
_SIGN: Final = r"(?:US|HK|CA|NT|[ACRS])?\$|[€£¥₹₩₽₺₪฿₴]|(?<![A-Za-z])(?:Rs\.?|kr\.?|zł|CHF|RMB)(?![A-Za-z])"
_SPELT: Final = r"(?:euros?|dollars?|yen|pounds?(?: sterling)?|francs?|kron[eo]r|yuan|won|rupees?|renminbi)"
_MAGNITUDE: Final = r"(?:\s*(?:k|m|mn|mio\.?|mrd\.?|bn?|thousand|trillion|trilion|billion|million|lakh|crore)\b)?"
_MONEY: Final = re.compile(
    rf"[\s(~<>≈+\u2212\u2013-]*(?:c\.|ca\.|about|approx\.?|over)?\s*"
    rf"((?:{_SIGN})\s*{_NUMBER}|{_NUMBER}{_MAGNITUDE}\s*(?:{_SIGN}|(?:{_CODES})\b|{_SPELT}\b)|\b(?:{_CODES})\s*{_NUMBER})",
    re.IGNORECASE,
)
_CODE_WITHIN: Final = re.compile(rf"(?<![a-z])(?:{_CODES.lower()})(?![a-z])")
_PERCENT: Final = re.compile(rf"{_NUMBER}\s*(?:%|percent\b|per cent\b|pct\b)", re.IGNORECASE)
_QUALIFIER: Final = (
    r"(?:c\.|ca\.|circa|about|approx(?:imately|\.)?|around|over|nearly|almost|more than|up to|~|>|<|≈|\+)?"
)
_FIGURE: Final = re.compile(rf"{_QUALIFIER}\s*({_NUMBER})\s*\+?", re.IGNORECASE)
#: A whole word: the `M` of `März` is no metre.
_UNIT: Final = re.compile(r"\s*([A-Za-zµ\u03bc°º\u2103\u2109/]+[²³23]?)(?![^\W\d_])")
_REMARK: Final = re.compile(
    r"\s*(?:\(|\[|;|:|thousand|million|billion|trillion|mio|mrd|bn|k\b|m\b|as of|in \d)", re.IGNORECASE
)
_COORDINATES: Final = re.compile(r"\d+\s*°\s*\d*|-?\d{1,3}\.\d{3,}\s*[,;]\s*-?\d{1,3}\.\d{3,}")
_PHONE: Final = re.compile(r"(?:\+|00|\(|tel:)?[\d(][\d\s().\-/]{5,}\d(?:\s*(?:x|ext\.?)\s*\d+)?", re.IGNORECASE)
#: So written without a sign of what they are, numbers are dialled; with slashes and more hyphens they number anything.
_DIALLED: Final = re.compile(r"\d{3}[ .-]\d{3}[ .-]\d{4}(?:\s*(?:x|ext\.?)\s*\d+)?|[\d .]{11,}", re.IGNORECASE)
_GROUPED: Final = re.compile(r"\d{1,3}(?: \d{3})+")
_DASHES: Final = str.maketrans({"\u2212": "-", "\u2013": "-"})


def of_number(number: Decimal) -> frozenset[Kind]:
    """Give what a number may be by its size alone."""
    if not number.is_finite():
        return frozenset()
    size = number.copy_abs()
    limits = ((Kind.PERCENT, 100_000), (Kind.LATITUDE, 90), (Kind.LONGITUDE, 180))
    found = {Kind.QUANTITY, Kind.MONEY, Kind.DURATION} | {kind for kind, limit in limits if size <= limit}
    whole = is_whole(number)
    if not whole:
        return frozenset(found)
    if number < 0:
        return frozenset(found | {Kind.COUNT})
    ranges = (
        (Kind.YEAR, 1_000, 2_200),
        (Kind.BOOLEAN, 0, 1),
        (Kind.POSTAL_CODE, 100, 999_999_999),
        (Kind.PHONE, 10**6, 10**15),
        (Kind.DATE, 10**7, 10**14),
        (Kind.DATETIME, 10**8, 10**14),
    )
    return frozenset(found | _NUMBERED | {kind for kind, low, high in ranges if low <= number <= high})


def _money(text: str) -> Sight | None:
    found = _MONEY.match(text)
    return sure(Kind.MONEY, also=_TEXT, unit=currency_in(found.group(1))) if found else None


def _percent(text: str) -> Sight | None:
    return sure(Kind.PERCENT, also=_TEXT, unit="percent") if _PERCENT.match(text.translate(_DASHES)) else None


def _coordinates(text: str) -> Sight | None:
    return maybe(Kind.LATITUDE, Kind.LONGITUDE, Kind.ADDRESS, Kind.TEXT) if _COORDINATES.match(text) else None


def _measure(text: str) -> Sight | None:
    """A number with its unit: `12 kg`, `90 min`, `3,500 people`."""
    plain = text.translate(_DASHES)
    figure = _FIGURE.match(plain)
    word = _UNIT.match(plain, figure.end()) if figure is not None else None
    if word is None:
        return None
    named = spelling(word.group(1))
    if named in PEOPLE:
        return sure(Kind.COUNT, also=_TEXT, unit="people")
    unit = STATED_UNITS.get(named)
    if unit is None or unit.kind not in {Kind.QUANTITY, Kind.DURATION} or (named == "in" and word.end() < len(plain)):
        return None
    return sure(unit.kind, also=frozenset({Kind.TEXT, Kind.QUANTITY}), unit=unit.name)


def _phone(text: str) -> Sight | None:
    digits = sum(mark.isdigit() for mark in text)
    spaced = text[0] in "+(" or re.search(r"\d[\s/-]\d", text) is not None
    if not (_PHONE.fullmatch(text) and spaced and 7 <= digits <= 15) or _GROUPED.fullmatch(text):
        return None
    certain = text[0] == "+" or (digits >= 9 and text[0] in "0(") or _DIALLED.fullmatch(text) is not None
    numbered = frozenset({Kind.CODE, Kind.IDENTIFIER})
    return sure(Kind.PHONE, also=numbered) if certain else maybe(Kind.PHONE, also=numbered)


def _bare(text: str) -> Sight | None:
    """A text that is a number and nothing else."""
    plain = text.translate(_DASHES)
    figure = _FIGURE.fullmatch(plain)
    if figure is None:
        return None
    if re.fullmatch(r"0\d+", plain):
        return maybe(Kind.CODE, Kind.IDENTIFIER, Kind.POSTAL_CODE, Kind.PHONE)
    found = set(_NUMERIC)
    if re.fullmatch(r"[-+]?[1-9]\d*|0", plain):
        found |= of_number(Decimal(plain[:18]))
    elif re.fullmatch(r"[-+]?\d{1,3}\.\d+", plain):
        found = (found | {Kind.LATITUDE, Kind.LONGITUDE}) - {Kind.CATEGORY}
    if plain.startswith("-"):
        found -= _NUMBERED
    if re.fullmatch(r"\d{3,5}(?:-\d{3,4})?|\d{3} \d{2}", plain):
        found.add(Kind.POSTAL_CODE)
    return maybe(also=frozenset(found))


def _remarked(text: str) -> Sight | None:
    """A number with a remark that does not change what it is: `3,167 (average, 2021)`."""
    plain = text.translate(_DASHES)
    figure = _FIGURE.match(plain)
    if figure is None or not _REMARK.match(plain, figure.end()):
        return None
    digits = re.sub(r"\D", "", figure.group(1))[:15]
    return maybe(Kind.TEXT, Kind.MONEY, Kind.COUNT, also=of_number(Decimal(digits or 0)))


def currency_in(money: str) -> str | None:
    """Give the one currency that an amount names, null where its sign belongs to several."""
    found = money.casefold().replace(" ", "")
    for sign in sorted(SIGNS, key=len, reverse=True):
        if sign in found:
            return SIGNS[sign]
    code = _CODE_WITHIN.search(found)
    if code is not None:
        return "CNY" if code.group() == "rmb" else code.group().upper()
    return "EUR" if "euro" in found else None


RECOGNISERS: Final[tuple[Recogniser, ...]] = (
    _money,
    _percent,
    _phone,
    _bare,
    _coordinates,
    _measure,
    _remarked,
)
