"""Judging one record with a gate that is already made ready. Pure and total: no I/O, no memory, never an exception."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from enrichment.execution import Reading
from enrichment.gate.companions import Settle
from enrichment.gate.identity import canonical_key
from enrichment.gate.rule import Check, RecordCheck
from schemas.codes import Code
from schemas.json_types import Cell, Record
from schemas.verdict import Issue, Verdict

_NONE: frozenset[str] = frozenset()
#: Reasons that accuse nobody: a required field that is empty for one of them needs an issue of its own.
_SAYS_NOTHING = frozenset({Code.ABSENT.value, Code.ABSTAINED.value})


class Step(NamedTuple):
    """One bound field.

    checks:  (code, check, whether it only reports), in the order in which they are asked
    rejects: whether a fault of the field rejects the record
    """

    name: str
    read: Callable[[Record], Reading]
    checks: tuple[tuple[str, Check, bool], ...]
    rejects: bool


@dataclass(slots=True)
class _Row:
    """What is known of the row so far."""

    cells: dict[str, Cell]
    reasons: dict[str, str]
    winners: dict[str, int] = field(default_factory=dict)
    approximate: frozenset[str] = _NONE
    issues: list[Issue] = field(default_factory=list)
    fatal: list[Issue] = field(default_factory=list)

    def note(self, issue: Issue, *, rejects: bool) -> None:
        (self.fatal if rejects else self.issues).append(issue)


@dataclass(frozen=True, slots=True)
class Judge:
    """A plan made ready. Call it with a record.

    constants:   cells that the configuration of the source declares
    left_empty:  field -> reason, for fields that no record fills
    faults:      codes of operations that count as faults of a cell
    settle:      empties money and currency that may not stand alone, null where no field has a companion
    strict:      fields whose fault rejects the record
    needed:      required fields beside the identity -> why the plan abstains, or empty text
    waits:       a field that the row cannot do without is condemned
    """

    steps: tuple[Step, ...]
    constants: Mapping[str, Cell]
    left_empty: Mapping[str, str]
    faults: frozenset[str]
    settle: Settle | None
    strict: frozenset[str]
    needed: Mapping[str, str]
    records: tuple[tuple[str, RecordCheck], ...]
    keys: tuple[str, ...]
    waits: bool

    def __call__(self, record: Record) -> Verdict:
        row = _Row(dict(self.constants), dict(self.left_empty))
        for step in self.steps:
            self._fill(row, step, record)
        if self.settle is not None:
            for issue in self.settle(row.cells, row.reasons, row.winners, record):
                row.note(issue, rejects=issue.field in self.strict)
            row.approximate = row.approximate.intersection(row.cells) if row.approximate else _NONE
        for name, why in self.needed.items():
            if name not in row.cells and row.reasons[name] in _SAYS_NOTHING:
                row.fatal.append(Issue(name, row.reasons[name], f"required and empty{why}"))
        for code, objects in self.records:
            found = objects(row.cells, row.reasons)
            if found is not None:
                row.fatal.append(Issue(found[0], code, found[1]))
        return self._verdict(row)

    def _fill(self, row: _Row, step: Step, record: Record) -> None:
        name, read, checks, rejects = step
        value, reason, winner, approximate, message = read(record)
        if value is None:
            row.reasons[name] = reason or Code.ABSENT.value
            if reason in self.faults:
                row.note(Issue(name, str(reason), message), rejects=rejects)
            return
        for code, check, reports in checks:
            wrong = check(value, record, winner)
            if wrong is None:
                continue
            if reports:
                row.issues.append(Issue(name, code, wrong))
                continue
            row.reasons[name] = code
            row.note(Issue(name, code, wrong), rejects=rejects)
            return
        row.cells[name] = value
        if winner is not None:
            row.winners[name] = winner
        if approximate:
            row.approximate |= {name}

    def _verdict(self, row: _Row) -> Verdict:
        key = None if row.fatal and not self.waits else canonical_key(self.keys, row.cells)
        return Verdict(
            outcome="review" if self.waits else "rejected" if row.fatal else "accepted",
            key=key,
            cells=row.cells,
            reasons=row.reasons,
            winners=row.winners,
            approximate=row.approximate,
            issues=(*row.fatal, *row.issues),
        )
