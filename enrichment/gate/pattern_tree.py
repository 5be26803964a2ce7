"""The parse tree of a regular expression, as Python's own parser gives it.

The parser has had no public name since Python 3.11; this is the only module that reaches for it, and its tests fail
where a new Python changes the tree.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from re import _constants as sre  # type: ignore[attr-defined]  # see above
from typing import Any, TypeAlias

__all__ = ["Item", "Items", "Tree", "is_straight", "parse", "repeats", "sre"]

#: (operator, operand); operands differ by operator.
Item: TypeAlias = tuple[Any, Any]
Items: TypeAlias = Sequence[Item]
Tree: TypeAlias = Any
_CHARACTERS = frozenset({sre.LITERAL, sre.NOT_LITERAL, sre.ANY, sre.IN})
_REPEATS = frozenset({sre.MAX_REPEAT, sre.MIN_REPEAT, sre.POSSESSIVE_REPEAT})


def parse(pattern: str) -> Tree:
    """Give the tree: a sequence of items, with `state.flags`.

    Raises:
        re.error: not a regular expression.
    """
    return re._parser.parse(pattern)  # type: ignore[attr-defined]  # noqa: SLF001 - see above


def _inner(op: Any, value: Any) -> tuple[Items, ...]:  # noqa: ANN401 - operators and operands have no type
    """The sequences inside an item."""
    if op is sre.BRANCH:
        return tuple(value[1])
    if op is sre.SUBPATTERN:
        return (value[3],)
    if op in {sre.ASSERT, sre.ASSERT_NOT}:
        return (value[1],)
    if op is sre.ATOMIC_GROUP:
        return (value,)
    if op is sre.GROUPREF_EXISTS:
        return tuple(branch for branch in value[1:] if branch is not None)
    return (value[2],) if op in _REPEATS else ()


def repeats(items: Items, depth: int = 0) -> Iterator[int]:
    """For each repeat of a variable number of rounds, how many repeats enclose it."""
    for op, value in items:
        inside = depth
        if op in _REPEATS:
            if value[0] != value[1]:
                yield depth
            inside = depth + (value[1] != 1)
        for inner in _inner(op, value):
            yield from repeats(inner, inside)


def is_straight(items: Items) -> bool:
    """One character after the other from the beginning to the end, of which only the last may come any number of times.

    No engine ever goes back over such a pattern.
    """
    if len(items) < 2 or items[0] != (sre.AT, sre.AT_BEGINNING) or items[-1] != (sre.AT, sre.AT_END):
        return False
    between = items[1:-1]
    for place, (op, value) in enumerate(between, 1):
        if op is sre.MAX_REPEAT:
            low, high, inner = value
            if len(inner) != 1 or inner[0][0] not in _CHARACTERS or (low != high and place < len(between)):
                return False
        elif op not in _CHARACTERS:
            return False
    return True
