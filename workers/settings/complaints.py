"""What is wrong with a configuration, said with the key, the place it was written at, and the nearest known key."""

from __future__ import annotations

import types
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Final, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo

from schemas.errors import Problem, nearest
from schemas.wording import Wrong, alternatives, findings, worded
from workers.settings.environment import Origins, origin_of

_NEVER_WRITTEN: Final = "a secret is never written here: name the environment variable or the file that holds it"


def complaints(error: ValidationError, root: type[BaseModel], origins: Origins) -> list[Problem]:
    """Turn pydantic's findings into problems, one for each key. Values are never quoted: one may be a secret."""
    found: dict[str, list[tuple[Mapping[str, Any], _Place]]] = {}
    for one in findings(error):
        place = _walk(root, [str(part) for part in one["loc"]])
        found.setdefault(".".join(place.path), []).append((one, place))
    return [_complaint(group, origins) for group in found.values()]


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a finding stands.

    path:     the keys as they are written
    known:    those that are known at the last step
    declared: how the last one is declared
    within:   what may stand there
    """

    path: Sequence[str]
    known: Sequence[str]
    declared: FieldInfo | None
    within: Sequence[object]


def _complaint(group: Sequence[tuple[Mapping[str, Any], _Place]], origins: Origins) -> Problem:
    found, place = group[0]
    kind, key = str(found["type"]), place.path[-1]
    where = _where(place.path, origins)
    if kind == "extra_forbidden":
        known = f"known here: {', '.join(place.known)}"
        return Problem(
            where,
            f"unknown key{nearest(key, place.known)}",
            f"{known}; {_NEVER_WRITTEN}" if _is_secret(key, place.known) else known,
        )
    if kind.startswith("union_tag"):
        return _connector(found, place, origins)
    if kind in {"model_type", "model_attributes_type", "dict_type"}:
        return Problem(where, "is no table", _as_table(place))
    if kind == "string_pattern_mismatch" and place.declared is not None and place.declared.examples:
        if place.path[0] == "sources" and key == "name":
            # the user wrote it as the key of the source
            where = _where(place.path[:-1], origins)
        return Problem(where, "is of another form", f"write it like {_either(place.declared.examples)}")
    wrong: Wrong = alternatives([worded(one) for one, _ in group])
    return Problem(where, wrong.what, wrong.remedy)


def _where(path: Sequence[str], origins: Origins) -> str:
    key = ".".join(path)
    origin = origin_of(tuple(path), origins)
    return f"{key} (from {origin})" if origin else key


def _connector(found: Mapping[str, Any], place: _Place, origins: Origins) -> Problem:
    where = _where([*place.path, "connector"], origins)
    tags = [tag for member in place.within if (tag := _tag(member)) is not None]
    remedy = f"the connectors are {', '.join(tags)}"
    if found["type"] == "union_tag_not_found":
        return Problem(where, "is missing", remedy)
    given = str(found["ctx"]["tag"])
    return Problem(where, f"there is no connector {given!r}{nearest(given, tags)}", remedy)


def _as_table(place: _Place) -> str:
    known = sorted({name for member in place.within for name in _fields(member)})
    if len(place.path) == 1 or any(map(_tag, place.within)):
        return f"write it as a section: [{'.'.join(place.path)}{'' if known else '.NAME'}]"
    if not known:
        return "write it as { key = ... }"
    remedy = f"write it as {{ key = ... }} with keys of {', '.join(known)}"
    return f"{remedy}; {_NEVER_WRITTEN}" if _is_secret("", known) else remedy


def _is_secret(key: str, known: Sequence[str]) -> bool:
    return {"env", "file"} <= {*known} or not {f"{key}_env", f"{key}_file"}.isdisjoint(known)


def _either(texts: Sequence[object]) -> str:
    *first, last = [f'"{text}"' for text in texts]
    return f"{', '.join(first)} or {last}" if first else last


def _walk(root: type[BaseModel], parts: Sequence[str]) -> _Place:
    """Follow a location through the models.

    The tag of a discriminated union, and the name of what a value might have been, are part of pydantic's location and
    not of the file's.
    """
    shown: list[str] = []
    known: list[str] = []
    declared: FieldInfo | None = None
    here: object = root
    for part in parts:
        among = [member for member in _members(here) if member is not types.NoneType]
        tagged = [m for m in among if _tag(m) == part] if len(among) > 1 else []
        if tagged and not any(part in _fields(m) for m in among):
            here = tagged[0]
            continue
        if len(among) > 1 and not any(_fields(m) or get_origin(m) is dict for m in among):
            # what a value might have been: all of that is said at its key
            break
        # the rest is set by where the file lies, or by the key of the source
        known = sorted({name for m in among for name in _fields(m)} - ({"name"} if shown else {"base", "file"}))
        declared = next((_fields(m)[part] for m in among if part in _fields(m)), None)
        shown.append(part)
        here = next(_steps(here, part), None)
    return _Place(shown, known, declared, _members(here))


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
