"""Which kind of value a name announces: its head decides, and in a compound the head stands last."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Final, TypeAlias

from enrichment.evidence.lexicon import ASKING, NARROWING, NOISE
from enrichment.evidence.units import MAGNITUDES, UNITS, Unit
from enrichment.evidence.words import Entry, countable
from schemas.kinds import Kind

#: One word or phrase of a name: known, or the word itself.
Named: TypeAlias = Entry | str
Weights: TypeAlias = Mapping[Kind, float]

_NONE: Final[Weights] = MappingProxyType({})
#: Weight that a word before an unknown head keeps: `employee_satisfaction` is hardly a number of employees.
_MODIFIER: Final = 0.4
_STRONG: Final = 0.6
#: Facets that beat an event's own kinds: `year_founded` is a year.
_MOMENTS: Final = frozenset({"@year", "@date", "@datetime"})
#: Facets that only label something, and what keeps its kind under a label: `/country/name` is a country.
LABELS: Final = frozenset({"@name", "@code", "@text", "title"})
_LABELLED: Final = frozenset({Kind.COUNTRY, Kind.LANGUAGE, Kind.CURRENCY, Kind.ADDRESS, Kind.CATEGORY})
#: Heads that stand for a figure of whatever is named before them.
_FIGURES: Final = frozenset({"total", "@amount", "payment"})
#: Last words that make a name a moment.
_LAST: Final[Mapping[str, Weights]] = MappingProxyType(
    {
        "at": {Kind.DATETIME: 0.7, Kind.DATE: 0.2},
        "ts": {Kind.DATETIME: 0.7, Kind.DATE: 0.2},
        "on": {Kind.DATE: 0.7, Kind.DATETIME: 0.2},
    }
)


def concept_of(entry: Named) -> str:
    return entry.concept if isinstance(entry, Entry) else entry


def is_noise(entry: Named) -> bool:
    return isinstance(entry, str) and (entry in NOISE or entry in NARROWING or entry in ASKING or entry.isdigit())


def strip_measures(entries: Sequence[Named]) -> tuple[list[Named], Unit | None, int]:
    """Take units, magnitudes and years off the end of a name: `revenue_2021_eur_millions`.

    Gives what is left, the unit, and the power of ten. Short words are units only after what they can measure.
    """
    left, unit, power = list(entries), None, 0
    while len(left) > 1:
        last = left[-1]
        word = last if isinstance(last, str) else ""
        joined = len(left) > 2 and isinstance(left[-2], str) and left[-2] + word in UNITS and word != ""
        word = f"{left[-2]}{word}" if joined else word
        fits = {kind for kind, weight in kinds_of(left[:-1], None).items() if weight >= 0.15}
        if concept_of(last) == "minimum" and Kind.DURATION in fits:
            word = "min"
        if word in {"in", "per"} and (unit is not None or power):
            unit = None if word == "per" else unit
        elif word in MAGNITUDES and (Kind.MONEY in fits or (unit and unit.measure == "currency") or len(word) > 2):
            power = MAGNITUDES[word]
        elif word in UNITS and (len(word) > 2 or UNITS[word].kind in fits or word in {"kg", "km", "lb"}):
            unit = UNITS[word]
        elif not word.isdigit() and word not in {"in", "per"}:
            break
        del left[-2 if joined else -1 :]
    return left, unit, power


def kinds_of(entries: Sequence[Named], unit: Unit | None) -> Weights:
    """Weigh the kinds that a name announces, without its unit; the unit has the last word."""
    kinds = _announced(entries)
    if unit is None:
        return kinds
    carried = kinds.get(unit.kind, 0.0)
    if unit.kind is Kind.QUANTITY:
        carried = max(carried, kinds.get(Kind.DURATION, 0.0))
    return kinds if carried >= _STRONG else {unit.kind: 0.8}


def _announced(entries: Sequence[Named]) -> Weights:
    """Ask the words that settle it wherever they stand, then the head."""
    settled = _settled(entries) if len(entries) > 1 else None
    if settled is not None:
        return settled
    narrowed = next((i for i, e in enumerate(entries) if i and isinstance(e, str) and e in NARROWING), len(entries))
    told = [entry for entry in entries[:narrowed] if not is_noise(entry)]
    if not told:
        return _NONE
    head, rest = told[-1], [entry for entry in reversed(told[:-1]) if isinstance(entry, Entry)]
    return _modified(rest) if isinstance(head, str) else _of_compound(head, rest)


def _settled(entries: Sequence[Named]) -> Weights | None:
    first, last = entries[0], entries[-1]
    if isinstance(first, str) and first in ASKING:
        return {Kind.BOOLEAN: 0.88}
    if isinstance(last, str) and last in _LAST:
        return _LAST[last]
    if isinstance(first, Entry) and first.concept in {"@count", "@number"} and _is_counted(last):
        return {Kind.COUNT: 0.88 if first.concept == "@count" else 0.75}
    return None


def _of_compound(head: Entry, rest: Sequence[Entry]) -> Weights:
    """Weigh a known head, with the known words before it from the nearest on."""
    if _is_moment(head):
        return next((entry.kinds for entry in rest if entry.concept in _MOMENTS), head.kinds)
    if head.concept in LABELS:
        return next((entry.kinds for entry in rest if entry.kinds and _top(entry) in _LABELLED), head.kinds)
    if head.concept == "@id" and any(entry.concept == "@year" for entry in rest[:1]):
        return {Kind.YEAR: 0.6, Kind.IDENTIFIER: 0.3}
    if head.concept == "@number" and rest:
        counted = any(entry.concept in countable() for entry in rest)
        return {Kind.COUNT: 0.75, Kind.IDENTIFIER: 0.2} if counted else {Kind.IDENTIFIER: 0.7, Kind.CODE: 0.1}
    if head.concept in _FIGURES and max(head.kinds.values()) < _STRONG + 0.01:
        strong = (e.kinds for e in rest if max(e.kinds.values(), default=0.0) >= _STRONG and not _is_moment(e))
        return next(strong, head.kinds)
    return head.kinds or _modified(rest)


def _modified(rest: Sequence[Entry]) -> Weights:
    """Weigh what stands before a head that says nothing of its kind."""
    modifier = next((entry.kinds for entry in rest if entry.kinds), _NONE)
    return {kind: weight * _MODIFIER for kind, weight in modifier.items()}


def _top(entry: Entry) -> Kind:
    return max(entry.kinds, key=lambda kind: entry.kinds[kind])


def _is_moment(entry: Entry) -> bool:
    return sum(entry.kinds.get(kind, 0.0) for kind in (Kind.YEAR, Kind.DATE, Kind.DATETIME)) >= 0.7


def _is_counted(entry: Named) -> bool:
    """Say whether a word after `number of` can be what is counted."""
    if isinstance(entry, str):
        return not entry.isdigit()
    return not entry.kinds or Kind.COUNT in entry.kinds or max(entry.kinds.values()) < 0.8
