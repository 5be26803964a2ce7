"""The piece of a record that a binding reads before it interprets it: what a source literally says for a field."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from enrichment.execution import compile_binding
from enrichment.operations import ReadSettings
from schemas.json_types import Json, Record
from schemas.plan import Alternative, Binding, OpCall
from schemas.pointer import compile_pointer

#: Operations that choose what is read; all others interpret it.
_CHOOSING = frozenset({"first", "join", "element", "select", "part"})
#: (record, index of the winning alternative) -> what stands there; anything but text says nothing by itself.
PieceReader: TypeAlias = Callable[[Record, int], Json]


def choosing_part(alternative: Alternative) -> tuple[OpCall, ...]:
    """The operations before the first one that interprets."""
    for index, call in enumerate(alternative.ops):
        if call.op not in _CHOOSING:
            return alternative.ops[:index]
    return alternative.ops


def _piece(alternative: Alternative, target: str, settings: ReadSettings) -> Callable[[Record], Json]:
    choosing = choosing_part(alternative)
    if not choosing and len(alternative.paths) == 1:
        resolve = compile_pointer(alternative.paths[0])

        def directly(record: Record) -> Json:
            value = resolve(record)
            return value if isinstance(value, str) else None

        return directly
    read = compile_binding(
        Binding(target=target, alternatives=(Alternative(paths=alternative.paths, ops=choosing),)), settings
    )
    return lambda record: read(record).value


def compile_piece(binding: Binding, settings: ReadSettings) -> PieceReader:
    readers = tuple(_piece(a, binding.target, settings) for a in binding.alternatives)
    return lambda record, winner: readers[winner](record)
