"""Which candidate a target field gets, and when it gets none."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from enrichment.evidence import infer_target_kind
from enrichment.evidence.sense import sense_of_name, sense_of_path
from enrichment.evidence.words import phrases, split
from enrichment.offline.mapper.candidates import Candidate, Scored, candidate, place_fallbacks, scored
from enrichment.offline.mapper.request import MapRequest
from schemas.plan import AbstentionReason, Alternative
from schemas.pointer import tokens
from schemas.target import TargetField


@dataclass(frozen=True, slots=True)
class Care:
    """How careful a model is.

    floor:   score below which nothing is proposed
    refused: the same, for a field of which a proposal was refused
    margin:  how far the best has to be ahead of another that says something else
    looks:   source fields that are tried per target field
    """

    floor: float
    refused: float
    margin: float
    looks: int


SMALL: Final = Care(floor=0.62, refused=0.7, margin=0.06, looks=4)
LARGE: Final = Care(floor=0.58, refused=0.8, margin=0.06, looks=12)
#: A second source field is a sound fallback from this score on.
_FALLBACK: Final = 0.8
_MAX_ALTERNATIVES: Final = 3
#: What names or numbers a thing: that of another thing is never it.
_IDENTIFYING: Final = frozenset({"@id", "@name"})
#: Words for what the thing itself is called.
_CALLS: Final = frozenset({"title"})
#: A name this near was meant, so that what stands there is unsupported rather than absent.
_NAMED: Final = 0.6


@dataclass(frozen=True, slots=True)
class Choice:
    """Candidates of one target field, best first; or why there is none."""

    field: TargetField
    candidates: tuple[Candidate, ...]
    reason: AbstentionReason = "absent"


def _is_refused(request: MapRequest, field: str, paths: tuple[str, ...]) -> bool:
    return any(refusal.target == field and set(refusal.paths) == set(paths) for refusal in request.refused)


def _says_same(one: Candidate, other: Candidate) -> bool:
    """Whether two candidates hold the same values, as far as the samples tell."""
    left, right = {str(v) for v in one.recipe.trial.fitting}, {str(v) for v in other.recipe.trial.fitting}
    # one value in common says little: small numbers meet by chance
    return (left == right and len(left) > 1) or one.paths == other.paths


def _is_namesake(field: TargetField, made: Candidate) -> bool:
    return _leaf(made) == split(field.name)


def _is_of_record(made: Candidate) -> bool:
    return len(tokens(made.paths[0])) == 1


def _leaf(made: Candidate) -> tuple[str, ...]:
    """The words of the last name that leads to what is read; list indices lead nowhere."""
    names = [name for name in tokens(made.paths[0]) if not name.isdigit()]
    return split(names[-1]) if names else ()


def _is_of_another(choice: Scored, field: TargetField, request: MapRequest) -> bool:
    """Whether a bare `id` or `name` belongs to something that the target field does not speak of."""
    wanted = sense_of_name(field.name, request.entity)
    if wanted.content or not wanted.facets & _IDENTIFYING:
        return False
    sense = sense_of_path(choice.source.path, (), request.entity)
    if len(tokens(choice.source.path)) > 1:
        return bool(sense.ancestors or sense.content)
    # a word that is known for a thing of its own; others may be what the source calls the thing
    return choice.fit.score < _FALLBACK and any(word in _concepts() for word in sense.content - _CALLS)


@lru_cache(maxsize=1)
def _concepts() -> frozenset[str]:
    return frozenset(entry.concept for entry in phrases().values())


def consider(field: TargetField, request: MapRequest, care: Care) -> Choice:
    """The candidates of a target field, or why it has to stay empty."""
    floor = care.refused if any(refusal.target == field.name for refusal in request.refused) else care.floor
    ranked = scored(field, request)
    near = [c for c in ranked if c.fit.score >= floor and not _is_of_another(c, field, request)]
    left = [choice for choice in near if not _is_refused(request, field.name, (choice.source.path,))]
    found = [made for choice in left[: care.looks] if (made := candidate(field, choice, request)) is not None]
    if not found:
        return _without(field, request, ranked, left)
    best, rivals = found[0], found[1:]
    close = [rival for rival in rivals if best.score - rival.score < care.margin and not _says_same(best, rival)]
    named = [made for made in found if _is_namesake(field, made) and (made in (best, *close) or _is_of_record(made))]
    if len(named) == 1:
        # among those that fit alike the very name decides, and of the record's own members whatever values look like
        rivals = [made for made in (best, *rivals) if made is not named[0]]
        best = named[0]
    elif close:
        return Choice(field, (), "ambiguous")
    # words that only mean much the same are no ground for filling a gap from elsewhere
    sound = [r for r in rivals if r.score >= _FALLBACK and _leaf(r) == _leaf(best) and r.paths != best.paths]
    return Choice(field, (best, *sound, *_places(field, request)))


def _places(field: TargetField, request: MapRequest) -> list[Candidate]:
    offered = [
        choice
        for choice in place_fallbacks(field, request)
        if not _is_refused(request, field.name, (choice.source.path,))
    ]
    return [made for choice in offered if (made := candidate(field, choice, request)) is not None]


def _without(field: TargetField, request: MapRequest, ranked: Iterable[Scored], left: list[Scored]) -> Choice:
    """A field that nothing is called after; a place may still tell its country."""
    places = _places(field, request)
    if len(places) == 1:
        return Choice(field, tuple(places))
    if places:
        return Choice(field, (), "ambiguous")
    named = bool(left) or any(choice.fit.signals.get("name", 0.0) >= _NAMED for choice in ranked)
    return Choice(field, (), "unsupported" if named else "absent")


def _reading(made: Candidate) -> object:
    """What a candidate reads: a pointer, or the member that it selects there."""
    lead = made.alternative.ops[:1]
    return (made.paths, lead) if lead and lead[0].op == "select" else made.paths


def assign(choices: Sequence[Choice]) -> dict[str, tuple[Candidate, ...]]:
    """Give each field its candidates, the best pairs first; no source field serves two fields of one kind."""
    kinds = {choice.field.name: infer_target_kind(choice.field) or choice.field.type for choice in choices}
    pairs = [(made, rank) for choice in choices for rank, made in enumerate(choice.candidates)]
    given: dict[str, list[Candidate]] = {}
    taken: dict[object, str] = {}
    for made, _ in sorted(pairs, key=lambda pair: (-pair[0].score, pair[1], pair[0].target)):
        mine = given.setdefault(made.target, [])
        holder = taken.setdefault((_reading(made), kinds[made.target]), made.target)
        if holder == made.target and len(mine) < _MAX_ALTERNATIVES and made.alternative not in _alternatives(mine):
            mine.append(made)
    return {name: tuple(mine) for name, mine in given.items() if mine}


def _alternatives(candidates: Iterable[Candidate]) -> set[Alternative]:
    return {made.alternative for made in candidates}
