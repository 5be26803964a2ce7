"""Words beside a date or a year that make it a bound, or say that it is not the one: `prior to 1982`, `not 1982`.

Left out are words that more often say something else there: `po`, `do` and `na` also say `on`, `of the` and `to`, `mai`
is a month, `non` an answer.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from enrichment.operations.lexing import Is, Token
from enrichment.operations.moments import MONTHS
from enrichment.operations.vocabulary import QUALIFIERS
from enrichment.operations.weekdays import WEEKDAYS

#: Directly before the date.
_AROUND: Final = QUALIFIERS | frozenset({"by", "early", "late", "possibly"})
#: Before the date, or before an article and the date.
_BOUNDS: Final = frozenset({
    "before", "after", "prior", "prior to", "until", "till", "up to", "later than", "earlier than", "sooner than",
    "vor", "nach", "bis", "bis zum", "spätestens", "frühestens", "spätestens am", "frühestens am", "spätestens im",
    "frühestens im", "avant", "après", "jusqu'au", "jusqu'à", "jusqu'en", "au plus tard", "au plus tôt", "antes de",
    "antes del", "después de", "después del", "despues de", "despues del", "hasta", "a más tardar", "prima di",
    "prima del", "prima dell", "dopo", "fino a", "fino al", "fino all", "antes do", "até", "depois de", "depois do",
    "após", "voor", "vóór", "tot", "tot en met", "uiterlijk", "før", "efter", "etter", "indtil", "senest", "före",
    "innan", "senast", "przed", "до", "после", "не позднее", "не ранее", "ennen",
})  # fmt: skip
#: Those that also join the two ends of a span.
_SPANNING: Final = frozenset({
    "until", "till", "up to", "bis", "bis zum", "jusqu'au", "jusqu'à", "hasta", "fino a", "fino al", "fino all", "até",
    "tot", "tot en met", "indtil", "до",
})  # fmt: skip
#: Directly behind the date.
_BOUNDS_BEHIND: Final = frozenset({
    "or later", "or earlier", "or before", "or after", "or sooner", "or older", "or newer", "and later", "and earlier",
    "and before", "and after", "at the latest", "at the earliest", "oder später", "oder früher", "und später",
    "und früher", "ou après", "ou avant", "ou plus tard", "ou plus tôt", "o después", "o antes", "o más tarde",
    "ou depois", "ou antes", "o dopo", "o prima", "of later", "of eerder", "eller senere", "eller senare",
    "eller tidligere", "eller tidigare", "lub później", "lub wcześniej", "или позже", "или ранее",
})  # fmt: skip
_ARTICLES: Final = frozenset({
    "the", "den", "dem", "der", "le", "la", "el", "il", "lo", "o", "de", "dia", "día", "year", "jahr", "jahre",
    "jahren", "l'année", "año", "ano", "anno", "jaar", "'",
})  # fmt: skip
#: Before the date: it is another one, or was the one once.
_DENIED: Final = frozenset({
    "not", "never", "no longer", "formerly", "previously", "instead of", "rather than", "postponed from",
    "rescheduled from", "delayed from", "moved from", "changed from", "nicht", "nicht mehr", "nie", "niemals",
    "keinesfalls", "statt", "anstatt", "vormals", "ehemals", "verschoben vom", "verschoben von", "verlegt vom", "pas",
    "jamais", "et non", "au lieu du", "au lieu de", "anciennement", "reporté du", "reportée du", "nunca", "antes",
    "y no", "en lugar de", "en lugar del", "en vez de", "en vez del", "aplazado del", "e non", "invece di",
    "invece del", "rinviato dal", "não", "em vez de", "niet", "nooit", "in plaats van", "ikke", "inte", "aldrig", "не",
    "никогда", "вместо",
})  # fmt: skip
#: The same of what is told between it and the date, in one word: `not held on 3 May 2020`.
_NOT: Final = frozenset({"not", "never", "nicht", "nie", "niemals"})
#: That of a past date alone at the beginning of what is said: `(was 3 May 2020)`, not `the first day was 3 May 2020`.
_WAS: Final = frozenset({"was", "were"})
#: The date does not hold, or is the one on which that was said: only `cancelled on 3 May 2020` tells which.
_CANCELLED: Final = frozenset({
    "cancelled", "canceled", "withdrawn", "postponed", "rescheduled", "revoked", "abgesagt", "verschoben", "annulé",
    "annulée", "reporté", "reportée", "cancelado", "cancelada", "aplazado", "aplazada", "annullato", "annullata",
    "rinviato", "rinviata", "geannulleerd", "afgelast", "inställt", "aflyst", "avlyst",
})  # fmt: skip
_DENIED_BEHIND: Final = frozenset({"no longer", "nicht mehr", "not any more"})
_PREPOSITIONS: Final = frozenset({"on", "in", "at", "since", "from", "for", "am", "im", "en", "em", "på"})
#: Between what is denied and the date these leave the date itself as it is: `not updated since 3 May 2020`.
_APART: Final = frozenset({"(", ")", ",", ";", "-", '"', ":", "since", "from"})
_VERBS: Final = frozenset({"was", "is", "has", "been", "now", "wurde", "ist", "est", "a", "été", "fue", "è", "stato"})
_MARKS: Final = frozenset({"(", ")", ",", ";", "-", '"'})
_TELLING_BEHIND: Final = _CANCELLED | {p.rpartition(" ")[2] for p in _BOUNDS_BEHIND | _DENIED_BEHIND}
_WORDS: Final = re.compile(r"[^\s(),;:.]+")


def is_bounded(tokens: Sequence[Token], before: int, behind: int) -> bool:
    """Does a text say `before`, `after` or `about` of the date between what stands at these two places?"""
    if (0 <= before < len(tokens) and tokens[before].kind is Is.ABOUT) or _word(tokens, before) in _AROUND:
        return True
    while _word(tokens, before) in _ARTICLES and not _ends_in(tokens, before, _BOUNDS):
        before -= 1
    if bound := _ends_in(tokens, before, _BOUNDS):
        return bound not in _SPANNING or not _begins_a_span(tokens, before - len(bound.split()))
    while _word(tokens, behind) in {"(", ")", ","}:
        behind += 1
    return _begins_with(tokens, behind, _BOUNDS_BEHIND)


def is_denied(tokens: Sequence[Token], before: int, behind: int) -> bool:
    """Does a text say that the date between what stands at these two places is not the one, or no longer?"""
    return _is_denied_before(tokens, before) or _is_denied_behind(tokens, behind)


def may_turn(text: str) -> bool:
    """Is there a word in a text that makes a bound of a date before it, or denies it?"""
    return any(word.casefold() in _TELLING_BEHIND for word in _WORDS.findall(text))


def _is_denied_before(tokens: Sequence[Token], at: int) -> bool:
    skipped: set[str] = set()
    while not _ends_in(tokens, at, _DENIED):
        word = _word(tokens, at)
        if word not in _ARTICLES | _PREPOSITIONS | _MARKS | {":"} and word not in WEEKDAYS:
            break
        skipped.add(word)
        at -= 1
    else:
        return True
    word = _word(tokens, at)
    if word in _CANCELLED:
        return skipped.isdisjoint(_PREPOSITIONS | {":"})
    if word in _WAS:
        return at == 0 or tokens[at - 1].kind is not Is.WORD
    is_told = bool(word) and tokens[at].kind is Is.WORD and not tokens[at].text.endswith(".")
    return is_told and skipped.isdisjoint(_APART) and _word(tokens, at - 1) in _NOT


def _is_denied_behind(tokens: Sequence[Token], at: int) -> bool:
    while (word := _word(tokens, at)) in _MARKS or word in _VERBS or word in WEEKDAYS:
        at += 1
    if word in _CANCELLED:
        return at + 1 >= len(tokens) or tokens[at + 1].kind is not Is.WORD
    return _begins_with(tokens, at, _DENIED_BEHIND)


def _word(tokens: Sequence[Token], at: int) -> str:
    """Give what stands at a place in small letters, nothing where nothing does."""
    return tokens[at].text.removesuffix(".").casefold() if 0 <= at < len(tokens) else ""


def _begins_a_span(tokens: Sequence[Token], at: int) -> bool:
    """`1.1. bis 31.12.2021`, `January until May 2021`: does another day or month stand here, before the bound?"""
    while _word(tokens, at) in {"", ","} and at > 0:
        at -= 1
    return at >= 0 and (tokens[at].kind in {Is.NUMBER, Is.MOMENT} or _word(tokens, at) in MONTHS)


def _ends_in(tokens: Sequence[Token], at: int, phrases: frozenset[str]) -> str:
    """Give the longest of these phrases that ends at a place, nothing where none does."""
    words = [_word(tokens, i) for i in range(at - 2, at + 1)]
    return next((phrase for i in range(3) if (phrase := " ".join(words[i:])) in phrases), "")


def _begins_with(tokens: Sequence[Token], at: int, phrases: frozenset[str]) -> bool:
    words = [_word(tokens, i) for i in range(at, at + 3)]
    return any(" ".join(words[:i]) in phrases for i in (2, 3))
