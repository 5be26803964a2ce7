"""Whose currency it is: what stands beside a sign that several share, and says which of them is meant.

A source declares what its bare `$` means. `RD$5`, `Canadian $5` and `5 $ CA` are not bare: they tell of another dollar,
and `IR£5` of another pound. Those that are known are signs themselves (`A$`, `US $`).
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

from babel import Locale

from enrichment.operations import currencies
from enrichment.operations.lexing import Is
from enrichment.operations.statement import Stated
from enrichment.operations.view import View

#: What currencies are called that several countries have.
_SHARED: Final = frozenset({
    "dollar", "pound", "peso", "krona", "krone", "koruna", "franc", "yen", "yuan", "rupee", "rand", "dinar",
})  # fmt: skip
#: Words of their names that belong to no country, or to one whose name is part of what may follow an amount.
_NOBODYS: Final = frozenset({"new", "east", "and", "of", "the", "islands", "old", "us", "british"})
_SHORTENED: Final = frozenset({"can", "cdn", "aus", "aust", "arg", "mex"})
_AMERICAN: Final = frozenset({"US", "U.S.", "USA", "U.S.A."})
_LETTERS: Final = re.compile(r"[^\W\d_]+")


@lru_cache(maxsize=1)
def _owners() -> frozenset[str]:
    """`canadian`, `kong`, `egyptian`: the words beside a shared noun in the English names of currencies."""
    found: set[str] = set()
    for name in Locale("en").currencies.values():
        words = _LETTERS.findall(str(name).casefold())
        if len(words) > 1 and words[-1] in _SHARED and "(" not in name:
            found.update(words[:-1])
    return frozenset(found) - _NOBODYS - _SHARED | _SHORTENED


@lru_cache(maxsize=1)
def _countries() -> frozenset[str]:
    """The country codes that currency codes begin with, of the currencies that share a sign."""
    return frozenset(code[:2] for code in currencies.sign_codes("$") | currencies.sign_codes("\u00a5")) | {
        "EC",
        "RD",
        "USA",
    }


def _owner(view: View, index: int) -> str:
    """The word at `index` that a currency may be named by, as it is written; an empty one where it is none."""
    if view.kinds[index] is not Is.WORD:
        return ""
    text = view.tokens[index].text
    return text if view.words[index] in _owners() or text.replace(".", "") in _countries() else ""


def names_another_currency(view: View, stated: Stated, first: int, end: int) -> bool:
    """Does what stands beside an amount say that its sign is not the bare one? `$5 (US)` is settled by it.

    first, end: where the amount begins with all that belongs to it, and the index behind it
    """
    if stated.codes is None or not (len(stated.codes) > 1 or stated.sign == "\u00a3"):
        return False
    if any(_runs_into_letters(view, index) for index in range(first, end)):
        return True
    before = first - 2 if view.kinds[first - 1] is Is.CLOSE and view.kinds[first - 3] is Is.OPEN else first - 1
    behind = end + 1 if view.kinds[end] is Is.OPEN else end
    owners = {_owner(view, before), _owner(view, behind)} - {""}
    if owners and owners <= _AMERICAN and "USD" in stated.codes:
        stated.codes = frozenset({"USD"})
        return False
    return bool(owners)


def _runs_into_letters(view: View, index: int) -> bool:
    """`RD$`, `$RD`: letters right beside a sign that are neither a magnitude nor a currency of their own, nor `c.`."""
    return view.kinds[index] is Is.SIGN and any(
        view.kinds[at] in {Is.WORD, Is.NAME} and at not in view.used and view.tokens[at].text != "c."
        for at, glued in ((index - 1, view.glued[index]), (index + 1, view.glued[index + 1]))
        if glued
    )
