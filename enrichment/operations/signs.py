"""Signs and scales beside a number that have more than one reading: a text that holds one states no number for sure.

A sign that is read stands before its number; everything else that may be one is looked at here, for counts, measures,
percentages and amounts alike.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from enrichment.operations.lexing import Is
from enrichment.operations.statement import Stated
from enrichment.operations.view import View
from enrichment.operations.vocabulary import (
    AT_LEAST,
    BELOW,
    CREDITS,
    DEBITS,
    FALLS,
    FALLS_ELSEWHERE,
    LOSSES,
    MINUSES,
    NEGATIVE,
    PERCENT_WORDS,
    TELLING,
    UNITS,
    ZERO,
)

#: Words right beside a number, or alone in parentheses there, that leave its sign open; losses make amounts negative.
_BESIDE_MONEY: Final = (FALLS - LOSSES) | FALLS_ELSEWHERE | DEBITS | MINUSES
_BESIDE: Final = _BESIDE_MONEY | (LOSSES - {"losses"})  # `5 losses` are counted
#: `fell by 500`, `loss of 500`
_LINKS: Final = frozenset({"of", "by", "um", "von", "de", "di", "da", "del", "van", "på", "med", "o", "на"})
#: Between a number and a word behind it: `12 % en moins`, `12 % in meno`.
_LINKS_BEHIND: Final = frozenset({"de", "en", "in"})
#: Units of one letter, and of degrees, that may part a number from the word that tells its sign.
_PARTING: Final = frozenset(unit.casefold() for unit in UNITS) | frozenset({
    "m", "g", "t", "l", "h", "s", "c", "f", "k", "degrees", "degree", "grad", "units", "points",
})  # fmt: skip
#: Where a percentage ends that is spelt: `per cent`.
_PERCENT_ENDS: Final = frozenset(words.split()[-1] for words in PERCENT_WORDS)
#: `in the red`
_RED: Final = "red"
#: Wherever they stand, unless they are the sign of a number.
_ANYWHERE: Final = NEGATIVE | BELOW | {_RED}
_JOIN: Final = frozenset({"or", "and", "oder", "und", "ou", "et", "o", "y"})
#: `x1000`: by how much something is multiplied. `x4`, `e3`: so too, right behind a number.
_TIMES: Final = re.compile(r"[xX]10+")
_MAY_BE_TIMES: Final = re.compile(r"[xX][0-9]+|[eE][0-9]{1,2}")


#: All words that are looked for.
SIGN_WORDS: Final = _BESIDE | CREDITS | _ANYWHERE | TELLING


def leaves_open(view: View, first: int, end: int, *, signed: bool) -> bool:
    """Does what stands right beside a number leave its sign open?

    first, end: where it begins with all that belongs to it, and the index behind it
    signed:     it has a sign, so that a word which says the same says nothing new
    """
    behind = view.kinds[end]
    if view.unmatched and (
        (first - 1 in view.unmatched and view.kinds[first - 1] is Is.OPEN)
        or (end in view.unmatched and behind is Is.CLOSE)
    ):
        return True  # `(500`, `EUR 500)`
    if behind is Is.DASH and _ends(view, end + 1):
        return True  # `500 - EUR`
    if behind is Is.OPEN and view.kinds[end + 1] is Is.DASH and view.kinds[end + 2] is Is.CLOSE:
        return True
    if behind is Is.ABOUT and view.tokens[end].text == ">" and view.tokens[first].text == "<":
        return True  # pointed brackets, as some accounts have them for a loss
    if behind is Is.WORD and not view.money and view.tokens[end].text == "L":
        return True  # a litre or a lakh
    return bool(view.told) and not signed and _is_told(view, first, end)


def _ends(view: View, index: int) -> bool:
    """Is there nothing more from `index` on, or only what belongs to a number before it?"""
    while view.kinds[index] is Is.DASH or (view.kinds[index] is Is.OTHER and view.tokens[index].text == "/"):
        index += 1
    if view.kinds[index] in {None, Is.OPEN, Is.CLOSE, Is.PERCENT}:
        return True
    currency = view.currency_at(index)
    return currency is not None and view.kinds[index + currency[2]] is not Is.NUMBER


def _is_told(view: View, first: int, end: int) -> bool:
    beside = _BESIDE_MONEY if view.money else _BESIDE
    at = end + 1 if view.kinds[end] is Is.OPEN and view.kinds[end + 2] is Is.CLOSE else end
    behind = view.words[at]
    if behind in beside or (behind in CREDITS and view.kinds[at + 1] in {None, Is.CLOSE}):
        return True
    if view.words[_behind_unit(view, end)] in beside:
        return True
    if behind in BELOW and (view.kinds[end - 1] is Is.PERCENT or view.words[end - 1] in _PERCENT_ENDS):
        return True  # `12 % below last year`
    before = first - 1
    if view.kinds[before] is Is.COLON:
        before -= 1
    bracketed = view.kinds[before] is Is.CLOSE and view.kinds[before - 2] is Is.OPEN
    if bracketed or view.words[before] in _LINKS:
        before -= 1
    return view.words[before] in beside and view.words[before - 1] not in AT_LEAST


def _behind_unit(view: View, index: int) -> int:
    """The index behind a unit and a link that begin at `index`: `5 °C lower`, `500 km down`, `12 % en moins`."""
    if view.kinds[index] is Is.OTHER and view.tokens[index].text in {"°", "º"}:
        index += 1
    if view.words[index] in _PARTING:
        index += 1
    return index + 1 if view.words[index] in _LINKS_BEHIND else index


def speaks_of_signs(view: View, numbers: Sequence[Stated]) -> bool:
    """Does a text end with a dash that may be the minus of its number, or say apart from the number that it is less
    than nothing?
    """
    last = len(view.tokens) - 1
    if view.kinds[last] is Is.DASH and not _is_priced(view, last):
        return True
    if view.told.isdisjoint(_ANYWHERE):
        return False
    words = view.words
    for index, word in enumerate(words):
        if word in NEGATIVE and "plus" in {words[index - 1], words[index - 2]}:
            return True
        if word in BELOW and (_zero_at(words, index + 1) or (index == last and words[index - 1] not in _JOIN)):
            return True
        if word == _RED and words[index - 1] == "the" and words[index - 2] == "in":
            return True
    apart = any(word in NEGATIVE and index not in view.used for index, word in enumerate(words))
    return apart and not all(n.negative or n.accounting for n in numbers)


def _zero_at(words: Sequence[str], index: int) -> bool:
    return words[index + 1 if words[index] == "de" else index] in ZERO


def _is_priced(view: View, dash: int) -> bool:
    """`500.-`, `500,-`, `500/-`: a price without cents. `500 -/-` is a minus in Dutch accounts."""
    beside = view.glued[dash] and view.kinds[dash - 1] in {Is.OTHER, Is.COLON}
    return beside and view.kinds[dash - 2] is not Is.DASH


def multiplies(view: View, index: int) -> bool:
    """Does the name at `index` tell by how much a number is to be multiplied?"""
    text = view.tokens[index].text
    if _TIMES.fullmatch(text):
        return True
    before = index - 2 if view.kinds[index - 1] is Is.OPEN and view.kinds[index + 1] is Is.CLOSE else index - 1
    beside = before in view.used or view.kinds[before] in {Is.NUMBER, Is.PERCENT}
    return beside and _MAY_BE_TIMES.fullmatch(text) is not None
