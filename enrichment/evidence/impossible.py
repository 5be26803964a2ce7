"""What values cannot be, whatever their field is called. Generous: only what no reading could save is ruled out."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from types import MappingProxyType
from typing import Final, TypeAlias

from enrichment.evidence.values import scalars
from schemas.json_types import Json
from schemas.kinds import Kind
from schemas.plan import OpCall

_Scalar: TypeAlias = str | int | Decimal
_Test: TypeAlias = Callable[[_Scalar], bool]

#: Texts that stand for no value; they are no evidence.
_PLACEHOLDERS: Final = frozenset(
    {"n/a", "na", "none", "null", "unknown", "-", "--", "?", "tbd", "nil", "not available"}
)
_BOOLEAN: Final = frozenset({"true", "false", "yes", "no", "y", "n", "t", "f", "1", "0", "on", "off"})
#: Operations after which the value itself no longer tells what the field holds.
_REMAKING: Final = frozenset({"join", "part", "map_values", "currency_of"})
#: Whole numbers below this are no date in any writing; the shortest is YYYYMMDD.
_SHORTEST_DATE: Final = 10_000_000


def cannot_be(kind: Kind, values: Sequence[Json], ops: Sequence[OpCall]) -> bool:
    """Say whether not one of the values can be read as the kind. False where nothing is known."""
    test = _TESTS.get(kind)
    if test is None or any(call.op in _REMAKING for call in ops):
        return False
    told = [v for v in scalars(values) if not (isinstance(v, str) and v.casefold() in _PLACEHOLDERS)]
    return bool(told) and not any(test(value) for value in told)


def _has_digit(value: _Scalar) -> bool:
    return not isinstance(value, bool) and (not isinstance(value, str) or any(mark.isdigit() for mark in value))


def _has_letter(value: _Scalar) -> bool:
    return isinstance(value, str) and any(mark.isalpha() for mark in value)


def _counts(value: _Scalar) -> bool:
    if isinstance(value, str | bool):
        return _has_digit(value)
    return Decimal(value) >= 0 and Decimal(value) % 1 == 0


def _within(limit: int) -> _Test:
    def test(value: _Scalar) -> bool:
        return _has_digit(value) if isinstance(value, str | bool) else abs(Decimal(value)) <= limit

    return test


def _is_year(value: _Scalar) -> bool:
    if isinstance(value, str):
        return re.search(r"\d{3,4}|'\d\d", value) is not None
    if isinstance(value, bool):
        return False
    return 100 <= abs(Decimal(value)) <= 2200 or abs(Decimal(value)) >= _SHORTEST_DATE


def _is_moment(value: _Scalar) -> bool:
    if isinstance(value, str):
        return any(mark.isdigit() for mark in value) and not re.fullmatch(r"\s*\d{1,4}\s*", value)
    return False if isinstance(value, bool) else abs(Decimal(value)) >= _SHORTEST_DATE


def _is_address_on_the_net(value: _Scalar) -> bool:
    return isinstance(value, str) and ("." in value or ":" in value)


def _is_phone(value: _Scalar) -> bool:
    return not isinstance(value, bool) and sum(mark.isdigit() for mark in str(value)) >= 5


def _is_boolean(value: _Scalar) -> bool:
    return value in {0, 1} if not isinstance(value, str) else value.casefold() in _BOOLEAN


def _is_currency(value: _Scalar) -> bool:
    return isinstance(value, str) and any(mark.isalpha() or mark in "$€£¥₹₩₽₺₪฿₴₫₱" for mark in value)


def _is_language(value: _Scalar) -> bool:
    return isinstance(value, str) and not any(mark.isdigit() for mark in value)


def _is_code(value: _Scalar) -> bool:
    return not isinstance(value, bool) and len(str(value).split()) <= 5


_TESTS: Final[Mapping[Kind, _Test]] = MappingProxyType(
    {
        Kind.COUNT: _counts,
        Kind.QUANTITY: _has_digit,
        Kind.MONEY: _has_digit,
        Kind.PERCENT: _has_digit,
        Kind.DURATION: _has_digit,
        Kind.LATITUDE: _within(90),
        Kind.LONGITUDE: _within(180),
        Kind.YEAR: _is_year,
        Kind.DATE: _is_moment,
        Kind.DATETIME: _is_moment,
        Kind.BOOLEAN: _is_boolean,
        Kind.EMAIL: lambda value: isinstance(value, str) and "@" in value,
        Kind.URL: _is_address_on_the_net,
        Kind.PHONE: _is_phone,
        Kind.COUNTRY: _has_letter,
        Kind.CURRENCY: _is_currency,
        Kind.LANGUAGE: _is_language,
        Kind.POSTAL_CODE: _has_digit,
        Kind.CODE: _is_code,
        Kind.IDENTIFIER: _is_code,
        Kind.ADDRESS: _has_letter,
        Kind.NAME: lambda value: isinstance(value, str),
        Kind.TEXT: lambda value: isinstance(value, str),
    }
)
