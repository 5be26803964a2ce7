"""The rule on units: the text states another one than the field has."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from enrichment.evidence.sense import sense_of_name
from enrichment.evidence.units import UNITS, Unit, spelling, unit_named
from enrichment.gate.currency import compile_fixed_currency
from enrichment.gate.pieces import compile_piece
from enrichment.gate.rule import Check, FieldContext
from schemas.json_types import Cell, Record
from schemas.kinds import Kind
from schemas.plan import Alternative

_MEASURED: Final = frozenset({Kind.QUANTITY, Kind.DURATION})
#: A longer text is prose, of which a measure may be part.
_LONGEST: Final = 200
#: A number, perhaps a magnitude, and the word behind it; the `M` of `März` is no metre.
_STATED: Final = re.compile(
    r"\d(?:\s*(?:thousand|million|billion|mio\.?|mrd\.?|mn|bn))?\s*([A-Za-zµ°/]+[²³23]?)(?![^\W\d_])", re.IGNORECASE
)


def compile_unit(context: FieldContext) -> Check | None:
    """Rule `unit_mismatch`: the text states another currency or unit than the field has."""
    return compile_fixed_currency(context) or _compile_measure(context)


def _compile_measure(context: FieldContext) -> Check | None:
    """The text states another unit than its figure is read in.

    That is the field's own, by its declaration or else by its name, or the one that a conversion begins with.
    """
    if context.binding is None or context.field.type not in {"integer", "number"}:
        return None
    by_name = sense_of_name(context.field.name).unit if context.kind in _MEASURED else None
    own = unit_named(context.field.unit) or by_name
    wanted = [_read_in(alternative, own) for alternative in context.binding.alternatives]
    if not any(wanted):
        return None
    read = compile_piece(context.binding, context.settings)

    def check(_value: Cell, record: Record, winner: int | None) -> str | None:
        unit = wanted[winner] if winner is not None else None
        piece = read(record, winner) if unit is not None and winner is not None else None
        if unit is None or type(piece) is not str or len(piece) > _LONGEST:
            return None
        # Of two numbers none is read, so that this one is its unit.
        stated = next(_stated(piece), unit)
        return None if stated.name == unit.name else f"stated in {stated.name} where {unit.name} belongs"

    return check


def _read_in(alternative: Alternative, own: Unit | None) -> Unit | None:
    """The unit that an alternative takes its text to be in; null where it is no measure's, or nobody says."""
    args = [arg for call in alternative.ops if call.op == "convert_unit" for arg in call.args]
    begins = [arg.value for arg in args if arg.name == "from"]
    unit = unit_named(begins[0]) if begins else own
    return unit if unit is not None and unit.kind in _MEASURED else None


def _stated(text: str) -> Iterator[Unit]:
    for found in _STATED.finditer(text):
        word = spelling(found.group(1))
        unit = UNITS.get(word)
        # `5 in 2020` states no inches
        if unit is not None and unit.kind in _MEASURED and not (word == "in" and found.end() < len(text)):
            yield unit
