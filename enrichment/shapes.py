"""Shapes: which pointers a record has, and which growing set of pointers it belongs to.

A record belongs to the oldest shape whose pointers contain its own, else to the one it shares at least half of its own
pointers with, which it widens, else to a new one.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import lru_cache
from typing import Any, Final, TypeAlias

from schemas.json_types import Json, Record
from schemas.pointer import escape
from schemas.shape import ShapeView

__all__ = ["Assignment", "Fits", "New", "ShapeView", "Structure", "Widens", "assign", "json_type", "mark", "structure"]

#: Containers below this many reference tokens are leaves of their own type.
MAX_DEPTH: Final = 32

_SCALARS: Final[Mapping[type, str]] = {
    str: "string",
    int: "integer",
    bool: "boolean",
    Decimal: "number",
    float: "number",
    type(None): "null",
}


@dataclass(frozen=True, slots=True)
class Structure:
    """What one record has: its pointers, and the JSON types at each.

    Absent values (null, empty text, empty objects) have no pointer: a field that was always empty and suddenly is not
    must look new, or nobody would ever be asked about it.
    """

    pointers: frozenset[str]
    types: Mapping[str, frozenset[str]] = field(hash=False)


@dataclass(frozen=True, slots=True)
class Fits:
    shape: ShapeView


@dataclass(frozen=True, slots=True)
class Widens:
    """`added`: the pointers that the shape gains, with their types."""

    shape: ShapeView
    added: Mapping[str, frozenset[str]]


@dataclass(frozen=True, slots=True)
class New:
    pointers: Mapping[str, frozenset[str]]


Assignment = Fits | Widens | New


def json_type(value: Json) -> str:
    """Name the JSON type of a value: string, integer, number, boolean, null, array or object."""
    known = _SCALARS.get(type(value))
    if known is not None:
        return known
    return "object" if isinstance(value, Mapping) else "array"


def structure(record: Record) -> Structure:
    """Give the pointers of a record. Records of equal signature share one result, which is computed once."""
    return _spell(_object(record, 1))


def mark(record: Record) -> bytes:
    """Sixteen bytes that records of equal structure have in common."""
    return _mark(_object(record, 1))


def assign(found: Structure, shapes: Sequence[ShapeView]) -> Assignment:
    """Say where a record belongs. The oldest shape is the one with the lowest id."""
    own = found.pointers
    by_age = sorted(shapes, key=lambda shape: shape.id)
    for shape in by_age:
        if own <= shape.pointers.keys():
            return Fits(shape)
    best, most = None, 0
    for shape in by_age:
        shared = len(own & shape.pointers.keys())
        if shared > most:
            best, most = shape, shared
    if best is None or 2 * most < len(own):
        return New(dict(found.types))
    return Widens(best, {p: t for p, t in found.types.items() if p not in best.pointers})


# A signature is what two records have in common when their structures are equal: for an object its keys and the
# signatures of its members, for a list the set of those of its elements, for a scalar its type, for nothing None.
_Signature: TypeAlias = str | tuple[Any, ...] | None


def _object(value: Mapping[str, Json], depth: int) -> _Signature:
    members: list[_Signature] = []
    for member in value.values():
        kind = type(member)
        if kind is str:
            members.append("string" if member and not member.isspace() else None)  # type: ignore[union-attr]  # is str
        elif kind is dict or kind is list:
            members.append(_member(member, depth + 1))
        elif member is None:
            members.append(None)
        else:
            members.append(_SCALARS.get(kind) or _member(member, depth + 1))
    return ("object", tuple(value), tuple(members))


def _member(value: Json, depth: int) -> _Signature:
    if isinstance(value, str):
        return "string" if value and not value.isspace() else None
    known = _SCALARS.get(type(value))
    if known is not None:
        return None if known == "null" else known
    if isinstance(value, Mapping):
        if not value:
            return None
        return "object" if depth > MAX_DEPTH else _object(value, depth)
    if isinstance(value, Sequence):
        return ("array", frozenset(_member(e, depth + 1) for e in value) if depth <= MAX_DEPTH else frozenset())
    raise TypeError(f"{type(value).__name__} is no JSON value")


@lru_cache(maxsize=16_384)
def _spell(signature: _Signature) -> Structure:
    types: dict[str, set[str]] = {}
    _collect(signature, "", types)
    frozen = {pointer: frozenset(seen) for pointer, seen in sorted(types.items())}
    return Structure(pointers=frozenset(frozen), types=frozen)


@lru_cache(maxsize=16_384)
def _mark(signature: _Signature) -> bytes:
    told = sorted((pointer, sorted(types)) for pointer, types in _spell(signature).types.items())
    return hashlib.sha256(repr(told).encode(errors="surrogatepass")).digest()[:16]


def _collect(signature: _Signature, pointer: str, types: dict[str, set[str]]) -> None:
    match signature:
        case None:
            return
        case str():
            types.setdefault(pointer, set()).add(signature)
        case ("object", keys, members):
            for key, member in zip(keys, members, strict=True):
                _collect(member, f"{pointer}/{escape(key)}", types)
        case (_, elements):
            types.setdefault(pointer, set()).add("array")
            for element in elements:
                _collect(element, f"{pointer}/0", types)
