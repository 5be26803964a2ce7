"""Operations on texts: as it is, as text, in one case, one piece."""

from __future__ import annotations

from decimal import Decimal

from enrichment.operations.operation import Arguments, ReadSettings, Step
from enrichment.operations.outcome import ABSENT, NOT_TEXT, TOO_LARGE, TOO_LONG, Absent, Fault, Outcome
from schemas.codes import Code
from schemas.errors import UsageError
from schemas.json_types import Json

#: Texts are read up to here, in characters; a longer one is no value of a column.
LONGEST_TEXT = 1_000_000
#: Digits that a number may have in plain notation, on both sides of the point together.
MOST_DIGITS = 100


def fold(text: str) -> str:
    """Trim, and make every run of white space (no-break spaces too) one space."""
    return " ".join(text.split())


def folded(value: Json) -> str | Absent | Fault:
    """Give the folded text of a text value, and nothing or a fault of any other."""
    if isinstance(value, str):
        if len(value) > LONGEST_TEXT:
            return TOO_LONG
        return fold(value) or ABSENT
    return ABSENT if value is None else NOT_TEXT


def plain_number(number: int | Decimal) -> str | None:
    """Give the shortest exact text in plain notation, or null where that has more than `MOST_DIGITS` digits."""
    if isinstance(number, int):
        return str(number) if number.bit_length() <= MOST_DIGITS * 3 else None
    if not number.is_finite():
        return None
    sign, digits, exponent = number.as_tuple()
    if not isinstance(exponent, int) or len(digits) + abs(exponent) > MOST_DIGITS:
        return None
    text = format(number, "f")
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return text[1:] if sign and not number else text


def as_text(value: Json) -> str | Absent | Fault:
    """Give a scalar as text: texts folded, numbers in plain notation, `true` and `false`."""
    if isinstance(value, str) or value is None:
        return folded(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | Decimal):
        text = plain_number(value)
        return TOO_LARGE if text is None else text
    return Fault(Code.TYPE, "a list or object has no text")


def _copy(value: Json) -> Outcome:
    if isinstance(value, str):
        if len(value) > LONGEST_TEXT:
            return TOO_LONG
        return " ".join(value.split()) or ABSENT
    return ABSENT if value is None else value


def compile_copy(_args: Arguments, _settings: ReadSettings) -> Step:
    return _copy


def compile_to_text(_args: Arguments, _settings: ReadSettings) -> Step:
    return as_text


def _casefold(value: Json) -> Outcome:
    text = folded(value)
    return text.casefold() if isinstance(text, str) else text


def _upper(value: Json) -> Outcome:
    text = folded(value)
    return text.upper() if isinstance(text, str) else text


def compile_casefold(_args: Arguments, _settings: ReadSettings) -> Step:
    return _casefold


def compile_upper(_args: Arguments, _settings: ReadSettings) -> Step:
    return _upper


def compile_part(args: Arguments, _settings: ReadSettings) -> Step:
    separator, index = str(args["separator"]), int(args["index"])
    if not separator:
        raise UsageError("part: the separator is empty", hint="name the text that stands between the pieces")
    if index < 0:
        raise UsageError("part: the index is negative", hint="pieces are counted from 0")
    # A separator of plain words and spaces also stands where the text has a run of white space or a no-break space.
    on_folded = fold(f"x{separator}x") == f"x{separator}x"

    def part(value: Json) -> Outcome:
        if not isinstance(value, str):
            return ABSENT if value is None else NOT_TEXT
        if len(value) > LONGEST_TEXT:
            return TOO_LONG
        pieces = (fold(value) if on_folded else value).split(separator, index + 1)
        return (fold(pieces[index]) or ABSENT) if index < len(pieces) else ABSENT

    return part
