"""The signals of the evidence: how well a source field fits a target field, each seen by itself and in words.

Every signal speaks or is silent. What speaks is weighed and added up (weight of evidence, Good 1950); those that look
at the same thing, as all that read names do, count once, by the strongest of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from enrichment.evidence.fit import CONVERTIBLE, Fit, Offered, Wanted
from enrichment.evidence.impossible import cannot_be
from enrichment.evidence.kinds import LOOSE
from enrichment.evidence.lattice import compatible
from enrichment.evidence.profile import Profile, as_number, likeness
from enrichment.evidence.trusted import ENOUGH
from enrichment.evidence.units import Unit, unit_named
from enrichment.evidence.values import Look, scalars
from schemas.json_types import Json
from schemas.kinds import Kind
from schemas.pointer import tokens
from schemas.target import TargetField

#: What a description is worth, measured by a name.
_DESCRIBED: Final = 0.85
#: What the strongest of several signals that look at one thing counts; the rest is their mean.
_STRONGEST: Final = 0.75
#: Share of values from which on a unit that they state speaks for the field.
_MOST: Final = 0.6


@dataclass(frozen=True, slots=True)
class Pair:
    """One source field beside one target field.

    values:  what is read at the source field, absent ones dropped
    look:    what these values look like
    fit:     what the meanings of names, descriptions and kinds give
    kinds:   the kinds that the target field may have, none where nothing is known
    spelt:   how alike the two names are spelt, 0..1
    opposed: whether words that tell likes apart agree, 1, or contradict, -1; see `qualifiers`
    own:     profile of the values, null where there are too few
    column:  profile of the target's column in trusted rows, null where there are too few
    common:  records that both the source field and a trusted row fill, and in how many of them they agree
    beside:  pointers of the target fields that go with this one, such as the currency of an amount
    """

    field: TargetField
    path: str
    offered: Offered
    wanted: Wanted
    values: tuple[Json, ...]
    look: Look
    kinds: frozenset[Kind]
    fit: Fit
    spelt: float = 0.0
    opposed: float = 0.0
    own: Profile | None = None
    column: Profile | None = None
    common: tuple[int, int] = (0, 0)
    beside: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Heard:
    """What one signal says: `value` from -1 (speaks against) to 1 (speaks for), and one line of words."""

    signal: str
    value: float
    words: str


@dataclass(frozen=True, slots=True)
class Signal:
    """`measure` gives the value and the words, or null where the signal is silent. `group`: what it looks at."""

    name: str
    group: str
    measure: Callable[[Pair], tuple[float, str] | None]


@dataclass(frozen=True, slots=True)
class Weighed:
    """All that was heard of a pair, and its weight: only differences between pairs mean anything."""

    weight: float
    heard: tuple[Heard, ...]

    @property
    def named(self) -> float:
        """The strongest that is said for the pair by any signal that reads names, 0..1."""
        names = {signal.name for signal in SIGNALS if signal.group == "names"}
        return max((one.value for one in self.heard if one.signal in names), default=0.0)

    @property
    def unnamed(self) -> float:
        """The weight of all that does not read names."""
        groups = {signal.name: signal.group for signal in SIGNALS}
        return _added([(groups[one.signal], one.value) for one in self.heard if groups[one.signal] != "names"])

    def value(self, signal: str) -> float | None:
        return next((one.value for one in self.heard if one.signal == signal), None)


def _name(pair: Pair) -> tuple[float, str] | None:
    found = pair.fit.signals["name"]
    return (found, f"the names mean the same to {100 * found:.0f} %") if found else None


def _spelling(pair: Pair) -> tuple[float, str] | None:
    return (pair.spelt, f"the names are spelt alike to {100 * pair.spelt:.0f} %") if pair.spelt >= 0.1 else None


def _description(pair: Pair) -> tuple[float, str] | None:
    found = pair.fit.signals["description"]
    return (_DESCRIBED * found, f"the description speaks of it to {100 * found:.0f} %") if found else None


def _qualifiers(pair: Pair) -> tuple[float, str] | None:
    if not pair.opposed:
        return None
    return pair.opposed, f"words such as min and max {'agree' if pair.opposed > 0 else 'contradict'}"


def _kind_by_name(pair: Pair) -> tuple[float, str] | None:
    kinds = pair.offered.sense.kinds
    if not kinds or not pair.kinds:
        return None
    said = {kind: weight * (2 * _reaches(kind, pair.kinds) - 1) for kind, weight in kinds.items()}
    value = sum(one for kind, one in said.items() if one > 0 or _may_be(pair, kind))
    named = max(kinds, key=lambda kind: kinds[kind])
    return round(value, 4), f"its name says {_spoken(named)}, the target is {_all(pair.kinds)}"


def _may_be(pair: Pair, kind: Kind) -> bool:
    """Say whether the name may mean this kind; what its values are not is not held against a field.

    `/titles/long` holds no longitudes where its values are words.
    """
    look = pair.look
    return not look.seen or kind in LOOSE or look.possible.get(kind, 0.0) > 0


def _kind_by_values(pair: Pair) -> tuple[float, str] | None:
    if not pair.look.seen or not pair.kinds:
        return None
    if all(cannot_be(kind, pair.values, ()) for kind in pair.kinds):
        return -1.0, f"no value can be {_all(pair.kinds)}"
    decided = pair.look.decisive
    if not decided:
        return None
    value = sum(share * (2 * _reaches(kind, pair.kinds) - 1) for kind, share in decided.items())
    shown = max(decided, key=lambda kind: decided[kind])
    return round(max(-1.0, value), 4), f"its values look like {_spoken(shown)}"


def _unit_by_name(pair: Pair) -> tuple[float, str] | None:
    return _units(pair.offered.sense.unit, pair.wanted.sense.unit or unit_named(pair.field.unit), "name")


def _unit_by_values(pair: Pair) -> tuple[float, str] | None:
    units = pair.look.units
    stated = max(units, key=lambda name: units[name], default=None)
    if stated is None or units[stated] < _MOST:
        return None
    given, wanted = unit_named(stated), pair.wanted.sense.unit or unit_named(pair.field.unit)
    if given is not None and pair.kinds == {given.kind} == {Kind.PERCENT}:
        # A share that has its sign is read in whatever the field has it in: the sign speaks for all shares alike.
        return _units(given, given if wanted is None or wanted.measure == given.measure else wanted, "values")
    return _units(given, wanted, "values")


def _units(given: Unit | None, wanted: Unit | None, where: str) -> tuple[float, str] | None:
    if given is None or wanted is None:
        return None
    value = 1.0 if given.name == wanted.name else -0.5 if given.measure == wanted.measure else -1.0
    return value, f"its {where} give it in {given.name}, the target is in {wanted.name}"


def _bounds(pair: Pair) -> tuple[float, str] | None:
    low, high, allowed = pair.field.minimum, pair.field.maximum, pair.field.allowed
    told = list(scalars(pair.values))
    if allowed is not None and told:
        inside = sum(str(value) in {str(one) for one in allowed} for value in told)
    else:
        figures = [figure for value in told if (figure := as_number(value)) is not None]
        if not figures or (low is None and high is None):
            return None
        told = list(figures)
        inside = sum((low is None or figure >= low) and (high is None or figure <= high) for figure in figures)
    return round(2 * inside / len(told) - 1, 4), f"{inside} of {len(told)} values lie where the target's may"


def _distribution(pair: Pair) -> tuple[float, str] | None:
    if pair.own is None or pair.column is None:
        return None
    value = likeness(pair.own, pair.column)
    return value, f"its values and those of the trusted rows look {'alike' if value > 0 else 'unlike'}"


def _trusted(pair: Pair) -> tuple[float, str] | None:
    both, same = pair.common
    if both < ENOUGH:
        return None
    value = (2 * same / both - 1) * both / (both + 2)
    return round(value, 4), f"{same} of {both} trusted rows of the same identity hold the same value"


def _siblings(pair: Pair) -> tuple[float, str] | None:
    if not pair.beside:
        return None
    shared = [_shared(pair.path, other) for other in pair.beside]
    value = sum(shared) / len(shared)
    return round(value, 4), f"it stands {'with' if value > 0.5 else 'apart from'} {pair.beside[0]}, which goes with it"


def _shared(path: str, other: str) -> float:
    """Say whether two pointers stand in one object, or are one: 0, 1, or between where the names begin alike."""
    ours, theirs = tokens(path), tokens(other)
    if ours == theirs or (len(ours) > 1 and ours[:-1] == theirs[:-1]):
        return 1.0
    if len(ours) > 1 or len(theirs) > 1:
        return 0.0
    one, two = ours[-1].casefold(), theirs[-1].casefold()
    same = next((i for i, (a, b) in enumerate(zip(one, two, strict=False)) if a != b), min(len(one), len(two)))
    return min(1.0, same / 4)


#: Every signal, what it looks at, and how it measures.
SIGNALS: Final[tuple[Signal, ...]] = (
    Signal("name", "names", _name),
    Signal("spelling", "names", _spelling),
    Signal("description", "names", _description),
    Signal("qualifiers", "qualifiers", _qualifiers),
    Signal("kind_by_name", "kind_by_name", _kind_by_name),
    Signal("kind_by_values", "kind_by_values", _kind_by_values),
    Signal("unit_by_name", "unit", _unit_by_name),
    Signal("unit_by_values", "unit", _unit_by_values),
    Signal("bounds", "values", _bounds),
    Signal("distribution", "values", _distribution),
    Signal("trusted_rows", "trusted", _trusted),
    Signal("siblings", "siblings", _siblings),
)

#: What each thing that is looked at weighs.
WEIGHTS: Final[Mapping[str, float]] = MappingProxyType(
    {
        "names": 4.0,
        "qualifiers": 1.5,
        "kind_by_name": 0.8,
        "kind_by_values": 1.5,
        "unit": 1.0,
        "values": 1.2,
        "trusted": 5.0,
        "siblings": 0.6,
    }
)


def weigh(pair: Pair, signals: Sequence[Signal] | None = None) -> Weighed:
    """Hear all signals of a pair and add them up. `signals`: those to hear, all by default."""
    heard: list[Heard] = []
    spoken: list[tuple[str, float]] = []
    for signal in SIGNALS if signals is None else signals:
        found = signal.measure(pair)
        if found is not None:
            heard.append(Heard(signal.name, found[0], found[1]))
            spoken.append((signal.group, found[0]))
    return Weighed(_added(spoken), tuple(heard))


def _added(spoken: Iterable[tuple[str, float]]) -> float:
    """Add up values by what they look at."""
    groups: dict[str, list[float]] = {}
    for group, value in spoken:
        groups.setdefault(group, []).append(value)
    return round(sum(WEIGHTS[group] * _together(values) for group, values in groups.items()), 4)


def _together(values: Sequence[float]) -> float:
    """The strongest counts most; the others tell apart what it finds equal."""
    return _STRONGEST * max(values, key=abs) + (1 - _STRONGEST) * sum(values) / len(values)


def _reaches(kind: Kind, wanted: frozenset[Kind]) -> float:
    return max(max(compatible(kind, one), CONVERTIBLE.get((kind, one), 0.0)) for one in wanted)


def _spoken(kind: Kind) -> str:
    return kind.value.replace("_", " ")


def _all(kinds: frozenset[Kind]) -> str:
    return " or ".join(sorted(map(_spoken, kinds))) if len(kinds) <= 3 else "one of several kinds"
