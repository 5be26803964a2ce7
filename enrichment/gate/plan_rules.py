"""The plan rules that rest on evidence. They run once per plan and sample, and each refuses single bindings."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from enrichment.evidence.trusted import TrustedRows
from enrichment.gate.orders import contradicted
from enrichment.gate.plan_evidence import PlanEvidence
from enrichment.gate.plan_kinds import kind_mismatch, unit_mismatch
from enrichment.gate.plan_rivals import rival_source
from enrichment.gate.plan_rule import PlanRule
from enrichment.gate.plan_sources import invented, source_reused
from enrichment.gate.plan_unread import PLANNERS_FAULTS, UNREAD_RULES
from enrichment.operations import ReadSettings
from schemas.codes import Code
from schemas.json_types import Record
from schemas.plan import Binding, Refusal
from schemas.shape import SampledField
from schemas.target import Target

PLAN_RULES: Final = (
    PlanRule(Code.INVENTED, invented),
    PlanRule(Code.KIND_MISMATCH, kind_mismatch),
    PlanRule(Code.UNIT_MISMATCH, unit_mismatch),
    PlanRule(Code.AMBIGUOUS, contradicted),
    PlanRule(Code.RIVAL_SOURCE, rival_source),
    PlanRule(Code.SOURCE_REUSED, source_reused),
    *UNREAD_RULES,
)

#: Rules that have nothing to add to what another one refused.
_SAY_NO_MORE: Final = frozenset({Code.RIVAL_SOURCE, *PLANNERS_FAULTS})


def check_plan_evidence(
    target: Target,
    source_fields: Sequence[SampledField],
    records: Sequence[Record],
    bindings: Sequence[Binding],
    *,
    settings: ReadSettings | None = None,
    trusted: TrustedRows | None = None,
    rules: Sequence[PlanRule] = PLAN_RULES,
) -> tuple[Refusal, ...]:
    """Judge proposed bindings by the evidence; every alternative by itself.

    Pointers and operations must have been checked against what was offered before. `records` are the sampled records
    of the shape, `source_fields` what `sample_fields` made of them. The order is that of the rules, then of the
    bindings; a binding is acceptable when no refusal names its target.
    """
    evidence = PlanEvidence(
        target, source_fields, records, bindings, settings or ReadSettings(), trusted or TrustedRows()
    )
    return refusals_of(evidence, rules=rules)


def refusals_of(evidence: PlanEvidence, *, rules: Sequence[PlanRule] = PLAN_RULES) -> tuple[Refusal, ...]:
    """Judge the bindings of evidence that was gathered before. What a rule refuses is not refused once more for a rival
    or for what it gives.
    """
    found: dict[tuple[str | None, tuple[str, ...]], list[Refusal]] = {}
    for rule in rules:
        for one in rule.check(evidence):
            before = found.setdefault((one.target, one.paths), [])
            if not before or rule.code not in _SAY_NO_MORE:
                before.append(one)
    order = {rule.code.value: place for place, rule in enumerate(rules)}
    return tuple(sorted((one for some in found.values() for one in some), key=lambda one: order[one.rule]))
