"""Which kind a source field and a target field have, as far as names and values tell."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from enrichment.evidence.sense import Sense, sense_of_name, sense_of_path
from enrichment.evidence.values import Look, look_at
from enrichment.evidence.words import phrases, split
from schemas.json_types import Json
from schemas.kinds import Kind
from schemas.target import TargetField

#: Weight from which on a kind counts as known.
CERTAIN: Final = 0.6
#: Weight of all that a name announces from which on what it does not announce is out of the question.
_TOLD: Final = 0.75
#: Share of values that decides against a name.
_DECISIVE: Final = 0.6
#: Weight from which on a kind that a name announces is more than what its ending suggests.
_HINTED: Final = 0.3
#: What a name's kind keeps where the values rule it out.
_RULED_OUT: Final = 0.02
#: Kinds as which every text may be meant, whatever its form.
LOOSE: Final = frozenset({Kind.NAME, Kind.TEXT, Kind.CATEGORY, Kind.CODE, Kind.IDENTIFIER, Kind.ADDRESS})

#: Kinds whose values are written as a code unless a name is asked for.
CODED: Final = frozenset({Kind.COUNTRY, Kind.CURRENCY, Kind.LANGUAGE})

_FORMATS: Final[Mapping[str, Kind]] = MappingProxyType(
    {"date": Kind.DATE, "date-time": Kind.DATETIME, "uri": Kind.URL, "email": Kind.EMAIL}
)
_TYPED: Final[Mapping[str, frozenset[Kind]]] = MappingProxyType(
    {
        "integer": frozenset(
            {Kind.COUNT, Kind.QUANTITY, Kind.MONEY, Kind.PERCENT, Kind.YEAR, Kind.DURATION, Kind.IDENTIFIER, Kind.CODE}
            | {Kind.CATEGORY, Kind.POSTAL_CODE, Kind.PHONE, Kind.DATETIME}
        ),
        "number": frozenset(
            {Kind.COUNT, Kind.QUANTITY, Kind.MONEY, Kind.PERCENT, Kind.YEAR, Kind.DURATION}
            | {Kind.LATITUDE, Kind.LONGITUDE, Kind.DATETIME}
        ),
        "boolean": frozenset({Kind.BOOLEAN}),
    }
)


@dataclass(frozen=True, slots=True)
class KindView:
    """What a source field may mean.

    candidates: kind -> weight, at most 1 in sum; what is missing to 1 is unknown
    unit:       the one unit or currency that name or values state, else null
    """

    candidates: Mapping[Kind, float]
    unit: str | None = None

    @property
    def top(self) -> Kind | None:
        return max(self.candidates, key=lambda k: self.candidates[k], default=None)

    @property
    def known(self) -> Kind | None:
        """The kind, where it is certain enough to refuse by."""
        top = self.top
        return top if top is not None and self.candidates[top] >= CERTAIN else None

    @property
    def unknown(self) -> float:
        return max(0.0, 1 - sum(self.candidates.values()))


def infer_source_kind(
    path: str, samples: Sequence[Json], types: Collection[str] = (), *, more: tuple[str, ...] = ()
) -> KindView:
    """Weigh the kinds of a source field by its name, its values and its JSON types.

    `more`: further names that lead on from the pointer, such as the member that `select` takes.
    """
    sense = sense_of_path(path, more)
    look = look_at(samples)
    if types and set(types) <= {"object", "null"}:
        return KindView(MappingProxyType({}))
    return KindView(MappingProxyType(_weigh(sense, look)), _unit(sense, look))


def infer_target_kind(field: TargetField) -> Kind | None:
    """Give a target field's kind: as declared, else by format, type, name and description; null where unsure."""
    if field.kind is not None:
        return field.kind
    if field.format is not None:
        return _FORMATS[field.format]
    if field.type == "boolean":
        return Kind.BOOLEAN
    if field.currency_field is not None:
        return Kind.MONEY
    return Kind.NAME if _labels(field) is not None else _announced(field)


def _announced(field: TargetField) -> Kind | None:
    """Give the kind that the name or the description is certain of."""
    for text in (field.name, *_first_clause(field.description)):
        kinds = _typed(sense_of_name(text).kinds, field)
        best = max(kinds, key=lambda k: kinds[k], default=None)
        if best is not None and kinds[best] >= CERTAIN:
            return best
    return None


def plausible_target_kinds(field: TargetField) -> frozenset[Kind]:
    """Give the kinds that a target field may have; empty where nothing can be said."""
    kind = infer_target_kind(field)
    if kind is not None:
        labelled = None if field.kind is not None else _labels(field)
        return frozenset({kind} if labelled is None else {kind, labelled})
    sense = sense_of_name(field.name)
    kinds = _typed(sense.kinds, field)
    if sum(kinds.values()) >= _TOLD:
        return frozenset(kinds)
    if field.type == "integer" and sense.plural and not kinds:
        return frozenset({Kind.COUNT, Kind.QUANTITY, Kind.DURATION})
    return _TYPED.get(field.type, frozenset())


def _labels(field: TargetField) -> Kind | None:
    """Give what a text field names where its last word says so: `country_name` holds the name, not the code."""
    words = split(field.name)
    last = phrases().get(words[-1:])
    if field.type != "string" or field.format is not None or len(words) < 2 or last is None or last.concept != "@name":
        return None
    kinds = sense_of_name(field.name).kinds
    best = max(kinds, key=lambda k: kinds[k], default=None)
    return best if best in CODED and kinds[best] >= CERTAIN else None


def _typed(kinds: Mapping[Kind, float], field: TargetField) -> Mapping[Kind, float]:
    allowed = _TYPED.get(field.type)
    if allowed is None:
        # A text that is called an area or a size is rather a name for one.
        return {k: w for k, w in kinds.items() if k is not Kind.QUANTITY}
    left = {k: w for k, w in kinds.items() if k in allowed}
    if field.type == "integer" and Kind.YEAR in left and Kind.DATE in kinds:
        left[Kind.YEAR] = kinds[Kind.YEAR] + kinds[Kind.DATE]
    return left


def _first_clause(description: str) -> tuple[str, ...]:
    clause = description
    for mark in (".", ";", "(", ",", ":", " not ", " excluding ", " e.g", " such as ", " as ", " which ", " that "):
        clause = clause.split(mark, 1)[0]
    return (clause,) if clause.strip() and len(clause) <= 80 else ()


def _weigh(sense: Sense, look: Look) -> dict[Kind, float]:
    decided = {k: s for k, s in look.decisive.items() if s >= _DECISIVE}
    if len(decided) == 0 and sum(look.decisive.get(k, 0) for k in (Kind.DATE, Kind.YEAR, Kind.DATETIME)) >= _DECISIVE:
        decided = {k: look.decisive[k] for k in (Kind.DATE, Kind.YEAR, Kind.DATETIME) if k in look.decisive}
    if decided:
        return _decided(sense, look, decided)
    if look.seen == 0:
        return dict(sense.kinds)
    likely = {k: w * (1 if _possible(look, k) else _RULED_OUT) for k, w in sense.kinds.items()}
    total = sum(likely.values()) + 1 - sum(sense.kinds.values())
    weights = {k: w / total for k, w in likely.items()} if total else {}
    if sum(weights.values()) < _DECISIVE:
        weights |= _unnamed(sense, look)
    elif look.years and max(weights.values()) < _DECISIVE and Kind.YEAR not in weights:
        weights = {kind: weight / 2 for kind, weight in weights.items()} | {Kind.YEAR: 0.5}
    # an event whose values are plain years
    if Kind.DATE in weights and Kind.YEAR in sense.kinds and look.possible.get(Kind.YEAR, 0) >= _DECISIVE:
        weights[Kind.YEAR] = sense.kinds[Kind.YEAR] + sense.kinds[Kind.DATE]
        weights.pop(Kind.DATE)
    return weights


def _unnamed(sense: Sense, look: Look) -> dict[Kind, float]:
    """Guess from numbers alone: years lie close together, and whole numbers of something plural are counts."""
    if look.years and Kind.COUNT not in sense.kinds:
        return {Kind.YEAR: 0.65}
    # An ending is no more than a guess: `charges_mensuelles` is money, as its other word says.
    told = any(weight >= _HINTED for kind, weight in sense.kinds.items() if kind is not Kind.COUNT)
    if sense.plural and not told and look.possible.get(Kind.COUNT, 0.0) == 1 and not look.possible.get(Kind.NAME):
        return {Kind.COUNT: 0.65}
    return {}


def _decided(sense: Sense, look: Look, decided: Mapping[Kind, float]) -> dict[Kind, float]:
    """Let the form of the values speak, and beside it those meanings of the name that the form allows."""
    weights = {k: 0.95 * s / max(1.0, sum(decided.values())) for k, s in decided.items()}
    agreeing = {k: w for k, w in sense.kinds.items() if k not in decided and w >= 0.3 and _possible(look, k)}
    agreeing = {k: w for k, w in agreeing.items() if k in LOOSE or k in {Kind.YEAR, Kind.DATE, Kind.DATETIME}}
    for kind, weight in agreeing.items():
        shared = min(0.45, weight * 0.5)
        weights = {k: w * (1 - shared) for k, w in weights.items()}
        weights[kind] = shared
    return weights


def _possible(look: Look, kind: Kind) -> bool:
    return look.possible.get(kind, 0.0) >= 0.25 or (kind is Kind.TEXT and look.possible.get(Kind.NAME, 0.0) >= 0.25)


def _unit(sense: Sense, look: Look) -> str | None:
    if sense.unit is not None:
        return sense.unit.name
    if len(look.units) == 1:
        ((unit, share),) = look.units.items()
        return unit if share >= _DECISIVE else None
    return None
