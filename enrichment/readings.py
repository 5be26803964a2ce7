"""How a value is read out of a record, in one line: pointers, then operations with their arguments, left to right."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any


def reading(paths: Sequence[str] | None, ops: Iterable[Mapping[str, Any]] | None) -> str:
    """`/a, /b > join(separator= ) > trim`; empty where there is neither."""
    return " > ".join(filter(None, [", ".join(paths or ()), *map(operation, ops or ())]))


def operation(call: Mapping[str, Any]) -> str:
    """`parse_money(separators=,.)`."""
    arguments = ", ".join(f"{arg['name']}={arg['value']}" for arg in call.get("args") or ())
    return f"{call['op']}({arguments})" if arguments else str(call["op"])
