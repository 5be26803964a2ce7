"""Years, dates and instants."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Final

from enrichment.offline.auditor.says.saying import Ground, Saying, is_number, number
from enrichment.offline.auditor.texts.dates import Order, dates, from_epoch, instants, may_name, years
from schemas.json_types import Json, JsonScalar

_OFFSET: Final = timedelta(hours=14)
_QUARTER: Final = timedelta(minutes=15)


def _stated_years(place: JsonScalar) -> frozenset[int]:
    if is_number(place):
        whole = number(place)
        return frozenset({int(whole)}) if whole is not None and 1000 <= whole <= 2199 else frozenset()
    if not isinstance(place, str):
        return frozenset()
    return years(place) | frozenset(
        day.year for days in dates(place) for day in days if len({d.year for d in days}) == 1
    )


def says_year(value: Json, place: JsonScalar, ground: Ground) -> Saying:
    """A year. Two different ones leave it open."""
    del ground
    wanted, found = number(value), _stated_years(place)
    if wanted is None or not found:
        return Saying.SILENT
    if len(found) == 1:
        return Saying.STATES if wanted in found else Saying.OTHERWISE
    return Saying.OPEN if wanted in found else Saying.SILENT


def clear_year(place: JsonScalar, ground: Ground) -> bool:
    del ground
    return len(_stated_years(place)) == 1


def _days(place: JsonScalar, order: Order | None) -> list[frozenset[date]]:
    if is_number(place) or (isinstance(place, str) and place.strip().isdigit() and len(place.strip()) >= 9):
        moment = from_epoch(int(str(place).strip())) if str(place).strip().isdigit() else None
        return [] if moment is None else [frozenset({moment.date()})]
    if not isinstance(place, str):
        return []
    found = dates(place, order)
    zoned = [moment.date() for moment in instants(place, order) if moment.tzinfo is not None]
    # an instant with an offset may fall on another day in UTC
    return [days | frozenset(zoned) for days in found] if len(found) == 1 else found


def says_date(value: Json, place: JsonScalar, ground: Ground) -> Saying:
    """An ISO 8601 date."""
    found = _days(place, ground.order)
    try:
        wanted = date.fromisoformat(str(value)[:10])
    except ValueError:
        return Saying.SILENT
    if not found:
        return Saying.OPEN if isinstance(place, str) and may_name(place, wanted) else Saying.SILENT
    stated = any(wanted in days for days in found)
    if len(found) == 1:
        return Saying.STATES if stated else Saying.OTHERWISE
    return Saying.OPEN if stated else Saying.SILENT


def clear_date(place: JsonScalar, ground: Ground) -> bool:
    found = _days(place, ground.order)
    return len(found) == 1 and len(found[0]) == 1


def _moments(place: JsonScalar, order: Order | None) -> list[datetime]:
    text = str(place).strip()
    if text.isdigit() and not isinstance(place, bool):
        moment = from_epoch(int(text))
        return [] if moment is None else [moment]
    return instants(place, order) if isinstance(place, str) else []


def _meets(wanted: datetime, moment: datetime) -> bool:
    if moment.tzinfo is not None:
        return abs(wanted - moment) < timedelta(seconds=1)
    # a time without a zone is that of some zone
    apart = abs(wanted - moment.replace(tzinfo=UTC))
    rest = apart % _QUARTER
    return apart <= _OFFSET and min(rest, _QUARTER - rest) < timedelta(seconds=1)


def says_datetime(value: Json, place: JsonScalar, ground: Ground) -> Saying:
    """An ISO 8601 instant in UTC."""
    try:
        wanted = datetime.fromisoformat(str(value))
    except ValueError:
        return Saying.SILENT
    wanted = wanted if wanted.tzinfo is not None else wanted.replace(tzinfo=UTC)
    found = _moments(place, ground.order)
    if not found:
        by_day = says_date(wanted.date().isoformat(), place, ground)
        return Saying.OPEN if by_day is Saying.STATES else by_day
    return Saying.STATES if any(_meets(wanted, moment) for moment in found) else Saying.OTHERWISE


def clear_datetime(place: JsonScalar, ground: Ground) -> bool:
    found = _moments(place, ground.order)
    return len(found) == 1 and found[0].tzinfo is not None
