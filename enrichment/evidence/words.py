"""Names taken apart: `companyName`, `company_name` and `COMPANYNAME` are the same two words."""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType
from typing import Final

from enrichment.evidence.lexicon import ASKING, NARROWING, NOISE, RELATED, TABLES
from enrichment.evidence.units import UNITS
from schemas.kinds import Kind

_PIECES: Final = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+|[A-Z]+|\d+|[^\W\d_A-Za-z]+")
_LETTERS: Final = str.maketrans({"ß": "ss", "ø": "o", "Ø": "O", "ł": "l", "æ": "ae", "œ": "oe"})


@dataclass(frozen=True, slots=True, eq=False)
class Entry:
    """One word or phrase: its concept, and the kinds of value that it announces by itself."""

    concept: str
    kinds: Mapping[Kind, float]

    @property
    def is_facet(self) -> bool:
        return self.concept.startswith("@")


@lru_cache(maxsize=1)
def phrases() -> Mapping[tuple[str, ...], Entry]:
    """Give the lexicon: words in their split form, mapped to what they mean."""
    found: dict[tuple[str, ...], Entry] = {}
    for table in TABLES:
        for line in table.strip().replace("\n    ", " ").splitlines():
            concept, kinds, words = (cell.strip() for cell in line.split("|"))
            entry = Entry(concept, MappingProxyType(_weights(kinds)))
            for phrase in words.split(","):
                found.setdefault(tuple(_plain(phrase).split()), entry)
    return MappingProxyType(found)


@lru_cache(maxsize=1)
def relations() -> Mapping[tuple[str, str], float]:
    """Give how near two different concepts are, 0..1, in both orders."""
    near: dict[tuple[str, str], float] = {}
    for line in RELATED.strip().splitlines():
        left, right, weight = line.split()
        near[left, right] = near[right, left] = float(weight)
    return MappingProxyType(near)


@lru_cache(maxsize=1)
def countable() -> frozenset[str]:
    """Give the concepts whose plural is a number of things."""
    return frozenset(entry.concept for entry in phrases().values() if entry.kinds.get(Kind.COUNT, 0.0) >= 0.7)


@lru_cache(maxsize=1)
def known_concepts() -> frozenset[str]:
    return frozenset(entry.concept for entry in phrases().values())


@lru_cache(maxsize=65_536)
def split(name: str) -> tuple[str, ...]:
    """Split one name into lower-case words without accents. Words written together are parted where all are known."""
    ascii_name = _unaccented(name)
    if len(ascii_name) > 1 and ascii_name.lower() in _vocabulary():
        return (ascii_name.lower(),)
    words: list[str] = []
    for piece in _PIECES.findall(ascii_name):
        words.extend(_part(piece.lower()))
    return tuple(words)


@lru_cache(maxsize=16_384)
def known_form(word: str) -> str:
    """Give the spelling of a word that the lexicon has, or the word itself: plurals and slips of one letter."""
    vocabulary = _vocabulary()
    if word in vocabulary:
        return word
    for plural, singular in (("ies", "y"), ("es", ""), ("s", "")):
        stem = word.removesuffix(plural) + singular
        if word.endswith(plural) and len(stem) >= 3 and stem in vocabulary:
            return stem
    if len(word) >= 6:
        near = difflib.get_close_matches(word, [w for w in vocabulary if w[0] == word[0]], n=1, cutoff=0.88)
        if near:
            return near[0]
    return word


@lru_cache(maxsize=1)
def _vocabulary() -> frozenset[str]:
    words = {word for phrase in phrases() for word in phrase}
    return frozenset(words | NOISE | NARROWING | ASKING | UNITS.keys())


@lru_cache(maxsize=1)
def _joinable() -> frozenset[str]:
    """Give the words that may be found inside others: long enough not to turn up by chance."""
    return frozenset(word for word in _vocabulary() if len(word) >= 4) | {
        "tel",
        "zip",
        "tax",
        "url",
        "net",
        "num",
        "fax",
    }


def _part(word: str) -> tuple[str, ...]:
    """Split `employeecount` into `employee count`; leave alone what is known or cannot be split into known words."""
    if len(word) < 6 or known_form(word) in _vocabulary():
        return (word,)
    for cut in range(len(word) - 2, 2, -1):
        head, tail = word[:cut], word[cut:]
        if head not in _joinable() and not (cut >= 6 and known_form(head) in _joinable()):
            continue
        if tail in _joinable() or (tail in {"id", "no", "at", "on", "code", "name", "date", "year"} and cut >= 4):
            return (head, tail)
        rest = _part(tail) if len(tail) >= 6 else (tail,)
        if len(rest) > 1:
            return (head, *rest)
    return (word,)


def _weights(text: str) -> dict[Kind, float]:
    return {Kind(pair.split()[0]): float(pair.split()[1]) for pair in text.split(",") if pair.strip()}


def _plain(phrase: str) -> str:
    return " ".join(re.sub(r"(?<=[a-z])(?=\d)", " ", _unaccented(phrase).lower()).split())


def _unaccented(text: str) -> str:
    folded = unicodedata.normalize("NFKD", text.translate(_LETTERS))
    return "".join(mark for mark in folded if not unicodedata.combining(mark))
