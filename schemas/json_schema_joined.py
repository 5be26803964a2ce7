"""One schema out of what is said of a field in several places: beside a reference, around a wrapped one, by `const`.

All of it holds, as JSON Schema has it (2020-12, 10.2 and 8.2.3.1).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, Final

from schemas.errors import Problem
from schemas.pointer import MISSING, resolve

#: Bounds, of which the narrower one holds where two stand; and keywords that cannot be made one.
_LOWER: Final = frozenset({"minimum", "exclusiveMinimum", "minLength"})
_UPPER: Final = frozenset({"maximum", "exclusiveMaximum", "maxLength"})
_SAID_ONCE: Final = frozenset(
    {"type", "properties", "pattern", "format", "multipleOf", "const", "exclusiveMinimum", "exclusiveMaximum"}
)


def resolved(
    schema: Mapping[str, Any], document: Mapping[str, Any], where: str, problems: list[Problem]
) -> Mapping[str, Any]:
    """Follow local references; what stands beside a reference holds as well as what it refers to."""
    seen: set[str] = set()
    merged = dict(schema)
    while (ref := merged.pop("$ref", None)) is not None:
        found = resolve(document, ref[1:]) if isinstance(ref, str) and ref[:2] in {"#", "#/"} else MISSING
        if ref in seen or not isinstance(found, Mapping):
            problems.append(
                Problem(
                    where, f"$ref {ref!r} cannot be followed", "refer to #/$defs/... of the same file, without a loop"
                )
            )
            break
        seen.add(ref)
        merged = _both(found, merged, where, problems)
    return merged


def unwrapped(
    schema: Mapping[str, Any], document: Mapping[str, Any], where: str, problems: list[Problem]
) -> tuple[Mapping[str, Any], bool]:
    """Take `anyOf: [X, null]` and a lone `allOf: [X]` as X: generators write optional fields and references so."""
    nullable = schema.get("nullable") is True
    for keyword in ("allOf", "anyOf", "oneOf"):
        members = schema.get(keyword)
        if not isinstance(members, Sequence):
            continue
        present = [m for m in members if m != {"type": "null"}]
        if len(present) == 1 and isinstance(present[0], Mapping) and (keyword != "allOf" or len(members) == 1):
            nullable = nullable or len(present) < len(members)
            inner = resolved(present[0], document, where, problems)
            schema = _both(inner, {k: v for k, v in schema.items() if k != keyword}, where, problems)
    return schema, nullable


def enumerated(schema: Mapping[str, Any]) -> Sequence[Any] | None:
    """The values that `enum` and `const` leave; null where neither is there."""
    listed = schema.get("enum")
    if "const" not in schema:
        return listed
    only = schema["const"]
    return [only] if listed is None or _among(only, listed) else []


def type_of(value: object) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, str):
        return "string"
    if isinstance(value, int):
        return "integer"
    return "number" if isinstance(value, float | Decimal) else "object"


def _both(inner: Mapping[str, Any], outer: Mapping[str, Any], where: str, problems: list[Problem]) -> dict[str, Any]:
    """Two schemas that both hold, as one: the narrower bound, what both enumerate; of remarks the outer one's."""
    merged = {**inner, **outer}
    for keyword in inner.keys() & outer.keys():
        one, other = inner[keyword], outer[keyword]
        if one == other:
            continue
        if keyword in _LOWER and _is_number(one) and _is_number(other):
            merged[keyword] = max(one, other)
        elif keyword in _UPPER and _is_number(one) and _is_number(other):
            merged[keyword] = min(one, other)
        elif keyword == "enum":
            merged[keyword] = [value for value in other if _among(value, one)]
        elif keyword == "required":
            merged[keyword] = [*one, *(name for name in other if name not in one)]
        elif keyword == "type" and (both := _types_of_both(one, other)):
            merged[keyword] = both
        elif keyword in _SAID_ONCE:
            problems.append(
                Problem(
                    where, f"has {keyword} twice, {one!r} and {other!r}", "both would have to hold: write one that does"
                )
            )
    return merged


def _is_number(value: object) -> bool:
    return isinstance(value, int | float | Decimal) and not isinstance(value, bool)


def _among(value: object, values: Sequence[object]) -> bool:
    return any(value == one and type_of(value) == type_of(one) for one in values)


def _types_of_both(one: object, other: object) -> list[str]:
    """The types that two declarations have in common; an integer is a number, too."""
    first, second = ([types] if isinstance(types, str) else list(types or ()) for types in (one, other))  # type: ignore[call-overload]
    return [t for t in first if t in second or (t == "integer" and "number" in second)] + [
        t for t in second if t == "integer" and "number" in first and t not in first
    ]
