"""Whole amounts as the integers that their field holds."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Final

from enrichment.exact import is_whole
from enrichment.execution import Reading
from schemas.json_types import Record
from schemas.plan import Binding
from schemas.target import TargetField

#: Operations that give an exact number whether or not it is whole. A number that a source itself writes as a fraction
#: stays one.
_EXACT: Final = frozenset({"parse_money", "parse_decimal", "parse_percent", "convert_unit"})


def whole(field: TargetField, binding: Binding, read: Callable[[Record], Reading]) -> Callable[[Record], Reading]:
    """Read as before, but `CHF 1,000` of an integer field as 1000 and not as 1000.0, which it could not hold."""
    exact = [any(call.op in _EXACT for call in alternative.ops) for alternative in binding.alternatives]
    if field.type != "integer" or not any(exact):
        return read

    def as_integer(record: Record) -> Reading:
        reading = read(record)
        value, winner = reading.value, reading.alternative
        if type(value) is not Decimal or winner is None or not exact[winner] or not is_whole(value):
            return reading
        return reading._replace(value=int(value))

    return as_integer
