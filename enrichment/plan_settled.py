"""What only a column as a whole settles, and whoever proposed a binding left out: separators, and the order of dates.

It is settled from the sampled records of the shape and stored in the plan as the operation's argument.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Final

from enrichment.execution import compile_alternative
from enrichment.gate.shape_reading import cell_of
from enrichment.operations import (
    Absent,
    Fault,
    Outcome,
    ReadSettings,
    settle_date_format,
    settle_separators,
)
from schemas.errors import UsageError
from schemas.json_types import Cell, Json, Record
from schemas.plan import Alternative, Binding, OpArg, OpCall

_Settles = Callable[[Iterable[Json]], str | None]
#: What each operation is told of its column.
_NUMBERS: Final = ("parse_integer", "parse_decimal", "parse_money", "currency_of")
_SETTLED: Final[Mapping[str, tuple[str, _Settles]]] = MappingProxyType(
    {
        **dict.fromkeys(_NUMBERS, ("separators", settle_separators)),
        **dict.fromkeys(("parse_date", "parse_datetime"), ("format", settle_date_format)),
    }
)


def settled(binding: Binding, records: Sequence[Record], settings: ReadSettings) -> Binding:
    """The binding with what the records settle of its columns; what it says itself stays as it is."""
    alternatives = tuple(_settled(one, records, settings) for one in binding.alternatives)
    return binding.model_copy(update={"alternatives": alternatives})


def _settled(alternative: Alternative, records: Sequence[Record], settings: ReadSettings) -> Alternative:
    """An argument is taken only where all that was read without it reads the same with it.

    A format shuts out all other forms: it is taken only where it reads more.
    """
    place = next((i for i, call in enumerate(alternative.ops) if call.op in _SETTLED), None)
    if place is None:
        return alternative
    call = alternative.ops[place]
    name, settle = _SETTLED[call.op]
    if any(arg.name == name for arg in call.args):
        return alternative
    try:
        before = _outcomes(alternative.model_copy(update={"ops": alternative.ops[:place]}), records, settings)
        plain = _outcomes(alternative, records, settings)
    except UsageError:
        # the gate says what is wrong with it
        return alternative
    value = settle(list(_read(before).values()))
    if value is None:
        return alternative
    told = _telling(alternative, place, OpArg(name=name, value=value))
    given = _outcomes(told, records, settings)
    had, have = _read(plain), _read(given)
    kept = all(have.get(index) == cell for index, cell in had.items())
    return told if kept and (name == "separators" or len(have) > len(had)) else alternative


def _telling(alternative: Alternative, place: int, arg: OpArg) -> Alternative:
    call = alternative.ops[place]
    ops: list[OpCall] = list(alternative.ops)
    ops[place] = call.model_copy(update={"args": (*call.args, arg)})
    return alternative.model_copy(update={"ops": tuple(ops)})


def _outcomes(alternative: Alternative, records: Sequence[Record], settings: ReadSettings) -> list[Outcome]:
    """
    Raises:
        UsageError: the operations cannot be executed.
    """
    read = compile_alternative(alternative, settings)
    return [read(record) for record in records]


def _read(outcomes: Sequence[Outcome]) -> Mapping[int, Cell]:
    """Place of a record -> the value that it gives."""
    return {i: cell_of(one) for i, one in enumerate(outcomes) if not isinstance(one, Absent | Fault)}
