"""Numbers as sources write them: of any size and of any number of digits, and neither rounded nor refused here.

What `Decimal` computes goes by a context of 28 digits and a largest exponent: `%` raises for more digits than that, and
`abs` and `normalize` round, or raise for a larger exponent. What a record holds is judged without one.
"""

from __future__ import annotations

from decimal import MAX_EMAX, MAX_PREC, MIN_EMIN, Context, Decimal
from typing import Final

#: For what only moves the point or drops zeros: nothing is rounded.
_EXACT: Final = Context(prec=MAX_PREC, Emax=MAX_EMAX, Emin=MIN_EMIN, traps=[])
#: For what is compared roughly: rounded, but never refused. Numbers far apart would have as many digits as they are.
_ROUGH: Final = Context(prec=28, Emax=MAX_EMAX, Emin=MIN_EMIN, traps=[])


def is_whole(number: Decimal) -> bool:
    """Say whether a number has no fraction; neither not-a-number nor an infinity is whole."""
    return number.is_finite() and number == number.to_integral_value()


def shortest(number: Decimal) -> Decimal:
    """Drop the zeros behind the last digit."""
    return number.normalize(_EXACT)


def times_ten(number: Decimal, power: int) -> Decimal:
    """Move the point."""
    return number.scaleb(power, _EXACT)


def plain(number: Decimal) -> str:
    """Write a finite number out in full, without zeros behind the last digit; as many digits as its size asks for."""
    if not number:
        return "0"
    text = format(number, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def times(number: Decimal, factor: Decimal) -> Decimal:
    """Multiply, to 28 digits."""
    return _ROUGH.multiply(number, factor)


def are_near(one: Decimal, other: Decimal, share: Decimal) -> bool:
    """Say whether two finite numbers differ by no more than a share of the larger one."""
    larger = max(one.copy_abs(), other.copy_abs())
    return one == other or _ROUGH.subtract(one, other).copy_abs() <= _ROUGH.multiply(larger, share)
