"""Bringing typographic variety to plain characters before a text is read, without changing what it states."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import Final

from enrichment.operations.outcome import ABSENT, NOT_TEXT, TOO_LONG, Absent, Fault
from schemas.json_types import Json

#: Texts that state one number, date or place are short; a longer one is prose. In characters.
LONGEST_STATEMENT = 4_000

_DASHES = frozenset("\u2010\u2011\u2012\u2013\u2014\u2015\u2212\ufe58\ufe63\uff0d")
_QUOTES = frozenset("\u2018\u2019\u02bc\u00b4`\uff07\u066c")  # the last one is the Arabic grouping mark


#: Letters and signs of many texts that stand for themselves; they spare a look at each character.
_AS_IT_IS: Final = re.compile("[\x00-\x7f\u20ac\u00a3\u00a5\u00b0\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u017f\u2032\u2033]*")
_PARENTHESES: Final = {"Ps": "(", "Pe": ")"}
_OTHERS: Final = {"\uffe5": "\u00a5", "\uffe1": "\u00a3", "\ufe69": "$", "\u066a": "%", "\ufe6a": "%"}


@lru_cache(maxsize=4096)
def _plain(character: str) -> str:
    category = unicodedata.category(character)
    if character.isascii() or category == "Cf":
        # Byte order marks, directions, soft hyphens (Cf) state nothing.
        return character if category != "Cf" else ""
    if category == "Zs" or character.isspace():
        return " "
    if category == "Nd":
        return str(unicodedata.decimal(character))
    if character in _DASHES or character in _QUOTES:
        return "-" if character in _DASHES else "'"
    if "\uff01" <= character <= "\uff5e":  # full-width forms of ASCII
        return chr(ord(character) - 0xFEE0)
    if category in _PARENTHESES and "PARENTHESIS" in unicodedata.name(character):
        character = _PARENTHESES[category]
    return _OTHERS.get(character, character)


def plain(text: str) -> str:
    """Digits of any script as 0-9, spaces as U+0020, dashes and minus signs as `-`, no invisible characters."""
    if text.isascii() or _AS_IT_IS.fullmatch(text):
        return text
    return "".join(map(_plain, text))


def statement(value: Json) -> str | Absent | Fault:
    """Give a text value in plain characters and trimmed; nothing or a fault of any other value."""
    if isinstance(value, str):
        if len(value) > LONGEST_STATEMENT:
            return TOO_LONG
        return plain(value).strip() or ABSENT
    return ABSENT if value is None else NOT_TEXT
