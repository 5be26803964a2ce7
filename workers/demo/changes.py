"""What a user changed at the demo's API: a small file beside its data, applied when companies are served."""

from __future__ import annotations

import copy
import difflib
import json
from collections.abc import Collection, Mapping, MutableMapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias, cast

from schemas.errors import ConfigurationError, UsageError
from schemas.json_types import Json
from schemas.pointer import tokens
from workers.embedded.files import write_text

#: By company and JSON Pointer, the value that is served there instead.
Changes: TypeAlias = Mapping[str, Mapping[str, Json]]
_WRITTEN = "write it as 'NAME:/pointer=VALUE', for example 'DoorDash:/metadata/employees=40,000 (2026)'"


@dataclass(frozen=True, slots=True)
class Change:
    """One value at one place; `keep` is false where a change is taken back."""

    company: str
    pointer: str
    value: Json = None
    keep: bool = True


def parse_change(text: str) -> Change:
    """Read 'NAME:/pointer=VALUE'. VALUE is JSON where it parses as such, else text; without '=' a change is taken back.

    Raises:
        UsageError: it is written otherwise.
    """
    company, colon, rest = text.partition(":/")
    pointer, equals, value = rest.partition("=")
    if not colon or not company.strip() or not pointer:
        raise UsageError(f"{text!r} names no company and place", hint=_WRITTEN)
    pointer = f"/{pointer}"
    tokens(pointer)
    return Change(company.strip(), pointer, _value(value) if equals else None, keep=bool(equals))


def _value(text: str) -> Json:
    try:
        value: Json = json.loads(text, parse_constant=_no_number)
    except (ValueError, RecursionError):
        return text
    return value


def _no_number(name: str) -> None:
    raise ValueError(f"{name} is no JSON value")


def read_changes(path: Path) -> Changes:
    """The changes in the file; none where there is no file.

    Raises:
        ConfigurationError: the file is not an object of objects.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, RecursionError) as error:
        raise _unreadable(path, str(error)) from error
    if not isinstance(content, dict) or not all(isinstance(places, dict) for places in content.values()):
        raise _unreadable(path, "it is no object of objects")
    return content


def _unreadable(path: Path, why: str) -> ConfigurationError:
    example = '{"DoorDash": {"/metadata/employees": "40,000 (2026)"}}'
    return ConfigurationError(
        f"{path} holds no changes: {why}", hint=f"delete it, or write it as {example}", code="changes_unreadable"
    )


def write_changes(path: Path, wanted: Sequence[Change], companies: Mapping[str, Mapping[str, Any]]) -> Changes:
    """Add changes to the file, the later winning.

    Raises:
        UsageError: there is no such company, or its record has no such place.
        ConfigurationError: the file holds no changes, or cannot be written.
    """
    changes = {company: dict(places) for company, places in read_changes(path).items()}
    for change in wanted:
        if change.company not in companies:
            raise _unknown(change.company, companies)
        places = changes.setdefault(change.company, {})
        if change.keep:
            places[change.pointer] = change.value
        else:
            places.pop(change.pointer, None)
        changed(companies[change.company], places)
    kept = {company: places for company, places in changes.items() if places}
    write_text(path, json.dumps(kept, ensure_ascii=False, indent=1) + "\n")
    return kept


def _unknown(company: str, companies: Collection[str]) -> UsageError:
    near = difflib.get_close_matches(company, companies, n=1)
    hint = f"did you mean {near[0]!r}?" if near else "take a name from the demo's API"
    return UsageError(f"there is no company {company!r}", hint=hint)


def changed(record: Mapping[str, Any], places: Mapping[str, Json]) -> dict[str, Any]:
    """Give the record with these values put in; members that are missing are added, the rest is left as it is.

    Raises:
        UsageError: a pointer leads through something that is neither object nor list, or to no element of a list.
    """
    document: dict[str, Any] = copy.deepcopy(dict(record))
    for pointer, value in places.items():
        *path, last = tokens(pointer)
        holder: Any = document
        for name in path:
            holder = holder.setdefault(name, {}) if isinstance(holder, MutableMapping) else _element(holder, name)
        if isinstance(holder, MutableMapping):
            holder[last] = value
        elif _element(holder, last) is not None:
            cast("list[Any]", holder)[int(last)] = value
        else:
            raise UsageError(f"the record has no place {pointer!r}", hint="point at a member of an object")
    return document


def _element(holder: object, name: str) -> Any:  # noqa: ANN401 - any JSON value
    return holder[int(name)] if isinstance(holder, list) and name.isdecimal() and int(name) < len(holder) else None
