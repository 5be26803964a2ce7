"""What a record has near a pointer at which it has nothing: names of members, never what they hold."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Mapping
from functools import lru_cache
from itertools import islice
from typing import Final

from schemas.json_types import Record
from schemas.pointer import escape, resolve, tokens

_FEW: Final = 3
#: Names that are compared, of an object that has more; and their characters that are told.
_MOST, _LONGEST = 100, 60


def nothing_at(record: Record, pointer: str) -> str:
    """Say so, with the members nearest in name to the one that is not there."""
    above, names, wanted = "", _members(record), ""
    for wanted in tokens(pointer):
        if wanted not in names:
            break
        above = f"{above}/{escape(wanted)}"
        names = _members(resolve(record, above))
    compared = tuple(name[:_LONGEST] for name in islice(names, _MOST))
    near = ", ".join(f"{above}/{escape(name)}" for name in _nearest(wanted, compared))
    return f"there is nothing at {pointer}" + (f"; the record has {near}" if near else "")


def _members(value: object) -> Collection[str]:
    return value.keys() if isinstance(value, Mapping) else ()


@lru_cache(maxsize=64)
def _nearest(wanted: str, names: tuple[str, ...]) -> list[str]:
    """Records of a source mostly have the same members."""
    return difflib.get_close_matches(wanted, [name for name in names if name.isprintable()], n=_FEW, cutoff=0.0)
