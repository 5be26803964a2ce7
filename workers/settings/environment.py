"""Settings from environment variables: `ASSAY_SECTION__KEY` is `key` of `[section]`."""

from __future__ import annotations

import json
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final, TypeAlias

from schemas.errors import Problem

PREFIX: Final = "ASSAY_"
#: Variables with this prefix that are no settings.
RESERVED: Final = frozenset({"ASSAY_CONFIG", "ASSAY_URL", "ASSAY_API_KEY"})

Table: TypeAlias = dict[str, Any]
#: Key path -> the variable that gave it, so that a complaint names what is to be mended.
Origins: TypeAlias = dict[tuple[str, ...], str]


def overlay(document: Mapping[str, Any], environ: Mapping[str, str]) -> tuple[Table, Origins, list[Problem]]:
    """Lay the environment over the document of the file.

    Names of sections and keys are matched without regard to case, because variables are written in capitals. A value
    that begins with `{` or `[` is JSON; a table given so is merged key by key.
    """
    result = _copied(document)
    origins: Origins = {}
    problems: list[Problem] = []
    for variable in sorted(environ):
        if not variable.startswith(PREFIX) or variable in RESERVED:
            continue
        parts = variable[len(PREFIX) :].split("__")
        if not all(parts):
            problems.append(Problem(variable, "has an empty part", "write it as ASSAY_SECTION__KEY"))
            continue
        try:
            value = _value(environ[variable])
        except ValueError as error:
            problems.append(Problem(variable, f"begins like JSON and is none ({error})", "mend the JSON"))
            continue
        place = _place(result, parts)
        if _laid(result, place, value):
            origins[place] = variable
        else:
            problems.append(
                Problem(variable, "goes through a key that is no section", "write it as ASSAY_SECTION__KEY")
            )
    return result, origins, problems


def origin_of(path: tuple[str, ...], origins: Origins) -> str | None:
    """Give the variable that set a key, a section around it, or, where there is no such section, a key within it."""
    around = (origins[path[:n]] for n in range(len(path), 0, -1) if path[:n] in origins)
    within = (variable for place, variable in origins.items() if place[: len(path)] == path)
    return next(around, None) or next(within, None)


def is_of_variable(problem: Problem) -> bool:
    """Whether it names the variable that it is about; all others are about the file."""
    return problem.where.startswith(PREFIX) or f"(from {PREFIX}" in problem.where


def _copied(table: Mapping[str, Any]) -> Table:
    return {k: _copied(v) if isinstance(v, Mapping) else v for k, v in table.items()}


def _value(text: str) -> object:
    if text.lstrip()[:1] in {"{", "["}:
        return json.loads(text, parse_float=Decimal)
    return text


def _place(table: Table, parts: list[str]) -> tuple[str, ...]:
    """Spell each part as the file does, else in small letters."""
    place: list[str] = []
    here: object = table
    for part in parts:
        keys = list(here) if isinstance(here, Mapping) else []
        alike = [k for k in keys if k.casefold() == part.casefold()]
        chosen = part if part in keys else alike[0] if len(alike) == 1 else part.lower()
        place.append(chosen)
        here = here.get(chosen) if isinstance(here, Mapping) else None
    return tuple(place)


def _laid(table: Table, place: tuple[str, ...], value: object) -> bool:
    for part in place[:-1]:
        inner = table.setdefault(part, {})
        if not isinstance(inner, dict):
            return False
        table = inner
    last = place[-1]
    known = table.get(last)
    table[last] = _merged(known, value) if isinstance(known, dict) and isinstance(value, dict) else value
    return True


def _merged(known: Table, value: Table) -> Table:
    both = {k: _merged(v, value[k]) for k, v in known.items() if isinstance(v, dict) and isinstance(value.get(k), dict)}
    return {**known, **value, **both}
