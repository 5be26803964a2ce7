"""Counts, quantities, shares and durations."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Final

from enrichment.exact import times, times_ten
from enrichment.offline.auditor.measures import UNITS
from enrichment.offline.auditor.says.saying import Ground, Saying, is_number, near, number
from enrichment.offline.auditor.texts.numerals import Mention, meant, mentions
from schemas.json_types import Json, JsonScalar

_CLOCK: Final = re.compile(r"^\s*(?:(\d{1,3}):)?(\d{1,3}):(\d{2})\s*$")
_PARTS: Final = re.compile(
    r"(\d+(?:\.\d+)?)\s*(h|hrs?|hours?|m|mins?|minutes?|s|secs?|seconds?)(?![^\W\d_])", re.IGNORECASE
)
_ISO: Final = re.compile(r"^P(?:\d+D)?T(?=\d)")
#: What stands behind a share -> the power of ten that it is of.
_SHARES: Final = {
    power: re.compile(rf"\s*(?:[{signs}]|(?:{words})(?![^\W_]))", re.IGNORECASE)
    for power, signs, words in (
        (-2, "%\u066a\uff05\ufe6a", "per ?cent|pct|pro[zc]ente?|por ciento|pour cent|per cento"),
        (-3, "\u2030", "promille|per ?mille"),
        (-4, "\u2031", "bps?|basis points?"),
    )
}
_SECONDS: Final = {"h": 3600, "m": 60, "s": 1}


def _factor(standing: str | None, wanted: str | None) -> Decimal | None:
    """By what to multiply to come from one unit to the other; nothing where one is not known."""
    have, want = UNITS.get((standing or "").lower()), UNITS.get((wanted or "").lower())
    if have is None or want is None or have[0] != want[0]:
        return None
    return have[1] / want[1]


def _settle(wanted: Decimal, readings: list[frozenset[Decimal]]) -> Saying:
    """One number, or the same one repeated, decides; several leave it open."""
    stated = [readings_ for readings_ in readings if any(near(wanted, value) for value in readings_)]
    if len(set(readings)) == 1:
        return Saying.STATES if stated else Saying.OTHERWISE
    return Saying.OPEN if stated else Saying.SILENT


def says_number(value: Json, place: JsonScalar, ground: Ground) -> Saying:
    """A count or a plain number."""
    wanted = number(value)
    if wanted is None or isinstance(place, bool) or place is None:
        return Saying.SILENT
    if is_number(place):
        return _settle(wanted, [frozenset({Decimal(str(place))})])
    found = meant(mentions(str(place), ground.style))
    return _settle(wanted, [mention.values for mention in found]) if found else Saying.SILENT


def _converted(mention: Mention, ground: Ground) -> frozenset[Decimal]:
    factor = _factor(mention.word if mention.word in UNITS else ground.standing, ground.unit)
    return mention.values if factor is None else frozenset(times(value, factor) for value in mention.values)


def says_quantity(value: Json, place: JsonScalar, ground: Ground) -> Saying:
    """A measured quantity, in the field's unit where both units are known."""
    wanted = number(value)
    if wanted is None or isinstance(place, bool) or place is None:
        return Saying.SILENT
    if is_number(place):
        factor = _factor(ground.standing, ground.unit) or Decimal(1)
        return _settle(wanted, [frozenset({times(Decimal(str(place)), factor)})])
    found = meant(mentions(str(place), ground.style))
    return _settle(wanted, [_converted(mention, ground) for mention in found]) if found else Saying.SILENT


def says_percent(value: Json, place: JsonScalar, ground: Ground) -> Saying:
    """A share: `12 %` is 0.12, or 12 where the field counts in percent."""
    wanted = number(value)
    if wanted is None or isinstance(place, bool) or place is None:
        return Saying.SILENT
    if is_number(place):
        return _settle(wanted, [frozenset({Decimal(str(place))})])
    found = mentions(str(place), ground.style)
    hundredths = 2 if (ground.unit or "").lower() in {"percent", "%"} else 0
    signed = [(m, power + hundredths) for m in found if (power := _share(str(place), m)) is not None]
    chosen = signed or [(m, 0) for m in meant(found)]
    return (
        _settle(wanted, [frozenset(times_ten(v, power) for v in m.values) for m, power in chosen])
        if chosen
        else Saying.SILENT
    )


def _share(text: str, mention: Mention) -> int | None:
    return next((power for power, sign in _SHARES.items() if sign.match(text, mention.end)), None)


def _seconds(text: str) -> Decimal | None:
    if clock := _CLOCK.match(text):
        first, second, third = clock.groups()
        return Decimal(int(first or 0) * 3600 + int(second) * 60 + int(third))
    parts = _PARTS.findall(_ISO.sub("", text))
    if not parts:
        return None
    return sum((Decimal(figure) * _SECONDS[unit[0].lower()] for figure, unit in parts), Decimal(0))


def says_duration(value: Json, place: JsonScalar, ground: Ground) -> Saying:
    """A length of time, in the field's unit; where that is not known, in seconds, minutes or hours."""
    wanted = number(value)
    seconds = _seconds(place) if isinstance(place, str) else None
    if wanted is None or seconds is None:
        return says_quantity(value, place, ground)
    known = UNITS.get((ground.unit or "").lower())
    factors = [known[1]] if known is not None and known[0] == "time" else [Decimal(1), Decimal(60), Decimal(3600)]
    return _settle(wanted, [frozenset(seconds / factor for factor in factors)])


def clear_number(place: JsonScalar, ground: Ground) -> bool:
    """Whether a place states exactly one number, in exactly one reading."""
    if is_number(place):
        return True
    if not isinstance(place, str):
        return False
    found = mentions(place, ground.style)
    told = [mention for mention in found if not mention.dated]
    return bool(told) and len({mention.values for mention in told}) == 1 and len(told[0].values) == 1
