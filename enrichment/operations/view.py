"""The tokens of one text, and what stands where among them."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

from enrichment.operations import currencies
from enrichment.operations.lexing import MYRIADS, Is, Token, is_trend
from enrichment.operations.magnitudes import UNCLEAR, is_magnitude_word, magnitude, may_be_magnitude
from enrichment.operations.statement import is_year_like
from enrichment.operations.vocabulary import (
    COUNTED,
    COUNTERS,
    CREDITS,
    DEBITS,
    MINUSES,
    NEGATIVE,
    ORDINALS,
    PERCENT_WORDS,
    TELLING,
    UNITS,
    YEAR_LEADS,
    YEAR_LEADS_OF,
)

#: How far outside of the tokens the reader looks, at most.
_AROUND = 6
_NO_KINDS: Final = (None,) * _AROUND
_NO_WORDS: Final = ("",) * _AROUND
_NOT_GLUED: Final = (False,) * _AROUND
_LETTERS: Final = re.compile(r"[^\W\d_]+")
#: Letters that figures follow, parted by a dash or not.
_SCALED_NAME: Final = re.compile(r"([^\W\d_]+)(-?)")
#: What a number may run into without a space.
_WRITTEN_ON: Final = UNITS | COUNTERS
#: Before the unit in which an amount is told: `in k`, `(im Mio.)`.
_SCALED_IN: Final = frozenset({"in", "im", "en", "em"})
_OF_UNITS: Final = frozenset({
    "figures", "amounts", "values", "numbers", "all", "unit", "units", "einheit", "angaben", "unité", "unidad",
    "\u5355\u4f4d", "\u55ae\u4f4d", "\u5358\u4f4d", "\ub2e8\uc704",
})  # fmt: skip
#: Behind an ordinal, where what follows are those among whom it counts.
_OUT_OF: Final = frozenset({"of", "out", "among", "in", "with", "from"})
#: What is no mark of a footnote, alone in its brackets.
_SIGN_OR_ZEROS: Final = re.compile(
    r"-|(?:in )?%|(?:in )?(?:[A-Z]{3}|[$\u20ac\u00a3\u00a5])? ?'?0{2,3}(?:'?s)?|[xX*\u00d7] ?[0-9]+"
)
_PERCENT_POWERS: Final = {"%": -2, "\u2030": -3, "\u2031": -4}
#: The first words of all that stands for a percent sign.
_PERCENT_BEGINNINGS: Final = frozenset(words.split()[0] for words in PERCENT_WORDS)


class View:
    """Tokens without footnotes, and questions about them that change nothing.

    used:      indexes of tokens that a number has taken as its own
    unmatched: indexes of parentheses without a fellow
    told:      words of it that may tell a sign
    address:   a word that only addresses hold is among them; null until somebody asks
    """

    def __init__(self, tokens: list[Token], separators: str | None, *, money: bool) -> None:
        notes = [t.text for t in tokens if t.kind is Is.NOTE]
        self.tokens = [t for t in tokens if t.kind is not Is.NOTE] if notes else tokens
        # Indexes just outside of the tokens, on either side, find nothing there.
        self.kinds: list[Is | None] = [t.kind for t in self.tokens]
        self.kinds += _NO_KINDS
        self.words = [t.text.removesuffix(".").casefold() if t.kind is Is.WORD else "" for t in self.tokens]
        self.words += _NO_WORDS
        self.glued = [t.glued for t in self.tokens]
        self.glued += _NOT_GLUED
        self.separators = separators
        self.money = money
        self.used: set[int] = set()
        self.unmatched: set[int] = set()
        self.told: frozenset[str] = frozenset()
        self.address: bool | None = None
        self.unclear = bool(notes) and not all(map(_is_note, notes))

    def candidates(self) -> list[tuple[int, int]]:
        """Numbers that are no ordinals, footnotes or years of something else: index, and in how many parentheses."""
        found: list[tuple[int, int]] = []
        opened: list[int] = []
        for index, kind in enumerate(self.kinds):
            if kind is Is.OPEN:
                opened.append(index)
            elif kind is Is.CLOSE:
                if opened:
                    opened.pop()
                else:
                    self.unmatched.add(index)
            elif kind is Is.NUMBER and not (
                self.is_ordinal(index) or self.is_footnote(index) or self.is_year(index, len(opened))
            ):
                found.append((index, len(opened)))
        if opened:
            self.unmatched.update(opened)
        if found:
            found += ((index, 0) for index, kind in enumerate(self.kinds) if kind is Is.NUMBER and self.is_place(index))
        return found

    def is_footnote(self, index: int) -> bool:
        """`16,000 : 2 (2025)`: a short number after a colon that stands apart, after something complete."""
        if self.kinds[index - 1] is not Is.COLON or not self.tokens[index].text.isdigit():
            return False
        if len(self.tokens[index].text) > 3 or (self.glued[index - 1] and self.glued[index]):
            return False
        if self.kinds[index + 1] not in {None, Is.OPEN, Is.CLOSE} or self.glued[index + 1]:
            return False
        numbers = [t.text for t in self.tokens[: index - 1] if t.kind is Is.NUMBER]
        if numbers and all(map(is_year_like, numbers)):
            return False  # `2021: 500`, `2021 (restated): 500`: a year may be the label of what follows
        before = self.kinds[index - 2]
        if before is Is.NUMBER:
            text = self.tokens[index - 2].text
            return not (text.isdigit() and len(text) < 3)  # `16 : 9` is a ratio
        return before in {Is.CLOSE, Is.MOMENT, Is.PLUS, Is.SIGN, Is.PERCENT} or (
            before is Is.WORD
            and bool(self.suffix_power(index - 2) or currencies.word_codes(self.tokens[index - 2].text))
        )

    def suffix_power(self, index: int) -> int | None:
        if self.kinds[index] is not Is.WORD:
            return None
        power = magnitude(self.tokens[index].text, glued=self.tokens[index].glued, money=self.money)
        if power is not None and self.kinds[index + 1] is Is.OTHER and self.glued[index + 1]:
            # In Indian and Thai writing vowel signs end a token, and the word goes on behind it.
            return UNCLEAR if unicodedata.category(self.tokens[index + 1].text).startswith("M") else power
        return power

    def separators_before(self, index: int) -> str | None:
        """Nobody who writes in powers of ten of Chinese or Korean writing has a decimal comma."""
        eastern = self.kinds[index] is Is.WORD and self.tokens[index].text[0] in MYRIADS
        return self.separators or (",." if eastern else None)

    def runs_on(self, index: int, end: int) -> bool:
        """Does a number go over into letters which are no unit that is known, or did a name begin it?"""
        if self.kinds[index - 1] is Is.NAME and len(self.tokens[index].text.split(" ")[0]) == 3:
            return True  # `x5 000`
        if end == index + 1 and self.glued[end] and self.kinds[end] in {Is.WORD, Is.NAME}:
            return self.tokens[end].text.removesuffix(".") not in _WRITTEN_ON
        # `500-` may be a minus behind the number, or half a range
        return self.kinds[end] is Is.DASH and self.glued[end] and self.kinds[end + 1] is not Is.NUMBER

    def goes_on_in_a_name(self, index: int) -> bool:
        """`5 million2`, `5 million-9`, `5 km-6 km`: a scale with a footnote written on to it, or the end of a range."""
        match = _SCALED_NAME.match(self.tokens[index].text) if self.kinds[index] is Is.NAME else None
        if match is None or len(match[1]) < 2:
            return False
        if match[2] and match[1].islower():
            return True
        return match[1] not in UNITS and magnitude(match[1], glued=False, money=self.money) is not None

    def is_year(self, index: int, depth: int) -> bool:
        """Four digits in parentheses or after `in`, `as of`, `end`, and not before what is counted or measured."""
        text = self.tokens[index].text
        if not is_year_like(text):
            return False
        lead = self.words[index - 1]
        if not (
            depth or lead in YEAR_LEADS or (lead in YEAR_LEADS_OF and self.words[index - 2] in YEAR_LEADS_OF[lead])
        ):
            return False
        if self.kinds[index - 1] in {Is.SIGN, Is.ABOUT, Is.PLUS} or self.kinds[index + 1] in {
            Is.SIGN, Is.PERCENT, Is.PLUS, Is.UNCLEAR,
        }:  # fmt: skip
            return False
        following = self.words[index + 1]
        if following in COUNTED or following in UNITS or self.suffix_power(index + 1) is not None:
            return False
        return not currencies.is_code(self.tokens[index + 1].text) if self.kinds[index + 1] is Is.WORD else True

    def is_ordinal(self, index: int) -> bool:
        return self.glued[index + 1] and self.words[index + 1] in ORDINALS

    def is_place(self, index: int) -> bool:
        """`12th of 40`, `5th (120 players)`: an ordinal that is told as a number, with how many there are."""
        if not self.is_ordinal(index):
            return False
        behind = self.kinds[index + 2]
        if self.words[index + 2] in _OUT_OF or (behind is Is.OTHER and self.tokens[index + 2].text in "/,"):
            return True
        return index == 0 and behind is Is.OPEN

    def currency_at(self, index: int) -> tuple[frozenset[str], str, int] | None:
        """Codes, what is written, and how many tokens it takes, of a currency that begins at `index`."""
        kind = self.kinds[index]
        if kind is Is.SIGN:
            return currencies.sign_codes(self.tokens[index].text), self.tokens[index].text, 1
        if kind is not Is.WORD:
            return None
        if self.words[index].replace(".", "") in currencies.NAME_BEGINNINGS:
            for length in (4, 3, 2):
                words = tuple(self.words[i].replace(".", "") for i in range(index, index + length))
                if words in currencies.NAMES:
                    return currencies.NAMES[words], " ".join(words), length
        text = self.tokens[index].text
        codes = currencies.word_codes(text)
        return (codes, text, 1) if codes else None

    def currency_before(self, index: int) -> tuple[frozenset[str], str, int] | None:
        """As `currency_at`, of one that ends right before `index`."""
        if self.kinds[index - 1] is Is.SIGN:
            return None if index - 1 in self.used else self.currency_at(index - 1)
        if self.kinds[index - 1] is not Is.WORD:
            return None
        for length in (4, 3, 2, 1):
            found = self.currency_at(index - length) if index >= length else None
            if found is not None and found[2] == length and index - length not in self.used:
                return found
        return None

    def percent_at(self, index: int) -> tuple[int, int] | None:
        if self.kinds[index] is Is.PERCENT:
            return _PERCENT_POWERS[self.tokens[index].text], 1
        word = self.words[index]
        if word not in _PERCENT_BEGINNINGS:
            return None
        pair = f"{word} {self.words[index + 1]}"
        if pair in PERCENT_WORDS:
            return PERCENT_WORDS[pair], 2
        power = PERCENT_WORDS.get(word)
        return None if power is None else (power, 1)

    def scales_something(self, index: int, *, scaled: bool, behind: bool) -> bool:
        """Does the word at `index`, which belongs to no number, tell by how much one is to be multiplied?

        A long magnitude word does so wherever it stands. Short ones, which are names and other words too, do where
        nothing but a scale is told: alone in parentheses, at the end behind `in`, beside a currency; small ones of more
        than one letter also at the end of an amount.

        scaled: every number has its own scale already. behind: a number stands before the word
        """
        text = self.tokens[index].text
        if is_magnitude_word(text) or currencies.compound(text) is not None:
            return True
        if self.words[index - 1] == "de" and self.kinds[index - 2] is Is.NUMBER and may_be_magnitude(text, money=False):
            return True  # `20 de mii`
        if scaled or not may_be_magnitude(text, money=self.money):
            return False
        if self.kinds[index + 1] in {Is.WORD, Is.NAME} and self.currency_at(index + 1) is None:
            return False  # `in Wan Chai`, `B shares`
        beside = self.currency_before(index) is not None or self.currency_at(index + 1) is not None
        small = self.money and behind and len(text) > 1 and text.islower()
        return beside or small or self.words[index - 1] in _SCALED_IN or self.is_alone(index)

    def is_alone(self, index: int) -> bool:
        """Is the word in parentheses in which nothing else is told than a unit?"""
        left = next((i for i in range(index - 1, index - _AROUND, -1) if not self._of_a_unit(i)), None)
        right = next((i for i in range(index + 1, index + _AROUND) if not self._of_a_unit(i)), None)
        return left is not None and self.kinds[left] is Is.OPEN and right is not None and self.kinds[right] is Is.CLOSE

    def _of_a_unit(self, index: int) -> bool:
        if self.kinds[index] in {Is.SIGN, Is.COLON}:
            return True
        word = self.words[index]
        return word in _SCALED_IN or word in _OF_UNITS or bool(word and currencies.word_codes(self.tokens[index].text))

    def belongs_to_next(self, index: int) -> bool:
        """A currency that stands before another number is that number's: `2023 €5 million`."""
        if self.glued[index]:
            return False
        found = self.currency_at(index)
        return found is not None and self.kinds[index + found[2]] is Is.NUMBER


def _tells_a_scale(content: str) -> bool:
    """`in thousands`, `USD m`: nothing but a unit with a magnitude. Letters by themselves are marks: `b`, `b, m`."""
    words = [w for w in _LETTERS.findall(content) if w.casefold() not in _SCALED_IN | _OF_UNITS]
    scales = [w for w in words if not currencies.word_codes(w)]
    if not scales or "," in content or not all(may_be_magnitude(w, money=True) for w in scales):
        return False
    return any(map(is_magnitude_word, scales)) or len(_LETTERS.findall(content)) > 1


def _tells_a_sign(content: str) -> bool:
    """`-`, `loss`, `000`, `x10`: a sign of a number, or its scale in figures."""
    if _SIGN_OR_ZEROS.fullmatch(content) or any(map(is_trend, content)):
        return True
    word = content.removesuffix(".").casefold()
    return word in NEGATIVE or word in TELLING or word in CREDITS or word in DEBITS or word in MINUSES


def _is_note(text: str) -> bool:
    """A footnote mark or remark: short, and no number of its own beside a year or a short mark, nor a scale."""
    content = text[1:-1].strip()
    if _tells_a_scale(content) or _tells_a_sign(content):
        return False
    digits = "".join(c for c in content if c.isdigit())
    return len(digits) <= 3 or is_year_like(digits)
