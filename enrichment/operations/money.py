"""`parse_money` and `currency_of`: one reading of one text, of which each gives its half."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from functools import lru_cache
from typing import Final, NamedTuple

from enrichment.operations import currencies
from enrichment.operations.grammar import read_by_grammar
from enrichment.operations.numbers import given_number, marked, separators_of
from enrichment.operations.operation import Arguments, ReadSettings, Step
from enrichment.operations.outcome import ABSENT, TOO_LARGE, Absent, Fault, Outcome
from enrichment.operations.plain import statement
from enrichment.operations.reading import read_simply
from enrichment.operations.statement import Stated, Statement
from enrichment.operations.usual import SIGNS, usual_amount
from enrichment.operations.vocabulary import GAINS, LOSSES
from schemas.codes import Code
from schemas.json_types import Json

_NO_AMOUNT: Final = Fault(Code.TYPE, "states no amount")
_NO_MONEY: Final = Fault(Code.TYPE, "not an amount of money")
_SEVERAL: Final = Fault(Code.AMBIGUOUS, "states more than one amount")
_UNCLEAR: Final = Fault(Code.AMBIGUOUS, "the text has more than one reading")
_READINGS: Final = Fault(Code.AMBIGUOUS, "the separators of the amount have more than one reading")
_PERCENT: Final = Fault(Code.TYPE, "a percentage is no amount")
_SIGN: Final = Fault(Code.AMBIGUOUS, "the currency sign has more than one reading, and the source declares none")
_NO_SIGN: Final = Fault(Code.AMBIGUOUS, "names no currency, and the source declares none")
_CREDIT: Final = Fault(Code.AMBIGUOUS, "`Cr` may be crores or a credit beside this currency")
_LETTER: Final = Fault(Code.AMBIGUOUS, "the letter is another magnitude in the currency's own language")
#: `M` is miliar (billion), `B` bin (thousand), `T` tỷ (billion), where the currency's own people write it.
_OF_ITS_LANGUAGE: Final = frozenset({("IDR", "m"), ("TRY", "b"), ("VND", "t")})
_LOSS: Final = Fault(Code.AMBIGUOUS, "the text speaks of profit and loss, and the amount has no sign")
_OTHER_CURRENCY: Final = Fault(Code.UNIT_MISMATCH, "the amount is in another currency than the target's")
#: An amount that has its sign and its magnitude beside it: two of them are never one.
_SURE: Final = re.compile(
    r"(?:[$\u20ac\u00a3\u00a5]|\b(?:USD|EUR|JPY|GBP|CHF)\b) ?"
    r"[0-9]{1,3}(?:,[0-9]{3})*(?:\.[0-9]+)? (?:million|billion|trillion)(?= ?\)|$| \()"
)
_NONE: Final[frozenset[str]] = frozenset()


class _Amount(NamedTuple):
    value: Decimal
    approximate: bool
    codes: frozenset[str]
    sign: str
    crores: bool
    letter: str


def _amounts(read: Statement) -> Sequence[Stated]:
    """All numbers that may be amounts: beside one that has a currency, four bare digits are a year."""
    if len(read.numbers) < 2:
        return read.numbers
    sure = [n for n in read.claims if n.codes is not None and not (n.bare_year and not n.scaled)]
    if len(sure) != 1:
        return list(read.claims)
    return [n for n in read.claims if n is sure[0] or not (n.bare_year and n.codes is None and not n.scaled)]


def _negative(stated: Stated, words: frozenset[str]) -> bool | None:
    """Is the amount negative? Null where the words leave it open."""
    if stated.negative or stated.accounting:
        return None if stated.accounting and stated.negative else True
    if words.isdisjoint(LOSSES):
        return False
    return None if words & GAINS else True


def _only_amount(read: Statement) -> Stated | Fault:
    amounts = _amounts(read)
    if len(amounts) != 1:
        return _SEVERAL if amounts else _NO_AMOUNT
    return _PERCENT if amounts[0].percent is not None else amounts[0]


def _currency(stated: Stated, stray_signs: tuple[str, ...]) -> tuple[frozenset[str], str] | None:
    """Give the codes that all signs of the text allow, and the sign as written; null where they contradict."""
    codes, sign = stated.codes, stated.sign
    for stray in stray_signs:
        more = currencies.sign_codes(stray) or currencies.word_codes(stray)
        both = more if codes is None else codes & more
        if codes is not None and not both:
            return None
        if codes is None or len(more) < len(codes):
            sign = stray  # `$5 (CAD)`: what is declared of `$` says nothing here
        codes = both
    return None if codes == frozenset() else (codes or frozenset(), sign)


@lru_cache(maxsize=8192)
def _read(text: str, separators: str | None) -> _Amount | Fault:
    simple = read_simply(text, separators)
    if simple is not None and simple.percent is None:
        return _amount(simple, simple.negative, simple.codes or _NONE, simple.sign)
    if len(_SURE.findall(text)) > 1:
        return _SEVERAL
    return _by_grammar(text, separators)


def _by_grammar(text: str, separators: str | None) -> _Amount | Fault:
    read = read_by_grammar(text, separators, money=True)
    stated = _only_amount(read)
    if isinstance(stated, Fault):
        return stated
    currency = _currency(stated, read.stray_signs)
    if read.unclear or currency is None:
        return _UNCLEAR
    return _amount(stated, _negative(stated, read.words), *currency)


def _amount(stated: Stated, negative: bool | None, codes: frozenset[str], sign: str) -> _Amount | Fault:
    number = stated.number
    if number is None or number.too_large:
        return _READINGS if number is None else TOO_LARGE
    return (
        _LOSS
        if negative is None
        else _Amount(number.decimal(negative=negative), stated.approximate, codes, sign, stated.crores, stated.letter)
    )


def _money(text: str, separators: str | None, hints: Mapping[str, str]) -> tuple[_Amount, str] | Fault:
    amount = _read(text, separators)
    if isinstance(amount, Fault):
        return amount
    code = currencies.settle(amount.codes, amount.sign, hints)
    if code is None:
        return _SIGN if amount.codes else _NO_SIGN
    if amount.crores and code not in currencies.COUNTED_IN_CRORES:
        return _CREDIT
    if (code, amount.letter.casefold()) in _OF_ITS_LANGUAGE:
        return _LETTER
    return amount, code


def _usual_codes(separators: str | None, hints: Mapping[str, str]) -> Mapping[str, str]:
    """The signs by which usual amounts are known, with the code that each means; none where a point groups digits."""
    if separators == ".,":
        return {}
    settled = {sign: currencies.settle(currencies.sign_codes(sign), sign, hints) for sign in SIGNS}
    return {sign: code for sign, code in settled.items() if code is not None}


def _given(value: Json) -> int | Decimal | Absent | Fault:
    number = given_number(value)
    if number is None:
        return ABSENT if value is None else _NO_MONEY
    return number


def compile_parse_money(args: Arguments, settings: ReadSettings) -> Step:
    separators, hints = separators_of(args), settings.currency_hints
    codes = _usual_codes(separators, hints)
    fixed = settings.unit.upper() if settings.unit is not None and settings.unit.upper() in currencies.CODES else None

    def parse_money(value: Json) -> Outcome:
        if isinstance(value, str):
            usual = usual_amount(value)
            if usual is not None and (code := codes.get(usual[0])) is not None:
                return usual[1] if fixed is None or code == fixed else _OTHER_CURRENCY
            text = statement(value)
            if not isinstance(text, str):
                return text
            read = _money(text, separators, hints)
            if isinstance(read, Fault):
                return read
            amount, stated = read
            if fixed is not None and stated != fixed:
                return _OTHER_CURRENCY
            return marked(amount.value, approximate=amount.approximate)
        return _given(value)

    return parse_money


def compile_currency_of(args: Arguments, settings: ReadSettings) -> Step:
    separators, hints = separators_of(args), settings.currency_hints
    codes = _usual_codes(separators, hints)

    def currency_of(value: Json) -> Outcome:
        if isinstance(value, str):
            usual = usual_amount(value)
            if usual is not None and (code := codes.get(usual[0])) is not None:
                return code
            text = statement(value)
            if not isinstance(text, str):
                return text
            read = _money(text, separators, hints)
            return read if isinstance(read, Fault) else read[1]
        number = _given(value)
        if isinstance(number, Absent | Fault):
            return number
        return currencies.settle(frozenset(), "", hints) or _NO_SIGN

    return currency_of
