"""How well a source field fits a target field, from signals that do not depend on one another."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType
from typing import Final

from enrichment.evidence.kinds import KindView, infer_source_kind, infer_target_kind
from enrichment.evidence.lattice import compatible
from enrichment.evidence.sense import Sense, concepts_of_text, sense_of_name, sense_of_path
from enrichment.evidence.words import Entry, known_concepts, phrases, relations, split
from schemas.json_types import Json
from schemas.kinds import Kind
from schemas.shape import SampledField
from schemas.target import TargetField

#: What the name of a source field loses for each word that the target field does not have.
_STRANGE_WORD: Final = 0.27
_STRANGE_ANCESTOR: Final = 0.07
#: What a word is worth that stands in an enclosing object only.
_INHERITED: Final = 0.93
#: What an agreement is worth where the field's own name says something else: `/property/built` is no property type.
_ONLY_INHERITED: Final = 0.4
#: What a description is worth, measured by a name.
_DESCRIBED: Final = 0.85
#: Words into a description after which it tells of other things.
_EARLY: Final = 6
#: Weight from which on a kind that a target's name announces is meant.
_MEANT: Final = 0.15
#: Facets that go with every name of their kind.
_PLAIN_FACETS: Final = frozenset({"@name", "@id", "@code", "@number", "@amount", "@text"})

#: Kinds that an operation can make of another, and how much less that fits than the kind itself.
CONVERTIBLE: Final[Mapping[tuple[Kind, Kind], float]] = MappingProxyType(
    {
        (Kind.MONEY, Kind.CURRENCY): 0.85,
        (Kind.DATE, Kind.YEAR): 0.95,
        (Kind.DATETIME, Kind.YEAR): 0.9,
        (Kind.DATE, Kind.DATETIME): 0.7,
        (Kind.DATETIME, Kind.DATE): 0.95,
        (Kind.ADDRESS, Kind.COUNTRY): 0.5,
        (Kind.NAME, Kind.COUNTRY): 0.5,
        (Kind.TEXT, Kind.COUNTRY): 0.4,
        (Kind.CODE, Kind.COUNTRY): 0.8,
        (Kind.CATEGORY, Kind.BOOLEAN): 0.7,
    }
)


@dataclass(frozen=True, slots=True)
class Fit:
    """`score`: 0..1. `signals`: what it came from, each 0..1; their meaning does not depend on one another."""

    score: float
    signals: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Offered:
    """A source field, read once for all target fields."""

    sense: Sense
    view: KindView
    types: tuple[str, ...]
    fill: float


@dataclass(frozen=True, slots=True)
class Wanted:
    """A target field, read once for all source fields."""

    sense: Sense
    kind: Kind | None
    said: tuple[str, ...]


def read_source(
    source: SampledField,
    *,
    entity: frozenset[str] = frozenset(),
    samples: Sequence[Json] | None = None,
    more: tuple[str, ...] = (),
) -> Offered:
    """Read a source field.

    `samples`: values to look at instead of the few that are offered. `more`: names that lead on from the pointer.
    """
    values = source.samples if samples is None else samples
    view = infer_source_kind(source.path, values, source.types, more=more)
    return Offered(sense_of_path(source.path, more, entity), view, source.types, source.fill)


def read_target(target: TargetField, *, entity: frozenset[str] = frozenset()) -> Wanted:
    """Read a target field. `entity`: words for the thing that the target describes, which distinguish nothing."""
    said = tuple(word for word in _said(target.description) if word not in entity)
    return Wanted(sense_of_name(target.name, entity), infer_target_kind(target), said)


def score(offered: Offered, wanted: Wanted) -> Fit:
    """Score how well a source field fits a target field."""
    name = _name_signal(offered.sense, wanted.sense, wanted.kind)
    described = _description_signal(offered.sense, wanted.said)
    kind = _kind_signal(offered.view, wanted.kind)
    form = _type_signal(offered.types)
    filled = 0.8 + 0.2 * min(1.0, offered.fill * 2) if offered.fill else 0.3
    named = max(name, _DESCRIBED * described)
    total = named * (0.25 + 0.75 * kind) * form * filled if kind else 0.0
    same = 0.0 if wanted.sense.content and _other_facets(offered.sense, wanted.sense, wanted.kind) else 1.0
    signals = {"name": name, "description": described, "facet": same, "kind": kind, "type": form, "fill": offered.fill}
    return Fit(round(total, 4), MappingProxyType(signals))


def fit(
    source: SampledField,
    target: TargetField,
    *,
    entity: frozenset[str] = frozenset(),
    samples: Sequence[Json] | None = None,
    more: tuple[str, ...] = (),
) -> Fit:
    """Score how well one source field fits one target field; see `read_source` and `read_target`."""
    return score(read_source(source, entity=entity, samples=samples, more=more), read_target(target, entity=entity))


def entity_words(*names: str) -> frozenset[str]:
    """Give the words that a target's own name contributes, as they are to be ignored in field names."""
    found: set[str] = set()
    for name in names:
        for entry in concepts_of_text(name):
            found.add(entry.concept if isinstance(entry, Entry) else entry)
        # A table is called by what it holds many of, its columns by one of them: `fund_name` in `funds`.
        found |= {form for word in split(name) if len(word) > 2 for form in (word, word.removesuffix("s"))}
    return frozenset(word for word in found if not word.startswith("@"))


def _name_signal(source: Sense, target: Sense, wanted: Kind | None) -> float:
    if not target.content:
        return _facet_signal(source, target, wanted)
    shared = sum(_best(word, source) for word in target.content) / len(target.content)
    if not source.content and not source.ancestors:
        shared = max(shared, _related_facets(source.facets, target.content))
    unanswered = [word for word in source.content if not _answered(word, target.content)]
    if len(unanswered) == len(source.content) and any(word in known_concepts() for word in unanswered):
        shared *= _ONLY_INHERITED
    strange = _STRANGE_WORD * len(unanswered)
    strange += min(0.2, sum(_STRANGE_ANCESTOR for word in source.ancestors if not _answered(word, target.content)))
    strange += _STRANGE_WORD * len(_other_facets(source, target, wanted))
    return round(max(0.0, shared - min(0.6, strange) * (1.0 if shared else 0.0)), 4)


def _other_facets(source: Sense, target: Sense, wanted: Kind | None) -> frozenset[str]:
    """Give the facets that make another thing of what the names share: `/symbols/0/currency` is no symbol."""
    meant = {kind for kind, weight in target.kinds.items() if weight >= _MEANT} | {wanted}
    return frozenset(
        facet for facet in source.facets - target.facets - _PLAIN_FACETS if not meant & _facet_kinds()[facet]
    )


@lru_cache(maxsize=1)
def _facet_kinds() -> Mapping[str, frozenset[Kind]]:
    found: dict[str, set[Kind]] = {}
    for entry in phrases().values():
        if entry.is_facet:
            found.setdefault(entry.concept, set()).update(entry.kinds)
    return {facet: frozenset(kinds) for facet, kinds in found.items()}


def _facet_signal(source: Sense, target: Sense, wanted: Kind | None) -> float:
    """A name such as `name`, `id` or `url` says only what kind of value it is."""
    if target.facets & source.facets:
        base = 1.0
    else:
        base = max((_near(f, c) for f in target.facets for c in source.content | source.facets), default=0.0)
        if wanted is not None and source.kinds.get(wanted, 0.0) >= 0.8:
            base = max(base, 0.45)
    related = {c for c in source.content if any(_near(c, f) >= 0.5 for f in target.facets)}
    strange = _STRANGE_WORD * len(source.content - related) + min(0.2, _STRANGE_ANCESTOR * len(source.ancestors))
    return round(max(0.0, base - min(0.6, strange)), 4)


def _description_signal(source: Sense, said: tuple[str, ...]) -> float:
    """Say how much of what the source field is called stands in the description, near its beginning."""
    places = [said.index(word) for word in source.content if word in said]
    if not places:
        return 0.0
    missing = len(source.content) - len(places)
    early = 1.0 if min(places) <= _EARLY else 0.7
    return round(max(0.0, early - _STRANGE_WORD * missing - min(0.2, _STRANGE_ANCESTOR * len(source.ancestors))), 4)


def _said(description: str) -> tuple[str, ...]:
    if not description:
        return ()
    entries = concepts_of_text(_before_exclusion(description))
    return tuple(entry.concept if isinstance(entry, Entry) else entry for entry in entries)


def _before_exclusion(description: str) -> str:
    for mark in (" not ", " excluding ", " without ", " rather than ", " unlike ", " except "):
        description = description.split(mark, 1)[0]
    return description


def _kind_signal(view: KindView, wanted: Kind | None) -> float:
    if wanted is None:
        return 0.75
    known = sum(
        weight * max(compatible(kind, wanted), CONVERTIBLE.get((kind, wanted), 0.0))
        for kind, weight in view.candidates.items()
    )
    return round(min(1.0, known + 0.6 * view.unknown), 4)


def _type_signal(types: Sequence[str]) -> float:
    """Lists and objects need more than a parse."""
    scalar = {t for t in types if t not in {"array", "object", "null"}}
    return 1.0 if scalar else 0.6


def _best(word: str, source: Sense) -> float:
    own = max((_near(word, have) for have in source.content), default=0.0)
    above = max((_near(word, have) for have in source.ancestors), default=0.0)
    return max(own, above * _INHERITED)


def _answered(word: str, content: frozenset[str]) -> bool:
    return any(_near(word, have) >= 0.3 for have in content)


def _related_facets(facets: frozenset[str], content: frozenset[str]) -> float:
    return max((_near(f, c) for f in facets for c in content), default=0.0)


def _near(left: str, right: str) -> float:
    if left == right:
        return 1.0
    known = relations().get((left, right))
    if known is not None:
        return known
    shorter, longer = sorted((left, right), key=len)
    return 0.6 if len(shorter) >= 4 and longer.startswith(shorter) and not left.startswith("@") else 0.0
