"""The rule on units: the text states another one than the field has."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Final

from enrichment.evidence.sense import sense_of_name
from enrichment.evidence.units import Unit, stated_unit, unit_named
from enrichment.gate.currency import compile_fixed_currency
from enrichment.gate.pieces import compile_piece
from enrichment.gate.rule import Check, FieldContext
from enrichment.operations.units import differ_in_size
from schemas.json_types import Cell, Record
from schemas.kinds import Kind
from schemas.plan import Alternative

_MEASURED: Final = frozenset({Kind.QUANTITY, Kind.DURATION})
#: A longer text is prose, of which a measure may be part.
_LONGEST: Final = 200
#: A number, perhaps a magnitude, and the word behind it; the `M` of `März` is no metre.
_STATED: Final = re.compile(
    r"\d(?:\s*(?:thousand|million|billion|mio\.?|mrd\.?|mn|bn))?\s*(?:deg(?:rees?)?\.?\s+)?"
    r"((?:(?:sq|cu)\.?\s*|(?:square|cubic|nautical)\s+)?[A-Za-zµ\u03bc°º\u2103\u2109/]+[²³23]?)(?![^\W\d_])",
    re.IGNORECASE,
)
#: Words that say of a number in degrees only that it is one.
_OF_DEGREES: Final = frozenset({"deg", "degree", "degrees", "d", "lat", "latitude", "lon", "long", "lng", "longitude"})
_LETTERS: Final = re.compile(r"[^\W\d_]+")
#: Sides of the earth in one reading, and the sign of what is measured on them; the `O` of a wind rose is east or west.
_SIDES: Final[Mapping[Kind, Mapping[str, bool]]] = {
    Kind.LATITUDE: {"n": False, "north": False, "s": True, "south": True},
    Kind.LONGITUDE: {"e": False, "east": False, "w": True, "west": True},
}
#: Words behind a number that the library of units takes for units as well: `12 as of 2020`, `12 at least`.
_NO_UNITS: Final = frozenset({"a", "am", "as", "at", "da", "in", "pm"})


def compile_unit(context: FieldContext) -> Check | None:
    """Rule `unit_mismatch`: the text states another currency or unit than the field has."""
    return compile_fixed_currency(context) or _compile_side(context) or compile_measure(context)


def _compile_side(context: FieldContext) -> Check | None:
    """The text names a side of the earth by which the number would have another sign, or none that is sure."""
    sides = _SIDES.get(context.kind) if context.kind is not None else None
    if sides is None or context.binding is None or context.field.type not in {"integer", "number"}:
        return None
    read = compile_piece(context.binding, context.settings)

    def check(value: Cell, record: Record, winner: int | None) -> str | None:
        piece = read(record, winner) if winner is not None else None
        if type(piece) is not str or not isinstance(value, int | Decimal):
            return None
        words = (word.casefold() for word in _LETTERS.findall(piece))
        agree = all(sides.get(word) is (value < 0) for word in words if word not in _OF_DEGREES)
        return None if agree else "names a side of the earth that its sign does not tell"

    return check


def compile_measure(context: FieldContext) -> Check | None:
    """The text states another unit than its figure is read in.

    That is the field's own, by its declaration or else by its name, or the one that a conversion begins with.
    """
    if context.binding is None or context.field.type not in {"integer", "number"}:
        return None
    by_name = sense_of_name(context.field.name).unit if context.kind in _MEASURED else None
    own = unit_named(context.field.unit) or by_name
    readings = [_reading(alternative, context.field.unit, own) for alternative in context.binding.alternatives]
    if not any(readings):
        return None
    read = compile_piece(context.binding, context.settings)

    def check(_value: Cell, record: Record, winner: int | None) -> str | None:
        reading = readings[winner] if winner is not None else None
        piece = read(record, winner) if reading is not None and winner is not None else None
        if reading is None or type(piece) is not str or len(piece) > _LONGEST:
            return None
        return _other_unit(piece, *reading)

    return check


def _reading(alternative: Alternative, declared: str | None, own: Unit | None) -> tuple[str, Unit | None] | None:
    """The unit that an alternative takes its text to be in, as it is written and as it is known.

    Null where it is no measure's, or nobody says.
    """
    args = [arg for call in alternative.ops if call.op == "convert_unit" for arg in call.args]
    begins = next((arg.value for arg in args if arg.name == "from"), None)
    unit = own if begins is None else unit_named(begins)
    if unit is not None and unit.kind not in _MEASURED:
        return None
    written = begins or declared or (unit.name if unit is not None else None)
    return None if written is None else (written, unit)


def _other_unit(text: str, written: str, wanted: Unit | None) -> str | None:
    """What is wrong with a text by the first unit that it states; of two numbers none is read."""
    for word in _words(text):
        stated = None if wanted is None else stated_unit(word, wanted)
        if wanted is not None and stated is not None and stated.kind in _MEASURED:
            return None if stated.name == wanted.name else f"stated in {stated.name} where {wanted.name} belongs"
        if word not in _NO_UNITS and differ_in_size(word, written):
            return f"stated in {word} where {written} belongs"
    return None


def _words(text: str) -> Iterator[str]:
    for found in _STATED.finditer(text):
        # `5 in 2020` states no inches
        if found.group(1).lower() != "in" or found.end() == len(text):
            yield found.group(1)
