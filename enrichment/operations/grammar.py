"""The grammar of numbers in texts: what stands beside each, and what it says of it.

The grammar is about neighbours, not about known texts. What it cannot place makes the whole text unclear, so that a
number is given only where everything with digits in it is accounted for.
"""

from __future__ import annotations

from collections.abc import Sequence

from enrichment.operations import currencies
from enrichment.operations.amounts import is_followed_strangely, states_a_rate
from enrichment.operations.designations import names_a_thing
from enrichment.operations.lexing import Is, lex
from enrichment.operations.magnitudes import UNCLEAR, combined, magnitude
from enrichment.operations.minor_units import is_minor_code, names_minor_unit
from enrichment.operations.numerals import read_numeral
from enrichment.operations.signs import SIGN_WORDS, leaves_open, multiplies, speaks_of_signs
from enrichment.operations.statement import Stated, Statement, is_year_like
from enrichment.operations.view import View
from enrichment.operations.vocabulary import (
    FRONTS,
    LOSSES,
    NEGATIVE,
    PAIRS_BEHIND,
    QUALIFIERS,
    QUALIFIERS_ANYWHERE,
    QUALIFIERS_BEHIND,
    TELLING,
    THAN,
)
from enrichment.operations.whose import names_another_currency


class _Reader(View):
    """One pass over the tokens of one text."""

    #: A percentage stands in parentheses of its own, or its sign there is open.
    doubtful = False

    def take(self, start: int, length: int = 1) -> None:
        self.used.update(range(start, start + length))

    def add_currency(self, stated: Stated, codes: frozenset[str], written: str) -> None:
        both = codes if stated.codes is None else codes & stated.codes
        if stated.codes is None or len(codes) >= len(stated.codes):
            stated.sign = written
        if not both:
            self.unclear = True
        stated.codes = both

    def read_after(self, stated: Stated, index: int) -> tuple[int, int | None]:
        """Take magnitude, currency, percent and `+` after a number; give where that ends, and the power of ten."""
        power: int | None = None
        while True:
            kind = self.kinds[index]
            if kind is Is.PLUS and self.kinds[index + 1] is not Is.NUMBER:
                stated.approximate = True
                self.take(index)
                index += 1
            elif kind is Is.OTHER and self.tokens[index].text == "?" and self.glued[index]:
                stated.approximate = True
                index += 1
            elif (percent := self.percent_at(index)) is not None and stated.percent is None:
                stated.percent = percent[0]
                self.take(index, percent[1])
                index += percent[1]
            elif self.belongs_to_next(index):
                break
            elif kind is Is.WORD and (scaled := self.scale_at(stated, index)) is not None:
                power = scaled if power is None else combined(power, scaled)
                self.unclear |= power == UNCLEAR
                self.take(index)
                index += 1
            elif (currency := self.currency_at(index)) is not None:
                self.add_currency(stated, *currency[:2])
                self.take(index, currency[2])
                index += currency[2]
            else:
                break
        return index, power

    def scale_at(self, stated: Stated, index: int) -> int | None:
        text = self.tokens[index].text
        if (split := currencies.compound(text)) is not None and stated.codes is None:
            suffix, codes = split
            self.add_currency(stated, codes, text)
            stated.letter = suffix
            return UNCLEAR if suffix == "T" else magnitude(suffix, glued=True, money=True)
        power = self.suffix_power(index)
        stated.crores |= power == 7 and len(text) < 4
        if power is not None and len(text) == 1:
            stated.letter = text
        if power == 12 and text == "T" and (self.glued[index + 1] or self.currency_at(index + 1) is not None):
            return UNCLEAR  # `T€` and `T EUR` are thousands in German, trillions elsewhere
        return power

    def read_before(self, stated: Stated, index: int) -> int:
        """Take currency, sign and prefixed magnitude before a number; give the index of the first token of it all."""
        plus = False
        while True:
            kind = self.kinds[index - 1]
            if index - 1 in self.used:
                break
            if kind is Is.DASH:
                if not self.is_minus(index - 1):
                    break
                self.unclear |= stated.negative or plus
                stated.negative = True
                index -= 1
                self.take(index)
            elif kind is Is.PLUS:
                plus = True
                index -= 1
            elif (currency := self.currency_before(index)) is not None:
                self.add_currency(stated, *currency[:2])
                index -= currency[2]
                self.take(index, currency[2])
            elif kind is Is.WORD and self.prefix_scale(stated, index - 1):
                index -= 1
                self.take(index)
            elif self.words[index - 1] in NEGATIVE:
                self.unclear |= stated.negative
                stated.negative = True
                index -= 1
                self.take(index)
            else:
                break
        return index

    def prefix_scale(self, stated: Stated, index: int) -> bool:
        """`SEKm 147`, `€m 12`, `MEUR 5`."""
        text = self.tokens[index].text
        if (split := currencies.compound(text)) is not None and stated.codes is None:
            self.add_currency(stated, split[1], text)
            power = UNCLEAR if split[0] == "T" else magnitude(split[0], glued=True, money=True)
        elif self.kinds[index - 1] is Is.SIGN and self.tokens[index].glued and self.money:
            power = magnitude(text, glued=True, money=True)
        else:
            return False
        if power is None or power == UNCLEAR or stated.scaled:
            self.unclear = True
            return power is not None
        stated.scaled, stated.letter = True, split[0] if split is not None else text
        if stated.number is not None:
            stated.number = stated.number.times_ten(power)
        return True

    def is_minus(self, index: int) -> bool:
        """Is this dash a sign? A dash that parts a word or a number from the next one is none, and is unclear."""
        before = self.kinds[index - 1]
        if before in {None, Is.OPEN, Is.SIGN, Is.COLON, Is.ABOUT}:
            return True
        if before is Is.WORD and (
            self.currency_before(index) is not None
            or self.words[index - 1] in QUALIFIERS
            or self.words[index - 1] in NEGATIVE
        ):
            return True
        if not self.tokens[index].glued and self.glued[index + 1] and before is not Is.NUMBER:
            return True
        self.unclear = True
        return False

    def read_qualifier(self, stated: Stated, index: int) -> int:
        """Take what says before a number that it is no exact one; give the index of the first token of it all."""
        begun = index
        while index > 0:
            word = self.words[index - 1]
            if (
                self.kinds[index - 1] is Is.ABOUT
                or word in QUALIFIERS
                or (word in THAN and self.words[index - 2] in THAN[word])
            ):
                stated.approximate = True
                index -= 1 if word not in THAN else 2
            elif self.kinds[index - 1] is Is.OTHER and self.tokens[index - 1].text == "=":
                index -= 1
            else:
                break
        self.unclear |= index < begun and self.kinds[index - 1] is Is.DASH  # `-c. 500`, `-~5`: a minus, or none
        return index

    def read_number(self, index: int, depth: int) -> Stated:
        text = self.tokens[index].text
        numeral, _, exponent = text.lower().partition("e")
        stated = Stated(None, bare_year=is_year_like(text))
        end, power = self.read_after(stated, index + 1)
        opened = (
            self.kinds[index - 1] is Is.OPEN or self.kinds[index - 2] is Is.OPEN or self.kinds[index - 3] is Is.OPEN
        )
        closes = opened and self.kinds[end] is Is.CLOSE
        if closes:
            end, outside = self.read_after(stated, end + 1)
            self.unclear |= power is not None and outside is not None
            power = outside if power is None else power
        self.unclear |= self.runs_on(index, end) or self.goes_on_in_a_name(end)
        stated.aside = depth > 0 and stated.percent is not None
        if exponent:
            number = None if "," in numeral else read_numeral(numeral, ",.", scaled=True)
            stated.number = number and number.times_ten(int(exponent))
        else:
            stated.number = read_numeral(numeral, self.separators_before(index + 1), scaled=power is not None)
        if power is not None and power != UNCLEAR:
            stated.scaled = True
            stated.number = stated.number and stated.number.times_ten(power)
        stated.approximate |= self.words[end] in QUALIFIERS_BEHIND or self.pair_behind(end)
        start = self.read_before(stated, index)
        if self.kinds[start - 1] is Is.OPEN and closes:
            start = self.read_parenthesis(stated, start - 1)
        elif start == 1 and self.kinds[0] is Is.OPEN and stated.codes is not None:
            self.unclear = True  # an amount and more in parentheses of their own: negative, or an aside
        first = self.read_qualifier(stated, start)
        if self.told or self.unmatched or self.kinds[end] is not None:
            opens = leaves_open(self, first, end, signed=stated.negative or stated.accounting)
            self.doubtful |= opens
            self.unclear |= opens and not stated.aside
        if stated.aside:
            self.doubtful |= self.take_trends(first - 1, end)
        if stated.codes is None and stated.percent is None:
            self.unclear |= names_a_thing(self, index, first, end, sure=stated.scaled or first < start)
        elif self.money and stated.percent is None:
            self.unclear |= is_followed_strangely(self, end) or names_another_currency(self, stated, first, end)
        return stated

    def take_trends(self, *places: int) -> bool:
        """`EUR 5 million (▼ 3 %)`: the mark is the percentage's, which remarks on another number."""
        trends = [index for index in places if self.kinds[index] is Is.TREND]
        self.used.update(trends)
        return bool(trends)

    def pair_behind(self, end: int) -> bool:
        """`or more` right behind an amount, or behind one word for what is counted."""
        return any(self.words[i + 1] in PAIRS_BEHIND.get(self.words[i], ()) for i in (end, end + 1))

    def read_parenthesis(self, stated: Stated, index: int) -> int:
        """The number stands in parentheses of its own: an accountant's minus, unless it is an aside."""
        before = self.kinds[index - 1]
        currency = self.currency_before(index)
        if before in {None, Is.COLON, Is.ABOUT} or currency is not None:
            stated.accounting = not stated.negative
        else:
            self.unclear |= not stated.aside
            self.doubtful = True
        if currency is not None:
            self.add_currency(stated, *currency[:2])
            self.take(index - currency[2], currency[2])
            index -= currency[2]
        if self.kinds[index - 1] is Is.DASH:
            self.unclear = True
        return index

    def read_stray(self, numbers: Sequence[Stated]) -> list[str]:
        """Give the currencies that belong to no number, and refuse what is said of one from afar."""
        stray: list[str] = []
        scaled, behind = all(n.scaled for n in numbers), False
        for index, token in enumerate(self.tokens):
            behind |= token.kind is Is.NUMBER
            if index in self.used:
                continue
            if token.kind is Is.SIGN or (token.kind is Is.WORD and currencies.is_code(token.text)):
                stray.append(token.text)
            elif token.kind is Is.WORD and is_minor_code(token.text):
                self.unclear = True  # `GBp` is a hundredth of a pound
            elif token.kind is Is.PERCENT and any(n.percent is None for n in numbers):
                self.unclear = True  # `%5`, `5 (%)`
            elif token.kind is Is.UNCLEAR or (
                numbers and token.kind is Is.WORD and self.scales_something(index, scaled=scaled, behind=behind)
            ):
                self.unclear = True  # of which number? `5 (in millions)`
            elif numbers and (token.kind is Is.TREND or (token.kind is Is.NAME and multiplies(self, index))):
                self.unclear = True  # so too `EUR 5 (x1000)`
        return stray

    def read(self) -> Statement:
        self.told = SIGN_WORDS.intersection(self.words)
        numbers = tuple(self.read_number(*place) for place in self.candidates())
        if any(n.aside for n in numbers):
            beside = not all(n.aside for n in numbers)
            # Of the amount or of the percentage? And a percentage alone may be negative in its parentheses.
            self.unclear |= self.doubtful if not beside else not LOSSES.isdisjoint(self.words)
            self.unclear |= any(n.aside and n.codes is not None for n in numbers)
        stray = self.read_stray(numbers)
        self.unclear |= self.money and bool(numbers) and states_a_rate(self)
        if numbers and (self.told or self.tokens[-1].kind is Is.DASH):
            self.unclear |= speaks_of_signs(self, numbers)
        # `-net €5`: a minus that stands at a word
        self.unclear |= bool(numbers) and self.kinds[0] is Is.DASH and 0 not in self.used and self.glued[1]
        words = TELLING & self.told
        if numbers and names_minor_unit(self.words, [t.text for t in self.tokens]):
            self.unclear = True
        if len(numbers) == 1 and not QUALIFIERS_ANYWHERE.isdisjoint(self.words):
            numbers[0].approximate = True
        return Statement(numbers, self.unclear, words, tuple(stray))


def read_by_grammar(text: str, separators: str | None, *, money: bool) -> Statement:
    """Read a text in plain characters, of any shape; arguments as `reading.read_statement` takes them."""
    return _Reader(lex(text, FRONTS), separators, money=money).read()
