"""What could be bound to a target field: offered fields, elements of lists, and members that a list labels."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final

from enrichment.evidence import Fit, fit, infer_target_kind
from enrichment.evidence.sense import sense_of_name, sense_of_path
from enrichment.offline.mapper.recipes import Recipe, cook
from enrichment.offline.mapper.request import MapRequest
from schemas.json_types import Json
from schemas.kinds import Kind
from schemas.plan import Alternative, OpArg, OpCall
from schemas.shape import SampledField
from schemas.target import TargetField

#: Members whose text says what the other members of an object are about.
_LABELS: Final = ("type", "kind", "label", "name", "key", "rel", "use")
_PLACES: Final = frozenset({"headquarters", "location", "address"})
#: What a fallback to a place is worth beside a field that is called a country.
_PLACE_WORTH: Final = 0.6


@dataclass(frozen=True, slots=True)
class Candidate:
    """One way to fill a target field. `source` is what is read, `score` how well it fits by name, kind and values."""

    target: str
    alternative: Alternative
    source: SampledField
    score: float
    recipe: Recipe

    @property
    def paths(self) -> tuple[str, ...]:
        return self.alternative.paths


@dataclass(frozen=True, slots=True)
class Scored:
    """A source field, the operations that lead to it, and how well it fits."""

    source: SampledField
    lead: tuple[OpCall, ...]
    fit: Fit


def _labelled(source: SampledField) -> Iterator[tuple[tuple[OpCall, ...], tuple[str, ...], SampledField]]:
    """The members of a list of objects, one per label that stands in the samples."""
    found: dict[tuple[str, str, str], list[Json]] = {}
    for sample in source.samples:
        if isinstance(sample, str) or not isinstance(sample, list | tuple):
            continue
        for element in sample:
            if not isinstance(element, Mapping):
                continue
            for key in (label for label in _LABELS if isinstance(element.get(label), str)):
                for take, value in element.items():
                    if take != key and isinstance(value, str | int):
                        found.setdefault((key, str(element[key]), take), []).append(value)
    for (key, equals, take), values in found.items():
        args = (OpArg(name="key", value=key), OpArg(name="equals", value=equals), OpArg(name="take", value=take))
        member = SampledField(source.path, ("string",), source.fill, tuple(values[:5]))
        yield (OpCall(op="select", args=args),), (equals, take), member


def _first_element(source: SampledField, request: MapRequest) -> SampledField | None:
    """A list of scalars that is offered by itself only, as its first elements."""
    if "array" not in source.types or request.by_path(f"{source.path}/0") is not None:
        return None
    firsts = [s[0] for s in source.samples if isinstance(s, list | tuple) and s]
    if not firsts or any(isinstance(first, Mapping | list) for first in firsts):
        return None
    types = tuple(sorted({"string" if isinstance(first, str) else "integer" for first in firsts}))
    return replace(source, types=types, samples=tuple(firsts))


def scored(field: TargetField, request: MapRequest) -> list[Scored]:
    """Every source field with its fit to a target field, best first."""
    found: list[Scored] = []
    for source in request.sources:
        if set(source.types) & {"string", "integer", "number", "boolean"}:
            found.append(Scored(source, (), fit(source, field, entity=request.entity)))
        if (element := _first_element(source, request)) is not None and "element" in request.operations:
            lead = (OpCall(op="element", args=(OpArg(name="index", value="0"),)),)
            found.append(Scored(element, lead, fit(element, field, entity=request.entity)))
        if "array" in source.types and "select" in request.operations:
            found += [
                Scored(member, lead, fit(member, field, entity=request.entity, more=more))
                for lead, more, member in _labelled(source)
            ]
    return sorted(found, key=lambda s: (-s.fit.score, s.source.path, str(s.lead)))


def _place_fit(field: TargetField, source: SampledField, request: MapRequest) -> float:
    """How well a place in words can tell a country: one of the same thing, not of something beside it."""
    wanted = sense_of_name(field.name, request.entity)
    sense = sense_of_path(source.path, (), request.entity)
    own = sense.content & _PLACES
    if not own or (sense.content - _PLACES) - wanted.content or sense.ancestors - wanted.content:
        return 0.0
    return 0.0 if (wanted.content - {"country"}) - sense.content else _PLACE_WORTH


def place_fallbacks(field: TargetField, request: MapRequest) -> list[Scored]:
    """Places in words that name the country of the same thing."""
    if infer_target_kind(field) is not Kind.COUNTRY or "parse_country" not in request.operations:
        return []
    found = [(source, _place_fit(field, source, request)) for source in request.sources if "string" in source.types]
    return [Scored(source, (), Fit(score, {})) for source, score in found if score]


def candidate(field: TargetField, choice: Scored, request: MapRequest) -> Candidate | None:
    """A way to fill a field from a source field; nothing where no operations lead there."""
    recipe = cook(field, choice.source, request.operations)
    if recipe is None:
        return None
    ops = (*choice.lead, *recipe.ops)
    alternative = Alternative(paths=(choice.source.path,), ops=ops)
    return Candidate(field.name, alternative, choice.source, choice.fit.score, recipe)
