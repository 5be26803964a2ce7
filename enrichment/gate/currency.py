"""Rules on the currency of money that a field fixes, by its `unit` or else by its name (`revenue_eur`).

Nothing is ever converted. The currency is read from the very text that the amount was read from.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import takewhile

from enrichment.evidence.sense import sense_of_name
from enrichment.execution import compile_binding
from enrichment.gate.pieces import choosing_part, compile_piece
from enrichment.gate.rule import Check, FieldContext
from enrichment.gate.visible_texts import shows_money
from enrichment.operations import ReadSettings
from schemas.json_types import Cell, Record
from schemas.kinds import Kind
from schemas.plan import Alternative, Binding, OpCall
from schemas.target import TargetField

#: (record, winning alternative) -> the currency, `UNTOLD` where a sign leaves it open, null where no text speaks of it.
CurrencyReader = Callable[[Record, int], str | None]
UNTOLD = ""


def currency_named(field: TargetField) -> str | None:
    """The code of the currency that a field fixes; null where it leaves it to each amount."""
    if field.unit is not None or field.currency_field is not None:
        return field.unit
    named = sense_of_name(field.name).unit
    # a dollar may be of many countries, and so may its cents
    return named.name if named is not None and named.measure == "currency" and named.name.isupper() else None


def currency_call(alternative: Alternative) -> OpCall:
    separators = tuple(a for c in alternative.ops if c.op == "parse_money" for a in c.args)
    return OpCall(op="currency_of", args=separators)


def _views(alternative: Alternative) -> Iterator[tuple[OpCall, ...]]:
    """What to look for a currency in: the piece that was read, then the text that it was cut from."""
    choosing = choosing_part(alternative)
    yield choosing
    whole = tuple(takewhile(lambda call: call.op != "part", choosing))
    if len(whole) < len(choosing):
        yield whole


def _compile_view(
    alternative: Alternative, choosing: tuple[OpCall, ...], settings: ReadSettings
) -> Callable[[Record], str | None]:
    def read(*ops: OpCall) -> Binding:
        # Four choosing operations leave no room for another; the last of them is then not looked behind.
        return Binding(target="", alternatives=(Alternative(paths=alternative.paths, ops=ops[:3] + ops[3:][-1:]),))

    piece = compile_piece(read(*choosing), settings)
    currency = compile_binding(read(*choosing, currency_call(alternative)), settings)

    def view(record: Record) -> str | None:
        text = piece(record, 0)
        if not isinstance(text, str):
            return None
        code = currency(record).value
        if isinstance(code, str):
            return code
        return UNTOLD if shows_money(text) else None

    return view


def compile_currency(binding: Binding, settings: ReadSettings) -> CurrencyReader:
    views = tuple(tuple(_compile_view(a, c, settings) for c in _views(a)) for a in binding.alternatives)

    def read(record: Record, winner: int) -> str | None:
        found = [view(record) for view in views[winner]]
        return next((code for code in found if code), found[-1])

    return read


def _fixed(context: FieldContext) -> CurrencyReader | None:
    field = context.field
    is_money = context.kind is Kind.MONEY or (context.kind is None and field.currency_field is not None)
    if not is_money or currency_named(field) is None or context.binding is None:
        return None
    return compile_currency(context.binding, context.settings)


def compile_fixed_currency(context: FieldContext) -> Check | None:
    """The text states another currency than the one that the field fixes."""
    read = _fixed(context)
    if read is None:
        return None
    unit = currency_named(context.field)

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
