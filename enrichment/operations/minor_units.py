"""Cents, pence and the like: an amount in them is not one in full units, and is never read as one."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

_WORDS: Final = frozenset({
    "cents", "cent", "eurocent", "eurocents", "ct", "cts", "pence", "penny", "pennies", "centime", "centimes",
    "centavo", "centavos", "c\u00e9ntimo", "c\u00e9ntimos", "centesimi", "rappen", "\u00f6re", "\u00f8re", "kopeck",
    "kopecks", "kopek", "kopeks", "kopeyka", "paise", "paisa", "agorot", "agora", "grosz", "groszy", "pfennig",
    "kobo", "halala", "halalas", "fils", "satang", "pesewa", "pesewas", "stotinki", "kuru\u015f",
})  # fmt: skip
#: Codes of markets, which ISO 4217 does not know.
_CODES: Final = frozenset({"GBX", "ZAC", "ILA", "USX"})
#: `GBp`, `ZAc`, `USd`: a code whose last letter is small.
_CASED: Final = re.compile(r"[A-Z]{2}[acdp]")
_MARKED: Final = _CODES | frozenset("\u00a2\uffe0")


def is_minor_code(word: str) -> bool:
    """Is it a code for the hundredth part of a currency, as it is written?"""
    return len(word) == 3 and (word in _CODES or _CASED.fullmatch(word) is not None)


def names_minor_unit(words: Sequence[str], texts: Sequence[str]) -> bool:
    """Does a text speak of minor units anywhere?

    words: its words in lower case, empty where a token is none
    texts: its tokens as written
    """
    if not _MARKED.isdisjoint(texts):
        return True
    if _WORDS.isdisjoint(words):
        return False
    return any(
        word in _WORDS and not (word == "cent" and index and words[index - 1] in {"per", "pour"})
        for index, word in enumerate(words)
    )
