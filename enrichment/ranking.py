"""How well source fields fit target fields by what they are called and what they hold, and what is asked of a model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from enrichment.evidence import Offered, Wanted, entity_words, read_source, read_target, score
from enrichment.model.parts import Part, split_parts
from enrichment.operations import REGISTRY
from schemas.shape import SampledField
from schemas.target import Target


@dataclass(frozen=True, slots=True)
class Candidate:
    """A source field that may fill a target field. `signals` say why."""

    path: str
    score: float
    signals: Mapping[str, float]


def rank(target: Target, source_fields: Sequence[SampledField]) -> Mapping[str, tuple[Candidate, ...]]:
    """Rank the source fields for every target field by what is offered of them, best first, none at 0."""
    entity = entity_words(target.name)
    offered = [(field.path, read_source(field, entity=entity)) for field in source_fields]
    return {f.name: ranked(offered, read_target(f, entity=entity)) for f in target.fields}


def narrow(
    target: Target, source_fields: Sequence[SampledField], fields: Sequence[str] | None = None
) -> tuple[Part, ...]:
    """Split what is asked and offered into parts that one request each can hold; one part where everything fits.

    `fields`: the target fields still open, all by default. An amount and its currency are kept beside each other; a
    currency whose amounts are settled is asked about alone.
    """
    asked = [f.name for f in target.fields if fields is None or f.name in fields]
    companions = {f.name: f.currency_field for f in target.fields if f.name in asked and f.currency_field in asked}
    late = set(companions.values()) - companions.keys()
    order = [name for first in asked if first not in late for name in (first, companions.get(first)) if name]
    best_first = {name: [c.path for c in found] for name, found in rank(target, source_fields).items()}
    return split_parts(tuple(dict.fromkeys(order)), [f.path for f in source_fields], best_first, tuple(REGISTRY))


def ranked(offered: Sequence[tuple[str, Offered]], wanted: Wanted) -> tuple[Candidate, ...]:
    found = [(path, score(one, wanted)) for path, one in offered]
    kept = sorted(((path, fit) for path, fit in found if fit.score > 0), key=lambda one: (-one[1].score, one[0]))
    return tuple(Candidate(path, fit.score, fit.signals) for path, fit in kept)
