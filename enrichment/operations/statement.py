"""What numbers a text states: each with its sign, magnitude, currency, percent and qualifier.

The grammar is about what stands beside a number, not about known texts. What it cannot place makes the whole text
unclear, so that a number is given only where everything with digits in it is accounted for.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from enrichment.operations import currencies
from enrichment.operations.lexing import Is, Token, lex
from enrichment.operations.magnitudes import UNCLEAR, combined, magnitude
from enrichment.operations.numerals import Magnitude, read_numeral
from enrichment.operations.vocabulary import (
    COUNTED,
    FRONTS,
    NEGATIVE,
    ORDINALS,
    PERCENT_WORDS,
    QUALIFIERS,
    QUALIFIERS_ANYWHERE,
    THAN,
    UNITS,
    YEAR_LEADS,
)

#: A number without grouping that can be a year, where its place says so.
_FIRST_YEAR, _LAST_YEAR = 1700, 2199


@dataclass(slots=True)
class Stated:
    """One number that a text states.

    number:      null where the numeral has more than one reading
    accounting:  it stands in parentheses of its own
    percent:     power of ten that its percent sign stands for (-2, -3, -4), null without one
    codes:       currencies that what stands beside it may mean, null where nothing does
    sign:        the currency sign or word as it is written, the least certain one of several
    bare_year:   four digits that may also be a year
    """

    number: Magnitude | None
    negative: bool = False
    accounting: bool = False
    approximate: bool = False
    percent: int | None = None
    codes: frozenset[str] | None = None
    sign: str = ""
    scaled: bool = False
    bare_year: bool = False


@dataclass(frozen=True, slots=True)
class Statement:
    """All numbers of a text. `unclear`: something in it has digits or a magnitude and could not be placed."""

    numbers: tuple[Stated, ...]
    unclear: bool
    words: frozenset[str]
    stray_signs: tuple[str, ...]
    moments: bool


class _Reader:
    """One pass over the tokens of one text."""

    def __init__(self, tokens: list[Token], separators: str | None, *, money: bool) -> None:
        self.tokens = [t for t in tokens if t.kind is not Is.NOTE]
        self.separators = separators
        self.money = money
        self.used: set[int] = set()
        self.unclear = any(t.kind is Is.NOTE and not _is_note(t.text) for t in tokens)

    def kind(self, index: int) -> Is | None:
        return self.tokens[index].kind if 0 <= index < len(self.tokens) else None

    def word(self, index: int) -> str:
        if self.kind(index) is not Is.WORD:
            return ""
        return self.tokens[index].text.removesuffix(".").casefold()

    def glued(self, index: int) -> bool:
        return 0 <= index < len(self.tokens) and self.tokens[index].glued

    # --- what a numeral is, apart from a stated number ---

    def is_footnote(self, index: int) -> bool:
        """`16,000 : 2 (2025)`: a short number after a colon that stands apart, after something complete."""
        if self.kind(index - 1) is not Is.COLON or not self.tokens[index].text.isdigit():
            return False
        if len(self.tokens[index].text) > 3 or (self.glued(index - 1) and self.glued(index)):
            return False
        if self.kind(index + 1) not in {None, Is.OPEN, Is.CLOSE} or self.glued(index + 1):
            return False
        before = self.kind(index - 2)
        if before is Is.NUMBER:
            text = self.tokens[index - 2].text
            return not (text.isdigit() and len(text) < 3)  # `16 : 9` is a ratio
        return before in {Is.CLOSE, Is.MOMENT, Is.PLUS, Is.SIGN, Is.PERCENT} or (
            before is Is.WORD
            and bool(self.suffix_power(index - 2) or currencies.word_codes(self.tokens[index - 2].text))
        )

    def suffix_power(self, index: int) -> int | None:
        if self.kind(index) is not Is.WORD:
            return None
        return magnitude(self.tokens[index].text, glued=self.tokens[index].glued, money=self.money)

    def is_year(self, index: int, depth: int) -> bool:
        """Four digits in parentheses or after `in`, `as of`, `end`, and not before what is counted or measured."""
        text = self.tokens[index].text
        if not (len(text) == 4 and text.isdigit() and _FIRST_YEAR <= int(text) <= _LAST_YEAR):
            return False
        if not (depth or self.word(index - 1) in YEAR_LEADS):
            return False
        if self.kind(index - 1) in {Is.SIGN, Is.ABOUT, Is.PLUS} or self.kind(index + 1) in {
            Is.SIGN, Is.PERCENT, Is.PLUS, Is.UNCLEAR,
        }:  # fmt: skip
            return False
        following = self.word(index + 1)
        if following in COUNTED or following in UNITS or self.suffix_power(index + 1) is not None:
            return False
        return not currencies.is_code(self.tokens[index + 1].text) if self.kind(index + 1) is Is.WORD else True

    # --- what stands after a number ---

    def currency_at(self, index: int) -> tuple[frozenset[str], str, int] | None:
        """Codes, what is written, and how many tokens it takes, of a currency that begins at `index`."""
        kind = self.kind(index)
        if kind is Is.SIGN:
            return currencies.sign_codes(self.tokens[index].text), self.tokens[index].text, 1
        if kind is not Is.WORD:
            return None
        if self.word(index).replace(".", "") in currencies.NAME_BEGINNINGS:
            for length in (4, 3, 2):
                words = tuple(self.word(i).replace(".", "") for i in range(index, index + length))
                if words in currencies.NAMES:
                    return currencies.NAMES[words], " ".join(words), length
        text = self.tokens[index].text
        codes = currencies.word_codes(text)
        return (codes, text, 1) if codes else None

    def currency_before(self, index: int) -> tuple[frozenset[str], str, int] | None:
        """As `currency_at`, of one that ends right before `index`."""
        for length in (4, 3, 2, 1):
            found = self.currency_at(index - length) if index >= length else None
            if found is not None and found[2] == length and index - length not in self.used:
                return found
        return None

    def take(self, start: int, length: int = 1) -> None:
        self.used.update(range(start, start + length))

    def add_currency(self, stated: Stated, codes: frozenset[str], written: str) -> None:
        both = codes if stated.codes is None else codes & stated.codes
        if stated.codes is None or len(codes) >= len(stated.codes):
            stated.sign = written
        if not both:
            self.unclear = True
        stated.codes = both

    def percent_at(self, index: int) -> tuple[int, int] | None:
        if self.kind(index) is Is.PERCENT:
            return (-2 if self.tokens[index].text == "%" else -3), 1
        pair = f"{self.word(index)} {self.word(index + 1)}"
        if pair in PERCENT_WORDS:
            return PERCENT_WORDS[pair], 2
        power = PERCENT_WORDS.get(self.word(index))
        return None if power is None else (power, 1)

    def read_after(self, stated: Stated, index: int) -> tuple[int, int | None]:
        """Take magnitude, currency, percent and `+` after a number; give where that ends, and the power of ten."""
        power: int | None = None
        while True:
            kind = self.kind(index)
            if kind is Is.PLUS and self.kind(index + 1) is not Is.NUMBER:
                stated.approximate = True
                self.take(index)
                index += 1
            elif kind is Is.OTHER and self.tokens[index].text == "?" and self.glued(index):
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
            return UNCLEAR if suffix == "T" else magnitude(suffix, glued=True, money=True)
        power = self.suffix_power(index)
        if power == 12 and text == "T" and self.glued(index + 1):
            return UNCLEAR  # `T€` is a thousand in German, a trillion elsewhere
        return power

    def belongs_to_next(self, index: int) -> bool:
        """A currency that stands before another number is that number's: `2023 €5 million`."""
        found = self.currency_at(index)
        return found is not None and self.kind(index + found[2]) is Is.NUMBER and not self.glued(index)

    # --- what stands before a number ---

    def read_before(self, stated: Stated, index: int) -> int:
        """Take currency, sign and prefixed magnitude before a number; give the index of the first token of it all."""
        while True:
            kind = self.kind(index - 1)
            if index - 1 in self.used:
                break
            if kind is Is.DASH:
                if not self.is_minus(index - 1):
                    break
                self.unclear |= stated.negative
                stated.negative = True
                index -= 1
            elif kind is Is.PLUS:
                index -= 1
            elif (currency := self.currency_before(index)) is not None:
                self.add_currency(stated, *currency[:2])
                index -= currency[2]
                self.take(index, currency[2])
            elif kind is Is.WORD and self.prefix_scale(stated, index - 1):
                index -= 1
                self.take(index)
            elif self.word(index - 1) in NEGATIVE:
                self.unclear |= stated.negative
                stated.negative = True
                index -= 1
            else:
                break
        return index

    def prefix_scale(self, stated: Stated, index: int) -> bool:
        """`SEKm 147`, `€m 12`, `MEUR 5`."""
        text = self.tokens[index].text
        if (split := currencies.compound(text)) is not None and stated.codes is None:
            self.add_currency(stated, split[1], text)
            power = UNCLEAR if split[0] == "T" else magnitude(split[0], glued=True, money=True)
        elif self.kind(index - 1) is Is.SIGN and self.tokens[index].glued and self.money:
            power = magnitude(text, glued=True, money=True)
        else:
            return False
        if power is None or power == UNCLEAR or stated.scaled:
            self.unclear = True
            return power is not None
        stated.scaled = True
        if stated.number is not None:
            stated.number = stated.number.times_ten(power)
        return True

    def is_minus(self, index: int) -> bool:
        """Is this dash a sign? A dash that parts a word or a number from the next one is none, and is unclear."""
        before = self.kind(index - 1)
        if before in {None, Is.OPEN, Is.SIGN, Is.COLON, Is.ABOUT}:
            return True
        if before is Is.WORD and (
            self.currency_before(index) is not None
            or self.word(index - 1) in QUALIFIERS
            or self.word(index - 1) in NEGATIVE
        ):
            return True
        if not self.tokens[index].glued and self.glued(index + 1) and before is not Is.NUMBER:
            return True
        self.unclear = True
        return False

    def read_qualifier(self, stated: Stated, index: int) -> None:
        while index > 0:
            word = self.word(index - 1)
            if (
                self.kind(index - 1) is Is.ABOUT
                or word in QUALIFIERS
                or (word in THAN and self.word(index - 2) in THAN[word])
            ):
                stated.approximate = True
                index -= 1 if word not in THAN else 2
            elif self.kind(index - 1) is Is.OTHER and self.tokens[index - 1].text == "=":
                index -= 1
            else:
                return

    # --- all of it ---

    def read_number(self, index: int) -> Stated:
        text = self.tokens[index].text
        numeral, _, exponent = text.lower().partition("e")
        stated = Stated(None, bare_year=len(text) == 4 and text.isdigit() and _FIRST_YEAR <= int(text) <= _LAST_YEAR)
        end, power = self.read_after(stated, index + 1)
        opened = self.kind(index - 1) is Is.OPEN or self.kind(index - 2) is Is.OPEN or self.kind(index - 3) is Is.OPEN
        closes = opened and self.kind(end) is Is.CLOSE
        if closes:
            end, outside = self.read_after(stated, end + 1)
            self.unclear |= power is not None and outside is not None
            power = outside if power is None else power
        self.runs_on(index, end)
        if exponent:
            number = None if "," in numeral else read_numeral(numeral, ",.", scaled=True)
            stated.number = number and number.times_ten(int(exponent))
        else:
            stated.number = read_numeral(numeral, self.separators, scaled=power is not None)
        if power is not None and power != UNCLEAR:
            stated.scaled = True
            stated.number = stated.number and stated.number.times_ten(power)
        start = self.read_before(stated, index)
        if self.kind(start - 1) is Is.OPEN and closes:
            start = self.read_parenthesis(stated, start - 1)
        self.read_qualifier(stated, start)
        return stated

    def read_parenthesis(self, stated: Stated, index: int) -> int:
        """The number stands in parentheses of its own: an accountant's minus, unless it is an aside."""
        before = self.kind(index - 1)
        currency = self.currency_before(index)
        if before in {None, Is.COLON, Is.ABOUT} or currency is not None:
            stated.accounting = not stated.negative
        elif before is not Is.OPEN:
            self.unclear = True
        if currency is not None:
            self.add_currency(stated, *currency[:2])
            self.take(index - currency[2], currency[2])
            index -= currency[2]
        if self.kind(index - 1) is Is.DASH:
            self.unclear = True
        return index

    def runs_on(self, index: int, end: int) -> None:
        """Refuse a number that goes over into letters which are no unit that is known."""
        if end == index + 1 and self.glued(end) and self.kind(end) in {Is.WORD, Is.NAME}:
            word = self.tokens[end].text.removesuffix(".")
            self.unclear |= word not in UNITS
        if self.kind(end) is Is.DASH and self.glued(end) and self.kind(end + 1) is not Is.NUMBER:
            self.unclear = True  # `500-` may be a minus behind the number, or half a range

    def read(self) -> Statement:
        numbers: list[Stated] = []
        stray: list[str] = []
        depth = 0
        positions: list[int] = []
        for index, token in enumerate(self.tokens):
            if token.kind is Is.OPEN:
                depth += 1
            elif token.kind is Is.CLOSE:
                depth -= depth > 0
            elif token.kind is Is.UNCLEAR:
                self.unclear = True
            elif token.kind is Is.NUMBER and not (
                self.is_ordinal(index) or self.is_footnote(index) or self.is_year(index, depth)
            ):
                positions.append(index)
        numbers.extend(self.read_number(index) for index in positions)
        for index, token in enumerate(self.tokens):
            if index in self.used:
                continue
            if token.kind is Is.SIGN or (token.kind is Is.WORD and currencies.is_code(token.text)):
                stray.append(token.text)
            elif token.kind is Is.WORD and len(token.text) > 1 and self.suffix_power(index) is not None and positions:
                self.unclear |= (
                    token.text.casefold() not in {"mm", "md", "mil", "mille"} or self.suffix_power(index) != UNCLEAR
                )
        words = frozenset(self.word(i) for i, t in enumerate(self.tokens) if t.kind is Is.WORD)
        if len(numbers) == 1 and words & QUALIFIERS_ANYWHERE:
            numbers[0].approximate = True
        moments = any(t.kind is Is.MOMENT for t in self.tokens) or any(
            t.kind is Is.NUMBER and i not in positions for i, t in enumerate(self.tokens)
        )
        return Statement(tuple(numbers), self.unclear, words, tuple(stray), moments)

    def is_ordinal(self, index: int) -> bool:
        return self.glued(index + 1) and self.word(index + 1) in ORDINALS


def _is_note(text: str) -> bool:
    """A footnote mark or remark: short, and no number of its own beside a year or a short mark."""
    content = text[1:-1].strip()
    digits = "".join(c for c in content if c.isdigit())
    return len(digits) <= 3 or (len(digits) == 4 and _FIRST_YEAR <= int(digits) <= _LAST_YEAR)


@lru_cache(maxsize=8192)
def read_statement(text: str, separators: str | None, *, money: bool) -> Statement:
    """Read a text in plain characters.

    separators: grouping mark and decimal mark of its numerals, where they are known
    money:      single letters are suffixes of amounts (`5 m`), which elsewhere are units
    """
    return _Reader(lex(text, FRONTS), separators, money=money).read()
