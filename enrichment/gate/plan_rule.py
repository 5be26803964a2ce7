"""What a plan rule is: it looks at the evidence and gives the bindings that it refuses."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TypeAlias

from enrichment.gate.plan_evidence import PlanEvidence
from schemas.codes import Code
from schemas.plan import Alternative, Binding, Refusal
from schemas.target import TargetField

#: A rule gives the bindings that it refuses, each with what is wrong.
Check: TypeAlias = Callable[[PlanEvidence], Iterator[Refusal]]


@dataclass(frozen=True, slots=True)
class PlanRule:
    code: Code
    check: Check


def alternatives(evidence: PlanEvidence) -> Iterator[tuple[TargetField, Binding, int, Alternative]]:
    """Walk all alternatives of all bindings whose target field exists."""
    for binding in evidence.bindings:
        field = evidence.target.by_name.get(binding.target)
        if field is not None:
            for index, alternative in enumerate(binding.alternatives):
                yield field, binding, index, alternative


def refusal(field: TargetField, alternative: Alternative, code: Code, message: str) -> Refusal:
    return Refusal(target=field.name, paths=alternative.paths, rule=code.value, message=message)
