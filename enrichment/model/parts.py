"""Splitting a request that offers too much: target fields go into parts, each with the best pointers for its fields."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from enrichment.model.response_schemas import MAX_CHARACTERS, enumerated_characters

MAX_POINTERS: Final = 200
#: Best pointers kept per target field once not all of them can be offered.
_PER_FIELD: Final = 40


@dataclass(frozen=True, slots=True)
class Part:
    """Target fields asked about together, and the pointers that they are offered; both in the order given."""

    fields: tuple[str, ...]
    paths: tuple[str, ...]


def fits(fields: Sequence[str], paths: Sequence[str], operations: Sequence[str]) -> bool:
    return len(paths) <= MAX_POINTERS and enumerated_characters(fields, paths, operations) <= MAX_CHARACTERS


def _best(field: str, ranked: Sequence[str], operations: Sequence[str]) -> tuple[str, ...]:
    kept = tuple(ranked[:_PER_FIELD])
    while kept and not fits((field,), kept, operations):
        kept = kept[:-1]
    return kept


def split_parts(
    fields: Sequence[str], paths: Sequence[str], ranked: Mapping[str, Sequence[str]], operations: Sequence[str]
) -> tuple[Part, ...]:
    """Give the parts of a request; one, where everything fits. The same input gives the same parts.

    ranked: target field -> pointers that may fill it, best first. That names and values speak for none does not mean
    that a model finds none: every field is in a part, and what room a part has left goes to the other pointers.
    """
    if not fields or not paths:
        return ()
    if fits(fields, paths, operations):
        return (Part(tuple(fields), tuple(paths)),)
    parts: list[tuple[list[str], set[str]]] = []
    for field in fields:
        best = _best(field, ranked.get(field, ()), operations)
        if parts:
            together, offered = [*parts[-1][0], field], parts[-1][1].union(best)
            if fits(together, tuple(offered), operations):
                parts[-1] = (together, offered)
                continue
        parts.append(([field], set(best)))
    for asked, offered in parts:
        _fill(asked, offered, paths, operations)
    return tuple(Part(tuple(asked), tuple(p for p in paths if p in offered)) for asked, offered in parts if offered)


def _fill(fields: Sequence[str], offered: set[str], paths: Sequence[str], operations: Sequence[str]) -> None:
    """Add further pointers, in their order, as far as one request holds them."""
    for path in paths:
        if path not in offered and not fits(fields, (*offered, path), operations):
            return
        offered.add(path)
