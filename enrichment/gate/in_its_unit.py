"""Alternatives in several units: the first whose text does not state another unit than it reads its figure in."""

from __future__ import annotations

from collections.abc import Callable

from enrichment.execution import Reading, compile_binding
from enrichment.gate.measured import compile_measure
from enrichment.gate.rule import FieldContext
from schemas.json_types import Record
from schemas.plan import Binding


def in_its_unit(
    context: FieldContext, binding: Binding, read: Callable[[Record], Reading]
) -> Callable[[Record], Reading]:
    """Read as before, but go on to the next alternative where the text of one is in another unit: of `2.4 MW` the one
    that converts from kW gives no value, and the one that takes the figure as it is does.

    Where no alternative is left, the reading is that of the first: the rule on units says what is wrong with it.
    """
    check = compile_measure(context) if len(binding.alternatives) > 1 else None
    if check is None:
        return read
    others = [compile_binding(binding.model_copy(update={"alternatives": (one,)}), context.settings)
              for one in binding.alternatives]  # fmt: skip

    def go_on(record: Record) -> Reading:
        reading = read(record)
        first = reading.alternative
        if reading.value is None or first is None or check(reading.value, record, first) is None:
            return reading
        for index in range(first + 1, len(others)):
            other = others[index](record)
            if other.value is not None and check(other.value, record, index) is None:
                return other._replace(alternative=index)
        return reading

    return go_on
