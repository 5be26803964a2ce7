"""What a place says about a cell's value."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from enum import Enum
from typing import Final

from enrichment.exact import are_near
from enrichment.offline.auditor.texts.dates import Order
from enrichment.offline.auditor.texts.style import Style
from schemas.json_types import Json, JsonScalar


class Saying(Enum):
    STATES = "states"
    PART = "part"  # the value is a piece of the text
    OPEN = "open"  # the value is one of several readings
    OTHERWISE = "otherwise"  # it clearly states another value
    SILENT = "silent"  # nothing of this sort can be read, or nothing for certain


@dataclass(frozen=True, slots=True)
class Ground:
    """What may be known beside the place itself.

    style:     how numbers are written at this place, over the records of the request
    order:     which part of a date in figures comes first at this place, where the records tell
    unit:      unit of the field, from its declaration or its name
    standing:  unit that the place's name carries
    countries: countries that the record names, as far as they were read
    paired:    folded text at the places that mean the field -> folded values it went with, and how often
    """

    style: Style = "unknown"
    order: Order | None = None
    unit: str | None = None
    standing: str | None = None
    countries: frozenset[str] = frozenset()
    paired: Mapping[str, Mapping[str, int]] = field(default_factory=dict)


def number(value: Json) -> Decimal | None:
    """A cell's value as a number; decimals travel as text."""
    if isinstance(value, bool) or not isinstance(value, int | Decimal | str | float):
        return None
    try:
        found = Decimal(str(value))
    except InvalidOperation:
        return None
    return found if found.is_finite() else None


def is_number(value: JsonScalar) -> bool:
    return isinstance(value, int | Decimal | float) and not isinstance(value, bool)


#: What binary fractions lose, as a share.
_LOST: Final = Decimal("1e-9")


def near(one: Decimal, other: Decimal) -> bool:
    """Equal up to what binary fractions lose."""
    return are_near(one, other, _LOST)
