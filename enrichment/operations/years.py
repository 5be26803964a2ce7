"""`parse_year`: the one year meant."""

from __future__ import annotations

import re
from decimal import Decimal
from functools import lru_cache
from typing import Final

from enrichment.exact import is_whole
from enrichment.operations.bounds import is_bounded, is_denied, may_turn
from enrichment.operations.calendars import (
    is_before_our_era,
    is_of_another_calendar,
    may_be_of_another_calendar,
    names_a_calendar,
)
from enrichment.operations.currencies import is_code
from enrichment.operations.designations import NUMBERED, NUMBERING_MARKS, is_street
from enrichment.operations.lexing import Is, Token, lex
from enrichment.operations.magnitudes import magnitude
from enrichment.operations.moments import ENGLISH_MONTH, read_moment
from enrichment.operations.numbers import given_number
from enrichment.operations.operation import Arguments, ReadSettings, Step
from enrichment.operations.outcome import ABSENT, Approximate, Fault, Outcome
from enrichment.operations.plain import statement
from enrichment.operations.vocabulary import COUNTED, UNITS
from schemas.codes import Code
from schemas.json_types import Json

#: Years that a record can mean, inclusive; other numbers are something else.
EARLIEST, LATEST = 1000, 2199

_NO_YEAR: Final = Fault(Code.TYPE, "states no year")
_NOT_WHOLE: Final = Fault(Code.TYPE, "a fraction is no year")
_MONEY: Final = Fault(Code.TYPE, "an amount of money is no year")
_SEVERAL: Final = Fault(Code.AMBIGUOUS, "states more than one year")
_UNCLEAR: Final = Fault(Code.AMBIGUOUS, "the year has more than one reading")
_OUT_OF_RANGE: Final = Fault(Code.OUT_OF_RANGE, f"no year between {EARLIEST} and {LATEST}")
#: A number before one of these tells how long, not when.
_SPANS: Final = frozenset({
    "year", "years", "yr", "yrs", "month", "months", "week", "weeks", "day", "days", "hour", "hours", "decade",
    "decades",
})  # fmt: skip
#: Four digits, as a table may also write them.
_WHOLE: Final = re.compile(r"([0-9]{4})(?:\.0{1,2})?")
#: The commonest shapes of a beginning, as encyclopedias write it: `10 April 2012 ; 13 years ago ( 2012-04-10 )`.
_FOUNDED: Final = re.compile(
    rf"(?:(?:{ENGLISH_MONTH} (?:[0-9]{{1,2}}, )?|[0-9]{{1,2}} {ENGLISH_MONTH} )?(1[0-9]{{3}}|2[01][0-9]{{2}}))"
    r"(?: ; [0-9]{1,3} (?:years?|months?|days?) ago)?"
    rf"(?: \( (?:{ENGLISH_MONTH} [0-9]{{1,2}}, |[0-9]{{1,2}} {ENGLISH_MONTH} )?"
    r"(1[0-9]{3}|2[01][0-9]{2})(?:-(?:0[1-9]|1[0-2])(?:-[0-9]{2})?)? \)"
    r"([A-Za-z ,.()&'\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u017f-]*))?"
)
#: Of these, what takes no longer to read than to remember.
_USUAL: Final = re.compile(r"(1[0-9]{3}|2[01][0-9]{2})(?: ; [0-9]{1,3} years ago)?")
_BEFORE_CHRIST: Final = frozenset({"bc", "b.c", "bce", "b.c.e"})
#: Ten years, before the first of them, and behind it where it is written on.
_DECADES: Final = frozenset({"années", "annees", "años", "anos", "anni", "decade", "década", "decennio", "jaren"})
_DECADE: Final = "\u4ee3"


class _Years:
    """One pass over the tokens of one text."""

    def __init__(self, tokens: list[Token]) -> None:
        self.tokens = [t for t in tokens if t.kind is not Is.NOTE]
        self.found: set[int] = set()
        self.unclear = False
        self.trend = False
        self.approximate = False
        self.money = False
        self.others = 0

    def kind(self, index: int) -> Is | None:
        return self.tokens[index].kind if 0 <= index < len(self.tokens) else None

    def word(self, index: int) -> str:
        return self.tokens[index].text.removesuffix(".").casefold() if self.kind(index) is Is.WORD else ""

    def read(self) -> Outcome:
        for index, token in enumerate(self.tokens):
            if token.kind is Is.MOMENT:
                self.moment(index, token.text)
            elif token.kind is Is.NUMBER:
                self.number(index, token.text)
            else:
                self.mark(token)
        if len(self.found) > 1:
            return _SEVERAL
        if self.unclear or (self.trend and self.found):
            return _UNCLEAR
        if self.money:
            return _MONEY
        if self.found:
            (year,) = self.found
            return Approximate(year) if self.approximate else year
        return _OUT_OF_RANGE if self.others else _NO_YEAR

    def mark(self, token: Token) -> None:
        """Take what is no date and no number."""
        if token.kind is Is.TREND:
            self.trend = True
        elif token.kind is Is.UNCLEAR:
            self.unclear |= token.text[:4].isdigit()  # `1990s`
        elif token.kind is Is.WORD and names_a_calendar(token.text):
            self.unclear = True

    def moment(self, index: int, text: str) -> None:
        moment = read_moment(text)
        if moment.year is not None and is_of_another_calendar(self.tokens, index):
            self.unclear = True
        elif moment.year is not None:
            self.add(index, moment.year)
            self.unclear |= self.is_decade(index)
        elif moment.unsure:
            self.unclear = True

    def number(self, index: int, text: str) -> None:
        following = self.word(index + 1)
        if following in _SPANS:
            return
        is_year = len(text) == 4 and text.isdigit() and EARLIEST <= int(text) <= LATEST
        runs_on = index + 1 < len(self.tokens) and self.tokens[index + 1].glued
        if not is_year or following in _BEFORE_CHRIST:
            self.others += 1
        elif self.is_money(index):
            self.money = True
        elif (runs_on and following) or self.is_decade(index) or self.measures(index) or self.names_a_thing(index):
            self.unclear = True  # `1990s`
        elif is_of_another_calendar(self.tokens, index):
            self.unclear = True
        elif self.kind(index - 1) is Is.DASH and index == 1:
            self.others += 1  # before our era
        elif runs_on and self.kind(index + 1) is Is.DASH and self.kind(index + 2) is Is.NUMBER:
            self.add(index, int(text))
            self.unclear = True  # `1978-96`
        else:
            self.add(index, int(text))

    def is_decade(self, index: int) -> bool:
        """`1990's`, `années 1990`, `1990年代`."""
        if self.word(index - 1) in _DECADES:
            return True
        behind = [t.text for t in self.tokens[index + 1 : index + 3] if t.glued]
        return behind[:2] == ["'", "s"] or behind[:1] == [_DECADE]

    def is_money(self, index: int) -> bool:
        """`€1988`, `1988 EUR`."""
        beside = (index - 1, index + 1)
        return any(
            self.kind(i) is Is.SIGN or (self.kind(i) is Is.WORD and is_code(self.tokens[i].text)) for i in beside
        )

    def measures(self, index: int) -> bool:
        """`2000 %`, `1988 employees`, `1988 km`, `1988 million`."""
        if self.kind(index + 1) is Is.PERCENT:
            return True
        behind = self.tokens[index + 1].text if self.word(index + 1) else ""
        return (
            self.word(index + 1) in COUNTED
            or behind in UNITS
            or (bool(behind) and magnitude(behind, glued=False, money=True) is not None)
        )

    def names_a_thing(self, index: int) -> bool:
        """`No. 1988`, `#1988`, `+49 1988`, `Main Street 1988`."""
        if self.word(index - 1) in NUMBERED or (self.kind(index - 1) is Is.OTHER and self.word(index - 2) in NUMBERED):
            return True
        if index and self.tokens[index - 1].text in NUMBERING_MARKS:
            return True
        if self.kind(index - 1) is Is.NUMBER and self.kind(index - 2) is Is.PLUS:
            return True
        return is_street(self.word(index - 1)) or is_street(self.word(index + 1)) or is_street(self.word(index + 2))

    def add(self, index: int, year: int) -> None:
        if not EARLIEST <= year <= LATEST:
            self.others += 1
            return
        self.found.add(year)
        asked = index + 1 < len(self.tokens) and self.tokens[index + 1].text == "?"
        is_bound = is_bounded(self.tokens, index - 1, index + 1) or self.word(index - 1) == "mid"
        self.approximate |= is_bound or asked
        self.unclear |= not is_bound and is_denied(self.tokens, index - 1, index + 1)


@lru_cache(maxsize=8192)
def _read(text: str) -> Outcome:
    if whole := _WHOLE.fullmatch(text):
        year = int(whole[1])
        return year if EARLIEST <= year <= LATEST else _OUT_OF_RANGE
    founded = _FOUNDED.fullmatch(text)
    if founded and founded[2] in {None, founded[1]}:
        behind = founded[3] or ""
        if not may_be_of_another_calendar(behind) and not may_turn(behind):
            return int(founded[1])
    return _OUT_OF_RANGE if is_before_our_era(text) else _by_grammar(text)


def _by_grammar(text: str) -> Outcome:
    return _Years(lex(text, frozenset({"c", "ca"}))).read()


def _parse(value: Json) -> Outcome:
    if isinstance(value, str):
        if (usual := _USUAL.fullmatch(value)) is not None:
            return int(usual[1])
        text = statement(value)
        return _read(text) if isinstance(text, str) else text
    number = given_number(value)
    if number is None:
        return ABSENT if value is None else _NO_YEAR
    if isinstance(number, Fault):
        return number
    if isinstance(number, Decimal) and not is_whole(number):
        return _NOT_WHOLE
    return int(number) if EARLIEST <= number <= LATEST else _OUT_OF_RANGE


def compile_parse_year(_args: Arguments, _settings: ReadSettings) -> Step:
    return _parse
