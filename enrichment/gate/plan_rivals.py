"""Plan rule `rival_source`: bindings that another assignment of the same fields would clearly better.

A field that fits badly is no reason by itself, since names may say nothing; what refuses a binding is a better use of
the fields that are there. Four are looked for: two target fields that should exchange their sources, a source that
nothing uses, one that a field with a weaker claim holds, and a target field left empty that the bound source fits.

A source that was condemned for a target field is no better use of anything there: rows were looked at, and names count
for less than that.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Final

from enrichment.evidence.lattice import compatible
from enrichment.evidence.signals import Weighed
from enrichment.gate.claims import FAIRLY_NAMED, SOMEHOW_NAMED, possible, speaks, told, why
from enrichment.gate.exchanges import by_spelling, can_hold, gained, robs, takes_its_own
from enrichment.gate.plan_evidence import PlanEvidence
from enrichment.gate.plan_rule import alternatives, refusal
from enrichment.gate.same_thing import agree, in_another_form, says_the_same
from enrichment.gate.value_forms import IN_PART, are_words, holds_codes, makes_anew
from schemas.codes import Code
from schemas.plan import Alternative, Binding, OpCall, Refusal
from schemas.shape import SampledField
from schemas.target import TargetField

#: Weight of evidence that an exchange of two sources must gain, and that one better source must have over the bound.
_EXCHANGE: Final = 0.9
_BETTER: Final = 1.2
#: The same where nothing uses the better source and the bound one is well named itself.
_FAR_BETTER: Final = 2.2
#: What names must have to say for a rival, 0..1, and for one that nothing uses.
_NAMED: Final = 0.6
_WELL_NAMED: Final = 0.8
#: Weight by which an empty target field must want the bound source more, and the bound one an unused source more,
#: before the two together are put to the test of an exchange.
_TENDS: Final = 0.1
#: Share of the bound field's filled records that the rival must fill too.
_RIVAL_FILL: Final = 0.5
#: How near two kinds must lie for their fields to be mistaken for each other.
_NEAR: Final = 0.3
#: What names say, 0..1, below which nothing speaks for a field, and how far ahead its rival must be then.
_HARDLY_NAMED: Final = 0.4
_RATHER: Final = 1.5
_NO_SCALARS: Final = frozenset({"array", "object", "null"})


@dataclass(frozen=True, slots=True)
class _Use:
    """One pointer of one alternative, as it is bound."""

    field: TargetField
    binding: Binding
    index: int
    alternative: Alternative
    path: str

    @property
    def ops(self) -> tuple[OpCall, ...]:
        return self.alternative.ops


def rival_source(evidence: PlanEvidence) -> Iterator[Refusal]:
    """Refuse alternatives that clearly belong elsewhere, or whose target field clearly has a better source."""
    uses = list(_uses(evidence))
    refused: set[tuple[str, int]] = set()
    found = (_exchanged, _outdone, _claimed, _borrowed)
    for use, message in (one for check in found for one in check(evidence, uses)):
        if (use.field.name, use.index) not in refused:
            refused.add((use.field.name, use.index))
            yield refusal(use.field, use.alternative, Code.RIVAL_SOURCE, message)


def _uses(evidence: PlanEvidence) -> Iterator[_Use]:
    for field, binding, index, alternative in alternatives(evidence):
        joined = len(alternative.paths) > 1 and alternative.ops and alternative.ops[0].op == "join"
        for path in () if joined else alternative.paths:
            yield _Use(field, binding, index, alternative, path)


def _exchanged(evidence: PlanEvidence, uses: Sequence[_Use]) -> Iterator[tuple[_Use, str]]:
    for one, other in combinations(uses, 2):
        if one.field.name == other.field.name or _same_branch(one.path, other.path):
            continue
        if evidence.is_fallen(other.path, one.field) or evidence.is_fallen(one.path, other.field):
            continue
        alike = _mistakable(evidence, one.field, other.field)
        bound = [evidence.weighed(use.path, use.field, use.ops) for use in (one, other)]
        would = [_would(evidence, one.field, other), _would(evidence, other.field, one)]
        # By chance names are alike a little; that tells apart no more than two fields that are known to be of one kind.
        known = alike and all(evidence.plausible[use.field.name] for use in (one, other))
        unnamed = not known and all(told(seen) < SOMEHOW_NAMED for seen in (*bound, *would))
        gain = gained(bound, would, unnamed=unnamed)
        clearly = gain >= (_EXCHANGE if alike else _BETTER) or by_spelling(bound, would)
        if not clearly or not (possible(would[0], one.field) and possible(would[1], other.field)):
            continue
        if takes_its_own(bound, would) or robs(bound, would):
            continue
        if in_another_form(evidence, one.field, one.path, other.path, one.ops) or in_another_form(
            evidence, other.field, other.path, one.path, other.ops
        ):
            continue
        if not all(can_hold(evidence, a.field, b.path, (a.ops, b.ops)) for a, b in ((one, other), (other, one))):
            continue
        for use, its, now, then in ((one, other, bound[0], would[0]), (other, one, bound[1], would[1])):
            message = f"{use.field.name} and {its.field.name} look exchanged: {its.path} fits it better than {use.path}"
            yield use, message + why(now, then)


def _outdone(evidence: PlanEvidence, uses: Sequence[_Use]) -> Iterator[tuple[_Use, str]]:
    holders: dict[str, list[_Use]] = {}
    for use in uses:
        holders.setdefault(use.path, []).append(use)
    for use in uses:
        found = _better(evidence, use, holders)
        if found is not None:
            path, then = found
            now = evidence.weighed(use.path, use.field, use.ops)
            yield use, f"{path} fits {use.field.name} clearly better than {use.path} does" + why(now, then)


def _better(evidence: PlanEvidence, use: _Use, holders: dict[str, list[_Use]]) -> tuple[str, Weighed] | None:
    tried = {path for earlier in use.binding.alternatives[: use.index + 1] for path in earlier.paths}
    later = {path for following in use.binding.alternatives[use.index + 1 :] for path in following.paths}
    bound = evidence.weighed(use.path, use.field, use.ops)
    filled = evidence.read.filled(use.path, use.alternative, use.field)
    best: tuple[float, str, Weighed] | None = None
    for source in evidence.source_fields:
        if source.fill < _RIVAL_FILL * filled or any(_same_branch(source.path, other) for other in tried):
            continue
        if set(source.types) <= _NO_SCALARS or evidence.is_fallen(source.path, use.field):
            continue
        held = [h for h in holders.get(source.path, ()) if h.field.name != use.field.name and not _go_together(use, h)]
        ops = held[0].ops if held and not use.ops else use.ops
        rival = evidence.weighed(source.path, use.field, ops)
        if not possible(rival, use.field) or not (
            _clearly(bound, rival, held=bool(held)) or _instead(evidence, use, bound, rival)
        ):
            continue
        if any(evidence.weighed(h.path, h.field, h.ops).weight > rival.weight - _BETTER for h in held):
            continue
        if in_another_form(evidence, use.field, use.path, source.path, use.ops):
            continue
        if says_the_same(evidence, use.field, use.alternative, source.path):
            continue
        if best is None or rival.weight > best[0]:
            best = (rival.weight, source.path, rival)
    if best is None or not _is_better(evidence, use, best[1], tried_later=best[1] in later):
        return None
    return best[1], best[2]


def _go_together(one: _Use, other: _Use) -> bool:
    """Say whether two fields are an amount and its currency, which are read from one text."""
    return one.field.currency_field == other.field.name or other.field.currency_field == one.field.name


def _clearly(bound: Weighed, rival: Weighed, *, held: bool) -> bool:
    """Say whether a rival whose names agree well is clearly better."""
    least = _BETTER if held or bound.named < _NAMED else _FAR_BETTER
    return rival.weight - bound.weight >= least and speaks(rival, _NAMED if held else _WELL_NAMED)


def _instead(evidence: PlanEvidence, use: _Use, bound: Weighed, rival: Weighed) -> bool:
    """Say whether nothing in the names speaks for the bound source, and much for the rival.

    A field that is called nothing but `id` or `name` finds such names everywhere, and where a part of a text is taken,
    the name of the whole may say nothing.
    """
    if any(call.op in IN_PART for call in use.ops) or not evidence.wanted[use.field.name].sense.content:
        return False
    ahead = rival.weight - bound.weight >= _RATHER
    return ahead and told(bound) < _HARDLY_NAMED and speaks(rival, FAIRLY_NAMED)


def _claimed(evidence: PlanEvidence, uses: Sequence[_Use]) -> Iterator[tuple[_Use, str]]:
    bound = {use.field.name for use in uses}
    empty = [field for field in evidence.target.fields if field.name not in bound]
    taken = {use.path for use in uses}
    unused = [s for s in evidence.source_fields if s.path not in taken and not set(s.types) <= _NO_SCALARS]
    for use in uses:
        now = evidence.weighed(use.path, use.field, use.ops)
        for field in empty:
            claim = evidence.weighed(use.path, field, use.ops)
            ahead = claim.weight - now.weight
            if evidence.is_fallen(use.path, field):
                continue
            if ahead < _TENDS or not _mistakable(evidence, use.field, field) or not possible(claim, field):
                continue
            if holds_codes(evidence, field) and are_words(evidence, use.path, use.ops):
                continue
            alone = ahead >= _BETTER and speaks(claim, _NAMED)
            alone = alone or (ahead >= _RATHER and speaks(claim, _HARDLY_NAMED) and told(now) < _HARDLY_NAMED)
            if alone or _would_rather(evidence, use, field, (now, claim), unused):
                message = f"{use.path} fits {field.name}, which is left empty, better than {use.field.name}"
                yield use, message + why(now, claim)
                break


def _would_rather(
    evidence: PlanEvidence,
    use: _Use,
    field: TargetField,
    seen: tuple[Weighed, Weighed],
    unused: Sequence[SampledField],
) -> bool:
    """Say whether some unused source fits the bound field so that both together make an exchange.

    `seen`: the bound source as it weighs for the bound field, and for the empty one.
    """
    now, claim = seen
    for source in unused:
        rival = evidence.weighed(source.path, use.field, use.ops)
        tends = rival.weight - now.weight
        if tends < _TENDS or not possible(rival, use.field) or evidence.is_fallen(source.path, use.field):
            continue
        other = evidence.weighed(source.path, field, use.ops)
        gain = gained((now, other), (claim, rival), unnamed=False)
        if gain >= _EXCHANGE and speaks(claim, _NAMED):
            return True
        if by_spelling((now, other), (claim, rival)):
            return True
        if gain >= _RATHER and told(claim) >= SOMEHOW_NAMED and told(rival) >= SOMEHOW_NAMED:
            return True
    return False


def _borrowed(evidence: PlanEvidence, uses: Sequence[_Use]) -> Iterator[tuple[_Use, str]]:
    """Find what two target fields read as it stands, though it is clearly one's and nothing speaks for the other.

    What is made of a value that another field holds, as the currency of an amount is, is left alone; so is an identity,
    which may be whatever tells the records apart.
    """
    holders: dict[str, list[_Use]] = {}
    for use in uses:
        holders.setdefault(use.path, []).append(use)
    for use in uses:
        for owner in holders[use.path]:
            if owner.field.name == use.field.name or use.field.identity or _derives(use.ops, owner.ops):
                continue
            now = evidence.weighed(use.path, use.field, use.ops)
            then = evidence.weighed(use.path, owner.field, owner.ops)
            if now.named >= _HARDLY_NAMED or (now.value("trusted_rows") or 0.0) > 0:
                continue
            if then.weight - now.weight >= _BETTER and speaks(then, _HARDLY_NAMED):
                message = (
                    f"{use.path} is what {owner.field.name} holds, and nothing says that it is {use.field.name} too"
                )
                yield use, message + why(now, then)
                break


def _derives(ops: Sequence[OpCall], others: Sequence[OpCall]) -> bool:
    """Say whether operations make something of a value that other operations on it do not."""
    return tuple(ops) != tuple(others) and makes_anew(ops)


def _would(evidence: PlanEvidence, field: TargetField, use: _Use) -> Weighed:
    return evidence.weighed(use.path, field, use.ops)


def _mistakable(evidence: PlanEvidence, one: TargetField, other: TargetField) -> bool:
    """Say whether the two may be fields of one kind."""
    ours, theirs = evidence.plausible[one.name], evidence.plausible[other.name]
    if not ours or not theirs:
        return one.type == other.type or {one.type, other.type} == {"integer", "number"}
    return any(max(compatible(a, b), compatible(b, a)) >= _NEAR for a in ours for b in theirs)


def _is_better(evidence: PlanEvidence, use: _Use, rival: str, *, tried_later: bool) -> bool:
    """Say whether the rival gives values about as often and, where the binding tries it later, other values.

    The rival is read by the same operations. Where those pick from a list, cannot be executed or hardly read the bound
    source itself, nothing is known against it.
    """
    bound = use.alternative
    if any(call.op in IN_PART for call in bound.ops) or len(bound.paths) > 1:
        return True
    had = evidence.read.cells(bound, use.field)
    would = evidence.read.cells(Alternative(paths=(rival,), ops=bound.ops), use.field)
    if had is None or would is None:
        return True
    if tried_later and agree(had, would):
        return False
    given = [sum(cell is not None for cell in cells) for cells in (had, would)]
    present = evidence.read.offered[use.path].fill if use.path in evidence.read.offered else 0.0
    hardly_read = evidence.read.filled(use.path, bound, use.field) < _RIVAL_FILL * present
    return not bound.ops or hardly_read or given[1] >= _RIVAL_FILL * given[0]


def _same_branch(left: str, right: str) -> bool:
    """Say whether one pointer is the other or leads to it: a list and its first element are no rivals."""
    shorter, longer = sorted((left, right), key=len)
    return longer == shorter or longer.startswith(shorter + "/")
