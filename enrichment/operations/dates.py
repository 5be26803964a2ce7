"""`parse_date`: one calendar date, as ISO 8601."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, datetime
from functools import lru_cache
from typing import Final

from enrichment.operations.lexing import Is, lex
from enrichment.operations.moments import Moment, read_moment
from enrichment.operations.operation import Arguments, ReadSettings, Step
from enrichment.operations.outcome import Fault, Outcome
from enrichment.operations.plain import statement
from enrichment.operations.text import fold
from schemas.codes import Code
from schemas.errors import UsageError
from schemas.json_types import Json

_NO_DATE: Final = Fault(Code.TYPE, "states no date")
_SEVERAL: Final = Fault(Code.AMBIGUOUS, "states more than one date")
_INCOMPLETE: Final = Fault(Code.AMBIGUOUS, "states no day, or two that differ in their reading")
_NOT_IN_FORMAT: Final = Fault(Code.TYPE, "not in the format that was named")
_NO_SUCH_DAY: Final = Fault(Code.TYPE, "there is no such day")

#: A complete ISO date.
ISO: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_COMPACT: Final = re.compile(r"(?:1[0-9]|2[01])[0-9]{6}")
_DIRECTIVE: Final = re.compile(r"%(.)", re.DOTALL)
_PARTS: Final = {"d": "day", "j": "day month", "m": "month", "b": "month", "B": "month", "Y": "year", "y": "year"}
_TIME_DIRECTIVES: Final = frozenset("HIMSfpzZ")
_NEUTRAL: Final = frozenset("aA%")


def checked_format(value: str, *, time: bool) -> str:
    """Give a strptime format that says all it must.

    Raises:
        UsageError: an unknown directive, or year, month, day (and hour) not stated once each.
    """
    known = frozenset(_PARTS) | _NEUTRAL | (_TIME_DIRECTIVES if time else frozenset())
    directives = _DIRECTIVE.findall(value)
    stated = sorted(part for d in directives for part in _PARTS.get(d, "").split())
    bare = _DIRECTIVE.sub("", value)
    if "%" in bare or not set(directives) <= known or stated != ["day", "month", "year"]:
        raise UsageError(
            f"{value!r} is no format of a date",
            hint="strptime directives that state year, month and day once, as %d.%m.%Y",
        )
    if time and not set(directives) & {"H", "I"}:
        raise UsageError(f"{value!r} states no hour", hint="add %H or %I, as %d.%m.%Y %H:%M")
    return fold(value)


def by_format(text: str, pattern: str) -> datetime | Fault:
    try:
        return datetime.strptime(fold(text), pattern)  # noqa: DTZ007 - whether a zone is stated is the caller's question
    except ValueError:
        return _NOT_IN_FORMAT


def iso_date(text: str) -> date | None:
    """Give a date of any year from 1 to 9999 out of a complete ISO text, null where there is no such day."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _iso(moment: Moment) -> str:
    return f"{moment.year:04d}-{moment.month:02d}-{moment.day:02d}"


def _agrees(part: Moment, whole: Moment) -> bool:
    return all(a is None or a == b for a, b in zip(part[:3], whole[:3], strict=True))


@lru_cache(maxsize=8192)
def _read(text: str) -> Outcome:
    if _COMPACT.fullmatch(text):
        text = f"{text[:4]}-{text[4:6]}-{text[6:]}"
    if ISO.fullmatch(text):
        return text if iso_date(text) is not None else _NO_SUCH_DAY
    moments: list[Moment] = []
    for token in lex(text, frozenset()):
        if token.kind is Is.MOMENT:
            moments.append(read_moment(token.text))
        elif token.kind is Is.NUMBER and len(token.text) == 4 and token.text.isdigit() and token.text[0] in "12":
            moments.append(Moment(int(token.text)))
    full = {m for m in moments if m.year and m.month and m.day and not m.unsure}
    if len(full) > 1:
        return _SEVERAL
    if not full:
        return _INCOMPLETE if any(m.month or m.unsure for m in moments) else _NO_DATE
    (day,) = full
    return _iso(day) if all(not m.unsure and _agrees(m, day) for m in moments) else _SEVERAL


def compile_parse_date(args: Arguments, _settings: ReadSettings) -> Step:
    pattern = checked_format(str(args["format"]), time=False) if "format" in args else None

    def formatted(text: str) -> Outcome:
        read = by_format(text, pattern or "")
        return read if isinstance(read, Fault) else read.date().isoformat()

    read: Callable[[str], Outcome] = formatted if pattern is not None else _read

    def parse_date(value: Json) -> Outcome:
        text = statement(value)
        return read(text) if isinstance(text, str) else text

    return parse_date
