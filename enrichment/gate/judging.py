"""Judging one record with a gate that is already made ready. Pure and total: no I/O, never an exception."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from enrichment.gate.companions import Settle
from enrichment.gate.identity import canonical_key
from enrichment.gate.rule import RecordCheck
from enrichment.gate.telling import Tell
from schemas.codes import Code
from schemas.json_types import Cell, Record
from schemas.verdict import Issue, Verdict

_NONE: frozenset[str] = frozenset()
#: Reasons that accuse nobody: a required field that is empty for one of them needs an issue of its own.
_SAYS_NOTHING = frozenset({Code.ABSENT.value, Code.ABSTAINED.value})


class Step(NamedTuple):
    """One bound field. `rejects`: whether a fault of it rejects the record."""

    name: str
    tell: Tell
    rejects: bool


@dataclass(frozen=True, slots=True)
class Judge:
    """A plan made ready. Call it with a record.

    constants:   cells that the configuration of the source declares
    left_empty:  field -> reason, for fields that no record fills
    settle:      empties money and currency that may not stand alone, null where no field has a companion
    strict:      fields whose fault rejects the record
    needed:      required fields beside the identity -> why the plan abstains, or empty text
    waits:       a field that the row cannot do without is condemned
    """

    steps: tuple[Step, ...]
    constants: Mapping[str, Cell]
    left_empty: Mapping[str, str]
    settle: Settle | None
    strict: frozenset[str]
    needed: Mapping[str, str]
    records: tuple[tuple[str, RecordCheck], ...]
    keys: tuple[str, ...]
    waits: bool

    def __call__(self, record: Record) -> Verdict:
        cells: dict[str, Cell] = dict(self.constants)
        reasons: dict[str, str] = dict(self.left_empty)
        winners: dict[str, int] = {}
        approximate: list[str] = []
        issues: list[Issue] = []
        fatal: list[Issue] = []
        for name, tell, rejects in self.steps:
            value, reason, winner, about, noted, fault = tell(record)
            if noted:
                issues += noted
            if value is None:
                reasons[name] = reason
                if fault is not None:
                    (fatal if rejects else issues).append(fault)
                continue
            cells[name] = value
            if winner is not None:
                winners[name] = winner
            if about:
                approximate.append(name)
        if self.settle is not None:
            for issue in self.settle(cells, reasons, winners, record):
                (fatal if issue.field in self.strict else issues).append(issue)
            approximate = [name for name in approximate if name in cells]
        fatal += self._of_the_row(cells, reasons)
        return Verdict(
            "review" if self.waits else "rejected" if fatal else "accepted",
            None if fatal and not self.waits else canonical_key(self.keys, cells),
            cells,
            reasons,
            winners,
            frozenset(approximate) if approximate else _NONE,
            (*fatal, *issues) if fatal or issues else (),
        )

    def _of_the_row(self, cells: Mapping[str, Cell], reasons: Mapping[str, str]) -> list[Issue]:
        """What rejects the record as a whole."""
        fatal = []
        for name, why in self.needed.items():
            if name not in cells and reasons[name] in _SAYS_NOTHING:
                fatal.append(Issue(name, reasons[name], f"required and empty{why}"))
        for code, objects in self.records:
            found = objects(cells, reasons)
            if found is not None:
                fatal.append(Issue(found[0], code, found[1]))
        return fatal
