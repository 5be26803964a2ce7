"""Rule `out_of_range`: bounds that a field declares, its kind implies, or its column has."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

from enrichment.exact import is_whole
from enrichment.gate.rule import Check, FieldContext
from schemas.json_types import Cell, Record
from schemas.kinds import Kind

#: The widest integer column: bigint.
_INTEGER = (-(2**63), 2**63 - 1)
#: Powers of ten that a double precision column still holds; a number beyond them has no meaning in a table.
_EXPONENT = 307
#: Digits a number may have in all.
_DIGITS = 1000
#: What a B-tree entry of PostgreSQL holds (2,704 bytes), with room for its header.
_KEY_BYTES = 2600
_KEY_CHARACTERS = 1000
#: What a kind can mean at all, whatever its field declares.
_BY_KIND: dict[Kind, tuple[int, int | None]] = {
    Kind.COUNT: (0, None),
    Kind.LATITUDE: (-90, 90),
    Kind.LONGITUDE: (-180, 180),
    Kind.YEAR: (1, 9999),
}


def _digits_after_point(value: Decimal) -> int:
    exponent = value.as_tuple().exponent
    if not isinstance(exponent, int) or exponent >= 0:
        return 0
    digits = value.as_tuple().digits
    trailing = 0
    while trailing < len(digits) and digits[-1 - trailing] == 0:
        trailing += 1
    return 0 if trailing == len(digits) else max(0, -exponent - trailing)


def _exact(bound: Decimal) -> int | Decimal:
    # Comparing int with int is several times faster than with Decimal.
    return int(bound) if is_whole(bound) and bound.adjusted() <= _EXPONENT else bound


def _compile_limits(context: FieldContext) -> Callable[[int | Decimal], str | None]:
    """Give one function for all bounds; of several inclusive ones only the tightest is compared."""
    field = context.field
    lower, upper = _BY_KIND.get(context.kind, (None, None)) if context.kind else (None, None)
    column = _INTEGER if field.type == "integer" else (None, None)
    low = max((Decimal(b) for b in (field.minimum, lower, column[0]) if b is not None), default=None)
    high = min((Decimal(b) for b in (field.maximum, upper, column[1]) if b is not None), default=None)
    least, most = None if low is None else _exact(low), None if high is None else _exact(high)
    above, below = field.exclusive_minimum, field.exclusive_maximum

    def limits(value: int | Decimal) -> str | None:
        if least is not None and value < least:
            return f"below {least}"
        if most is not None and value > most:
            return f"above {most}"
        if above is not None and value <= above:
            return f"not above {above}"
        return f"not below {below}" if below is not None and value >= below else None

    return limits


def _integer_check(context: FieldContext) -> Check:
    limits = _compile_limits(context)

    def integer(value: Cell, _record: Record, _winner: int | None) -> str | None:
        return limits(value) if type(value) is int else None

    return integer


def _number_check(context: FieldContext) -> Check:
    limits = _compile_limits(context)
    scale = context.field.scale

    def number(value: Cell, _record: Record, _winner: int | None) -> str | None:
        if type(value) is int:
            size = value.bit_length() * 3 // 10
        elif type(value) is Decimal and value.is_finite():
            size = abs(value.adjusted()) if value else 0
            # A number is written with all its digits: most are known from that to have few, without counting them.
            if len(str(value)) > _DIGITS and len(value.as_tuple().digits) > _DIGITS:
                return f"more than {_DIGITS} digits"
        else:
            return None
        if size > _EXPONENT:
            return "beyond any column"
        if (outside := limits(value)) is not None:
            return outside
        if scale is not None and type(value) is Decimal and _digits_after_point(value) > scale:
            return f"more than {scale} digits after the point"
        return None

    return number


def _text_check(context: FieldContext) -> Check | None:
    field = context.field
    length, least = field.max_length, field.min_length or 0
    if field.identity:
        length = min(_KEY_CHARACTERS, length) if length is not None else _KEY_CHARACTERS
    if length is None and not least:
        return None
    share = _KEY_BYTES // context.identities if field.identity else None

    def text(value: Cell, _record: Record, _winner: int | None) -> str | None:
        if type(value) is not str:
            return None
        if len(value) < least:
            return f"shorter than {least} characters"
        if length is not None and len(value) > length:
            return f"longer than {length} characters"
        # Four bytes a character at most: most texts need no encoding to be known to fit.
        if share is not None and 4 * len(value) > share and len(value.encode(errors="replace")) > share:
            return f"longer than {share} bytes, which a key cannot hold"
        return None

    return text


def compile_bounds(context: FieldContext) -> Check | None:
    if context.field.type == "integer":
        return _integer_check(context)
    if context.field.type == "number":
        return _number_check(context)
    return _text_check(context) if context.field.type == "string" else None
