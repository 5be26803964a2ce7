"""Whether an exchange of two sources is possible at all, and what it gains. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from enrichment.evidence.signals import Weighed
from enrichment.gate.plan_evidence import PlanEvidence
from enrichment.gate.shape_reading import cell_of
from enrichment.operations import Absent, Fault
from schemas.json_types import Cell
from schemas.plan import Alternative, OpCall
from schemas.target import TargetField


def gained(now: Sequence[Weighed], then: Sequence[Weighed], *, unnamed: bool) -> float:
    """Give the weight that another use of the same sources gains. `unnamed`: what names say is left out."""
    before, after = ([one.unnamed if unnamed else one.weight for one in seen] for seen in (now, then))
    return sum(after) - sum(before)


def can_hold(evidence: PlanEvidence, field: TargetField, path: str, readings: Sequence[Sequence[OpCall]]) -> bool:
    """Say whether a field could hold anything of a source, by one of several readings; yes where nothing is known."""
    known = False
    for ops in readings:
        outcomes = evidence.read.outcomes(Alternative(paths=(path,), ops=tuple(ops)), field)
        if outcomes is None:
            return True
        for outcome in outcomes:
            if not isinstance(outcome, Absent | Fault) and _holds(field, cell_of(outcome)):
                return True
            known = known or not isinstance(outcome, Absent)
    return not known


def _holds(field: TargetField, cell: Cell) -> bool:
    """Say whether a cell is a value of the field's type: texts are not read, figures not written out."""
    if isinstance(cell, str):
        return field.type == "string"
    if isinstance(cell, bool):
        return field.type == "boolean"
    return field.type in {"integer", "number"}
