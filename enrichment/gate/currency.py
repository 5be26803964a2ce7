"""Rules on the currency of money that a field fixes (`unit`).

Nothing is ever converted. The currency is read from the very text that the amount was read from.
"""

from __future__ import annotations

from collections.abc import Callable

from enrichment.execution import compile_binding
from enrichment.gate.pieces import choosing_part, compile_piece
from enrichment.gate.rule import Check, FieldContext
from enrichment.operations import ReadSettings
from schemas.json_types import Cell, Record
from schemas.kinds import Kind
from schemas.plan import Alternative, Binding, OpCall

#: (record, winning alternative) -> the currency, `UNTOLD` where text leaves it open, null where no text states it.
CurrencyReader = Callable[[Record, int], str | None]
UNTOLD = ""


def currency_call(alternative: Alternative) -> OpCall:
    separators = tuple(a for c in alternative.ops if c.op == "parse_money" for a in c.args)
    return OpCall(op="currency_of", args=separators)


def compile_currency(binding: Binding, settings: ReadSettings) -> CurrencyReader:
    pieces = compile_piece(binding, settings)
    readers = []
    for alternative in binding.alternatives:
        # Four choosing operations leave no room for another; then no currency can be read from the piece.
        ops = (*choosing_part(alternative)[:3], currency_call(alternative))
        readers.append(
            compile_binding(
                Binding(target=binding.target, alternatives=(Alternative(paths=alternative.paths, ops=ops),)), settings
            )
        )

    def read(record: Record, winner: int) -> str | None:
        if type(pieces(record, winner)) is not str:
            return None
        value = readers[winner](record).value
        return value if isinstance(value, str) else UNTOLD

    return read


def _fixed(context: FieldContext) -> CurrencyReader | None:
    field = context.field
    is_money = context.kind is Kind.MONEY or (context.kind is None and field.currency_field is not None)
    if not is_money or field.unit is None or context.binding is None:
        return None
    return compile_currency(context.binding, context.settings)


def compile_fixed_currency(context: FieldContext) -> Check | None:
    """Rule `unit_mismatch`: the text states another currency than the one that the field fixes."""
    read = _fixed(context)
    if read is None:
        return None
    unit = context.field.unit

    def check(_value: Cell, record: Record, winner: int | None) -> str | None:
        stated = read(record, winner) if winner is not None else None
        return f"not in {unit}" if stated and stated != unit else None

    return check


def compile_untold_currency(context: FieldContext) -> Check | None:
    """Rule `ambiguous`: the text leaves open which currency it means, and the field fixes one."""
    read = _fixed(context)
    if read is None:
        return None

    def check(_value: Cell, record: Record, winner: int | None) -> str | None:
        told = read(record, winner) if winner is not None else None
        return "the text does not say which currency it means" if told == UNTOLD else None

    return check
