"""`parse_datetime`, `parse_epoch`: one instant, as an ISO 8601 date-time in UTC."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from decimal import Decimal
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from enrichment.operations.dates import ISO, by_format, checked_format, iso_date
from enrichment.operations.moments import MOMENT, read_moment
from enrichment.operations.month_names import in_figures
from enrichment.operations.operation import Arguments, ReadSettings, Step
from enrichment.operations.outcome import ABSENT, Fault, Outcome
from enrichment.operations.plain import statement
from enrichment.operations.text import fold
from enrichment.operations.weekdays import WEEKDAYS
from schemas.codes import Code
from schemas.errors import UsageError
from schemas.json_types import Json

_NO_INSTANT: Final = Fault(Code.TYPE, "states no date and time")
_NO_TIME: Final = Fault(Code.AMBIGUOUS, "a date without a time is no instant")
_NAIVE: Final = Fault(Code.AMBIGUOUS, "a time without a zone, and the source declares none")
_FOLD: Final = Fault(Code.AMBIGUOUS, "the time stands twice in the clock of that day")
_GAP: Final = Fault(Code.TYPE, "the time does not stand in the clock of that day")
_OTHER_DAY: Final = Fault(Code.AMBIGUOUS, "the date is no such day of the week")
_SPAN: Final = Fault(Code.AMBIGUOUS, "an offset, or the end of a span of time")
_DATE_UNCLEAR: Final = Fault(Code.AMBIGUOUS, "the date has more than one reading")
_NO_EPOCH: Final = Fault(Code.TYPE, "states no time since 1970")
_FAR: Final = Fault(Code.OUT_OF_RANGE, "no instant between the years 1 and 9999")

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_WEEKDAY: Final = r"(?:(?P<weekday>(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]*)[.,]* )?"
_TIME: Final = (
    r"(?P<hour>[0-9]{1,2}):(?P<minute>[0-9]{2})(?::(?P<second>[0-9]{2})(?:[.,](?P<part>[0-9]{1,9}))?)?"
    r"(?: ?(?P<half>[AaPp])\.?[Mm]\.?)?(?: ?(?P<zone>[Zz]|UTC|GMT|[+-][0-9]{2}(?::?[0-9]{2})?))?"
)
#: A date, then a time, and nothing else; the date is read by the same rules as everywhere.
_WHOLE: Final = re.compile(rf"{_WEEKDAY}(?P<date>\S+|.{{1,40}}?)(?:[Tt]|,? (?:at )?){_TIME}")
#: `Thu Mar  4 10:00:00 +0000 2021`: the year stands behind the time, in C's notation and what follows it.
_YEAR_LAST: Final = re.compile(
    r"([A-Z][a-z]{2} )?([A-Z][a-z]{2} +[0-9]{1,2}) ([0-9]{2}:[0-9]{2}:[0-9]{2})( (?:UTC|GMT|[+-][0-9]{4}))? ([0-9]{4})"
)
#: `20210304T100000Z`, the basic form of ISO 8601.
_BASIC: Final = re.compile(r"([0-9]{4})([0-9]{2})([0-9]{2})T([0-9]{2})([0-9]{2})([0-9]{2})(Z|[+-][0-9]{2}:?[0-9]{2})?")
_DATE: Final = re.compile(rf"{_WEEKDAY}(?:{MOMENT})")
_MOMENT: Final = re.compile(MOMENT)
_DIGITS: Final = re.compile(r"[+-]?[0-9]{1,18}(?:\.[0-9]{1,9})?")


def written(instant: datetime) -> str:
    """Give an aware instant as text in UTC; fractions of a second only where there are any."""
    return instant.astimezone(UTC).replace(tzinfo=None).isoformat() + "Z"


def _zone(text: str) -> tzinfo | None:
    if text in {"Z", "z", "UTC", "GMT"}:
        return UTC
    hours, minutes = int(text[1:3]), int(text[3:].lstrip(":") or 0)
    if hours > 14 or minutes > 59:
        return None
    return timezone((-1 if text[0] == "-" else 1) * timedelta(hours=hours, minutes=minutes))


def _localised(naive: datetime, zone: ZoneInfo | None) -> datetime | Fault:
    """Place a time without a zone in the one that the source declares; around a change of the clock it may not fit."""
    if zone is None:
        return _NAIVE
    first, second = (naive.replace(tzinfo=zone, fold=fold) for fold in (0, 1))
    if first.utcoffset() == second.utcoffset():
        return first
    there = first.astimezone(UTC).astimezone(zone).replace(tzinfo=None)
    return _FOLD if there == naive else _GAP


def _clock(match: re.Match[str]) -> time | None:
    hour, minute, second = int(match["hour"]), int(match["minute"]), int(match["second"] or 0)
    if match["half"]:
        if not 1 <= hour <= 12:
            return None
        hour = hour % 12 + (12 if match["half"].casefold() == "p" else 0)
    if hour > 23 or minute > 59 or second > 59:
        return None
    # Microseconds are what a column keeps; finer digits are cut, never rounded into another second.
    return time(hour, minute, second, int((match["part"] or "").ljust(6, "0")[:6]))


def _day(text: str) -> date | Fault | None:
    """Give the date that stands before a time; null where none does."""
    if ISO.fullmatch(text):
        return iso_date(text) or _NO_INSTANT
    if not _MOMENT.fullmatch(text):
        return None
    moment = read_moment(text)
    if moment.unsure:
        return _DATE_UNCLEAR
    if moment.year is None or moment.month is None or moment.day is None:
        return None
    return date(moment.year, moment.month, moment.day)


def _is_span(match: re.Match[str], clock: time) -> bool:
    """`4 March 2021 10:00-12:00`: an offset or a span. In the form of ISO, and beside seconds, it is an offset."""
    zone = match["zone"]
    if not zone.startswith("-") or len(zone) == len("-0500") or match["second"] or match["half"]:
        return False
    if match[0][match.end("date")] in {"T", "t"}:
        return False
    return (int(zone[1:3]), int(zone[3:].lstrip(":") or 0)) > (clock.hour, clock.minute)


def _stated(text: str, zone: ZoneInfo | None) -> Outcome:
    text = in_figures(fold(text))
    if turned := _YEAR_LAST.fullmatch(text):
        text = "{0}{1}, {4} {2}{3}".format(*(part or "" for part in turned.groups()))
    elif basic := _BASIC.fullmatch(text):
        text = "{}-{}-{}T{}:{}:{}{}".format(*(part or "" for part in basic.groups()))
    match = _WHOLE.fullmatch(text)
    day = None if match is None else _day(match["date"].rstrip(","))
    if match is None or day is None:
        return _NO_TIME if _DATE.fullmatch(text) else _NO_INSTANT
    if isinstance(day, Fault):
        return day
    named = WEEKDAYS.get((match["weekday"] or "").casefold(), day.weekday())
    if named != day.weekday():
        return _OTHER_DAY
    clock = _clock(match)
    return _NO_INSTANT if clock is None else _placed(match, day, clock, zone)


def _placed(match: re.Match[str], day: date, clock: time, zone: ZoneInfo | None) -> Outcome:
    """Give the instant of a day and a clock, in the zone that the text states or else the source declares."""
    naive = datetime.combine(day, clock)
    if not match["zone"]:
        local = _localised(naive, zone)
        return local if isinstance(local, Fault) else _in_range(local)
    if _is_span(match, clock):
        return _SPAN
    offset = _zone(match["zone"])
    return _NO_INSTANT if offset is None else _in_range(naive.replace(tzinfo=offset))


def _in_range(instant: datetime) -> Outcome:
    try:
        return written(instant)
    except OverflowError:
        return _FAR


def declared_zone(name: str | None) -> ZoneInfo | None:
    """Give the declared time zone.

    Raises:
        UsageError: there is no zone of that name.
    """
    if name is None:
        return None
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise UsageError(
            f"there is no time zone {name!r}", hint="name one of the IANA database, as Europe/Berlin"
        ) from error


def compile_parse_datetime(args: Arguments, settings: ReadSettings) -> Step:
    pattern = checked_format(str(args["format"]), clock=True) if "format" in args else None
    zone = declared_zone(settings.time_zone)

    def parse_datetime(value: Json) -> Outcome:
        text = statement(value)
        if not isinstance(text, str):
            return text
        if pattern is None:
            return _stated(text, zone)
        read = by_format(text, pattern)
        if isinstance(read, datetime) and read.tzinfo is None:
            read = _localised(read, zone)
        return read if isinstance(read, Fault) else _in_range(read)

    return parse_datetime


def _since_epoch(number: Decimal, microseconds: int) -> Outcome:
    if not number.is_finite():
        return _NO_EPOCH
    if number.adjusted() > 18:
        return _FAR
    try:
        return written(_EPOCH + timedelta(microseconds=int(number * microseconds)))
    except OverflowError:
        return _FAR


def _epoch_number(value: Json) -> Decimal | None:
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return Decimal(value if value.bit_length() <= 128 else 2**128)
    return value if isinstance(value, Decimal) else None


def compile_parse_epoch(args: Arguments, _settings: ReadSettings) -> Step:
    unit = args["unit"]
    if unit not in {"s", "ms"}:
        raise UsageError("parse_epoch: the unit is neither s nor ms", hint="seconds or milliseconds since 1970")
    factor = 1_000_000 if unit == "s" else 1_000

    def parse_epoch(value: Json) -> Outcome:
        number = _epoch_number(value)
        if number is not None:
            return _since_epoch(number, factor)
        text = statement(value)
        if not isinstance(text, str):
            return ABSENT if text is ABSENT else _NO_EPOCH
        if _DIGITS.fullmatch(text):
            return _since_epoch(Decimal(text), factor)
        stated = _stated(text, None)
        return stated if isinstance(stated, str) else _NO_EPOCH

    return parse_epoch
