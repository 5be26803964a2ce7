"""`parse_integer`, `parse_decimal`, `parse_percent`: the one number a text states."""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal
from functools import lru_cache
from typing import Final

from enrichment.exact import is_whole
from enrichment.operations.grammar import read_by_grammar
from enrichment.operations.numerals import MOST_DIGITS
from enrichment.operations.operation import Arguments, ReadSettings, Step
from enrichment.operations.outcome import ABSENT, NOT_A_NUMBER, TOO_LARGE, Approximate, Fault, Outcome
from enrichment.operations.plain import statement
from enrichment.operations.reading import read_simply, read_statement
from enrichment.operations.statement import Stated
from enrichment.operations.usual import usual_decimal, usual_integer, usual_percent
from enrichment.operations.vocabulary import FALLS, FALLS_ELSEWHERE
from schemas.codes import Code
from schemas.errors import UsageError
from schemas.json_types import Json
from schemas.kinds import HUNDREDTHS

SEPARATORS: Final = frozenset({",.", ".,"})
SEVERAL: Final = Fault(Code.AMBIGUOUS, "states more than one number")
UNCLEAR: Final = Fault(Code.AMBIGUOUS, "the text has more than one reading")
_READINGS: Final = Fault(Code.AMBIGUOUS, "the separators of the number have more than one reading")
_BOOLEAN: Final = Fault(Code.TYPE, "a boolean is no number")
_FRACTION: Final = Fault(Code.TYPE, "a fraction is no integer")
_NOT_FINITE: Final = Fault(Code.TYPE, "neither NaN nor an infinity is a number")
_MONEY: Final = Fault(Code.TYPE, "an amount of money is no plain number")
_PERCENT: Final = Fault(Code.TYPE, "a percentage is no plain number")
_NO_PERCENT: Final = Fault(Code.AMBIGUOUS, "a number without a percent sign may be a fraction or a percentage")
_ACCOUNTING: Final = Fault(Code.AMBIGUOUS, "a number in parentheses may be negative")
_FALL: Final = Fault(Code.AMBIGUOUS, "the text speaks of a fall, and the number has no sign")
#: Where a field is measured so, or a conversion begins so, `12 L` are litres; elsewhere they may be lakhs. So too the
#: letters that are millions, thousands or groups elsewhere. Each with a word that has one reading.
_LETTERS: Final = (
    ("L", "l", frozenset({
        "l", "ml", "cl", "dl", "hl", "litre", "litres", "liter", "liters", "m3", "m\u00b3", "cm3", "cm\u00b3", "cc",
        "ccm",
    })),
    ("m", "meters", frozenset({"m", "meter", "meters", "metre", "metres"})),
    ("g", "grams", frozenset({"g", "gram", "grams", "gramme", "grammes"})),
    ("t", "tonnes", frozenset({"t", "tonne", "tonnes", "metric_ton", "metric_tons"})),
)  # fmt: skip
#: Rates have thousandths as often as percentages have thousands, and this operation is told no separators: `3,125 %`.
_THOUSANDTHS: Final = re.compile(r"(?<![0-9.,'])[1-9][0-9]{0,2},[0-9]{3}(?![0-9]|[.,'][0-9])")
_FALLS: Final = FALLS | FALLS_ELSEWHERE
#: The difference of two percentages is none.
_POINTS: Final = re.compile(
    r"%(?:-?p|[ -]?(?:pp|pts?|points?|punkte?n?|\u30dd\u30a4\u30f3\u30c8))(?![^\W_]|\.)", re.IGNORECASE
)
_PHONE: Final = Fault(Code.AMBIGUOUS, "a plus sign before so many digits may begin a phone number")


def separators_of(args: Arguments) -> str | None:
    """Give the argument `separators`, null where it is not given.

    Raises:
        UsageError: neither `,.` nor `.,`.
    """
    separators = args.get("separators")
    if separators is None:
        return None
    if separators not in SEPARATORS:
        raise UsageError("separators are neither ',.' nor '.,'", hint="first the grouping mark, then the decimal mark")
    return str(separators)


def given_number(value: Json) -> int | Decimal | Fault | None:
    """Take a number as it stands, within the same limits as one read out of a text; null where it is no number."""
    if isinstance(value, bool):
        return _BOOLEAN
    if isinstance(value, int):
        return value if value.bit_length() <= MOST_DIGITS * 3 else TOO_LARGE
    if isinstance(value, Decimal):
        if not value.is_finite():
            return _NOT_FINITE
        digits, exponent = value.as_tuple()[1:]
        small = isinstance(exponent, int) and len(digits) <= MOST_DIGITS and abs(exponent) <= MOST_DIGITS
        return value if small else TOO_LARGE
    return None


def one_number(text: str, separators: str | None, *, percent: bool = False) -> Stated | Fault:
    """Give the one plain number of a text; a fault where it states none, several, or something else.

    percent: whether a percentage in parentheses counts as a number beside others
    """
    simple = read_simply(text, separators)
    if simple is not None:
        return _MONEY if simple.codes is not None else _legible(simple)
    read = read_by_grammar(text, separators, money=False)
    numbers = read.numbers if percent else read.claims
    if len(numbers) != 1:
        return SEVERAL if numbers else UNCLEAR if read.unclear else NOT_A_NUMBER
    stated = numbers[0]
    if stated.codes is not None or read.stray_signs:
        return _MONEY
    return UNCLEAR if read.unclear else _legible(stated)


def _legible(stated: Stated) -> Stated | Fault:
    if stated.number is None:
        return _READINGS
    return TOO_LARGE if stated.number.too_large else stated


def _plain_number(text: str, separators: str | None) -> Stated | Fault:
    stated = one_number(text, separators)
    if isinstance(stated, Fault):
        return stated
    if stated.percent is not None:
        return _PERCENT
    if stated.accounting:
        return _ACCOUNTING
    digits = text.removeprefix("+")
    return _PHONE if digits != text and digits.isdigit() and len(digits) >= 10 else stated


def marked(value: int | Decimal, *, approximate: bool) -> Outcome:
    return Approximate(value) if approximate else value


@lru_cache(maxsize=8192)
def _integer(text: str, separators: str | None) -> Outcome:
    stated = _plain_number(text, separators)
    if isinstance(stated, Fault):
        return stated
    if stated.number is None or not stated.number.is_whole:
        return _FRACTION
    return marked(stated.number.whole(negative=stated.negative), approximate=stated.approximate)


@lru_cache(maxsize=8192)
def _decimal(text: str, separators: str | None) -> Outcome:
    stated = _plain_number(text, separators)
    if isinstance(stated, Fault):
        return stated
    if stated.number is None:
        return _READINGS
    return marked(stated.number.decimal(negative=stated.negative), approximate=stated.approximate)


def _whole(number: int | Decimal) -> Outcome:
    if isinstance(number, Decimal):
        return int(number) if is_whole(number) else _FRACTION
    return number


def _letter_of(unit: str | None) -> tuple[re.Pattern[str], str] | None:
    """The letter that is a unit behind a number of this field, and what it is read as."""
    named = "" if unit is None else unit.strip().casefold()
    found = next(((letter, word) for letter, word, units in _LETTERS if named in units), None)
    return None if found is None else (re.compile(rf"(?<=[0-9]) {found[0]}(?![\w/*^\u00b7'])"), f" {found[1]}")


def _parser(
    usual: Callable[[str], int | Decimal | None],
    read: Callable[[str, str | None], Outcome],
    given: Callable[[int | Decimal], Outcome],
    args: Arguments,
    unit: str | None,
) -> Step:
    separators = separators_of(args)
    letter = _letter_of(unit)
    by_points = separators != ".,"

    def parse(value: Json) -> Outcome:
        if isinstance(value, str):
            if by_points and (known := usual(value)) is not None:
                return known
            text = statement(value)
            if not isinstance(text, str):
                return text
            return read(letter[0].sub(letter[1], text) if letter is not None else text, separators)
        number = given_number(value)
        if number is None:
            return ABSENT if value is None else NOT_A_NUMBER
        return number if isinstance(number, Fault) else given(number)

    return parse


def compile_parse_integer(args: Arguments, settings: ReadSettings) -> Step:
    return _parser(usual_integer, _integer, _whole, args, settings.unit)


def compile_parse_decimal(args: Arguments, settings: ReadSettings) -> Step:
    return _parser(usual_decimal, _decimal, lambda number: number, args, settings.unit)


def _percentage(text: str) -> Stated | Fault:
    """Give the one percentage of a text, beside which nothing leaves open how much it is."""
    stated = one_number(text, None, percent=True)
    if isinstance(stated, Fault):
        return stated
    if stated.percent is None:
        return _NO_PERCENT
    if stated.accounting:
        return _ACCOUNTING
    if not stated.negative and read_statement(text, None, money=False).words & _FALLS:
        return _FALL
    if _POINTS.search(text):
        return UNCLEAR
    return _READINGS if _THOUSANDTHS.search(text) else stated


def compile_parse_percent(args: Arguments, settings: ReadSettings) -> Step:
    as_percent = settings.unit is not None and settings.unit.casefold() in HUNDREDTHS
    power = 0 if as_percent else -2

    def read(text: str, _separators: str | None) -> Outcome:
        stated = _percentage(text)
        if isinstance(stated, Fault):
            return stated
        if stated.number is None or stated.percent is None:
            return _READINGS
        number = stated.number.times_ten(stated.percent + 2 * as_percent)
        return marked(number.decimal(negative=stated.negative), approximate=stated.approximate)

    return _parser(lambda text: usual_percent(text, power), read, lambda number: number, args, settings.unit)
