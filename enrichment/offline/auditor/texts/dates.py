"""Years, dates and instants in a text, as all the readings they allow."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Final, Literal

from babel.localedata import load

from enrichment.offline.auditor.texts.languages import FURTHER

#: Which part of a date in figures stands first, where the year stands last.
Order = Literal["day", "month"]

_MONTHS: Final = {
    name: number
    for number, names in enumerate(
        (
            "jan january januar janvier enero januari gennaio janeiro stycznia tammikuuta",
            "feb february februar février febrero februari febbraio fevereiro lutego helmikuuta",
            "mar march märz mars marzo maart marts março marca maaliskuuta",
            "apr april avril abril aprile kwietnia huhtikuuta",
            "may mai mayo mei maj maja maggio maio toukokuuta",
            "jun june juni juin junio giugno junho czerwca kesäkuuta",
            "jul july juli juillet julio luglio julho lipca heinäkuuta",
            "aug august août agosto augustus augusti sierpnia elokuuta",
            "sep sept september septembre septiembre settembre setembro września syyskuuta",
            "oct october oktober octobre octubre okt ottobre outubro października lokakuuta",
            "nov november novembre noviembre novembro marraskuuta listopada",
            "dec december dezember décembre diciembre dez dicembre dezembro desember grudnia joulukuuta",
        ),
        start=1,
    )
    for name in names.split()
}  # fmt: skip
#: What makes a year another one, or ten: before our era, a decade.
_ANOTHER: Final = r"(?! ?(?:BCE?\b|B\.C|v\. ?Chr|av\. ?J|avant J|a\. ?C\b|до н|p\. ?n\. ?e|f\. ?Kr)|['\u2019]?s\b)"
_YEAR: Final = re.compile(rf"(?<![\d.,#$€£¥-])(1[0-9]{{3}}|20[0-9]{{2}}|21[0-9]{{2}})(?![\d%]|[.,]\d){_ANOTHER}")
_YEAR_ISO: Final = re.compile(r"(?<!\d)([12]\d{3})-?(?:0[1-9]|1[0-2])-?(?:[0-2]\d|3[01])?(?!\d)")
_ISO: Final = re.compile(r"(?<!\d)(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})(?!\d)")
_COMPACT: Final = re.compile(r"(?<!\d)([12]\d{3})(0[1-9]|1[0-2])([0-2]\d|3[01])(?!\d)")
_NUMERIC: Final = re.compile(r"(?<!\d)(\d{1,2})([-/.])(\d{1,2})\2(\d{4}|\d{2})(?!\d)")
_DAY_FIRST: Final = re.compile(
    r"(?<!\d)(\d{1,2})(?:st|nd|rd|th|er)?\.?[ -]+(?:(?:of|de|di)\s+|\u05d1)?([^\W\d_]{3,12})\.?,?[ -]+"
    r"(?:(?:of|de)\s+)?(\d{4})(?!\d)"
)
_MONTH_FIRST: Final = re.compile(r"\b([^\W\d_]{3,12})\.?\s+(\d{1,2})(?:st|nd|rd|th)?,?\s+(\d{4})(?!\d)")
_YEAR_FIRST: Final = re.compile(r"(?<!\d)(\d{4})\.?[\s-]+([^\W\d_]{3,12})\.?[\s-]+(\d{1,2})(?!\d)")
_MARKED: Final = re.compile(r"(?<!\d)(\d{4})[年년]\s?(\d{1,2})[月월]\s?(\d{1,2})[日일]")
_CLOCK: Final = re.compile(
    r"(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?\s*([AaPp]\.?[Mm])?\s*(Z|UTC|GMT|[+-]\d{2}:?\d{2})?"
)
#: October; without the point behind the day it is Polish, and November.
_CROATIAN: Final = re.compile(r"\d{1,2}\. ?listopada\b", re.IGNORECASE)
_FIGURES: Final = re.compile(r"(?<!\d)(?:\d{4}|\d{1,2})(?!\d)")
_WORDS: Final = re.compile(r"[^\W\d_]{3,}")
_MAX_TEXT: Final = 4000
_EPOCH: Final = range(100_000_000, 5_000_000_000)


@lru_cache(maxsize=8192)
def years(text: str) -> frozenset[int]:
    """The years that a text states; `38 years ago` states none."""
    text = text[:_MAX_TEXT]
    return frozenset(int(match.group(1)) for pattern in (_YEAR, _YEAR_ISO) for match in pattern.finditer(text))


@lru_cache(maxsize=1)
def months_elsewhere() -> Mapping[str, int]:
    """Names of months in further languages, in both their forms, but for those of two months."""
    found: dict[str, set[int]] = {}
    for language in FURTHER:
        # Whoever loads a language first decides for all whether it has what it inherits: here it need not.
        for form in load(language, merge_inherited=False)["months"].values():
            for names in (form.get(width) for width in ("wide", "abbreviated")):
                for number, name in names.items() if isinstance(names, dict) else ():
                    found.setdefault(name.rstrip(".").lower(), set()).add(number)
    return {name: months.pop() for name, months in found.items() if len(months) == 1 and name not in _MONTHS}


def _month(name: str) -> int | None:
    word = name.lower()
    return _MONTHS.get(word) or months_elsewhere().get(word)


def _day(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _named(text: str) -> Iterator[set[date]]:
    for match in _DAY_FIRST.finditer(text):
        month = None if _CROATIAN.match(match.group()) else _month(match.group(2))
        if month and (day := _day(int(match.group(3)), month, int(match.group(1)))):
            yield {day}
    for match in _MONTH_FIRST.finditer(text):
        month = _month(match.group(1))
        if month and (day := _day(int(match.group(3)), month, int(match.group(2)))):
            yield {day}
    for match in _YEAR_FIRST.finditer(text):
        month = _month(match.group(2))
        if month and (day := _day(int(match.group(1)), month, int(match.group(3)))):
            yield {day}


def may_name(text: str, day: date) -> bool:
    """Do the figures of a day stand in a text around a word that is no month here, as in `9. listopada 2011`?"""
    figures = {int(figure) for figure in _FIGURES.findall(text[:_MAX_TEXT])}
    words = _WORDS.findall(text[:_MAX_TEXT])
    known = any(_month(word) for word in words) and not _CROATIAN.search(text)
    return bool(words) and {day.day, day.year} <= figures and not known


def _numeric(text: str, order: Order | None) -> Iterator[set[date]]:
    for pattern in (_ISO, _COMPACT, _MARKED):
        for match in pattern.finditer(text):
            if day := _day(*(int(part) for part in match.groups())):
                yield {day}
    for match in _NUMERIC.finditer(text):
        first, second, last = (int(match.group(part)) for part in (1, 3, 4))
        written = [last] if last > 99 else [1900 + last, 2000 + last]
        told = order or ("day" if match.group(2) == "." and _day(2000, second, min(first, 28)) else None)
        pairs = {"day": [(second, first)], "month": [(first, second)]}.get(
            told or "", [(first, second), (second, first)]
        )
        orders = [(y, m, d) for y in written for m, d in pairs]
        if last <= 99 and told is None:
            orders += [(2000 + first, second, last)]
        if found := {day for order in orders if (day := _day(*order))}:
            yield found


@lru_cache(maxsize=8192)
def dates(text: str, order: Order | None = None) -> list[frozenset[date]]:
    """Each date of a text with the days it can mean, without repetitions.

    `order`: what comes first in figures; where it is not told, days come first before points and both are possible
    otherwise.
    """
    text = text[:_MAX_TEXT]
    found = [frozenset(days) for days in (*_named(text), *_numeric(text, order))]
    return [days for index, days in enumerate(found) if days not in found[:index]]


def order_of(texts: Iterable[str]) -> Order | None:
    """Which part comes first in the dates of these texts, where some of them can be read one way only."""
    days = months = 0
    for text in texts:
        for match in _NUMERIC.finditer(text[:_MAX_TEXT]):
            first, second = int(match.group(1)), int(match.group(3))
            days += 12 < first <= 31 and second <= 12
            months += 12 < second <= 31 and first <= 12
    if bool(days) is bool(months):
        return None
    return "day" if days else "month"


def from_epoch(number: int) -> datetime | None:
    """A number of seconds or milliseconds since 1970 as an instant, where it is one of our time."""
    for seconds in (number, number // 1000):
        if seconds in _EPOCH:
            return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)
    return None


@lru_cache(maxsize=8192)
def instants(text: str, order: Order | None = None) -> list[datetime]:
    """The instants a text can mean: aware where it names its offset, naive where it names none."""
    clock = _CLOCK.search(text)
    if clock is None:
        return []
    hour, minute = int(clock.group(1)), int(clock.group(2))
    half = (clock.group(5) or "").lower().replace(".", "")
    if half:
        hour = hour % 12 + (12 if half == "pm" else 0)
    second = int(clock.group(3) or 0)
    if hour > 23 or minute > 59 or second > 59:
        return []
    zone = clock.group(6)
    found = []
    for day in frozenset().union(*dates(text, order)) if dates(text, order) else frozenset():
        moment = datetime(day.year, day.month, day.day, hour, minute, second)  # noqa: DTZ001 - the zone follows
        if zone in {"Z", "UTC", "GMT"}:
            moment = moment.replace(tzinfo=UTC)
        elif zone:
            offset = timedelta(hours=int(zone[1:3]), minutes=int(zone[-2:])) * (1 if zone[0] == "+" else -1)
            try:
                moment = (moment - offset).replace(tzinfo=UTC)
            except OverflowError:
                continue
        found.append(moment)
    return found
