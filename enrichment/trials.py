"""Trying out a binding on sampled records, by the operations and the cell rules that will judge it later."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from enrichment.evidence import infer_target_kind
from enrichment.execution import compile_binding
from enrichment.gate.cells import CELL_RULES
from enrichment.gate.rule import FieldContext
from enrichment.operations import ReadSettings
from schemas.codes import Code
from schemas.errors import UsageError
from schemas.json_types import Cell, Record
from schemas.plan import Binding
from schemas.target import TargetField


@dataclass(frozen=True, slots=True)
class Trial:
    """What a binding gave: `cells`, one per record, null where empty; `faults`, reason code -> records, no `absent`."""

    cells: tuple[Cell, ...]
    faults: Mapping[str, int]

    @property
    def given(self) -> int:
        return sum(cell is not None for cell in self.cells)

    @property
    def present(self) -> int:
        """Number of records that have something to read."""
        return self.given + sum(self.faults.values())

    @property
    def worth(self) -> float:
        """Share of what there was to read that gave a value, 0..1."""
        return self.given / self.present if self.present else 0.0

    def share_of(self, code: Code) -> float:
        return self.faults.get(code.value, 0) / self.present if self.present else 0.0


def try_out(field: TargetField, binding: Binding, records: Sequence[Record], settings: ReadSettings) -> Trial | None:
    """Execute a binding and put every value through the cell rules; null where its operations cannot be compiled."""
    try:
        read = compile_binding(binding, settings)
    except UsageError:
        return None
    context = FieldContext(field, infer_target_kind(field), binding, settings, identities=1)
    checks = [(rule.code, check) for rule in CELL_RULES if (check := rule.compile(context)) is not None]
    cells: list[Cell] = []
    faults: Counter[str] = Counter()
    for record in records:
        reading = read(record)
        reason = reading.reason
        if reading.value is not None:
            wrong = (code for code, check in checks if check(reading.value, record, reading.alternative))
            reason = next((code.value for code in wrong), None)
        cells.append(reading.value if reason is None else None)
        if reason is not None and reason != Code.ABSENT.value:
            faults[reason] += 1
    return Trial(tuple(cells), dict(faults))
