"""RFC 6901 JSON Pointers, compiled once and resolved many times."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Final

from schemas.errors import UsageError
from schemas.json_types import Json


class _Missing:
    __slots__ = ()

    def __repr__(self) -> str:
        return "MISSING"


#: What resolving a pointer gives when nothing stands there.
MISSING: Final = _Missing()
Resolver = Callable[[Json], "Json | _Missing"]


def tokens(pointer: str) -> tuple[str, ...]:
    """Split a pointer into unescaped reference tokens.

    Raises:
        UsageError: not a pointer (RFC 6901, section 3).
    """
    if pointer == "":
        return ()
    if not pointer.startswith("/"):
        raise UsageError(f"{pointer!r} is not a JSON Pointer", hint="a pointer is empty or starts with '/'")
    for part in pointer.split("~")[1:]:
        if part[:1] not in {"0", "1"}:
            raise UsageError(f"{pointer!r} has a '~' that is neither '~0' nor '~1'", hint="write '~' as '~0'")
    return tuple(t.replace("~1", "/").replace("~0", "~") for t in pointer[1:].split("/"))


def escape(name: str) -> str:
    return name.replace("~", "~0").replace("/", "~1")


#: The index of a list element: no sign, no leading zero, and short enough to be one.
_INDEX = re.compile(r"0|[1-9][0-9]{0,8}")


def _step(value: Json | _Missing, name: str) -> Json | _Missing:
    # Nearly every value on the way is a plain dictionary, and asking for that costs a fifth of asking for a mapping.
    if type(value) is dict or isinstance(value, Mapping):
        return value.get(name, MISSING)
    if isinstance(value, list | tuple) and _INDEX.fullmatch(name):
        index = int(name)
        return value[index] if index < len(value) else MISSING
    return MISSING


@lru_cache(maxsize=65_536)
def compile_pointer(pointer: str) -> Resolver:
    """Give a function that resolves `pointer` in a document, or gives `MISSING`. Never raises on documents."""
    parts = tokens(pointer)
    if len(parts) == 1:
        (only,) = parts

        def lone(document: Json) -> Json | _Missing:
            return document.get(only, MISSING) if type(document) is dict else _step(document, only)

        return lone

    if len(parts) == 2:
        first, second = parts

        def inner(document: Json) -> Json | _Missing:
            outer = document.get(first, MISSING) if type(document) is dict else _step(document, first)
            if type(outer) is dict:
                found: Json | _Missing = outer.get(second, MISSING)
                return found
            return MISSING if outer is MISSING else _step(outer, second)

        return inner

    def resolve(document: Json) -> Json | _Missing:
        value: Json | _Missing = document
        for part in parts:
            value = _step(value, part)
            if value is MISSING:
                return MISSING
        return value

    return resolve


def resolve(document: Json, pointer: str) -> Json | _Missing:
    return compile_pointer(pointer)(document)
