"""`parse_date`: one calendar date, as ISO 8601."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from datetime import UTC, date, datetime
from functools import lru_cache
from itertools import zip_longest
from typing import Final

from enrichment.operations.days import read_day
from enrichment.operations.month_names import in_figures
from enrichment.operations.operation import Arguments, ReadSettings, Step
from enrichment.operations.outcome import Fault, Outcome
from enrichment.operations.plain import plain, statement
from enrichment.operations.text import fold
from schemas.codes import Code
from schemas.errors import UsageError
from schemas.json_types import Json

_WEEKDAY: Final = Fault(Code.AMBIGUOUS, "the date is no such day of the week")
_NOT_IN_FORMAT: Final = Fault(Code.TYPE, "not in the format that was named")
_ZEROS: Final = Fault(Code.AMBIGUOUS, "without its zeros, and without marks between its parts")
_CENTURY: Final = Fault(Code.AMBIGUOUS, "two digits that may be a year of this century or of the last one")
_NO_SUCH_DAY: Final = Fault(Code.TYPE, "there is no such day")

#: A complete ISO date.
ISO: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
#: The same with a time of day and its zone, which say nothing of the day.
_ISO_CLOCK: Final = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2})"
    r"(?:[Tt ][0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:[.,][0-9]+)?)? ?(?:[Zz]|UTC|GMT|[+-][0-9]{2}(?::?[0-9]{2})?)?)?"
)
_COMPACT: Final = re.compile(r"(?:1[0-9]|2[01])[0-9]{6}")
_DIRECTIVE: Final = re.compile(r"%(.)", re.DOTALL)
_PARTS: Final = {"d": "day", "j": "day month", "m": "month", "b": "month", "B": "month", "Y": "year", "y": "year"}
_TIME_DIRECTIVES: Final = frozenset("HIMSfpzZ")
#: Numbers without a mark between them, and how many digits each is written with: `1112021` is 11 January or 1 November.
_RUN_ON: Final = re.compile(r"((?:%[dmYyjHIMS]){2,})")
_PIECES: Final = re.compile(r"%.|[^%]+", re.DOTALL)
_WIDTHS: Final = {"d": 2, "m": 2, "y": 2, "Y": 4, "j": 3, "H": 2, "I": 2, "M": 2, "S": 2}
_NEUTRAL: Final = frozenset("aA%")
#: What a format may hold as it stands in every text, and says that the time is in UTC: `%H:%M:%SZ`.
_UTC: Final = re.compile(r"(?<![^\W_])(?:Z|UTC|GMT)(?![^\W_]|[+-])")
#: The same of another zone: `%H:%M EST`, `%H:%M +0100`. Many a name is of several zones.
_ZONES: Final = re.compile(r"(?<![^\W_])(?:[A-Z]{2,4}T|MES?Z|MSK)(?![^\W_])(?<!GMT)|GMT ?[+-]|(?<![0-9-])[+-][0-9]{2}")
#: Years that strptime makes of two digits, where those who lived a hundred years before still live: 2045 may be 1945.
_CENTURY_OPEN: Final = range(2035, 2069)


def checked_format(value: str, *, clock: bool) -> str:
    """Give a strptime format that says all it must.

    Raises:
        UsageError: an unknown directive, or year, month, day (and hour) not stated once each.
    """
    known = frozenset(_PARTS) | _NEUTRAL | (_TIME_DIRECTIVES if clock else frozenset())
    directives = _DIRECTIVE.findall(value)
    stated = sorted(part for d in directives for part in _PARTS.get(d, "").split())
    bare = _DIRECTIVE.sub("", value)
    if "%" in bare or not set(directives) <= known or stated != ["day", "month", "year"]:
        raise UsageError(
            f"{value!r} is no format of a date",
            hint="strptime directives that state year, month and day once, as %d.%m.%Y",
        )
    if any(directives.count(d) > 1 for d in set(directives) - {"%"}):
        raise UsageError(f"{value!r} states a part twice", hint="use each directive once")
    if clock:
        _check_clock(value, frozenset(directives))
    return fold(plain(value))


def _check_clock(value: str, directives: frozenset[str]) -> None:
    """Refuse a format under which a time has more than one reading, or part of it none: strptime itself minds neither.

    Raises:
        UsageError: no hour, no word on which half of the day it is of, or a zone that is no directive.
    """
    if not directives & {"H", "I"}:
        raise UsageError(f"{value!r} states no hour", hint="add %H or %I, as %d.%m.%Y %H:%M")
    if {"H", "I"} <= directives or ("p" in directives) != ("I" in directives):
        raise UsageError(f"{value!r} leaves the half of the day open", hint="use %H alone, or %I with %p")
    if ("S" in directives and "M" not in directives) or ("f" in directives and "S" not in directives):
        raise UsageError(f"{value!r} states a part of the time without what it is part of", hint="as %H:%M:%S.%f")
    if _ZONES.search(_DIRECTIVE.sub(" ", value)):
        raise UsageError(f"{value!r} names a zone", hint="read an offset by %z; of names only UTC, GMT and Z are read")


@lru_cache(maxsize=256)
def _spellings(pattern: str) -> tuple[str, ...]:
    """The format itself, with each name of UTC for `%Z`: strptime takes this machine's zones for it, and drops them."""
    if "Z" not in _DIRECTIVE.findall(pattern):
        return (pattern,)
    pieces = _PIECES.findall(pattern)
    return tuple("".join(name if piece == "%Z" else piece for piece in pieces) for name in ("UTC", "GMT", "Z"))


def by_format(text: str, pattern: str) -> datetime | Fault:
    """Read a text as its format says; a day of the week in it must be the date's own, and a time in UTC is aware."""
    text = fold(text)
    for spelling in _spellings(pattern):
        try:
            read = datetime.strptime(text, spelling)  # noqa: DTZ007 - whether a zone is stated is the caller's question
        except ValueError:
            continue
        return _as_stated(text, spelling, read)
    return _NOT_IN_FORMAT


def _as_stated(text: str, pattern: str, read: datetime) -> datetime | Fault:
    directives = _DIRECTIVE.findall(pattern)
    if _RUN_ON.search(pattern) and not _spelt(pattern).fullmatch(text):
        return _ZEROS
    if "y" in directives and read.year in _CENTURY_OPEN:
        return _CENTURY
    if not {"a", "A", "j"}.isdisjoint(directives):
        named = time.strptime(text, pattern)
        if named.tm_yday != read.timetuple().tm_yday:
            return _NO_SUCH_DAY  # the 366th of a year that has 365
        if named.tm_wday != read.weekday():
            return _WEEKDAY
    if read.tzinfo is None and _UTC.search(_DIRECTIVE.sub(" ", pattern)):
        return read.replace(tzinfo=UTC)
    return read


@lru_cache(maxsize=256)
def _spelt(pattern: str) -> re.Pattern[str]:
    """What a text in this format looks like where no zero is left out of numbers that run on."""
    runs = _RUN_ON.split(pattern)
    anything = [
        "".join(".+?" if p.startswith("%") else re.escape(p) for p in _PIECES.findall(run)) for run in runs[::2]
    ]
    figures = [f"[0-9]{{{sum(_WIDTHS[d] for d in _DIRECTIVE.findall(run))}}}" for run in runs[1::2]]
    return re.compile("".join(a + b for a, b in zip_longest(anything, figures, fillvalue="")), re.IGNORECASE)


def iso_date(text: str) -> date | None:
    """Give a date of any year from 1 to 9999 out of a complete ISO text, null where there is no such day."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


@lru_cache(maxsize=8192)
def _read(text: str) -> Outcome:
    text = in_figures(text)
    if _COMPACT.fullmatch(text):
        text = f"{text[:4]}-{text[4:6]}-{text[6:]}"
    if whole := _ISO_CLOCK.fullmatch(text):
        return whole[1] if iso_date(whole[1]) is not None else _NO_SUCH_DAY
    return read_day(text)


def compile_parse_date(args: Arguments, _settings: ReadSettings) -> Step:
    pattern = checked_format(str(args["format"]), clock=False) if "format" in args else None

    def formatted(text: str) -> Outcome:
        read = by_format(text, pattern or "")
        return read if isinstance(read, Fault) else read.date().isoformat()

    read: Callable[[str], Outcome] = formatted if pattern is not None else _read

    def parse_date(value: Json) -> Outcome:
        text = statement(value)
        return read(text) if isinstance(text, str) else text

    return parse_date
