"""Units are converted by exact fractions; a name of several sizes, an offset or another measure is refused."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from fractions import Fraction
from threading import Barrier
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from enrichment.operations import ReadSettings, compile_operation, units
from schemas.errors import UsageError
from schemas.plan import OpArg, OpCall


def convert(value: Any, source: str, target: str) -> Any:
    call = OpCall(op="convert_unit", args=(OpArg(name="from", value=source), OpArg(name="to", value=target)))
    return compile_operation(call, ReadSettings())(value)


@pytest.mark.parametrize(
    ("value", "source", "target", "result"),
    [
        (1, "mile/hour", "km/hour", "1.609344"),
        (1, "mph", "km/h", "1.609344"),
        (1, "km/hour", "m/minute", "16.66666666666666666666666667"),
        (1, "knot", "km/hour", "1.852"),
        (1, "pound/foot**3", "kg/m**3", "16.01846337396013957965507065"),
        (1, "lb", "kg", "0.45359237"),
        (1, "km**2", "hectare", "100"),
        (1, "turn", "degree", "360"),
        (1, "delta_degC", "delta_degF", "1.8"),
        (1, "degC/hour", "degF/hour", "1.8"),
        (1, "year", "month", "12"),
        (1, "julian_year", "day", "365.25"),
        (1, "US_liquid_gallon", "liter", "3.785411784"),
        (1, "imperial_gallon", "liter", "4.54609"),
        (1, "oil_barrel", "liter", "158.987294928"),
        (1, "short_ton", "kg", "907.18474"),
        (1, "tonne", "kg", "1000"),
        (1, "international_acre", "m**2", "4046.8564224"),
        (7, "day", "week", "1"),
    ],
)
def test_compound_units_convert_exactly(value: Any, source: str, target: str, result: str) -> None:
    assert convert(value, source, target) == Decimal(result)


@pytest.mark.parametrize(
    "unit",
    ["gallon", "gal", "barrel", "bbl", "ton", "kiloton", "cup", "pint", "acre", "acres", "horsepower", "mile/gal"],
)
def test_a_name_of_several_sizes_is_refused_with_the_names_that_tell(unit: str) -> None:
    with pytest.raises(UsageError) as caught:
        convert(1, unit, unit)
    assert "name" in str(caught.value.hint)


@pytest.mark.parametrize(
    ("source", "target"),
    [
        *(("degC", "kelvin"), ("degC", "degF"), ("year", "day"), ("byte", "radian"), ("rpm", "Hz"), ("dB", "percent")),
        *(("m", "kg"), ("USD", "EUR"), ("", "m"), ("m", "dimensionless"), ("2*m", "m")),
    ],
)
def test_what_has_no_fixed_factor_is_refused(source: str, target: str) -> None:
    with pytest.raises(UsageError):
        convert(1, source, target)


@pytest.mark.parametrize("one", ["9**9**6*m", "1e9999*m", "km**99/km**98", "(km**2)**2/km**3", "m²²/m²¹", "m^(1+1)/m"])
def test_a_unit_that_asks_the_library_for_arithmetic_is_refused_before_it_is_worked_out(one: str) -> None:
    """With a digit more each, these would keep a worker busy for days: a planner may name any of them."""
    with pytest.raises(UsageError, match="more than a product of units"):
        convert(1, one, "m")


@pytest.mark.parametrize(
    ("one", "other"),
    [("m²", "m^2"), ("m**-2", "1/m**2"), ("kg * m ** 2 / s ** 2", "joule"), ("square meter", "m**(2)")],
)
def test_powers_of_one_digit_are_read_however_they_are_written(one: str, other: str) -> None:
    assert convert(7, one, other) == 7


@settings(max_examples=60, derandomize=True, deadline=None)
@given(value=st.integers(-(10**12), 10**12) | st.decimals(-(10**6), 10**6, places=6))
def test_there_and_back_is_the_same_number(value: Any) -> None:
    there = convert(value, "mile/hour", "km/hour")
    assert Fraction(there) == Fraction(value) * Fraction("1.609344")
    assert convert(there, "km/hour", "mile/hour") == value


def test_threads_that_begin_together_convert_by_one_library() -> None:
    units._factors.cache_clear()
    units._registry.cache_clear()
    pairs = [
        ("g", "kg"),
        ("km", "m"),
        ("hour", "s"),
        ("day", "hour"),
        ("mg", "g"),
        ("cm", "m"),
        ("kg", "g"),
        ("mile", "m"),
    ]
    together = Barrier(len(pairs))

    def begin(pair: tuple[str, str]) -> Any:
        together.wait(30)
        return convert(1_000, *pair)

    with ThreadPoolExecutor(len(pairs)) as threads:
        found = list(threads.map(begin, pairs))
    assert found == [1, 1_000_000, 3_600_000, 24_000, 1, 10, 1_000_000, 1_609_344]
