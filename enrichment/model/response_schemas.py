"""Strict response schemas: closed objects, all properties required, and enumerations of what was offered.

They keep to what every server with strict structured output understands; numbers of items are left to the gate.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, get_args

from enrichment.gate.wire import AuditVerdict
from schemas.plan import AbstentionReason

#: Limits of strict mode that one enumeration may reach: values, and characters in all.
MAX_ENUMERATION: Final = 250
MAX_CHARACTERS: Final = 10_000
Schema = dict[str, Any]


def _object(properties: Mapping[str, Schema]) -> Schema:
    return {
        "type": "object",
        "properties": dict(properties),
        "required": list(properties),
        "additionalProperties": False,
    }


def _list(items: Schema) -> Schema:
    return {"type": "array", "items": items}


def _one_of(values: Iterable[str]) -> Schema:
    return {"type": "string", "enum": list(values)}


_TEXT: Final[Schema] = {"type": "string"}


def enumerated_characters(fields: Iterable[str], paths: Iterable[str], operations: Iterable[str]) -> int:
    """Characters that the enumerations of `map_fields_schema` hold; fields stand in it twice."""
    return 2 * sum(map(len, fields)) + sum(map(len, paths)) + sum(map(len, operations))


def map_fields_schema(fields: Sequence[str], paths: Sequence[str], operations: Sequence[str]) -> Schema:
    operation = _object({"op": _one_of(operations), "args": _list(_object({"name": _TEXT, "value": _TEXT}))})
    alternative = _object({"paths": _list(_one_of(paths)), "ops": _list(operation)})
    binding = _object({"target": _one_of(fields), "alternatives": _list(alternative)})
    abstention = _object({"target": _one_of(fields), "reason": _one_of(get_args(AbstentionReason))})
    return _object({"bindings": _list(binding), "abstained": _list(abstention)})


def audit_cells_schema(cells: Sequence[str]) -> Schema:
    """Too many cells for one enumeration are left open; their ids are checked with the answer."""
    closed = len(cells) <= MAX_ENUMERATION and sum(map(len, cells)) <= MAX_CHARACTERS
    verdict = _object({"id": _one_of(cells) if closed else _TEXT, "verdict": _one_of(get_args(AuditVerdict))})
    return _object({"verdicts": _list(verdict)})
