"""How alike two names are spelt: shared words, abbreviations, initials and stems, weighed by how telling a word is.

It knows no meanings, and so works where every word is unknown. Words that stand in many names of a source or target
tell nothing apart and count little (inverse document frequency, Spärck Jones 1972); the measure is a soft Jaccard
index: each word counts by the best answer that it finds on the other side.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import pairwise
from typing import Final

from enrichment.evidence.lexicon import NOISE
from enrichment.evidence.synonyms import meanings
from enrichment.evidence.words import phrases, split
from schemas.pointer import tokens

#: Words that tie others together, and what one counts that stands in names of every kind (`value`, `data`).
_TIES: Final = frozenset({"of", "the", "a", "an", "in", "by", "and", "for", "to", "at", "per", "on", "or", "with"})
_COMMONPLACE: Final = 0.4
#: What a word of an enclosing object counts, against one of the field's own name.
_ABOVE: Final = 0.35
#: What an answer of an enclosing object is worth, against one of the field's own name.
_BEHIND: Final = 0.9
#: Words that say nothing of whose value it is: `/artists/0/id` is not the id of the record.
_PLAIN: Final = frozenset(
    {"id", "name", "code", "key", "type", "number", "no", "title", "url", "date", "value", "text"}
)
_SOMETHING_ELSE_S: Final = 0.5
#: Letters from which on two words with one beginning may be forms of one word.
_STEM: Final = 4
#: What a synonym is worth, against the word itself.
_SYNONYM: Final = 0.9
#: What initials and pieces of a name are worth at least, and at most.
_SHORTENED: Final = (0.55, 0.9)
_LONGEST: Final = 24
#: Letters from which on a piece of a name that mixes letters and digits may be a word.
_SHORTEST: Final = 3
_DIGITS: Final = re.compile(r"\d+|\D+")


@dataclass(frozen=True, slots=True)
class Rarity:
    """How telling each word is among the names at hand: 1 where it stands in one name, less where in many."""

    names: Mapping[str, int] = field(default_factory=dict)

    def of(self, word: str) -> float:
        return float(self.names.get(word, 1) ** -0.5) * (_COMMONPLACE if word in NOISE else 1.0)


def rarity(names: Iterable[str]) -> Rarity:
    """Count the words of names, each once per name."""
    counted: Counter[str] = Counter()
    for name in names:
        counted.update(set(words_of(name)))
    return Rarity(counted)


@lru_cache(maxsize=16_384)
def words_of(name: str) -> tuple[str, ...]:
    """Give the words of a field's name, without those that only tie the others together."""
    if _is_random(name):
        return (name.lower(),)
    words = tuple(piece for word in split(name) for piece in _DIGITS.findall(word))
    return tuple(word for word in words if word not in _TIES) or words


def _is_random(name: str) -> bool:
    """Say whether letters stand among digits by ones and twos, as in `xf8c4`: none is a word, or short for one."""
    pieces = _DIGITS.findall(name)
    return name.isalnum() and len(pieces) > 2 and all(len(one) < _SHORTEST or one.isdigit() for one in pieces)


def own_name(path: str) -> str:
    """Give the last name of a pointer that is no index."""
    named = [token for token in tokens(path) if not token.isdigit()]
    return named[-1] if named else path


def alike(name: str, path: str, told: tuple[Rarity, Rarity], entity: frozenset[str] = frozenset()) -> float:
    """Say how alike a target field's name and a source field's pointer are spelt, 0..1.

    `told`: how telling words are among the names of the target, and of the source.
    """
    wanted = [word for word in words_of(name) if word not in entity] or list(words_of(name))
    named = [token for token in tokens(path) if not token.isdigit()]
    if not named or not wanted:
        return 0.0
    own = [word for word in words_of(named[-1]) if word not in entity] or list(words_of(named[-1]))
    above = [word for token in named[:-1] for word in words_of(token) if word not in entity]
    whole = max(_shortened(words_of(name), tuple(own)), _shortened(split(name), tuple(own)))
    if "".join(wanted) == "".join(own):
        whole = 1.0
    found = max(_overlap(wanted, own, above, told), whole)
    strange = bool(above) and not any(_best(word, above) for word in wanted)
    plain = _PLAIN.issuperset(wanted) or _PLAIN.issuperset(own)
    return _SOMETHING_ELSE_S * found if strange and plain else found


def _overlap(wanted: list[str], own: list[str], above: list[str], told: tuple[Rarity, Rarity]) -> float:
    ours, theirs = told
    asked = sum(ours.of(word) for word in wanted)
    found = sum(ours.of(word) * max(_best(word, own), _BEHIND * _best(word, above)) for word in wanted)
    offered = sum(theirs.of(word) for word in own) + _ABOVE * sum(theirs.of(word) for word in above)
    answered = sum(theirs.of(word) * _best(word, wanted) for word in own)
    answered += _ABOVE * sum(theirs.of(word) * _best(word, wanted) for word in above)
    return (found + answered) / (asked + offered) if asked + offered else 0.0


def _best(word: str, others: list[str]) -> float:
    return max((alike_words(word, other) for other in others), default=0.0)


def _shortened(wanted: tuple[str, ...], own: tuple[str, ...]) -> float:
    """Say whether one name as a whole is made of the beginnings of the other's words: `rbi`, `dewp`."""
    if len(own) > 1 and len(wanted) > 1:
        return 0.0
    short, long = ("".join(own), wanted) if len("".join(own)) < len("".join(wanted)) else ("".join(wanted), own)
    if len(long) < 2 or len(short) < len(long) or not _pieces(short[:_LONGEST], long):
        return 0.0
    low, high = _SHORTENED
    return low + (high - low) * len(short) / sum(map(len, long)) + 0.1 * (len(long) > 1)


@lru_cache(maxsize=65_536)
def alike_words(one: str, other: str) -> float:
    """Say how alike two words are, 0..1."""
    if one == other:
        return 1.0
    if meanings(one) & meanings(other):
        return _SYNONYM
    short, long = sorted((one, other), key=len)
    if short.isdigit() or not short:
        return 0.0
    return max(_beginning(short, long), _skeleton(short, long), _pairs(short, long))


def _beginning(short: str, long: str) -> float:
    """Two forms of a word, or a word and its beginning."""
    common = next((i for i, mark in enumerate(short) if mark != long[i]), len(short))
    if common < len(short):
        return 0.5 + 0.4 * common / len(long) if common >= _STEM and common >= 0.6 * len(short) else 0.0
    if len(long) - len(short) <= 2 and len(short) >= 3:
        return 0.95
    form = 0.5 + 0.4 * common / len(long) if common >= _STEM else 0.0
    return max(form, 0.5 + 0.3 * min(1.0, len(short) / _STEM) if len(short) > 1 else 0.5)


def _skeleton(short: str, long: str) -> float:
    """Some letters of a word, in their order: `spd`. A word of its own, such as `date`, is short for no other."""
    if (
        (len(short) >= _STEM and (short,) in phrases())
        or short[0] != long[0]
        or len(short) < 2
        or not _within(short, long)
    ):
        return 0.0
    return 0.45 + 0.3 * len(short) / len(long)


def _within(short: str, long: str) -> bool:
    marks = iter(long)
    return all(mark in marks for mark in short)


def _pairs(short: str, long: str) -> float:
    """Dice's coefficient of letter pairs, where it is high enough to be a slip or a form of one word."""
    ours, theirs = (Counter(pairwise(word)) for word in (short, long))
    both = 2 * sum((ours & theirs).values()) / max(1, sum(ours.values()) + sum(theirs.values()))
    return 0.7 * both if both >= 0.5 and len(short) >= _STEM else 0.0


@lru_cache(maxsize=65_536)
def _pieces(short: str, words: tuple[str, ...]) -> bool:
    """Say whether `short` is made of a beginning of each word in turn, letters within a word in their order."""
    if not words:
        return not short
    head, rest = words[0], words[1:]
    if not short or short[0] != head[0]:
        return False
    ends = range(len(short) - len(rest), 0, -1)
    return any(_within(short[:end], head) and _pieces(short[end:], rest) for end in ends)
