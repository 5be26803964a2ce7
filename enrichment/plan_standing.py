"""What an earlier plan of a shape leaves standing, and what is still to be asked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace
from typing import Final

from pydantic import TypeAdapter

from enrichment.readings import reading
from enrichment.store.plans import PlanRow
from schemas.codes import Code
from schemas.plan import Abstention, Binding, PlanState, Refusal
from schemas.shape import ShapeView

#: A plan that leaves empty what no row can do without. A planner that is told so can only guess.
LEFT_EMPTY: Final = "left_empty"
_BINDINGS: Final[TypeAdapter[list[Binding]]] = TypeAdapter(list[Binding])
#: What a column does that turns the order in which it is read, and what is said of its binding.
CONTRADICT: Final = "contradict"
CONTRADICTED: Final = "texts that came later read only in the other order of day and month, or of the marks in numbers"
#: An act that condemned a field -> what is said of its binding from then on.
_CONDEMNED_BY: Mapping[str | None, str] = {
    "condemn": "a person found this binding wrong and condemned it",
    "rollback": "a person found this binding wrong and rolled it back",
    CONTRADICT: CONTRADICTED,
    "report-defect": "a person found a written cell of this binding wrong",
}


@dataclass(frozen=True, slots=True)
class Standing:
    """What is not asked any more, and what is.

    kept:     bindings of an earlier plan that stand
    stored:   bindings of a plan for an earlier declaration of the target, open to doubt as fresh ones
    settled:  abstentions of an earlier plan that stand
    asked:    null for every field, else the fields that are open
    pointers: null for every pointer, else those that are new
    refused:  what was refused or condemned for this shape before, by whichever plan
    fallen:   condemned bindings of a field, by whichever plan: none of them is taken again as it was
    constant: fields that the source's configuration declares
    lost:     fields that fell under a plan that serves on, and for which something else is looked for
    """

    kept: Mapping[str, Binding] = field(default_factory=dict)
    settled: Mapping[str, Abstention] = field(default_factory=dict)
    asked: frozenset[str] | None = None
    pointers: frozenset[str] | None = None
    refused: tuple[Refusal, ...] = ()
    fallen: Mapping[str, tuple[Binding, ...]] = field(default_factory=dict)
    constant: frozenset[str] = frozenset()
    lost: frozenset[str] = frozenset()
    stored: Mapping[str, Binding] = field(default_factory=dict)

    @property
    def served(self) -> bool:
        """Whether a plan is in force meanwhile: what of a search is refused leaves its records no worse off."""
        return bool(self.lost) or self.pointers is not None

    @property
    def nothing_new(self) -> bool:
        """A plan is in force, and there is no pointer that it was not asked about."""
        return self.pointers is not None and not self.pointers


def standing_of(before: PlanRow | None, view: ShapeView, *, constants: Mapping[str, object]) -> Standing:
    """What an earlier plan of the shape leaves standing.

    A successor keeps bindings and asks for `absent` abstentions with new pointers only. Condemned bindings are refused
    and their fields asked about once more, with all pointers; what was refused before stays refused. Of a condemned
    plan that bound nothing every field is asked about again: that it was wrong can only mean its abstentions. What a
    field was refused because another one had its source is lifted with that other one's binding.
    """
    constant = frozenset(constants)
    if before is None:
        return Standing(constant=constant)
    told = (Refusal.model_validate(r, strict=False) for r in before.refusals)
    earlier = tuple(refusal for refusal in told if refusal.rule != LEFT_EMPTY)
    fallen = _fallen(before)
    empty = before.state == PlanState.CONDEMNED and not before.body.bindings
    if empty or before.state in {PlanState.REFUSED, PlanState.SUPERSEDED}:
        return Standing(refused=earlier, fallen=fallen, constant=constant)
    kept = {b.target: b for b in before.body.bindings if b.target not in before.condemned}
    abstained = {a.target: a for a in before.body.abstained}
    replaceable = before.condemned if before.state == PlanState.CONDEMNED else unreplaced(before)
    lifted = _lifted(earlier, before, replaceable)
    freed = frozenset(r.target for r in lifted if r.target in abstained)
    refused = tuple(dict.fromkeys((*(r for r in earlier if r not in lifted), *_condemnations(before))))
    if before.state == PlanState.CONDEMNED:
        settled = {n: a for n, a in abstained.items() if n not in freed}
        return Standing(kept, settled, replaceable | freed, None, refused, fallen, constant)
    given_up = {n: Abstention(target=n, reason="unsupported") for n in before.condemned - replaceable}
    absent = frozenset(n for n, a in abstained.items() if a.reason == "absent")
    new = frozenset(view.pointers) - frozenset(before.evidence.get("pointers", ()))
    asked = replaceable | freed | (absent if new or not replaceable else frozenset())
    settled = {n: a for n, a in abstained.items() if n not in asked}
    return Standing(
        kept, {**settled, **given_up}, asked, None if replaceable else new, refused, fallen, constant, replaceable
    )


def _lifted(told: Sequence[Refusal], plan: PlanRow, condemned: AbstractSet[str]) -> frozenset[Refusal]:
    """Refusals of a pointer for feeding another field already, where the binding that it fed was condemned."""
    fed = {p for b in plan.body.bindings if b.target in condemned for a in b.alternatives for p in a.paths}
    return frozenset(r for r in told if r.rule == Code.SOURCE_REUSED and not fed.isdisjoint(r.paths))


def beside(standing: Standing, latest: PlanRow) -> Standing:
    """What stands, and what is known by a later plan of the shape that never served: what was refused or condemned of
    the fields that are asked about.
    """
    told = (Refusal.model_validate(r, strict=False) for r in latest.refusals)
    known = [r for r in (*told, *_condemnations(latest)) if r.rule != LEFT_EMPTY and _is_asked(standing, r.target)]
    fallen = dict(standing.fallen)
    for name, bindings in _fallen(latest).items():
        if _is_asked(standing, name):
            fallen[name] = tuple(dict.fromkeys((*fallen.get(name, ()), *bindings)))
    return replace(standing, refused=tuple(dict.fromkeys((*standing.refused, *known))), fallen=fallen)


def _is_asked(standing: Standing, name: str | None) -> bool:
    return standing.asked is None or name in standing.asked


def _fallen(plan: PlanRow) -> dict[str, tuple[Binding, ...]]:
    """Bindings that were condemned for this shape, of a plan and of those before it."""
    earlier = _BINDINGS.validate_python(plan.evidence.get("fallen", []), strict=False)
    own = [b for b in plan.body.bindings if b.target in plan.condemned]
    found: dict[str, tuple[Binding, ...]] = {}
    for binding in dict.fromkeys((*earlier, *own)):
        found[binding.target] = (*found.get(binding.target, ()), binding)
    return found


def fallen_of(plan: PlanRow, *, among: AbstractSet[str]) -> tuple[tuple[Refusal, ...], dict[str, tuple[Binding, ...]]]:
    """What was condemned of these fields of a plan, its own and of those before it: as refusals, and as bindings."""
    fallen = {name: bindings for name, bindings in _fallen(plan).items() if name in among}
    told = (Refusal.model_validate(r, strict=False) for r in plan.refusals)
    found = (r for r in (*told, *_condemnations(plan)) if r.rule == "condemned" and r.target in among)
    return tuple(dict.fromkeys(found)), fallen


def fallen_document(standing: Standing) -> list[dict[str, object]]:
    """Condemned bindings as a plan keeps them in its evidence, for those that succeed it."""
    return [b.model_dump(mode="json") for bindings in standing.fallen.values() for b in bindings]


def _condemnations(plan: PlanRow) -> list[Refusal]:
    return [_condemned(b, plan) for b in plan.body.bindings if b.target in plan.condemned]


def unreplaced(plan: PlanRow) -> frozenset[str]:
    """Condemned fields of a standing plan for which nothing else was asked yet, and lost ones, its own or of a plan
    before it, for which a person has it asked again.
    """
    bound = {b.target for b in plan.body.bindings} - plan.condemned
    again = frozenset(plan.evidence.get("again", ())) - bound
    return again | plan.condemned - frozenset(plan.evidence.get("replaced", ()))


def _condemned(binding: Binding, plan: PlanRow) -> Refusal:
    """Said with the operations too: of the same pointers another reading may be right."""
    said = _CONDEMNED_BY.get(_last_act(plan, binding.target), "an audit of its cells found this binding wrong")
    alternatives = [one.model_dump(mode="json") for one in binding.alternatives]
    return Refusal(
        target=binding.target,
        paths=tuple(p for a in binding.alternatives for p in a.paths),
        rule="condemned",
        message=f"{said}: {' | '.join(reading(one['paths'], one['ops']) for one in alternatives)}",
    )


def _last_act(plan: PlanRow, field: str) -> str | None:
    """What a person did last to a field of a plan. What falls after an approval, an audit condemned."""
    acts = [one["act"] for one in plan.evidence.get("decisions", ()) if field in one["fields"]]
    return acts[-1] if acts else None
