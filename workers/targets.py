"""The configured targets, put together from the user's classes and schema files."""

from __future__ import annotations

import json
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from schemas.errors import ConfigurationError, Problem, nearest
from schemas.target import Target
from schemas.target_declaration import DeclarationSettings
from workers.settings.sections import Settings, TargetSettings
from workers.user_code import load_object

if TYPE_CHECKING:
    from sqlmodel import SQLModel


def load_targets(settings: Settings) -> Mapping[str, Target]:
    """Load every target of the configuration, by name.

    Raises:
        ConfigurationError: a class or a file is missing or wrong, or two targets fill one table; all of it at once.
    """
    found: dict[str, Target] = {}
    problems: list[Problem] = []
    for name, declared in settings.targets.items():
        try:
            found[name] = _target(name, declared, settings.base)
        except ConfigurationError as error:
            listed = error.problems or [Problem("", error.message, error.hint)]
            problems += [
                Problem(".".join(filter(None, (f"targets.{name}", p.where))), p.what, p.remedy) for p in listed
            ]
    problems += _shared_tables(found)
    if not problems:
        problems += [*_stray_constants(settings, found), *_refused_constants(settings, found)]
    if problems:
        raise ConfigurationError.of(str(settings.file or "the environment"), problems)
    return found


def _target(name: str, declared: TargetSettings, base: Path) -> Target:
    said: DeclarationSettings = {
        "table": declared.table,
        "table_schema": declared.table_schema,
        "identity": declared.identity,
        "existing": declared.existing,
        "approve_above": declared.approve_above,
        "description": declared.description,
        "invariants": declared.invariants,
        "overrides": declared.fields,
    }
    if declared.create is not None:
        said["create"] = declared.create
    # What reads a declaration costs every process of the fleet time that only targets declared in this way need.
    if declared.json_schema is not None:
        from schemas.target_json_schema import target_from_json_schema

        return target_from_json_schema(name, _document(declared.json_schema), **said)
    from schemas.target_sqlmodel import target_from_model

    return target_from_model(cast("type[SQLModel]", load_object(declared.model or "", base)), name, **said)


def _document(path: Path) -> Mapping[str, Any]:
    try:
        document = json.loads(
            path.read_text(encoding="utf-8"),
            parse_float=Decimal,
            parse_constant=_no_number,
            object_pairs_hook=_each_once,
        )
    except OSError as error:
        raise ConfigurationError(f"{path} cannot be read: {error.strerror}", hint="correct json_schema") from error
    except (ValueError, RecursionError) as error:
        raise ConfigurationError(f"{path} is no valid JSON: {error}", hint="mend the file") from error
    return cast("Mapping[str, Any]", document)  # whether it is an object is asked where it is read


def _no_number(text: str) -> None:
    raise ValueError(f"{text} is no JSON number")


def _each_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    names = [name for name, _ in pairs]
    if twice := next((name for name in names if names.count(name) > 1), None):
        raise ValueError(f"{twice!r} is declared twice")
    return dict(pairs)


def _shared_tables(targets: Mapping[str, Target]) -> list[Problem]:
    owners: dict[tuple[str | None, str], str] = {}
    problems: list[Problem] = []
    for name, target in targets.items():
        first = owners.setdefault((target.table_schema, target.table), name)
        if first != name:
            problems.append(
                Problem(
                    f"targets.{name}.table", f"{target.table!r} is filled by targets.{first} already", "name another"
                )
            )
    return problems


def _stray_constants(settings: Settings, targets: Mapping[str, Target]) -> list[Problem]:
    """Find constants for fields that no target has; a misspelt one would do nothing, silently."""
    fields = {f.name for target in targets.values() for f in target.fields}
    return [
        Problem(f"sources.{name}.constants", f"no target has a field {key!r}{nearest(key, fields)}", "rename it")
        for name, source in settings.sources.items()
        for key in source.constants
        if key not in fields
    ]


def _refused_constants(settings: Settings, targets: Mapping[str, Target]) -> list[Problem]:
    """Find constants that no target takes whose field they are for: a job would wait for ever to write one."""
    declaring = {name: source for name, source in settings.sources.items() if source.constants}
    if not declaring:
        return []
    # The gate costs every process of the fleet time to import, and few sources declare a constant.
    from enrichment.gate.compiled import refused_constants
    from enrichment.gate.reading import SourceReading

    problems: list[Problem] = []
    for name, source in declaring.items():
        reading = SourceReading.of(source)
        refused = {target.name: refused_constants(target, reading) for target in targets.values()}
        for key in source.constants:
            having = [target.name for target in targets.values() if key in target.by_name]
            said = [f"{target} refuses it as {refused[target][key]}" for target in having if key in refused[target]]
            if said and len(said) == len(having):
                where = f"sources.{name}.constants.{key}"
                problems.append(Problem(where, "; ".join(f"target {one}" for one in said), "mend it"))
    return problems
