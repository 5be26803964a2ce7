"""Telling an answer that repeats itself from one that is merely regular.

An answer is regular by nature: the same braces around every field. But within a hundred characters a regular answer
names something new, while a model that has lost its thread says the same hundred characters over and over.
"""

from __future__ import annotations

import zlib

#: Long enough that a window of a proper answer holds a name or a pointer.
_WINDOW = 100
#: A text is looked at whole up to here, beyond it at its two ends: repetition sets in late.
_LOOKED_AT = 40_000
_SHORTEST = 1_000
#: How often the same window may come back on average.
_TIMES = 4
#: What no proper answer compresses to: regular ones, written with indents, reach 1 : 50.
_COMPRESSION = 120


def _times(text: str) -> float:
    windows = len(text) - _WINDOW + 1
    return windows / len({text[i : i + _WINDOW] for i in range(windows)})


def repeats_itself(text: str) -> bool:
    if len(text) < _SHORTEST:
        return False
    # Indents are regular by nature; a text that is nothing but white space is found by how it compresses.
    told = " ".join(text.split())
    ends = (told,) if len(told) <= _LOOKED_AT else (told[: _LOOKED_AT // 2], told[-_LOOKED_AT // 2 :])
    if any(len(end) >= _SHORTEST and _times(end) >= _TIMES for end in ends):
        return True
    raw = text.encode(errors="replace")
    return len(raw) >= _COMPRESSION * len(zlib.compress(raw, 1))
