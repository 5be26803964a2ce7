"""Numbers of any size and length are judged without the context that computes with 28 digits."""

from __future__ import annotations

from decimal import Decimal

import pytest

from enrichment.exact import are_near, is_whole, plain, shortest, times, times_ten

DIGITS = "12345678901234567890123456789012345"
FAR = Decimal("1e9999999")


@pytest.mark.parametrize(
    ("number", "whole"),
    [
        *((text, True) for text in ("0", "-0", "1e30", DIGITS, "1e300", "1e9999999", f"-{DIGITS}.0")),
        *((text, False) for text in (f"{DIGITS}.125", "1e-400", "1e-9999999", "NaN", "sNaN", "Infinity")),
    ],
)
def test_a_fraction_is_seen_behind_any_number_of_digits(number: str, *, whole: bool) -> None:
    assert is_whole(Decimal(number)) is whole


def test_moving_the_point_and_dropping_zeros_keeps_every_digit() -> None:
    assert times_ten(Decimal(DIGITS), -3) == Decimal(f"{DIGITS[:-3]}.{DIGITS[-3:]}")
    assert str(shortest(Decimal(f"{DIGITS}.500"))) == f"{DIGITS}.5"
    assert shortest(FAR) == FAR
    assert times_ten(FAR, 3) == Decimal("1e10000002")


def test_a_number_is_written_out_without_its_zeros() -> None:
    written = {"1.50": "1.5", "1e3": "1000", "-0.00": "0", "0e-99999999999": "0", f"{DIGITS}.10": f"{DIGITS}.1"}
    assert {text: plain(Decimal(text)) for text in written} == written


def test_numbers_are_compared_roughly_however_far_they_lie_apart() -> None:
    share = Decimal("0.02")
    assert are_near(Decimal(100), Decimal(-100), share) is False
    assert are_near(Decimal(100), Decimal("98.5"), share)
    assert are_near(Decimal("1e9999999"), Decimal("1.01e9999999"), share)
    assert not are_near(FAR, Decimal(1), share)
    assert are_near(Decimal(0), Decimal("-0"), share)
    assert times(FAR, Decimal(1000)) == Decimal("1e10000002")
