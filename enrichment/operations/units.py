"""`convert_unit`: by a fixed factor, exactly."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator, Mapping
from decimal import Context, Decimal, Inexact, localcontext
from fractions import Fraction
from functools import lru_cache
from typing import Final

import pint
from pint.util import string_preprocessor

from enrichment.operations.numbers import given_number
from enrichment.operations.numerals import MOST_DIGITS
from enrichment.operations.operation import Arguments, ReadSettings, Step
from enrichment.operations.outcome import ABSENT, NOT_A_NUMBER, TOO_LARGE, Fault, Outcome
from schemas.errors import UsageError
from schemas.json_types import Json

#: Digits that a result keeps where it is no finite decimal.
_DIGITS: Final = 28
#: Enough for any number that is taken times any factor, so that finite results are exact.
_EXACT: Final = Context(prec=8 * MOST_DIGITS)
_NAME: Final = re.compile(r"[^\W\d]\w*")
#: A unit to a power of one digit, and any number, in a unit as the library reads it.
_POWERED: Final = re.compile(r"([^\W\d]\w*)\s*\*\*\s*(?:[+-]?\d|\(\s*[+-]?\d\s*\))(?![\w.])")
_NUMBER: Final = re.compile(r"(?<![\w.])[\d.][\w.]*")

_VOLUMES: Final = "name the country's, as US_liquid_gallon, US_fluid_ounce or imperial_gallon, imperial_fluid_ounce"
_SURVEYED: Final = "international and surveyors' lengths differ: name foot, yard, mile or survey_foot"
#: Units whose name means different sizes in different countries or trades, with what to name instead.
_SEVERAL_SIZES: Final[Mapping[str, str]] = {
    **dict.fromkeys(
        (
            "gallon",
            "quart",
            "pint",
            "gill",
            "fluid_ounce",
            "fluid_dram",
            "minim",
            "cup",
            "tablespoon",
            "teaspoon",
            "shot",
        ),
        _VOLUMES,
    ),
    **dict.fromkeys(("bushel", "peck"), "name imperial_bushel, or litre"),
    **dict.fromkeys(("barrel", "hogshead"), "name oil_barrel, beer_barrel or imperial_barrel"),
    **dict.fromkeys(("ton", "force_ton"), "name tonne, short_ton or long_ton"),
    **dict.fromkeys(("hundredweight", "quarter", "bag"), "name US_hundredweight or UK_hundredweight"),
    **dict.fromkeys(("rod", "chain", "furlong", "link", "fathom", "league", "cables_length"), _SURVEYED),
    **dict.fromkeys(("acre", "acre_foot"), "name international_acre or US_survey_acre"),
    "horsepower": "name UK_horsepower or metric_horsepower",
    **dict.fromkeys(("british_thermal_unit", "therm", "refrigeration_ton"), "name joule"),
    "dram": "name avoirdupois_dram or apothecary_dram",
}
#: What makes one of these names say which of the sizes it means.
_TELLS: Final = ("US_", "UK_", "short_", "survey_", "avoirdupois_", "avdp_", "hydraulic_", "EC_", "Btu_iso")
#: Months and years have no fixed number of days; among themselves they are fixed.
_CALENDAR: Final = frozenset({"year", "month", "century", "millennium"})
#: Sizes that the library does not tell apart.
_DEFINED: Final = ("international_acre = 4840 * yard ** 2", "US_survey_acre = 10 * chain ** 2")
#: The library is not made for threads: two that begin together would each have a registry, and units of two registries
#: cannot be compared.
_LIBRARY: Final = threading.Lock()


@lru_cache(maxsize=1)
def _registry() -> pint.UnitRegistry[Fraction]:
    registry: pint.UnitRegistry[Fraction] = pint.UnitRegistry(
        non_int_type=Fraction, autoconvert_offset_to_baseunit=False
    )
    for definition in _DEFINED:
        registry.define(definition)
    return registry


def _names(unit: str) -> Iterator[tuple[str, str]]:
    """Every name in a unit, as it is written and as the library knows it without prefix and plural."""
    for written in _NAME.findall(unit):
        for _, name, _ in _registry().parse_unit_name(written)[:1]:
            yield written, name


def _refuse_several_sizes(unit: str) -> None:
    for written, name in _names(unit):
        if name in _SEVERAL_SIZES and not written.startswith(_TELLS):
            raise UsageError(f"convert_unit: {written!r} is of more than one size", hint=_SEVERAL_SIZES[name])


def _of_calendar(unit: str) -> bool:
    return any(name in _CALENDAR and written != "julian_year" for written, name in _names(unit))


def _refuse_arithmetic(unit: str) -> None:
    """The library works out whatever stands in a unit: `9**9**9*m` and `1e999999999*m` keep it busy for days."""
    rest = _POWERED.sub(r"\1", string_preprocessor(unit))
    if "**" in rest or any(number != "1" for number in _NUMBER.findall(rest)):
        raise UsageError(
            f"convert_unit: {unit!r} is more than a product of units", hint="as m/s, kg*m**2, with powers of one digit"
        )


def _base_factor(unit: str) -> tuple[Fraction, object]:
    """Give how many base units one unit is, as an exact fraction, and the base units.

    Not only the dimension: a byte, a radian and a percent have none, and are no measure of each other.
    """
    registry = _registry()
    _refuse_arithmetic(unit)
    try:
        parsed = registry.parse_units(unit)
        base = registry.Quantity(Fraction(1), parsed).to_base_units()
        zero = registry.Quantity(Fraction(0), parsed).to_base_units().magnitude
        magnitude: object = base.magnitude
        factor = Fraction(base.magnitude)
    except Exception as error:  # pint raises errors of its own, of tokenizers and of attributes alike
        raise UsageError(f"convert_unit: {unit!r} is no unit with a fixed factor", hint="as km, kg, hour") from error
    if zero != 0 or isinstance(magnitude, float) or parsed == registry.dimensionless:
        raise UsageError(f"convert_unit: {unit!r} has an offset", hint="only units with a fixed factor are converted")
    _refuse_several_sizes(unit)
    return factor, base.units


def _factor(source: str, target: str) -> Fraction:
    one, measure = _base_factor(source)
    other, wanted = _base_factor(target)
    if measure != wanted:
        raise UsageError(f"convert_unit: {source!r} is no measure of what {target!r} measures", hint="name like units")
    if _of_calendar(source) != _of_calendar(target):
        raise UsageError("convert_unit: months and years have no fixed length", hint="name day, or julian_year")
    return one / other


@lru_cache(maxsize=512)
def _factors(source: str, target: str) -> tuple[Decimal, Decimal]:
    with _LIBRARY:
        factor = _factor(source, target)
    return Decimal(factor.numerator), Decimal(factor.denominator)


@lru_cache(maxsize=4096)
def differ_in_size(one: str, other: str) -> bool:
    """Do two units measure the same and are of different size? False where one of them is not known."""
    try:
        with _LIBRARY:
            size, measure = _base_factor(one)
            wanted, meant = _base_factor(other)
    except UsageError:
        return False
    return measure == meant and size != wanted


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
