"""What values cannot be, whatever their field is called. Generous: only what no reading could save is ruled out.

Texts are put to the operation that reads the kind, which has the last word on them anyway; numbers are judged by size.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from functools import lru_cache
from itertools import islice
from types import MappingProxyType
from typing import Final, TypeAlias

from enrichment.evidence.profile import as_number
from enrichment.evidence.values import scalars
from enrichment.exact import is_whole
from enrichment.operations import Fault, ReadSettings, Step, compile_operation
from schemas.codes import Code
from schemas.json_types import Json
from schemas.kinds import Kind
from schemas.plan import OpCall

_Test: TypeAlias = Callable[[Decimal], bool]

#: Texts that stand for no value; they are no evidence.
_PLACEHOLDERS: Final = frozenset(
    {"n/a", "na", "none", "null", "unknown", "-", "--", "?", "tbd", "nil", "not available", "infinity", "-infinity"}
)
#: Operations after which the value itself no longer tells what the field holds.
_REMAKING: Final = frozenset({"join", "part", "map_values", "currency_of"})
#: Values looked at; if none of so many can be read, none will be.
_LOOKED_AT: Final = 20
#: A text of more words is no code.
_CODE_WORDS: Final = 5
#: Figures from which on their fractions speak, and the share that must have one.
_FEWEST: Final = 5
_FRACTIONS: Final = 0.25
#: Figures from which on it speaks that they all differ, what share must, and how large the largest must be.
_FEWEST_OF_A_COLUMN: Final = 12
_DIFFERENT: Final = 0.9
_LARGE: Final = 10_000
#: Characters of a text that are looked at.
_LONGEST: Final = 300

#: Operations that read a kind; a text that all of them refuse as being something else is not of it.
_READERS: Final[Mapping[Kind, tuple[str, ...]]] = MappingProxyType(
    {
        Kind.COUNT: ("parse_decimal",),
        Kind.QUANTITY: ("parse_decimal",),
        Kind.MONEY: ("parse_money",),
        Kind.PERCENT: ("parse_percent",),
        Kind.YEAR: ("parse_year",),
        Kind.DATE: ("parse_date", "parse_datetime"),
        Kind.DATETIME: ("parse_datetime", "parse_date"),
        Kind.EMAIL: ("parse_email",),
        Kind.URL: ("parse_url",),
        Kind.PHONE: ("parse_phone",),
        Kind.CURRENCY: ("parse_currency",),
        Kind.BOOLEAN: ("parse_boolean",),
    }
)
#: Kinds that numbers can have, and which numbers.
_NUMBERS: Final[Mapping[Kind, _Test]] = MappingProxyType(
    {
        Kind.COUNT: lambda number: number >= 0 and is_whole(number),
        Kind.QUANTITY: lambda _: True,
        Kind.MONEY: lambda _: True,
        Kind.PERCENT: lambda _: True,
        Kind.DURATION: lambda number: number >= 0,
        Kind.LATITUDE: lambda number: number.copy_abs() <= 90,
        Kind.LONGITUDE: lambda number: number.copy_abs() <= 180,
        Kind.YEAR: lambda number: 100 <= number.copy_abs() <= 2200 or number >= 10_000_000,
        Kind.DATE: lambda number: number >= 10_000_000,
        Kind.DATETIME: lambda number: number >= 10_000_000,
        Kind.BOOLEAN: lambda number: number in {0, 1},
        Kind.PHONE: lambda number: number >= 10_000 and is_whole(number),
        Kind.POSTAL_CODE: lambda number: number >= 0 and is_whole(number),
        Kind.CODE: lambda number: number >= 0 and is_whole(number),
        Kind.IDENTIFIER: lambda number: number >= 0 and is_whole(number),
        Kind.CATEGORY: is_whole,
    }
)
#: Kinds that only a mark in a text can show where no operation reads them.
_DIGITS_NEEDED: Final = frozenset({Kind.DURATION, Kind.LATITUDE, Kind.LONGITUDE, Kind.POSTAL_CODE})
_LETTERS_NEEDED: Final = frozenset({Kind.COUNTRY, Kind.ADDRESS})


def cannot_be(kind: Kind, values: Sequence[Json], ops: Sequence[OpCall]) -> bool:
    """Say whether not one of the values can be read as the kind. False where nothing is known."""
    if any(call.op in _REMAKING for call in ops):
        return False
    told = (v for v in scalars(values) if not (isinstance(v, str) and v.casefold() in _PLACEHOLDERS))
    looked_at = tuple(islice(told, _LOOKED_AT))
    return bool(looked_at) and not any(_can_be(kind, value) for value in looked_at)


def are_measures(values: Sequence[Json], ops: Sequence[OpCall]) -> bool:
    """Say whether all values are figures and many have a fraction: nobody calls a thing, or sorts it, by such.

    False for few values, and where operations make something else of them.
    """
    if any(call.op in _REMAKING for call in ops):
        return False
    figures = _figures(values)
    fractions = sum(not is_whole(figure) for figure in figures)
    return len(figures) >= _FEWEST and fractions >= _FRACTIONS * len(figures)


def are_totals(values: Sequence[Json], ops: Sequence[OpCall]) -> bool:
    """Say whether all values are figures, large ones among them, and hardly one comes twice: none of them sorts things.

    False for few values, and where operations make something else of them.
    """
    if any(call.op in _REMAKING for call in ops):
        return False
    figures = _figures(values)
    enough = len(figures) >= _FEWEST_OF_A_COLUMN and max(figures) >= _LARGE
    return enough and len(set(figures)) >= _DIFFERENT * len(figures)


def _figures(values: Sequence[Json]) -> list[Decimal]:
    """Give the values as numbers; nothing where one is none."""
    told = [v for v in scalars(values) if not (isinstance(v, str) and v.casefold() in _PLACEHOLDERS)]
    figures = [figure for value in told if (figure := as_number(value)) is not None]
    return figures if len(figures) == len(told) else []


def _can_be(kind: Kind, value: str | int | Decimal) -> bool:
    if isinstance(value, bool):
        return kind in {Kind.BOOLEAN, Kind.CATEGORY}
    if isinstance(value, str):
        return _text_can_be(kind, value[:_LONGEST])
    number = Decimal(value)
    return kind in _NUMBERS and number.is_finite() and _NUMBERS[kind](number)


@lru_cache(maxsize=32_768)
def _text_can_be(kind: Kind, text: str) -> bool:
    if kind in _READERS:
        outcomes = (_reader(operation)(text) for operation in _READERS[kind])
        return any(not isinstance(o, Fault) or o.code not in {Code.TYPE, Code.OUT_OF_RANGE} for o in outcomes)
    if kind in _DIGITS_NEEDED:
        return any(mark.isdigit() for mark in text)
    if kind in _LETTERS_NEEDED:
        return any(mark.isalpha() for mark in text)
    if kind is Kind.LANGUAGE:
        return not any(mark.isdigit() for mark in text)
    return kind not in {Kind.CODE, Kind.IDENTIFIER} or len(text.split()) <= _CODE_WORDS


@lru_cache(maxsize=32)
def _reader(operation: str) -> Step:
    return compile_operation(OpCall(op=operation), ReadSettings())
