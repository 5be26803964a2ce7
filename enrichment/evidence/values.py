"""What values say of their own kind, by cheap recognisers. Parsing is the operations' business, not this module's."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from typing import Final

import pycountry

from enrichment.evidence.units import CURRENCIES, PEOPLE, SIGNS, UNITS
from schemas.json_types import Json
from schemas.kinds import Kind

_NUMERIC: Final = frozenset(
    {Kind.COUNT, Kind.QUANTITY, Kind.MONEY, Kind.PERCENT, Kind.DURATION, Kind.IDENTIFIER, Kind.CODE, Kind.CATEGORY}
)
_WORDY: Final = frozenset({Kind.NAME, Kind.TEXT, Kind.CATEGORY, Kind.ADDRESS, Kind.LANGUAGE, Kind.COUNTRY})
_NUMBER: Final = r"[-+−–(]?\d[\d.,  '’]*"  # noqa: RUF001 - real texts carry these
_WORD_CURRENCY: Final = r"(?:euros?|dollars?|yen|pounds?(?: sterling)?|francs?|kron[eo]r|yuan|won|rupees?|renminbi)"
_SIGN: Final = r"(?:US|HK|CA|NT|[ACRS])?\$|[€£¥₹₩₽₺₪฿₴]|(?<![A-Za-z])(?:Rs\.?|kr\.?|zł|CHF|RMB)(?![A-Za-z])"
_MAGNITUDE: Final = r"(?:\s*(?:k|m|mn|mio\.?|mrd\.?|bn?|thousand|trillion|trilion|billion|million|lakh|crore)\b)?"
_CODES: Final = "|".join(code.upper() for code in sorted(CURRENCIES))

_MONEY: Final = re.compile(
    rf"(?:{_SIGN})\s*{_NUMBER}|{_NUMBER}{_MAGNITUDE}\s*(?:{_SIGN}|(?:{_CODES})\b|{_WORD_CURRENCY}\b)"
    rf"|\b(?:{_CODES})\s*{_NUMBER}",
    re.IGNORECASE,
)
_MONEY_AT: Final = re.compile(r"^[\s(~<>≈+−–-]*(?:c\.|ca\.|about|approx\.?|over)?\s*")  # noqa: RUF001 - as above
_EMAIL: Final = re.compile(r"(?:mailto:)?[^\s@<>]+@[^\s@<>]+\.[A-Za-z]{2,}")
_URL: Final = re.compile(
    r"(?:https?://|ftp://|www\.)\S+|(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+[a-z]{2,}(?:[/?#:]\S*)?(?=$|\s|\[)",
    re.IGNORECASE,
)
_SCHEME: Final = re.compile(r"https?://|www\.", re.IGNORECASE)
_UUID: Final = re.compile(r"\{?[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}\}?", re.IGNORECASE)
_MONTH: Final = r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.?"
_DATE: Final = re.compile(
    r"\d{4}[-/.]\d{1,2}[-/.]\d{1,2}|\d{1,2}[-/.]\d{1,2}[-/.](?:\d{4}|\d{2})|\d{8}(?=T)"
    rf"|\d{{1,2}}(?:st|nd|rd|th)?\.?\s+(?:of\s+)?{_MONTH},?\s+\d{{4}}|{_MONTH}\s+\d{{1,2}}(?:st|nd|rd|th)?,?\s+\d{{4}}"
    rf"|{_MONTH}\s+\d{{4}}",
    re.IGNORECASE,
)
_CLOCK: Final = re.compile(r"[T\s]\d{1,2}:\d{2}")
_YEAR: Final = re.compile(r"(?:c\.|ca\.|circa|in|est\.?|since)?\s*(1[0-9]\d{2}|20\d{2})\b", re.IGNORECASE)
_PERCENT: Final = re.compile(rf"{_NUMBER}\s*(?:%|percent\b|per cent\b|pct\b)", re.IGNORECASE)
_PHONE: Final = re.compile(r"(?:\+|00|\(|tel:)?[\d(][\d\s().\-/]{5,}\d(?:\s*(?:x|ext\.?)\s*\d+)?", re.IGNORECASE)
_QUALIFIED: Final = re.compile(
    rf"(?:c\.|ca\.|circa|about|approx(?:imately|\.)?|around|over|nearly|almost|more than|up to|~|>|<|≈|\+)?\s*({_NUMBER})\s*\+?",
    re.IGNORECASE,
)
_UNIT: Final = re.compile(r"\s*([A-Za-zµ°/]+[²³23]?)")
_CODE: Final = re.compile(r"(?=[^a-z]*$)(?=.*[A-Z0-9])[A-Z0-9][A-Z0-9./:_\-]*|(?=.*\d)[A-Za-z0-9][A-Za-z0-9._\-]*")
_SECURITY: Final = re.compile(r"[A-Z]{2}[A-Z0-9]{9}\d|[A-HJ-NPR-Z0-9]{17}|[A-Z0-9]{18}\d{2}|10\.\d{4,9}/\S+")
_LOCALE: Final = re.compile(r"[a-z]{2,3}(?:[-_][A-Za-z]{2,4})?", re.IGNORECASE)
_COORDINATES: Final = re.compile(r"\d+\s*°\s*\d*|-?\d{1,3}\.\d{3,}\s*[,;]\s*-?\d{1,3}\.\d{3,}")
_BOOLEAN: Final = frozenset({"true", "false", "yes", "no", "y", "n", "t", "f", "1", "0"})
_DASHES: Final = str.maketrans({"−": "-", "–": "-"})  # noqa: RUF001 - as above


@dataclass(frozen=True, slots=True)
class Look:
    """What values look like.

    decisive: kind -> share of values that can hardly be anything else, 0..1
    possible: kind -> share of values that may be of the kind, 0..1
    units:    currencies and units found in the values -> share
    years:    all are different whole numbers that lie together among the years of our time
    seen:     number of values looked at
    """

    decisive: Mapping[Kind, float]
    possible: Mapping[Kind, float]
    units: Mapping[str, float]
    years: bool
    seen: int


@dataclass(frozen=True, slots=True)
class _Sight:
    decisive: frozenset[Kind] = frozenset()
    possible: frozenset[Kind] = frozenset()
    unit: str | None = None


def look_at(samples: Sequence[Json]) -> Look:
    """Look at values; lists count by their scalars, objects say nothing."""
    decisive: Counter[Kind] = Counter()
    possible: Counter[Kind] = Counter()
    units: Counter[str] = Counter()
    seen = 0
    numbers: set[int] = set()
    for value in scalars(samples):
        sight = _look(value)
        seen += 1
        numbers.add(value if isinstance(value, int) else 0)
        decisive.update(sight.decisive)
        possible.update(sight.possible | sight.decisive)
        units.update([sight.unit] if sight.unit else [])
    share = 1 / seen if seen else 0.0
    return Look(
        {k: n * share for k, n in decisive.items()},
        {k: n * share for k, n in possible.items()},
        {u: n * share for u, n in units.items()},
        len(numbers) > 2 and all(1900 <= number <= 2040 for number in numbers),
        seen,
    )


def scalars(values: Iterable[Json]) -> Iterator[str | int | Decimal | bool]:
    """Give the scalars among values and their lists, texts trimmed, absent ones dropped."""
    for value in values:
        if isinstance(value, str):
            if value.strip():
                yield value.strip()
        elif isinstance(value, bool | int | Decimal):
            yield value
        elif value is not None and not isinstance(value, Mapping):
            yield from scalars(value)


def _look(value: str | int | Decimal | bool) -> _Sight:
    if isinstance(value, bool):
        return _Sight(frozenset({Kind.BOOLEAN}))
    if isinstance(value, str):
        return _look_at_text(value)
    return _Sight(possible=_of_number(Decimal(value)))


def _of_number(number: Decimal) -> frozenset[Kind]:
    if not number.is_finite():
        return frozenset()
    whole = number == number.to_integral_value() if abs(number) < 10**18 else True
    found = {Kind.QUANTITY, Kind.MONEY, Kind.DURATION}
    if abs(number) <= 100_000:
        found.add(Kind.PERCENT)
    if abs(number) <= 90:
        found.add(Kind.LATITUDE)
    if abs(number) <= 180:
        found.add(Kind.LONGITUDE)
    if whole and number >= 0:
        found |= {Kind.COUNT, Kind.IDENTIFIER, Kind.CODE, Kind.CATEGORY}
        found |= {Kind.YEAR} if 1000 <= number <= 2200 else set()
        found |= {Kind.BOOLEAN} if number <= 1 else set()
        found |= {Kind.POSTAL_CODE} if 100 <= number <= 999_999_999 else set()
        found |= {Kind.PHONE} if 10**6 <= number < 10**15 else set()
        found |= {Kind.DATE, Kind.DATETIME} if 10**8 <= number < 10**14 else set()
    elif whole:
        found.add(Kind.COUNT)
    return frozenset(found)


@lru_cache(maxsize=8_192)
def _look_at_text(text: str) -> _Sight:
    """Recognise one trimmed text; the first recogniser that is sure has the word."""
    if _EMAIL.fullmatch(text):
        return _Sight(frozenset({Kind.EMAIL}), frozenset({Kind.IDENTIFIER}))
    if (at := _URL.match(text)) and (_SCHEME.match(text) or " " not in text[: at.end()]) and not text[0].isdigit():
        sure = bool(_SCHEME.match(text)) or text == text.lower() or "/" in text
        return _Sight(
            frozenset({Kind.URL}) if sure else frozenset(), frozenset({Kind.URL, Kind.NAME, Kind.CODE, Kind.TEXT})
        )
    if _UUID.fullmatch(text):
        return _Sight(frozenset({Kind.IDENTIFIER}), frozenset({Kind.CODE}))
    if text.casefold() in _BOOLEAN and not text.isdigit():
        return _Sight(possible=frozenset({Kind.BOOLEAN, Kind.CATEGORY, Kind.CODE, Kind.COUNTRY, Kind.LANGUAGE}))
    for recogniser in (_moment, _figure, _place_or_code):
        if (sight := recogniser(text)) is not None:
            return sight
    wordy = set(_WORDY) | ({Kind.URL} if "." in text and " " not in text else set())
    if len(text.split()) > 12:
        wordy -= {Kind.CATEGORY, Kind.LANGUAGE, Kind.COUNTRY}
    return _Sight(possible=frozenset(wordy))


def _moment(text: str) -> _Sight | None:
    if (at := _DATE.match(text)) is not None:
        if at.end() < len(text) and (text[at.end()].isdigit() or text[at.end()] in "-/."):
            return None
        if _CLOCK.match(text, at.end()):
            return _Sight(frozenset({Kind.DATETIME}), frozenset({Kind.DATE, Kind.YEAR}))
        return _Sight(frozenset({Kind.DATE}), frozenset({Kind.DATETIME, Kind.YEAR}))
    if re.fullmatch(r"\d{8}T\d{4,6}(?:\.\d+)?Z?", text):
        return _Sight(frozenset({Kind.DATETIME}), frozenset({Kind.DATE, Kind.YEAR}))
    at = _YEAR.match(text)
    if (
        at is not None
        and at.end() < len(text)
        and re.match(r"\s*[;(]|\s+(?:as|in|by)\b|\s*[,;]\s*\d+ years", text[at.end() :])
    ):
        rest = text[at.end() :].casefold()
        if "year" in rest or at.group(1) in rest or " as " in f" {rest}" or " in " in rest:
            return _Sight(frozenset({Kind.YEAR}), frozenset({Kind.DATE, Kind.TEXT}))
    return None


def _figure(text: str) -> _Sight | None:
    plain = text.translate(_DASHES)
    start = _MONEY_AT.match(text)
    if (money := _MONEY.match(text, start.end() if start else 0)) is not None:
        return _Sight(frozenset({Kind.MONEY}), frozenset({Kind.TEXT}), _currency_in(money.group()))
    if _PERCENT.match(plain):
        return _Sight(frozenset({Kind.PERCENT}), frozenset({Kind.TEXT}), "percent")
    if (figure := _QUALIFIED.match(plain)) is None:
        return None
    digits = re.sub(r"\D", "", figure.group(1))
    rest = plain[figure.end() :]
    if not rest.strip():
        return _bare_figure(text, digits, plain)
    if _COORDINATES.match(plain):
        return _Sight(possible=frozenset({Kind.LATITUDE, Kind.LONGITUDE, Kind.ADDRESS, Kind.TEXT}))
    if (word := _UNIT.match(rest)) is not None:
        named = word.group(1).lower().replace("²", "2").replace("³", "3").replace("/", "")
        if named in PEOPLE:
            return _Sight(frozenset({Kind.COUNT}), frozenset({Kind.TEXT}), "people")
        unit = UNITS.get(named)
        if unit is not None and unit.kind in {Kind.QUANTITY, Kind.DURATION} and (named != "in" or rest.strip() == "in"):
            return _Sight(frozenset({unit.kind}), frozenset({Kind.TEXT, Kind.QUANTITY}), unit.name)
    if _PHONE.fullmatch(text) and len(re.sub(r"\D", "", text)) >= 7:
        return _Sight(possible=frozenset({Kind.PHONE, Kind.CODE, Kind.IDENTIFIER}))
    if re.match(
        r"\s*(?:\(|\[|;|:|thousand|million|billion|trillion|mio|mrd|bn|k\b|m\b|as of|in \d|$)", rest, re.IGNORECASE
    ):
        return _Sight(possible=_of_number(Decimal(digits[:15] or 0)) | {Kind.TEXT, Kind.MONEY, Kind.COUNT})
    return None


def _bare_figure(text: str, digits: str, plain: str) -> _Sight:
    whole = re.fullmatch(r"[-+]?[1-9]\d*|0", plain) is not None
    if _PHONE.fullmatch(text) and 7 <= len(digits) <= 15 and (text[0] in "+(" or re.search(r"\d[\s/-]\d", text)):
        sure = text[0] == "+" or len(digits) >= 9
        grouped = re.fullmatch(r"\d{1,3}(?: \d{3})+", text) is not None
        kinds = frozenset({Kind.PHONE})
        return _Sight(
            kinds if sure and not grouped else frozenset(),
            kinds | {Kind.CODE, Kind.IDENTIFIER} | (_NUMERIC if grouped else set()),
        )
    if digits.startswith("0") and len(digits) > 1 and "." not in plain and "," not in plain:
        return _Sight(possible=frozenset({Kind.CODE, Kind.IDENTIFIER, Kind.POSTAL_CODE, Kind.PHONE}))
    found = set(_NUMERIC)
    if whole:
        found |= _of_number(Decimal(plain[:18]))
    elif re.fullmatch(r"[-+]?\d{1,3}\.\d+", plain):
        found |= {Kind.LATITUDE, Kind.LONGITUDE}
        found -= {Kind.CATEGORY}
    if plain.startswith("-"):
        found -= {Kind.COUNT, Kind.IDENTIFIER, Kind.CODE, Kind.CATEGORY}
    if re.fullmatch(r"\d{3,5}(?:-\d{3,4})?|\d{3} \d{2}", plain):
        found.add(Kind.POSTAL_CODE)
    return _Sight(possible=frozenset(found))


def _place_or_code(text: str) -> _Sight | None:
    folded = text.casefold()
    if folded in _country_names():
        return _Sight(frozenset({Kind.COUNTRY}), _WORDY)
    if len(text) == 3 and text.isupper() and text.lower() in CURRENCIES:
        return _Sight(frozenset({Kind.CURRENCY}), frozenset({Kind.CODE, Kind.CATEGORY, Kind.NAME, Kind.COUNTRY}))
    if _SECURITY.fullmatch(text) and any(mark.isdigit() for mark in text):
        return _Sight(frozenset({Kind.CODE}), frozenset({Kind.IDENTIFIER}))
    if _CODE.fullmatch(text):
        found = {Kind.CODE, Kind.IDENTIFIER, Kind.NAME, Kind.CATEGORY, Kind.POSTAL_CODE}
        if len(text) in {2, 3} and text.isalpha():
            found |= {Kind.COUNTRY, Kind.LANGUAGE, Kind.CURRENCY}
        return _Sight(possible=frozenset(found | {Kind.ADDRESS}))
    if re.fullmatch(r"(?=.*\d)[A-Z0-9][A-Z0-9 ./-]*", text):
        found = {Kind.CODE, Kind.IDENTIFIER, Kind.NAME, Kind.CATEGORY, Kind.POSTAL_CODE, Kind.ADDRESS, Kind.TEXT}
        return _Sight(possible=frozenset(found))
    if _LOCALE.fullmatch(text) and len(text) in {2, 3, 5}:
        return _Sight(possible=_WORDY | {Kind.CODE, Kind.CURRENCY, Kind.IDENTIFIER})
    if re.fullmatch(r"[a-z0-9]+(?:[-_.][a-z0-9]+)*", text):
        return _Sight(possible=_WORDY | {Kind.CODE, Kind.IDENTIFIER})
    if re.fullmatch(r"[A-Z]{1,2}\d[A-Z\d]? ?\d[A-Z]{2}|[A-Z]\d[A-Z] ?\d[A-Z]\d", text):
        return _Sight(possible=frozenset({Kind.POSTAL_CODE, Kind.CODE}))
    if _duration(text):
        return _Sight(frozenset({Kind.DURATION}))
    return None


def _duration(text: str) -> bool:
    return re.fullmatch(r"P(?=.)(?:\d+[YMWD])*(?:T(?:\d+[HMS])+)?", text) is not None


def _currency_in(money: str) -> str | None:
    found = money.casefold().replace(" ", "")
    for sign in sorted(SIGNS, key=len, reverse=True):
        if sign in found:
            return SIGNS[sign]
    if (code := re.search(rf"(?<![a-z])(?:{_CODES.lower()})(?![a-z])", found)) is not None:
        return "CNY" if code.group() == "rmb" else code.group().upper()
    return "EUR" if "euro" in found else None


@lru_cache(maxsize=1)
def _country_names() -> frozenset[str]:
    names = {
        "usa",
        "u.s.",
        "u.s.a.",
        "uk",
        "u.k.",
        "england",
        "scotland",
        "wales",
        "south korea",
        "north korea",
        "russia",
    }
    names |= {
        "taiwan",
        "vietnam",
        "iran",
        "bolivia",
        "venezuela",
        "tanzania",
        "turkey",
        "deutschland",
        "people's republic of china",
    }
    for country in pycountry.countries:
        names |= {
            getattr(country, part).casefold()
            for part in ("name", "common_name", "official_name")
            if hasattr(country, part)
        }
    # names that are as often a person's, a state's or a plain word's decide nothing
    return frozenset(names - {"georgia", "jordan", "chad"})
