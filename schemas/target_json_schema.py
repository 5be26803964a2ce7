"""A target declared with a JSON Schema: one object whose properties are scalars."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any, Final, Unpack

from jsonschema import Draft202012Validator
from jsonschema.exceptions import SchemaError
from jsonschema.validators import validator_for

from schemas.errors import ConfigurationError, Problem
from schemas.json_schema_joined import enumerated, resolved, type_of, unwrapped
from schemas.target import Target
from schemas.target_declaration import INVARIANTS, Declaration, DeclarationSettings, build_target, field_keywords
from schemas.target_overrides import FieldSettings
from schemas.uuids import HYPHENATED

_SCALARS: Final = frozenset({"string", "integer", "number", "boolean"})
_FORMATS: Final = frozenset({"date", "date-time", "uri", "email"})
_UUID: Final = "uuid"
_INTEGER_FORMATS: Final = {"int32": 31, "int64": 63}
_NUMBER_FORMATS: Final = frozenset({"float", "double", "decimal"})
_FLATTEN: Final = "a target field is one scalar: declare a field of its own for each value in it"

#: Keywords that would have to be checked and are not; passing them over would let wrong rows through.
_UNCHECKED: Final[Mapping[str, str]] = {
    "not": "say what is allowed instead, with enum, pattern or bounds",
    "if": "declare the rule in x-invariants, or leave it out",
    "allOf": "write its members into the field itself",
    "anyOf": "give the field one type; it may be nullable",
    "oneOf": "give the field one type; it may be nullable",
    "$dynamicRef": "write the definition out",
    "contentEncoding": "leave it out; the text is kept as it is",
}
_UNCHECKED_OBJECT: Final[Mapping[str, str]] = {
    **{k: v for k, v in _UNCHECKED.items() if k != "contentEncoding"},
    "dependentRequired": "declare the rule in x-invariants, or leave it out",
    "dependentSchemas": "declare the rule in x-invariants, or leave it out",
    "dependencies": "declare the rule in x-invariants, or leave it out",
    "patternProperties": "name every property",
    "propertyNames": "name every property",
    "minProperties": "list what is needed in required",
    "maxProperties": "leave it out",
}


def target_from_json_schema(name: str, document: Mapping[str, Any], **settings: Unpack[DeclarationSettings]) -> Target:
    """Read a target out of a JSON Schema (2020-12 unless `$schema` says otherwise).

    `settings` are those of `Declaration`; Assay creates the table unless they say `create=False`.

    Raises:
        ConfigurationError: the document is no valid schema, or says something that a flat table cannot hold or the
            gate could not check; every finding at once, each with the field and a remedy.
    """
    declared = replace(Declaration(name, **settings), create=settings.get("create", True))
    _check(name, document)
    problems: list[Problem] = []
    root = resolved(document, document, "the schema", problems)
    if root.get("type", "object") != "object" or not isinstance(root.get("properties"), Mapping):
        problems.append(
            Problem("the schema", "does not describe an object", 'give it "type": "object" and "properties"')
        )
    problems.extend(
        Problem("the schema", f"{keyword} is not supported", remedy)
        for keyword, remedy in _UNCHECKED_OBJECT.items()
        if keyword in root
    )
    properties: Mapping[str, Any] = root.get("properties") or {}
    required = set(root.get("required") or ())
    problems.extend(
        Problem("the schema", f"requires {key!r}, which is no property", "declare it or drop it from required")
        for key in sorted(required - set(properties))
    )
    fields = {
        key: _field(key, schema, document, required=key in required, problems=problems)
        for key, schema in properties.items()
    }
    return build_target(
        declared,
        fields,
        table=name,
        description=str(root.get("description") or root.get("title") or ""),
        invariants=root.get(INVARIANTS),
        problems=problems,
    )


def _check(name: str, document: Mapping[str, Any]) -> None:
    subject = f"target {name!r}"
    if not isinstance(document, Mapping):
        raise ConfigurationError.of(subject, [Problem("the schema", "is no JSON object", "write a JSON Schema")])
    try:
        validator_for(document, default=Draft202012Validator).check_schema(dict(document))
    except SchemaError as error:
        where = "/" + "/".join(str(p) for p in error.absolute_path)
        raise ConfigurationError.of(
            subject, [Problem(f"the schema at {where}", f"is no valid JSON Schema: {error.message}", "mend it there")]
        ) from error


def _field(
    name: str, schema: object, document: Mapping[str, Any], *, required: bool, problems: list[Problem]
) -> FieldSettings:
    where = f"field {name!r}"
    if not isinstance(schema, Mapping):
        problems.append(Problem(where, "has no type", "give it one of string, integer, number, boolean"))
        return {"type": "string"}
    schema, nullable = unwrapped(resolved(schema, document, where, problems), document, where, problems)
    types, declared_null = _types(schema)
    problems.extend(
        Problem(where, f"{keyword} is not supported", remedy)
        for keyword, remedy in _UNCHECKED.items()
        if keyword in schema
    )
    settings = field_keywords(schema, where, problems)
    settings["description"] = str(schema.get("description") or schema.get("title") or "")
    settings["required"] = required and not (nullable or declared_null)
    settings["type"] = _one_type(types, where, problems)
    settings |= _enumeration(schema, settings["type"], where, problems)
    if settings["type"] == "string":
        settings |= _text_limits(schema, where, problems)
    else:
        settings |= _number_limits(schema, settings["type"], where, problems)
    return settings


def _types(schema: Mapping[str, Any]) -> tuple[list[str], bool]:
    declared = schema.get("type")
    values = enumerated(schema) or []
    types = [declared] if isinstance(declared, str) else list(declared or dict.fromkeys(type_of(v) for v in values))
    nullable = "null" in types or any(v is None for v in values)
    return [t for t in types if t != "null"], nullable


def _one_type(types: Sequence[str], where: str, problems: list[Problem]) -> str:
    if set(types) == {"integer", "number"}:
        return "number"
    if len(types) == 1 and types[0] in _SCALARS:
        return types[0]
    if nested := [t for t in types if t in {"array", "object"}]:
        problems.append(Problem(where, f"is of type {nested[0]}", _FLATTEN))
    elif len(types) > 1:
        problems.append(
            Problem(where, f"has {len(types)} types: {', '.join(types)}", "give it one; null may stand beside it")
        )
    else:
        problems.append(Problem(where, "has no type", "give it one of string, integer, number, boolean"))
    return "string"


def _enumeration(schema: Mapping[str, Any], kind_of: str, where: str, problems: list[Problem]) -> FieldSettings:
    values = enumerated(schema)
    if values is None:
        return {}
    present = [v for v in values if v is not None]
    if not present:
        problems.append(Problem(where, "enumerates no value", "list the values, or leave the enumeration out"))
    for value in present:
        actual = type_of(value)
        if actual in {"number", "object"}:
            problems.append(Problem(where, f"enumerates a {actual}", "enumerate texts, integers or booleans"))
        elif actual != kind_of and not (actual == "integer" and kind_of == "number"):
            problems.append(
                Problem(where, f"enumerates {value!r}, which is no {kind_of}", "mend the type or the value")
            )
    return {"allowed": tuple(v for v in present if isinstance(v, str | int))}


def _text_limits(schema: Mapping[str, Any], where: str, problems: list[Problem]) -> FieldSettings:
    limits: FieldSettings = {
        "min_length": _whole(schema.get("minLength")),
        "max_length": _whole(schema.get("maxLength")),
        "pattern": schema.get("pattern"),
    }
    declared = schema.get("format")
    if declared in _FORMATS:
        limits["format"] = declared
    elif declared == _UUID:
        if limits["pattern"] is not None:
            problems.append(Problem(where, "has a pattern beside format 'uuid'", "leave one of them out"))
        limits["pattern"] = HYPHENATED
    elif declared is not None:
        problems.append(
            Problem(
                where,
                f"format {declared!r} is not supported",
                f"use one of {', '.join(sorted({*_FORMATS, _UUID}))}, or a pattern",
            )
        )
    return limits


def _number_limits(schema: Mapping[str, Any], kind_of: str, where: str, problems: list[Problem]) -> FieldSettings:
    limits: FieldSettings = {
        "minimum": _decimal(schema.get("minimum")),
        "maximum": _decimal(schema.get("maximum")),
    }
    for bound, keyword in (("minimum", "exclusiveMinimum"), ("maximum", "exclusiveMaximum")):
        exclusive = schema.get(keyword)
        if exclusive is True:  # draft 4: a flag beside the bound
            limits[f"exclusive_{bound}"], limits[bound] = limits[bound], None
        elif not isinstance(exclusive, bool):
            limits[f"exclusive_{bound}"] = _decimal(exclusive)
    declared = schema.get("format")
    if kind_of == "integer" and declared in _INTEGER_FORMATS:
        reach = Decimal(2 ** _INTEGER_FORMATS[declared])
        limits["minimum"] = -reach if limits["minimum"] is None else max(limits["minimum"], -reach)
        limits["maximum"] = reach - 1 if limits["maximum"] is None else min(limits["maximum"], reach - 1)
    elif declared is not None and declared not in _NUMBER_FORMATS:
        problems.append(Problem(where, f"format {declared!r} does not go with type {kind_of}", "leave the format out"))
    if (step := _decimal(schema.get("multipleOf"))) is not None:
        digits = -int(step.normalize().as_tuple().exponent)
        if step != Decimal(1).scaleb(-digits) or digits < 0:
            problems.append(
                Problem(
                    where,
                    f"multipleOf {step} is not supported",
                    "use 1, 0.1, 0.01 and so on for digits, or leave it out",
                )
            )
        else:
            limits["scale"] = digits
    return limits


def _decimal(value: object) -> Decimal | None:
    return None if value is None or isinstance(value, bool) else Decimal(str(value))


def _whole(value: object) -> int | None:
    return int(value) if isinstance(value, int | float | Decimal) else None
