"""Rule `not_allowed`: a field with an enumeration holds nothing else."""

from __future__ import annotations

from enrichment.gate.rule import Check, FieldContext
from schemas.json_types import Cell, Record


def compile_allowed(context: FieldContext) -> Check | None:
    if context.field.allowed is None:
        return None
    # True equals 1 in Python; the pair keeps them apart.
    allowed = frozenset((type(value) is bool, value) for value in context.field.allowed)

    def check(value: Cell, _record: Record, _winner: int | None) -> str | None:
        return None if (type(value) is bool, value) in allowed else "not one of the allowed values"

    return check
