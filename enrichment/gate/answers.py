"""Reading what a model answered, strictly: it is used whole, field by field, or not at all."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

from enrichment.gate.answer_text import (
    ANSWER_RULES,
    AnswerRule,
    AnswerText,
    MalformedError,
    read_answer,
    refuse_text,
)
from enrichment.gate.binding_checks import BINDING_CHECKS, BindingCheck, alternative_of
from enrichment.gate.offer import Offer
from enrichment.gate.wire import AuditVerdict, WireAudit, WireBinding, WirePlan
from schemas.codes import Code
from schemas.plan import Abstention, Binding, Origin, Refusal


@dataclass(frozen=True, slots=True)
class PlanAnswer:
    """What of an answer stands, in the order of the target, and what was refused.

    A refusal with a target concerns that field alone; one without concerns the whole answer, and then nothing stands.

    misbound: fields that were bound, once, in a way that is refused
    """

    bindings: tuple[Binding, ...] = ()
    abstained: tuple[Abstention, ...] = ()
    refusals: tuple[Refusal, ...] = ()
    misbound: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class AuditAnswer:
    """A verdict for every cell that was asked about; none where the answer as a whole was refused."""

    verdicts: Mapping[str, AuditVerdict] = field(default_factory=lambda: MappingProxyType({}))
    refusal: Refusal | None = None


def _malformed(message: str, target: str | None = None, paths: Sequence[str] = ()) -> Refusal:
    return Refusal(target=target, paths=tuple(paths), rule=Code.MALFORMED.value, message=message)


def _named_once(plan: WirePlan, offer: Offer) -> tuple[list[Refusal], frozenset[str]]:
    """Refuse fields that are named twice or not at all; give those that are named once.

    Raises:
        MalformedError: a field is named that was not asked about.
    """
    named = Counter([b.target for b in plan.bindings] + [a.target for a in plan.abstained])
    if set(named) - set(offer.fields):
        raise MalformedError("a target field is named that was not asked about")
    refusals = [
        _malformed("the field is missing from both lists" if not named[name] else "the field is named twice", name)
        for name in offer.fields
        if named[name] != 1
    ]
    return refusals, frozenset(name for name in offer.fields if named[name] == 1)


def _bound(
    wire: WireBinding, offer: Offer, origin: Origin, checks: Sequence[BindingCheck]
) -> tuple[Binding | None, Refusal | None]:
    for check in checks:
        if (wrong := check(wire, offer)) is not None:
            offered = dict.fromkeys(p for a in wire.alternatives for p in a.paths if p in offer.paths)
            return None, _malformed(wrong, wire.target, list(offered))
    alternatives = tuple(alternative_of(a) for a in wire.alternatives)
    return Binding(target=wire.target, alternatives=alternatives, origin=origin), None


def parse_plan_answer(
    answer: AnswerText,
    offer: Offer,
    origin: Origin = Origin.SMALL,
    *,
    rules: Sequence[AnswerRule] = ANSWER_RULES,
    checks: Sequence[BindingCheck] = BINDING_CHECKS,
) -> PlanAnswer:
    """Read the answer to `map_fields`. Never raises on any answer.

    A fault of one binding, a missing field and a field named twice refuse that field; whatever breaks the form of the
    answer refuses all of it.
    """
    if (refused := refuse_text(answer, rules)) is not None:
        return PlanAnswer(refusals=(refused,))
    try:
        plan = read_answer(answer.text, WirePlan)
        refusals, once = _named_once(plan, offer)
    except MalformedError as error:
        return PlanAnswer(refusals=(_malformed(str(error)),))
    bindings: dict[str, Binding] = {}
    misbound: set[str] = set()
    for wire in plan.bindings:
        if wire.target not in once:
            continue
        binding, wrong = _bound(wire, offer, origin, checks)
        if binding is not None:
            bindings[wire.target] = binding
        elif wrong is not None:
            refusals.append(wrong)
            misbound.add(wire.target)
    reasons = {a.target: a.reason for a in plan.abstained if a.target in once}
    order = {name: index for index, name in enumerate(offer.fields)}
    return PlanAnswer(
        bindings=tuple(bindings[name] for name in offer.fields if name in bindings),
        abstained=tuple(Abstention(target=n, reason=reasons[n]) for n in offer.fields if n in reasons),
        refusals=tuple(sorted(refusals, key=lambda r: order[r.target or ""])),
        misbound=frozenset(misbound),
    )


def parse_audit_answer(
    answer: AnswerText, cells: Collection[str], *, rules: Sequence[AnswerRule] = ANSWER_RULES
) -> AuditAnswer:
    """Read the answer to `audit_cells` about the cells with these ids. Never raises on any answer.

    A cell without a verdict is `unsure`; an id that was not asked about, or twice, refuses the whole answer.
    """
    if (refused := refuse_text(answer, rules)) is not None:
        return AuditAnswer(refusal=refused)
    try:
        audit = read_answer(answer.text, WireAudit)
    except MalformedError as error:
        return AuditAnswer(refusal=_malformed(str(error)))
    given = {v.id: v.verdict for v in audit.verdicts}
    if len(given) < len(audit.verdicts):
        return AuditAnswer(refusal=_malformed("a cell has two verdicts"))
    if given.keys() - set(cells):
        return AuditAnswer(refusal=_malformed("a verdict is about a cell that was not asked about"))
    return AuditAnswer(verdicts={cell: given.get(cell, "unsure") for cell in cells})
