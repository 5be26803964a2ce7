"""Lists as parameters, written in one pass: the driver's own way takes longer than the statement that uses them.

A list is sent without a type, as the text of an array (PostgreSQL documentation, 8.15.2); the statement says of what,
by a cast or by what it is compared with.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any, Final

from psycopg.adapt import Buffer, Dumper

_EMPTY = b"{}"


class ArrayDumper(Dumper):
    """Writes a flat list whose elements are of one type or null.

    Raises:
        TypeError: an element of a type that no statement takes lists of.
    """

    def dump(self, obj: Sequence[Any]) -> Buffer:
        if not obj:
            return _EMPTY
        types = set(map(type, obj))
        if types == {int}:
            return ("{" + ",".join(map(str, obj)) + "}").encode()
        if types == {str}:
            return _of_texts(obj)
        return ("{" + ",".join(_element(item) for item in obj) + "}").encode()


def _of_texts(texts: Sequence[str]) -> bytes:
    joined = '","'.join(texts)
    # The quotes that separate are the only ones, and nothing needs an escape.
    if "\\" in joined or joined.count('"') != 2 * (len(texts) - 1):
        joined = '","'.join(map(_escaped, texts))
    return ('{"' + joined + '"}').encode()


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')


_WRITE: Final[Mapping[type, Callable[[Any], str]]] = {
    str: lambda text: f'"{_escaped(str(text))}"',
    int: str,
    bool: lambda truth: "t" if truth else "f",
    bytes: lambda octets: f'"\\\\x{octets.hex()}"',
    Decimal: str,
    float: repr,
    type(None): lambda _: "NULL",
}


def _element(item: object) -> str:
    # Members of an enumeration of texts are texts.
    write = _WRITE.get(type(item)) or (_WRITE[str] if isinstance(item, str) else None)
    if write is None:
        raise TypeError(f"no statement takes a list of {type(item).__name__}")
    return write(item)
