"""What a shape offers to whoever plans: every pointer with its types, its fill and a few values that differ."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final

from enrichment.shapes import MAX_DEPTH, json_type
from schemas.json_types import Json, Record, is_absent
from schemas.pointer import escape
from schemas.shape import SampledField

#: Values shown per pointer, and the characters that each may have.
MAX_SAMPLES: Final = 5
MAX_CHARACTERS: Final = 120

#: Different values kept per pointer while choosing; beyond it more of the same teach nothing.
_KEPT: Final = 400


@dataclass(slots=True)
class _Seen:
    types: set[str] = field(default_factory=set)
    filled: int = 0
    values: dict[str, Json] = field(default_factory=dict)

    def add(self, value: Json) -> None:
        self.types.add(json_type(value))
        if is_absent(value):
            return
        self.filled += 1
        if len(self.values) < _KEPT:
            shown = cut(value)
            if shown is not None:
                self.values.setdefault(_spelt(shown), shown)


def sample_fields(records: Sequence[Record]) -> tuple[SampledField, ...]:
    """Offer every pointer of the given records, in the order in which they first appear.

    A list is offered as itself and by the scalars of its first element. Objects are walked, not offered. A pointer
    that is null wherever it stands is offered with the type null and a fill of 0, unless it is an object elsewhere.
    """
    seen: dict[str, _Seen] = {}
    for record in records:
        for pointer, value in _walk(record, "", 0):
            seen.setdefault(pointer, _Seen()).add(value)
    parents = {pointer[:i] for pointer in seen for i, mark in enumerate(pointer) if mark == "/" and i}
    return tuple(
        SampledField(
            path=pointer,
            types=tuple(sorted(one.types)),
            fill=one.filled / len(records),
            samples=_differing(tuple(one.values.values())),
        )
        for pointer, one in seen.items()
        if one.types != {"null"} or pointer not in parents
    )


def cut(value: Json) -> Json:
    """Cut a value to what may be shown: text to 120 characters, lists and objects to 120 characters of JSON.

    Gives null for what cannot be shortened, such as a number of more digits.
    """
    if isinstance(value, str):
        return value[:MAX_CHARACTERS]
    return _cut(value, MAX_CHARACTERS)


def _walk(value: Json, pointer: str, depth: int) -> Iterator[tuple[str, Json]]:
    if isinstance(value, Mapping) and depth < MAX_DEPTH:
        for key, member in value.items():
            yield from _walk(member, f"{pointer}/{escape(key)}", depth + 1)
        return
    yield pointer, value
    if isinstance(value, Sequence) and not isinstance(value, str) and value and depth < MAX_DEPTH:
        yield from _walk(value[0], f"{pointer}/0", depth + 1)


def _differing(values: tuple[Json, ...]) -> tuple[Json, ...]:
    """Choose values of different form, the commonest form first, then further values of the commonest."""
    by_form: dict[str, list[Json]] = {}
    for value in values:
        by_form.setdefault(_form(value), []).append(value)
    commonest = sorted(by_form.values(), key=len, reverse=True)
    chosen: list[Json] = []
    rank = 0
    while len(chosen) < MAX_SAMPLES and rank < max((len(g) for g in commonest), default=0):
        chosen.extend(group[rank] for group in commonest if rank < len(group))
        rank += 1
    return tuple(chosen[:MAX_SAMPLES])


_DIGITS = re.compile(r"\d+")
_WORDS = re.compile(r"[^\W\d_]+")


def _form(value: Json) -> str:
    """Give the pattern of a value: runs of digits and of letters shrink to a mark each, word runs to one."""
    if isinstance(value, str):
        marked = _WORDS.sub("a", _DIGITS.sub("9", value))
        return "string:" + re.sub(r"a(?:[\s,]+a)+", "a a", marked)
    if isinstance(value, bool) or value is None:
        return f"{json_type(value)}:{value}"
    if isinstance(value, int | Decimal | float):
        text = str(value)
        return f"{json_type(value)}:{'-' if text.startswith('-') else ''}{len(text.lstrip('-')) // 3}"
    if isinstance(value, Mapping):
        return "object:" + ",".join(sorted(value))
    kinds = Counter(json_type(element) for element in value)
    return f"array:{','.join(sorted(kinds))}:{min(len(value), 3)}"


def _cut(value: Json, room: int) -> Json:
    if _length(value) <= room:
        return value
    if isinstance(value, str):
        kept = value[: max(0, room - 2)]
        while kept and _length(kept) > room:
            kept = kept[: len(kept) - max(1, (_length(kept) - room) // 6)]
        return kept or None
    if isinstance(value, Mapping):
        return _cut_members(value, room)
    if isinstance(value, Sequence):
        return _cut_elements(value, room)
    return None


def _cut_elements(value: Sequence[Json], room: int) -> list[Json]:
    kept: list[Json] = []
    left = room - 2
    for element in value:
        shown = element if _length(element) <= left else (None if kept else _cut(element, left))
        if shown is None and element is not None:
            break
        left -= _length(shown) + 2
        if left < -2:
            break
        kept.append(shown)
    return kept


def _cut_members(value: Mapping[str, Json], room: int) -> dict[str, Json]:
    kept: dict[str, Json] = {}
    left = room - 2
    for key, member in value.items():
        left -= _length(key) + 2
        shown = member if _length(member) <= left else (None if kept else _cut(member, left))
        if shown is None and member is not None:
            break
        left -= _length(shown) + 2
        if left < -2:
            break
        kept[key] = shown
    return kept


def _length(value: Json) -> int:
    return len(_spelt(value))


def _spelt(value: Json) -> str:
    """Write a value as JSON in the longest usual spelling, so that what fits here fits in every one."""
    return json.dumps(value, default=_fallback)


def _fallback(value: object) -> object:
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, Decimal):
        return str(value)
    raise TypeError(f"{type(value).__name__} is no JSON value")
