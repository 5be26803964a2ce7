"""What speaks for each binding of a plan, and which rivals no record of the sample tells apart from it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from enrichment.gate.plan_evidence import PlanEvidence
from schemas.plan import Alternative, Binding
from schemas.target import TargetField

#: Rivals named per binding, and source fields tried for it, those of most weight.
RIVALS: Final = 3
_TRIED: Final = 10
#: Share of the records that the binding fills which a rival must fill too.
_AS_OFTEN: Final = 0.5
_NO_SCALARS: Final = frozenset({"array", "object", "null"})


@dataclass(frozen=True, slots=True)
class Rival:
    """A source field that would fill the target field too.

    common:  sampled records in which it and the binding both give a value
    differs: of these, those in which the two values differ; 0 where no record tells the two apart
    """

    path: str
    weight: float
    common: int
    differs: int


def report(evidence: PlanEvidence) -> dict[str, Any]:
    """Give per bound target field: its weight, its signals with number and words, its rivals, and `untold`: those of
    them that no record tells apart from it. What a plan stores and `plans show` prints.
    """
    found: dict[str, Any] = {}
    for binding in evidence.bindings:
        field = evidence.target.by_name.get(binding.target)
        if field is None:
            continue
        first = binding.alternatives[0]
        weighed = evidence.weighed(first.paths[0], field, first.ops)
        rivals = rivals_of(evidence, field, binding)
        found[binding.target] = {
            "weight": weighed.weight,
            "signals": [{"signal": h.signal, "value": h.value, "words": h.words} for h in weighed.heard],
            "rivals": [{"path": r.path, "weight": r.weight, "common": r.common, "differs": r.differs} for r in rivals],
            "untold": [r.path for r in rivals if not r.differs],
        }
    return found


def rivals_of(evidence: PlanEvidence, field: TargetField, binding: Binding) -> tuple[Rival, ...]:
    """Give the source fields that would give a valid value too, those of most weight first."""
    first = binding.alternatives[0]
    bound = evidence.read.cells(first, field)
    if bound is None:
        return ()
    used = {path for alternative in binding.alternatives for path in alternative.paths}
    others = [
        (evidence.weighed(source.path, field, first.ops), source.path)
        for source in evidence.source_fields
        if not set(source.types) <= _NO_SCALARS and not any(_branch(source.path, path) for path in used)
    ]
    likely = [(w, path) for w, path in others if w.value("kind_by_values") != -1.0]
    found: list[Rival] = []
    for weighed, path in sorted(likely, key=lambda one: (-one[0].weight, one[1]))[:_TRIED]:
        would = evidence.read.cells(Alternative(paths=(path,), ops=first.ops), field)
        if would is None or not _fits(field, would):
            continue
        common, differs = _told_apart(bound, would)
        if common and common >= _AS_OFTEN * sum(cell is not None for cell in bound):
            found.append(Rival(path, weighed.weight, common, differs))
    return tuple(found[:RIVALS])


def untold(reported: Mapping[str, Any]) -> dict[str, list[str]]:
    """Give, of a stored report, the bindings that no record could tell from a rival: target field -> rivals."""
    return {name: list(one["untold"]) for name, one in reported.items() if one.get("untold")}


def _fits(field: TargetField, cells: Sequence[object]) -> bool:
    """Say whether what is given is of the target field's type: an operation may leave a text where a number belongs."""
    told = [cell for cell in cells if cell is not None]
    if field.type in {"integer", "number"}:
        return any(not isinstance(cell, str | bool) for cell in told)
    return field.type != "boolean" or any(isinstance(cell, bool) for cell in told)


def _told_apart(bound: Sequence[object], would: Sequence[object]) -> tuple[int, int]:
    both = [(a, b) for a, b in zip(bound, would, strict=True) if a is not None and b is not None]
    return len(both), sum(a != b for a, b in both)


def _branch(left: str, right: str) -> bool:
    shorter, longer = sorted((left, right), key=len)
    return longer == shorter or longer.startswith(shorter + "/")
