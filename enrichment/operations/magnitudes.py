"""Magnitude words and suffixes, as powers of ten."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Final

from babel import Locale

#: A word that may be a magnitude and may be something else: what stands before it is not known.
UNCLEAR: Final = -1

_WORDS: Final = {
    **dict.fromkeys(("hundred", "hundreds"), 2),
    **dict.fromkeys(("thousand", "thousands", "tsd", "tausend", "tusen", "duizend", "milhares"), 3),
    **dict.fromkeys(("lakh", "lakhs", "lac", "lacs"), 5),
    **dict.fromkeys(
        (
            *("million", "millions", "mn", "mln", "mio", "mill", "millionen", "millones", "milhões", "milioni"),
            *("miljoen", "miljoner", "millioner", "millón", "milhão", "milione", "miljoonaa", "mkr"),
        ),
        6,
    ),
    **dict.fromkeys(("crore", "crores"), 7),
    **dict.fromkeys(
        (
            *("billion", "billions", "bn", "bln", "milliard", "milliards", "milliarde", "milliarden", "mrd", "mia"),
            *("miljard", "miljarder", "milliarder", "miliardi", "miliardo", "mld", "mdr", "bilhão", "bilhões"),
        ),
        9,
    ),
    **dict.fromkeys(("trillion", "trillions", "tn", "trn", "trln"), 12),
    **dict.fromkeys(("quadrillion", "quadrillions"), 15),
    # Long scale in one language, short scale in another, or another word altogether.
    **dict.fromkeys(("dozen", "dozens", "pair", "pairs", "兆"), UNCLEAR),
    **dict.fromkeys(("mil", "mille", "md", "bil", "billones", "billón", "billionen", "biljoen", "bilioni"), UNCLEAR),
}
#: Suffixes of amounts of money; `M` and `MM` are both millions there.
_MONEY: Final = {"k": 3, "K": 3, "m": 6, "M": 6, "mm": 6, "MM": 6, "b": 9, "B": 9, "T": 12, "cr": 7, "Cr": 7}
#: Suffixes of counts, only where no space parts them from the number.
_GLUED: Final = {"k": 3, "K": 3, "M": 6, "B": 9}
_LETTERS: Final = frozenset({*_MONEY, *"tgG", "CR", "kk", "Mm"})
#: What no misspelt magnitude is confused with lies below this likeness (0..1, Ratcliff and Obershelp's measure).
_LIKENESS = 0.8
_SPELT: Final = tuple(word for word in _WORDS if len(word) > 4)


def _misspelt(word: str) -> bool:
    return len(word) > 4 and bool(difflib.get_close_matches(word, _SPELT, n=1, cutoff=_LIKENESS))


#: Languages whose magnitude words are known beside the table above.
_LOCALES: Final = (
    *("ru", "uk", "tr", "id", "vi", "th", "ko", "ja", "zh", "ar", "hi", "pl", "cs", "hu", "ro", "el", "fi", "sv", "da"),
    *("nb", "nl", "de", "fr", "es", "it", "pt", "bg", "hr", "sr", "sk", "he", "fa"),
)
_NO_LETTERS: Final = re.compile(r"[^\w]+|[0-9_]+")


@lru_cache(maxsize=1)
def _foreign() -> Mapping[str, int]:
    """Magnitude words of other languages, from the compact number formats of the Unicode locale data."""
    found: dict[str, set[int]] = {}
    for name in _LOCALES:
        formats = Locale(name).compact_decimal_formats
        for width in ("long", "short"):
            for plural in formats.get(width, {}).values():
                for number, pattern in plural.items():
                    text = str(pattern.pattern)
                    word = _NO_LETTERS.sub(" ", text).strip().casefold()
                    if word and " " not in word and (width == "long" or not word.isascii()):
                        found.setdefault(word, set()).add(len(number) - text.count("0"))
    # `bilion` and `trilion` are of the long scale in some languages, of the short one in others, and slips in English.
    return {
        word: powers.pop() if len(powers) == 1 and not word.startswith(("bil", "tril")) else UNCLEAR
        for word, powers in found.items()
    }


@lru_cache(maxsize=4096)
def _other_word(word: str) -> int | None:
    power = _foreign().get(word)
    return UNCLEAR if power is None and _misspelt(word) else power


def magnitude(word: str, *, glued: bool, money: bool) -> int | None:
    """Give the power of ten that a word after a number stands for, `UNCLEAR`, or null where it is no magnitude.

    glued: no space stands between the number and the word
    """
    bare = word.removesuffix(".")
    power = _WORDS.get(bare.casefold())
    if power is not None:
        return power
    if bare in _LETTERS:
        if money:
            return _MONEY.get(bare, UNCLEAR)
        return _GLUED.get(bare, UNCLEAR) if glued or bare == "k" else UNCLEAR
    return _other_word(bare.casefold())


def is_magnitude_word(word: str) -> bool:
    """Is it a magnitude word wherever it stands? Suffixes and words of two meanings are not."""
    return _WORDS.get(word.removesuffix(".").casefold(), UNCLEAR) != UNCLEAR


def combined(first: int, second: int) -> int:
    """Two magnitudes in a row: `lakh crore` and `thousand billion` are said so; a word said twice is a slip."""
    if UNCLEAR in {first, second} or first >= second or first not in {2, 3, 5}:
        return UNCLEAR
    return first + second
