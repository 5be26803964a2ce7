"""What is wrong with a configuration, said with the key, the place it was written at, and the nearest known key."""

from __future__ import annotations

import types
from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo

from schemas.errors import Problem, nearest
from workers.settings.environment import Origins, origin_of


def complaints(error: ValidationError, root: type[BaseModel], origins: Origins) -> list[Problem]:
    """Turn pydantic's findings into problems. Values are never quoted: one of them may be a secret."""
    return [_complaint(e["type"], e["loc"], e["msg"], root, origins) for e in error.errors(include_input=False)]


def _complaint(
    kind: str, location: Sequence[str | int], message: str, root: type[BaseModel], origins: Origins
) -> Problem:
    path, known = _walk(root, [str(part) for part in location])
    key = ".".join(path)
    where = origin_of(tuple(path), origins)
    where = f"{key} (from {where})" if where else key
    if kind == "extra_forbidden":
        return Problem(where, f"unknown key{nearest(path[-1], known)}", f"known here: {', '.join(sorted(known))}")
    if kind == "missing":
        return Problem(where, "is missing", "set it")
    if kind.startswith("union_tag"):
        return Problem(f"{where}.connector", message, "name a connector")
    return Problem(where, message.removeprefix("Value error, "), "correct the value")


def _walk(root: type[BaseModel], parts: Sequence[str]) -> tuple[list[str], list[str]]:
    """Follow a location through the models: give the keys as they are written, and those known at the last step.

    The tag of a discriminated union is part of pydantic's location and not of the file's.
    """
    shown: list[str] = []
    known: list[str] = []
    here: object = root
    for part in parts:
        among = _members(here)
        tagged = [m for m in among if _tag(m) == part] if len(among) > 1 else []
        if tagged and not any(part in _fields(m) for m in among):
            here = tagged[0]
            continue
        known = sorted({name for m in _members(here) for name in _fields(m)} - {"name", "base", "file"})
        shown.append(part)
        here = next(_steps(here, part), None)
    return shown, known


def _steps(annotation: object, part: str) -> Iterator[object]:
    for member in _members(annotation):
        if part in _fields(member):
            yield _fields(member)[part].annotation
        elif get_origin(member) is dict:
            yield get_args(member)[1]


def _members(annotation: object) -> list[object]:
    """Give the alternatives of a union, looking through `Annotated`."""
    if get_origin(annotation) is Annotated:
        return _members(get_args(annotation)[0])
    if get_origin(annotation) in {Union, types.UnionType}:
        return [m for inner in get_args(annotation) for m in _members(inner)]
    return [annotation]


def _fields(annotation: object) -> Mapping[str, FieldInfo]:
    return annotation.model_fields if isinstance(annotation, type) and issubclass(annotation, BaseModel) else {}


def _tag(annotation: object) -> str | None:
    field = _fields(annotation).get("connector")
    return str(get_args(field.annotation)[0]) if field is not None else None
