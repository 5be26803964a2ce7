"""Plans made ready to judge records, kept between chunks: compiling costs more than a record."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from threading import Lock

from enrichment.store.plans import PlanRow
from schemas.json_types import Record
from schemas.plan import PlanBody
from schemas.source import Source
from schemas.target import Target
from schemas.verdict import Verdict

Gate = Callable[[Record], Verdict]


def compile_plan(target: Target, body: PlanBody, source: Source, condemned: frozenset[str] = frozenset()) -> Gate:
    """The gate of a plan.

    Raises:
        AssayError: the plan cannot run on this target.
    """
    # Importing the operations takes half a second, which only processes that judge records should spend.
    from enrichment.gate.compiled import compile_gate
    from enrichment.gate.reading import SourceReading

    return compile_gate(target, body, SourceReading.of(source), condemned)


class CompiledPlans:
    """The most recently used gates of this process."""

    def __init__(self, capacity: int = 64) -> None:
        self._capacity = capacity
        self._gates: OrderedDict[tuple[object, ...], Gate] = OrderedDict()
        self._lock = Lock()

    def gate(self, plan: PlanRow, target: Target, source: Source, *, as_proposed: bool = False) -> Gate:
        """The gate of a plan as it stands: a condemned field changes it. `as_proposed`: before any field fell."""
        condemned: frozenset[str] = frozenset() if as_proposed else plan.condemned
        key = (plan.id, condemned, target.version, source.settings_digest)
        with self._lock:
            if (known := self._gates.get(key)) is not None:
                self._gates.move_to_end(key)
                return known
        made = compile_plan(target, plan.body, source, condemned)
        with self._lock:
            self._gates[key] = made
            while len(self._gates) > self._capacity:
                self._gates.popitem(last=False)
        return made
