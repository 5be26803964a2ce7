"""Rule `type`: a value has exactly the type and format of its field, and the database can hold it."""

from __future__ import annotations

import re
from decimal import Decimal

from enrichment.gate.formats import FORMATS
from enrichment.gate.rule import Check, FieldContext
from schemas.json_types import Cell, Record

_SURROGATE = re.compile("[\ud800-\udfff]")


def _storable(text: str) -> bool:
    """PostgreSQL's text holds neither NUL nor half a surrogate pair."""
    return "\0" not in text and (text.isascii() or _SURROGATE.search(text) is None)


def _text(value: Cell, _record: Record, _winner: int | None) -> str | None:
    if type(value) is not str:
        return "not text"
    return None if _storable(value) else "text that no database column can hold"


def _integer(value: Cell, _record: Record, _winner: int | None) -> str | None:
    return None if type(value) is int else "not an integer"


def _number(value: Cell, _record: Record, _winner: int | None) -> str | None:
    if type(value) is int or (type(value) is Decimal and value.is_finite()):
        return None
    return "not a finite number"


def _boolean(value: Cell, _record: Record, _winner: int | None) -> str | None:
    return None if type(value) is bool else "not true or false"


_CHECKS = {"integer": _integer, "number": _number, "boolean": _boolean}


def compile_type(context: FieldContext) -> Check:
    if context.field.type != "string":
        return _CHECKS[context.field.type]
    if context.field.format is None:
        return _text
    fits, wanted = FORMATS[context.field.format], f"not of format {context.field.format}"

    def formatted(value: Cell, _record: Record, _winner: int | None) -> str | None:
        if type(value) is not str or not _storable(value):
            return wanted
        return None if fits(value) else wanted

    return formatted
