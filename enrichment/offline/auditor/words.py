"""Field names and descriptions as meanings. The auditor's own splitter."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

from enrichment.offline.auditor.lexicon import LONGEST_PHRASE, PHRASES, WORDS
from enrichment.offline.auditor.measures import UNITS

_WORD: Final = re.compile(r"[^\W\d_]+|\d+")
_HUMP: Final = re.compile(r"(?<=[a-zß-ÿ0-9])(?=[A-ZÀ-Þ])|(?<=[A-Z])(?=[A-Z][a-zß-ÿ])")
#: What a description says its field is not.
_NOT: Final = re.compile(
    r"\b(?:not|never|without|excluding|except|rather than|unlike|instead of)\b[^.;]*", re.IGNORECASE
)
_MAX_NAME: Final = 200
_MAX_DESCRIPTION: Final = 1000


def _singular(word: str) -> str:
    for ending, instead in (("ies", "y"), ("sses", "ss"), ("s", "")):
        if word.endswith(ending) and len(word) > len(ending) + 2 and not word.endswith(("ss", "us", "is")):
            return word[: -len(ending)] + instead
    return word


def _meaning(word: str) -> str:
    return WORDS.get(word) or WORDS.get(_singular(word)) or _singular(word)


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
    return tuple(word.lower() for word in _WORD.findall(_HUMP.sub("_", name[:_MAX_NAME])))


def without_unit(name: str) -> str:
    """A name without the unit that it ends on: `weight_kg` speaks of a weight."""
    words = raw_words(name)
    return "_".join(words[:-1]) if len(words) > 1 and words[-1] in UNITS else name


@lru_cache(maxsize=16_384)
def meanings(name: str) -> tuple[str, ...]:
    """The meanings in a name, in order: `netSales_2` gives `("revenue", "2")`. Unknown words stand for themselves."""
    return _phrases(list(raw_words(name)))


@lru_cache(maxsize=4096)
def described(description: str) -> frozenset[str]:
    """The meanings that a description speaks of, without those it says it does not mean."""
    return frozenset(_phrases([word.lower() for word in _WORD.findall(_NOT.sub(" ", description[:_MAX_DESCRIPTION]))]))


def is_known(meaning: str) -> bool:
    return meaning in _KNOWN


_KNOWN: Final = frozenset(WORDS.values()) | frozenset(PHRASES.values())
