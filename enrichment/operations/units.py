"""`convert_unit`: by a fixed factor, exactly."""

from __future__ import annotations

from decimal import Context, Decimal, Inexact, localcontext
from functools import lru_cache
from typing import Final

import pint

from enrichment.operations.numbers import given_number
from enrichment.operations.numerals import MOST_DIGITS
from enrichment.operations.operation import Arguments, ReadSettings, Step
from enrichment.operations.outcome import ABSENT, NOT_A_NUMBER, TOO_LARGE, Fault, Outcome
from schemas.errors import UsageError
from schemas.json_types import Json

#: Digits that a result keeps where the factor is no finite decimal.
_DIGITS: Final = 28
#: The library derives factors by division and so blurs their last digits; no unit is defined with more than these.
_DEFINED: Final = Context(prec=18)
#: Enough for any number that is taken times any factor, so that finite results are exact.
_EXACT: Final = Context(prec=4 * MOST_DIGITS)


@lru_cache(maxsize=1)
def _registry() -> pint.UnitRegistry[Decimal]:
    return pint.UnitRegistry(non_int_type=Decimal, autoconvert_offset_to_baseunit=False)


def _base_factor(unit: str) -> tuple[Decimal, str]:
    registry = _registry()
    with localcontext(_EXACT):
        try:
            parsed = registry.parse_units(unit)
            quantity = registry.Quantity(Decimal(1), parsed)
            zero = registry.Quantity(Decimal(0), parsed).to_base_units()
            base = quantity.to_base_units()
        except Exception as error:  # pint raises errors of its own, of tokenizers and of attributes alike
            raise UsageError(
                f"convert_unit: {unit!r} is no unit with a fixed factor", hint="as km, kg, hour"
            ) from error
    if zero.magnitude != 0 or (not parsed.dimensionality and not str(parsed)):
        raise UsageError(f"convert_unit: {unit!r} has an offset", hint="only units with a fixed factor are converted")
    return _DEFINED.plus(Decimal(base.magnitude)), str(base.dimensionality)


@lru_cache(maxsize=512)
def _factors(source: str, target: str) -> tuple[Decimal, Decimal]:
    numerator, one = _base_factor(source)
    denominator, other = _base_factor(target)
    if one != other:
        raise UsageError(f"convert_unit: {source!r} is no measure of what {target!r} measures", hint="name like units")
    return numerator, denominator


def compile_convert_unit(args: Arguments, _settings: ReadSettings) -> Step:
    numerator, denominator = _factors(str(args["from"]), str(args["to"]))

    def convert_unit(value: Json) -> Outcome:
        number = given_number(value)
        if number is None:
            return ABSENT if value is None or (isinstance(value, str) and not value.strip()) else NOT_A_NUMBER
        if isinstance(number, Fault):
            return number
        with localcontext(_EXACT) as context:
            exact = Decimal(number) * numerator / denominator
            if context.flags[Inexact]:
                exact = Context(prec=_DIGITS).plus(exact)
        if exact == exact.to_integral_value(context=_EXACT):
            whole = int(exact)
            kept = given_number(whole)
            return (whole if isinstance(number, int) else Decimal(whole)) if not isinstance(kept, Fault) else TOO_LARGE
        return exact.normalize(_EXACT)

    return convert_unit
