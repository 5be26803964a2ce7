"""The places of a record: every scalar with the names that lead to it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from schemas.json_types import Json, JsonScalar

#: Members whose text says what the other members of a list's element are about.
_LABELS: Final = frozenset({"type", "kind", "label", "rel", "use", "role", "lang"})
#: The same, where the element holds hardly more than them: `{"name": "Colour", "value": "red"}`.
_SMALL_LABELS: Final = frozenset({"name", "key", "property", "attribute", "field"})
_SMALL: Final = 3
_MAX_LABEL: Final = 24
_MAX_PLACES: Final = 4000
_MAX_DEPTH: Final = 40


@dataclass(frozen=True, slots=True)
class Place:
    """One scalar that is present.

    names:  member names from the outside in, without list indices
    labels: what the element of a list says it is about (`{"type": "fax", "number": …}`)
    """

    names: tuple[str, ...]
    labels: tuple[str, ...]
    value: JsonScalar


def _labels(value: Json) -> tuple[str, ...]:
    if not isinstance(value, Mapping) or len(value) < 2:
        return ()
    labels = _LABELS | _SMALL_LABELS if len(value) <= _SMALL else _LABELS
    return tuple(
        text
        for name, text in value.items()
        if name.lower() in labels and isinstance(text, str) and 0 < len(text) <= _MAX_LABEL
    )


def _walk(value: Json, names: tuple[str, ...], labels: tuple[str, ...], depth: int) -> Iterator[Place]:
    if depth > _MAX_DEPTH:
        return
    if isinstance(value, Mapping):
        for name, inner in value.items():
            yield from _walk(inner, (*names, name), labels, depth + 1)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from _walk(inner, names, (*labels, *_labels(inner)), depth + 1)
    elif isinstance(value, str):
        if value.strip():
            yield Place(names, labels, value)
    elif value is not None and not isinstance(value, Mapping):
        yield Place(names, labels, value)  # type: ignore[arg-type] # a Sequence is a list or a tuple here


def places(record: Json) -> tuple[Place, ...]:
    """Every present scalar of a record, at most 4,000 of them."""
    found = []
    for place in _walk(record, (), (), 0):
        found.append(place)
        if len(found) == _MAX_PLACES:
            break
    return tuple(found)
