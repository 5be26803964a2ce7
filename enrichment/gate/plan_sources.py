"""Plan rules on where a value comes from: it must be there, nothing may fit better, and it may be used once."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, TypeAlias

from enrichment.gate.plan_evidence import PlanEvidence
from enrichment.gate.plan_rule import alternatives, refusal
from schemas.codes import Code
from schemas.kinds import Kind
from schemas.plan import Alternative, OpCall, Refusal
from schemas.target import TargetField

#: Difference of fit below which it is open which of two target fields a source field belongs to.
_OPEN: Final = 0.1

_Reading: TypeAlias = tuple[str, tuple[tuple[str, tuple[str, ...]], ...]]


def invented(evidence: PlanEvidence) -> Iterator[Refusal]:
    """Refuse alternatives with a pointer at which no record of the shape has anything."""
    for field, _binding, _index, alternative in alternatives(evidence):
        missing = [path for path in alternative.paths if not evidence.read.resolves(path)]
        if missing:
            message = f"{missing[0]} exists in no record of this shape; bind what exists or abstain"
            yield refusal(field, alternative, Code.INVENTED, message)


def source_reused(evidence: PlanEvidence) -> Iterator[Refusal]:
    """Refuse that one reading of a source field feeds two target fields of the same kind.

    The target field that the source field fits best keeps it; where that is open, none does.
    """
    users: dict[_Reading, list[tuple[TargetField, Alternative]]] = {}
    for field, _binding, _index, alternative in alternatives(evidence):
        for reading in _readings(alternative):
            users.setdefault(reading, []).append((field, alternative))
    for (path, _picked), using in users.items():
        for kind in dict.fromkeys(_meaning(evidence, field) for field, _ in using):
            rivals = [use for use in using if _meaning(evidence, use[0]) == kind]
            yield from _losers(evidence, path, rivals)


def _losers(evidence: PlanEvidence, path: str, rivals: list[tuple[TargetField, Alternative]]) -> Iterator[Refusal]:
    if len({field.name for field, _ in rivals}) < 2:
        return
    scored = sorted(
        ((evidence.fit(path, field, use.ops).score, field, use) for field, use in rivals),
        key=lambda one: -one[0],
    )
    owner = scored[0][1].name
    next_best = next(score for score, field, _ in scored if field.name != owner)
    keeps = {owner} if scored[0][0] - next_best >= _OPEN else set()
    for _score, field, use in scored:
        if field.name not in keeps:
            others = ", ".join(sorted({f.name for f, _ in rivals} - {field.name}))
            yield refusal(field, use, Code.SOURCE_REUSED, f"{path} also feeds {others}, which is of the same kind")


def _meaning(evidence: PlanEvidence, field: TargetField) -> Kind | tuple[str, str | None]:
    """Give what two target fields must share to be of one kind; without a kind, type and format must do."""
    return evidence.kinds[field.name] or (field.type, field.format)


def _readings(alternative: Alternative) -> Iterator[_Reading]:
    """Give each pointer with the operations that pick one of several values from it."""
    if len(alternative.paths) > 1 and alternative.ops and alternative.ops[0].op == "join":
        yield "\n".join(alternative.paths), _picks(alternative.ops)
        return
    for path in alternative.paths:
        yield path, _picks(alternative.ops)


def _picks(ops: tuple[OpCall, ...]) -> tuple[tuple[str, tuple[str, ...]], ...]:
    picking = {"element", "select", "part"}
    return tuple((call.op, tuple(arg.value for arg in call.args)) for call in ops if call.op in picking)
