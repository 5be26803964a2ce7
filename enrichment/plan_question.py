"""What is asked when a plan is sought for a shape, and what is known of it: its evidence, and what fell before."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from enrichment.evidence.trusted import TrustedRows
from enrichment.execution import compile_binding
from enrichment.gate.plan_evidence import PlanEvidence
from enrichment.gate.reading import SourceReading
from enrichment.operations import ReadSettings
from enrichment.plan_standing import Standing
from schemas.errors import UsageError
from schemas.json_types import Cell, Record
from schemas.plan import Alternative, Binding, Refusal
from schemas.shape import SampledField
from schemas.source import Source
from schemas.target import Target


@dataclass(frozen=True, slots=True)
class Question:
    """A shape as it is asked about."""

    source: Source
    target: Target
    shape: str
    fields: Sequence[SampledField]
    records: Sequence[Record]
    standing: Standing
    trusted: TrustedRows = field(default_factory=TrustedRows)

    def settings(self, name: str) -> ReadSettings:
        return SourceReading.of(self.source).for_field(self.target.by_name[name])


def evidence_of(question: Question, bindings: Sequence[Binding]) -> PlanEvidence:
    """All that the plan rules may look at for these bindings."""
    reading = ReadSettings(currency_hints=question.source.currency_hints, time_zone=question.source.time_zone)
    return PlanEvidence(
        question.target,
        question.fields,
        question.records,
        bindings,
        reading,
        question.trusted,
        _fallen_pointers(question.standing),
    )


def fallen_before(question: Question, again: Binding) -> Refusal:
    """Why a binding that was condemned is not taken again: the reason that the request gave already, where it did."""
    told = (r for r in reversed(question.standing.refused) if r.rule == "condemned" and r.target == again.target)
    paths = tuple(p for a in again.alternatives for p in a.paths)
    unsaid = Refusal(target=again.target, paths=paths, rule="condemned", message="this binding was condemned before")
    return next(told, unsaid)


def is_again(question: Question, proposed: Binding) -> bool:
    """Whether a binding that was condemned is proposed once more: the same pointers, read to the same values."""
    return any(
        _pointers(one) == _pointers(proposed) and _values(question, one) == _values(question, proposed)
        for one in question.standing.fallen.get(proposed.target, ())
    )


def _fallen_pointers(standing: Standing) -> dict[str, frozenset[str]]:
    """Target field -> pointers of its bindings that were condemned for this shape, by whichever plan."""
    found: dict[str, frozenset[str]] = {}
    for one in standing.refused:
        if one.rule == "condemned" and one.target is not None:
            found[one.target] = found.get(one.target, frozenset()).union(one.paths)
    return found


def _pointers(binding: Binding) -> list[tuple[str, ...]]:
    return [alternative.paths for alternative in binding.alternatives]


def _values(question: Question, binding: Binding) -> list[Cell] | tuple[Alternative, ...]:
    """What a binding gives for each sampled record; itself where it cannot be executed."""
    try:
        read = compile_binding(binding, question.settings(binding.target))
    except UsageError:
        return binding.alternatives
    return [read(record).value for record in question.records]
