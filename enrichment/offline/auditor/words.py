"""Field names and descriptions as meanings. The auditor's own splitter."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

from enrichment.offline.auditor.lexicon import CLASS_WORDS, EMPTY, LONGEST_PHRASE, PHRASES, WORDS
from enrichment.offline.auditor.measures import UNITS, unit_in

_WORD: Final = re.compile(r"[^\W\d_]+|\d+")
_HUMP: Final = re.compile(r"(?<=[a-zß-ÿ0-9])(?=[A-ZÀ-Þ])|(?<=[A-Z])(?=[A-Z][a-zß-ÿ])")
#: What a description says its field is not.
_NOT: Final = re.compile(
    r"\b(?:not|never|without|excluding|except|rather than|unlike|instead of)\b[^.;]*", re.IGNORECASE
)
#: Words that at the end of a name say that it identifies.
_NUMBERS: Final = frozenset({"no", "nr", "number", "num", "nbr", "ref"})
_MAX_NAME: Final = 200
_MAX_DESCRIPTION: Final = 1000


def _singular(word: str) -> str:
    for ending, instead in (("ies", "y"), ("sses", "ss"), ("s", "")):
        if word.endswith(ending) and len(word) > len(ending) + 2 and not word.endswith(("ss", "us", "is")):
            return word[: -len(ending)] + instead
    return word


def _meaning(word: str) -> str:
    known = WORDS.get(word) or WORDS.get(_singular(word))
    return known or _stem(_singular(word))


def _stem(word: str) -> str:
    """An unknown word without the ending of a verb, so that `listed` meets `list`."""
    for ending in ("ing", "ed"):
        if word.endswith(ending) and len(word) > len(ending) + 3:
            return word[: -len(ending)]
    return word


def _phrases(words: list[str]) -> tuple[str, ...]:
    found: list[str] = []
    start = 0
    while start < len(words):
        for size in range(min(LONGEST_PHRASE, len(words) - start), 1, -1):
            meaning = PHRASES.get(tuple(words[start : start + size]))
            if meaning is not None:
                found.append(meaning)
                start += size
                break
        else:
            found.append(_meaning(words[start]))
            start += 1
    return tuple(found)


@lru_cache(maxsize=16_384)
def raw_words(name: str) -> tuple[str, ...]:
    """The words of a name as they are written, lower case."""
    found: list[str] = []
    for piece in _WORD.findall(name[:_MAX_NAME]):
        # `kW` is one word though its letters change height
        whole = piece.lower() in UNITS or piece.isupper()
        for word in [piece] if whole else _HUMP.sub("_", piece).split("_"):
            found += _unglued(word.lower())
    return tuple(found)


def _unglued(word: str) -> tuple[str, ...]:
    """`companyname` as two words, where both are known."""
    if word in _VOCABULARY or len(word) < 2 * _SHORTEST_PART:
        return (word,)
    for cut in range(len(word) - _SHORTEST_PART, _SHORTEST_PART - 1, -1):
        if word[:cut] in _VOCABULARY and word[cut:] in _VOCABULARY:
            return (word[:cut], word[cut:])
    return (word,)


def without_unit(name: str) -> str:
    """A name without the unit that it ends on: `weight_kg` speaks of a weight."""
    words = raw_words(name)
    return "_".join(words[:-1]) if len(words) > 1 and unit_in(words) else name


@lru_cache(maxsize=16_384)
def meanings(name: str) -> tuple[str, ...]:
    """The meanings in a name, in order: `netSales_2` gives `("revenue", "2")`. Unknown words stand for themselves."""
    words = list(raw_words(name))
    if len(words) > 1 and words[-1] in _NUMBERS:
        # `chassisNo` is an identifier, `no_of_doors` is a count
        words[-1] = "id"
    return _phrases(words)


@lru_cache(maxsize=4096)
def described(description: str) -> frozenset[str]:
    """The meanings that a description speaks of, without those it says it does not mean."""
    return frozenset(_phrases([word.lower() for word in _WORD.findall(_NOT.sub(" ", description[:_MAX_DESCRIPTION]))]))


@lru_cache(maxsize=4096)
def spellings(meaning: str) -> tuple[str, ...]:
    """The single words that stand for a meaning."""
    return (meaning, *(word for word, meant in WORDS.items() if meant == meaning))


def abbreviates(short: str, word: str) -> bool:
    """Whether a word is another one cut short (`publ`) or without its vowels (`ctry`)."""
    if len(short) < 2 or len(short) >= len(word) or short[0] != word[0]:
        return False
    if word.startswith(short):
        return len(short) >= 3
    consonants = iter(word)
    return len(short) >= 3 and short[-1] not in "aeiou" and all(mark in consonants for mark in short)


def is_known(meaning: str) -> bool:
    return meaning in _KNOWN


_SHORTEST_PART: Final = 3
_VOCABULARY: Final = frozenset(WORDS) | EMPTY | CLASS_WORDS | frozenset(word for phrase in PHRASES for word in phrase)
_KNOWN: Final = frozenset(WORDS.values()) | frozenset(PHRASES.values())
