"""What the records of a shape hold: the values at a pointer, and what an alternative gives for each record."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import cached_property
from itertools import islice
from typing import Final, cast

from enrichment.evidence import Offered, read_source
from enrichment.execution import compile_alternative
from enrichment.operations import Absent, Approximate, Fault, Outcome, ReadSettings
from schemas.errors import UsageError
from schemas.json_types import Cell, Json, Record, is_absent
from schemas.plan import Alternative, OpCall
from schemas.pointer import MISSING, compile_pointer
from schemas.shape import SampledField
from schemas.target import TargetField

#: Operations that pick or tidy a value without changing what it means.
_PICKING: Final = frozenset({"copy", "first", "element", "select", "casefold", "upper"})
#: Values looked at per pointer; more of them do not change what they look like.
_LOOKED_AT: Final = 60


@dataclass(frozen=True)
class ShapeReading:
    """The records of a shape, read once per pointer.

    settings: how the source's texts are read; `unit` and `allowed` are taken from each target field
    entity:   the words that name what the target's rows are
    """

    source_fields: Sequence[SampledField]
    records: Sequence[Record]
    settings: ReadSettings
    entity: frozenset[str]

    @cached_property
    def offered(self) -> Mapping[str, SampledField]:
        return {field.path: field for field in self.source_fields}

    def resolves(self, path: str) -> bool:
        resolve = compile_pointer(path)
        return any(resolve(record) is not MISSING for record in self.records)

    def source(self, path: str, picking: tuple[OpCall, ...]) -> tuple[tuple[Json, ...], Offered]:
        """Give the values that picking operations leave of a pointer, absent ones dropped, and what they say of it.

        Where the operations cannot be executed, the offered samples are given.
        """
        known = self._known.get((path, picking))
        if known is None:
            values = self._values(path, picking)
            source = self.offered.get(path) or SampledField(path, (), 0.0, ())
            if picking:
                source = replace(source, types=())
            known = (values, read_source(source, entity=self.entity, samples=values, more=named_by(picking)))
            self._known[path, picking] = known
        return known

    @cached_property
    def _known(self) -> dict[tuple[str, tuple[OpCall, ...]], tuple[tuple[Json, ...], Offered]]:
        return {}

    def _values(self, path: str, picking: tuple[OpCall, ...]) -> tuple[Json, ...]:
        if not picking:
            resolve = compile_pointer(path)
            found = (resolve(record) for record in self.records)
            return _first_present(cast("Json", value) for value in found if value is not MISSING)
        try:
            reader = compile_alternative(Alternative(paths=(path,), ops=picking), self.settings)
        except UsageError:
            return self.offered[path].samples if path in self.offered else ()
        outcomes = (reader(record) for record in self.records)
        return _first_present(o for o in outcomes if not isinstance(o, Absent | Fault | Approximate))

    def filled(self, path: str, alternative: Alternative, field: TargetField) -> float:
        """Give the share of the records for which an alternative gives a value, 0..1, as far as one pointer tells."""
        offered = self.offered[path].fill if path in self.offered else 0.0
        cells = self.cells(alternative, field) if alternative.ops else None
        return offered if not cells else min(offered, sum(cell is not None for cell in cells) / len(cells))

    def cells(self, alternative: Alternative, field: TargetField) -> tuple[Outcome | None, ...] | None:
        """Give what an alternative gives for each of the first records, null where it gives no value.

        Null in all where it cannot be executed.
        """
        outcomes = self.outcomes(alternative, field)
        if outcomes is None:
            return None
        return tuple(None if isinstance(one, Absent | Fault) else one for one in islice(outcomes, _LOOKED_AT))

    def outcomes(self, alternative: Alternative, field: TargetField) -> Iterator[Outcome] | None:
        """Give what an alternative gives for each record, one after the other; null where it cannot be executed."""
        settings = replace(self.settings, unit=field.unit, allowed=field.allowed)
        try:
            reader = compile_alternative(alternative, settings)
        except UsageError:
            return None
        return (reader(record) for record in self.records)


def cell_of(outcome: Outcome | None) -> Cell:
    """Give the bare value of what an alternative gave."""
    found = outcome.value if isinstance(outcome, Approximate) else outcome
    return found if isinstance(found, str | int | Decimal | bool) else None


def named_by(ops: Sequence[OpCall]) -> tuple[str, ...]:
    """Give the names by which `select` goes on from a pointer: what the element is said to be, and the member taken."""
    names: list[str] = []
    for call in ops:
        if call.op == "select":
            args = {arg.name: arg.value for arg in call.args}
            names += [args[name] for name in ("equals", "take") if args.get(name)]
    return tuple(names)


def picking(ops: Sequence[OpCall]) -> tuple[OpCall, ...]:
    """Give the operations that pick from a list, with what stands before them; nothing where none picks."""
    leading: list[OpCall] = []
    for call in ops:
        if call.op not in _PICKING:
            break
        leading.append(call)
    return tuple(leading) if any(call.op in {"element", "select"} for call in leading) else ()


def _first_present(values: Iterator[Json]) -> tuple[Json, ...]:
    kept: list[Json] = []
    for value in values:
        if not is_absent(value):
            kept.append(value)
            if len(kept) >= _LOOKED_AT:
                break
    return tuple(kept)
