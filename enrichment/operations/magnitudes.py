"""Magnitude words and suffixes, as powers of ten."""

from __future__ import annotations

import difflib
from functools import lru_cache
from typing import Final

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
    **dict.fromkeys(("亿", "億"), 8),
    **dict.fromkeys(("万", "萬"), 4),
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


@lru_cache(maxsize=4096)
def _misspelt(word: str) -> bool:
    return len(word) > 4 and bool(difflib.get_close_matches(word, _SPELT, n=1, cutoff=_LIKENESS))


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
    return UNCLEAR if _misspelt(bare.casefold()) else None


def is_magnitude_word(word: str) -> bool:
    """Is it a magnitude word wherever it stands? Suffixes and words of two meanings are not."""
    return _WORDS.get(word.removesuffix(".").casefold(), UNCLEAR) != UNCLEAR


def combined(first: int, second: int) -> int:
    """Two magnitudes in a row: `lakh crore` and `thousand billion` are said so; a word said twice is a slip."""
    if UNCLEAR in {first, second} or first >= second or first not in {2, 3, 5}:
        return UNCLEAR
    return first + second
