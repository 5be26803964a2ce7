"""What a name means: whose value it is (content), and what kind of value it announces (facet)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType
from typing import Final

from enrichment.evidence.heads import LABELS, Named, concept_of, is_noise, kinds_of, strip_measures
from enrichment.evidence.units import Unit
from enrichment.evidence.words import Entry, known_form, phrases, split
from schemas.kinds import Kind
from schemas.pointer import tokens

_LONGEST: Final = 4
_NONE: Final[Mapping[Kind, float]] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Sense:
    """A name, read.

    content:   concepts and unknown words that say whose value it is
    facets:    concepts that say what kind of value it is
    ancestors: content of the enclosing objects, less certain to matter
    kinds:     kind -> weight, by the name alone
    unit:      the unit that the name carries, such as `_kg` or `_usd`
    power:     power of ten that the name carries (`_millions` is 6), else 0
    plural:    the last word is a plural
    """

    content: frozenset[str]
    facets: frozenset[str]
    ancestors: frozenset[str]
    kinds: Mapping[Kind, float]
    unit: Unit | None = None
    power: int = 0
    plural: bool = False


@lru_cache(maxsize=16_384)
def sense_of_path(path: str, more: tuple[str, ...] = (), entity: frozenset[str] = frozenset()) -> Sense:
    """Read a pointer. `more` are further names that lead on from it, such as the member that `select` takes."""
    segments = [split(token) for token in (*tokens(path), *more)]
    segments = [words for words in segments if words and not all(word.isdigit() for word in words)]
    return _read(segments, entity)


@lru_cache(maxsize=4_096)
def sense_of_name(name: str, entity: frozenset[str] = frozenset()) -> Sense:
    """Read the name of a target field. `entity` are words for the thing described, which say nothing: `company_`."""
    return _read([split(name)], entity)


@lru_cache(maxsize=4_096)
def concepts_of_text(text: str) -> tuple[Named, ...]:
    """Read prose: known phrases as entries, unknown words as themselves."""
    return tuple(_entries(split(text)))


def _read(segments: Sequence[tuple[str, ...]], entity: frozenset[str]) -> Sense:
    read = [[e for e in _entries(words) if not _is_entity(e, entity)] or _entries(words)[-1:] for words in segments]
    kinds: Mapping[Kind, float] = _NONE
    unit: Unit | None = None
    power = 0
    content: set[str] = set()
    facets: set[str] = set()
    depth = len(read)
    while depth:
        depth -= 1
        entries, found_unit, found_power = strip_measures(read[depth])
        unit, power = unit or found_unit, power or found_power
        own = kinds_of([*read[depth - 1], *entries] if _labels_its_parent(read, depth) else entries, unit)
        if max(own.values(), default=0) > max(kinds.values(), default=0) + (0.3 if kinds else 0.0):
            kinds = own
        named = {concept_of(e) for e in entries if not is_noise(e)}
        content |= {c for c in named if not c.startswith("@")}
        facets |= {c for c in named if c.startswith("@")} if not facets else set()
        if content and max(kinds.values(), default=0.0) > 0:
            break
        if content and (depth == 0 or not _is_only_facets(entries)):
            break
    above: set[str] = set()
    for entries in read[:depth]:
        above |= {concept_of(e) for e in entries if not is_noise(e) and not concept_of(e).startswith("@")}
    return Sense(
        content=frozenset(content),
        facets=frozenset(facets),
        ancestors=frozenset(above - content),
        kinds=MappingProxyType(dict(kinds)),
        unit=unit,
        power=power,
        plural=bool(segments) and _is_plural(segments[-1][-1]),
    )


def _is_plural(word: str) -> bool:
    """`wheels`; not `bonus`, `gross` or `basis`."""
    return len(word) > 4 and word.endswith("s") and not word.endswith(("us", "ss", "is"))


def _labels_its_parent(read: Sequence[Sequence[Named]], depth: int) -> bool:
    entries = read[depth]
    return depth > 0 and len(entries) == 1 and isinstance(entries[0], Entry) and entries[0].concept in LABELS


def _entries(words: tuple[str, ...]) -> list[Named]:
    found: list[Named] = []
    at = 0
    lexicon = phrases()
    while at < len(words):
        for size in range(min(_LONGEST, len(words) - at), 0, -1):
            phrase = words[at : at + size]
            entry = lexicon.get(phrase) or lexicon.get(tuple(known_form(w) for w in phrase))
            if entry is not None:
                found.append(entry)
                at += size
                break
        else:
            found.append(known_form(words[at]))
            at += 1
    return found


def _is_only_facets(entries: Sequence[Named]) -> bool:
    return all(is_noise(e) or concept_of(e).startswith("@") for e in entries)


def _is_entity(entry: Named, entity: frozenset[str]) -> bool:
    return concept_of(entry) in entity
