"""Whether an exchange of two sources is possible at all, and what it gains. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from enrichment.evidence.signals import Weighed
from enrichment.gate.cells import CELL_RULES
from enrichment.gate.claims import FAIRLY_NAMED, SOMEHOW_NAMED, bears_its_name, spelt, told
from enrichment.gate.plan_evidence import PlanEvidence
from enrichment.gate.rule import Check, FieldContext
from enrichment.gate.same_thing import reading_of
from enrichment.gate.shape_reading import cell_of
from enrichment.operations import Absent, Fault, Step, compile_operation
from schemas.codes import Code
from schemas.json_types import Cell
from schemas.plan import Alternative, Binding, OpCall
from schemas.target import TargetField

#: Rules that look at nothing but the value.
_OF_A_VALUE: Final = frozenset({Code.PATTERN, Code.NOT_ALLOWED, Code.OUT_OF_RANGE, Code.KIND_MISMATCH})
#: What names say, 0..1, of a source that bears the very name of a field.
_ITS_OWN: Final = 0.95
#: How much more alike two names must be spelt than those beside them, 0..1.
_SPELT: Final = 0.1
#: Weight that one side may lose without a name that speaks for it.
_LOSES: Final = 0.5


def gained(now: Sequence[Weighed], then: Sequence[Weighed], *, unnamed: bool) -> float:
    """Give the weight that another use of the same sources gains. `unnamed`: what names say is left out."""
    before, after = ([one.unnamed if unnamed else one.weight for one in seen] for seen in (now, then))
    return sum(after) - sum(before)


def by_spelling(now: Sequence[Weighed], then: Sequence[Weighed]) -> bool:
    """Say whether names are told apart by how they are spelt: by another use each source bears the very name of its
    field, and by this one none does; or all mean the same, and each fits better and is spelt more alike.

    Words that mean nothing by themselves, as `official` beside `name`, weigh little, and yet tell two such names apart.
    """
    if all(map(bears_its_name, then)) and not any(map(bears_its_name, now)):
        return gained(now, then, unnamed=False) > 0
    return all((seen.value("name") or 0.0) >= _ITS_OWN for seen in (*now, *then)) and all(
        after.weight > before.weight and spelt(after) >= spelt(before) + _SPELT
        for before, after in zip(now, then, strict=True)
    )


def takes_its_own(now: Sequence[Weighed], then: Sequence[Weighed]) -> bool:
    """Say whether names alone speak for another use, and it takes from a field the source that bears its very name."""
    if gained(now, then, unnamed=True) > 0:
        return False
    return any(one.named >= _ITS_OWN and other.named < one.named for one, other in zip(now, then, strict=True))


def robs(now: Sequence[Weighed], then: Sequence[Weighed]) -> bool:
    """Say whether names hardly speak for another use, and for one side of it not at all: it gives away what it has."""
    if any(told(seen) >= FAIRLY_NAMED for seen in then):
        return False
    return any(
        told(after) < SOMEHOW_NAMED and after.weight < before.weight - _LOSES
        for before, after in zip(now, then, strict=True)
    )


def can_hold(evidence: PlanEvidence, field: TargetField, path: str, readings: Sequence[Sequence[OpCall]]) -> bool:
    """Say whether a field could hold anything of a source, by one of several readings; yes where nothing is known."""
    known = False
    for ops in readings:
        alternative = Alternative(paths=(path,), ops=tuple(ops))
        outcomes = evidence.read.outcomes(alternative, field)
        if outcomes is None:
            return True
        checks = _checks(evidence, field, alternative)
        for outcome in outcomes:
            cell = None if isinstance(outcome, Absent | Fault) else cell_of(outcome)
            if cell is not None and _holds(field, cell) and not any(check(cell, {}, None) for check in checks):
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


def _checks(evidence: PlanEvidence, field: TargetField, alternative: Alternative) -> list[Check]:
    """The rules of the field that look at a value alone: its pattern, bounds, code lists and, where no table would
    turn its values into them, allowed values.
    """
    binding = Binding(target=field.name, alternatives=(alternative,))
    settings = replace(evidence.settings, unit=field.unit, allowed=field.allowed)
    context = FieldContext(field, evidence.kinds[field.name], binding, settings, len(evidence.target.identity))
    calls = (call for one in evidence.bindings if one.target == field.name for a in one.alternatives for call in a.ops)
    mapped = any(call.op == "map_values" for call in calls)
    rules = (rule for rule in CELL_RULES if rule.code in _OF_A_VALUE and not (mapped and rule.code is Code.NOT_ALLOWED))
    checks = [check for rule in rules if (check := rule.compile(context)) is not None]
    reads = reading_of(evidence, field)
    return checks if reads is None else [*checks, _listed(compile_operation(OpCall(op=reads), settings))]


def _listed(read: Step) -> Check:
    """Whether a value is one of the codes, or of their names, that there are."""
    return lambda value, _record, _winner: "of no list" if isinstance(read(value), Absent | Fault) else None
