"""Recognisers of dates, times, years and durations in texts."""

from __future__ import annotations

import re
from typing import Final

from enrichment.evidence.sight import Recogniser, Sight, sure
from enrichment.operations.moments import MOMENT, read_moment
from enrichment.operations.month_names import in_figures
from enrichment.operations.plain import plain
from schemas.kinds import Kind

_MONTH: Final = r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.?"
_DATE: Final = re.compile(
    r"\d{4}[-/.](?:0?[1-9]|1[0-2])[-/.](?:0?[1-9]|[12]\d|3[01])(?!\d)|\d{1,2}[-/.]\d{1,2}[-/.](?:\d{4}|\d{2})"
    rf"|\d{{1,2}}(?:st|nd|rd|th)?\.?\s+(?:of\s+)?{_MONTH},?\s+\d{{4}}"
    rf"|{_MONTH}\s+\d{{1,2}}(?:st|nd|rd|th)?,?\s+\d{{4}}|{_MONTH}\s+\d{{4}}",
    re.IGNORECASE,
)
#: Whatever the operations take for a date, and the time of day behind it.
_READ: Final = re.compile(rf"({MOMENT})(,? +[0-9]{{1,2}}:[0-9]{{2}}\b.*)?")
_COMPACT: Final = re.compile(r"\d{8}T\d{4,6}(?:\.\d+)?(?:Z|[+-]\d{2}:?\d{2})?")
_CLOCK: Final = re.compile(r"[T\s]\s*\d{1,2}:\d{2}")
_YEAR: Final = re.compile(r"(?:c\.|ca\.|circa|in|est\.?|since)?\s*(1[0-9]\d{2}|20\d{2})\b", re.IGNORECASE)
_AFTER_YEAR: Final = re.compile(r"\s*[;(]|\s+(?:as|in|by)\b|\s*[,;]\s*\d+ years", re.IGNORECASE)
_DURATION: Final = re.compile(r"P(?=.)(?:\d+[YMWD])*(?:T(?:\d+[HMS])+)?")


def _date(text: str) -> Sight | None:
    at = _DATE.match(text)
    if at is None or text[at.end() : at.end() + 1].isdigit() or text[at.end() : at.end() + 1] in {"-", "/", "."}:
        return None
    if _CLOCK.match(text, at.end()):
        return sure(Kind.DATETIME, also=frozenset({Kind.DATE, Kind.YEAR}))
    return sure(Kind.DATE, also=frozenset({Kind.DATETIME, Kind.YEAR}))


def _written_out(text: str) -> Sight | None:
    """A day whose month is written out in any language that the operations know, and nothing beside it.

    Else the month that all records share would be the unit of a number.
    """
    told = plain(text)
    figures = in_figures(told)
    if figures != told:
        return _date(figures)
    at = _READ.fullmatch(told)
    if at is None or not any(mark.isalpha() for mark in at.group(1)):
        return None
    moment = read_moment(at.group(1))
    if moment.unsure or moment.year is None or moment.month is None or moment.day is None:
        return None
    if at.group(2):
        return sure(Kind.DATETIME, also=frozenset({Kind.DATE, Kind.YEAR}))
    return sure(Kind.DATE, also=frozenset({Kind.DATETIME, Kind.YEAR}))


def _compact(text: str) -> Sight | None:
    return sure(Kind.DATETIME, also=frozenset({Kind.DATE, Kind.YEAR})) if _COMPACT.fullmatch(text) else None


def _year_with_remarks(text: str) -> Sight | None:
    """`1988 ; 38 years ago ( 1988 )` tells of a year; `1,988 (2021)` and `1988 (pieces)` do not."""
    at = _YEAR.match(text)
    rest = text[at.end() :].casefold() if at is not None else ""
    if at is None or not _AFTER_YEAR.match(rest):
        return None
    told = "year" in rest or at.group(1) in rest or re.search(r"\b(?:as|in)\b", rest) is not None
    return sure(Kind.YEAR, also=frozenset({Kind.DATE, Kind.TEXT})) if told else None


def _duration(text: str) -> Sight | None:
    return sure(Kind.DURATION) if _DURATION.fullmatch(text) else None


RECOGNISERS: Final[tuple[Recogniser, ...]] = (_date, _written_out, _compact, _year_with_remarks, _duration)
