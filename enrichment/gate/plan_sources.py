"""Plan rules on where a value comes from: it must be there, nothing may fit better, and it may be used once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final, TypeAlias

from enrichment.gate.plan_evidence import PlanEvidence, alternatives, refusal
from schemas.codes import Code
from schemas.kinds import Kind
from schemas.plan import Alternative, Binding, OpCall, Refusal
from schemas.target import TargetField

#: How well a rival must fit, by its name and in all, how much better than the bound field, and how badly that one may
#: fit by name: only together do they make a rival clear.
_RIVAL_NAME: Final = 0.85
_RIVAL_SCORE: Final = 0.6
_CLEARLY: Final = 0.25
_BOUND_NAME: Final = 0.75
#: Share of the bound field's filled records that the rival must fill too.
_RIVAL_FILL: Final = 0.5
#: Records in which bound field and rival both give a value, and how often the same, for them to count as one.
_ENOUGH: Final = 5
_SAME: Final = 0.9
#: Difference of fit below which it is open which of two target fields a source field belongs to.
_OPEN: Final = 0.1

_Reading: TypeAlias = tuple[str, tuple[tuple[str, tuple[str, ...]], ...]]


def invented(evidence: PlanEvidence) -> Iterator[Refusal]:
    """Refuse alternatives with a pointer at which no record of the shape has anything."""
    for field, _binding, _index, alternative in alternatives(evidence):
        missing = [path for path in alternative.paths if not evidence.resolves(path)]
        if missing:
            message = f"{missing[0]} exists in no record of this shape; bind what exists or abstain"
            yield refusal(field, alternative, Code.INVENTED, message)


def rival_source(evidence: PlanEvidence) -> Iterator[Refusal]:
    """Refuse alternatives where a field that the binding does not try before fits the target clearly better."""
    for field, binding, index, alternative in alternatives(evidence):
        if len(alternative.paths) > 1 and alternative.ops and alternative.ops[0].op == "join":
            continue
        for path in alternative.paths:
            rival = _clear_rival(evidence, field, path, binding, index)
            if rival is not None:
                message = f"{rival} fits {field.name} clearly better than {path} does"
                yield refusal(field, alternative, Code.RIVAL_SOURCE, message)
                break


def _clear_rival(evidence: PlanEvidence, field: TargetField, path: str, binding: Binding, index: int) -> str | None:
    alternative = binding.alternatives[index]
    tried = {path for earlier in binding.alternatives[: index + 1] for path in earlier.paths}
    later = {path for following in binding.alternatives[index + 1 :] for path in following.paths}
    bound = evidence.fit(path, field, alternative.ops)
    named = max(bound.signals["name"], bound.signals["description"])
    if named > _BOUND_NAME:
        return None
    filled = evidence.offered[path].fill if path in evidence.offered else 0.0
    best: tuple[float, str] | None = None
    for source in evidence.source_fields:
        if source.fill < _RIVAL_FILL * filled or any(_same_branch(source.path, other) for other in tried):
            continue
        rival = evidence.fit(source.path, field)
        if rival.signals["name"] < _RIVAL_NAME or rival.score < max(_RIVAL_SCORE, bound.score + _CLEARLY):
            continue
        if best is None or rival.score > best[0]:
            best = (rival.score, source.path)
    if best is None:
        return None
    rival_path = best[1]
    return rival_path if _is_better(evidence, field, alternative, rival_path, tried_later=rival_path in later) else None


def _is_better(
    evidence: PlanEvidence, field: TargetField, bound: Alternative, rival: str, *, tried_later: bool
) -> bool:
    """Say whether the rival gives values about as often and, where the binding tries it later, other values.

    The rival is read by the same operations. Where those pick from a list or cannot be executed, nothing is known
    against it.
    """
    if any(call.op in {"element", "select", "part", "map_values"} for call in bound.ops) or len(bound.paths) > 1:
        return True
    had = evidence.cells(bound, field)
    would = evidence.cells(Alternative(paths=(rival,), ops=bound.ops), field)
    if had is None or would is None:
        return True
    if tried_later and _same(had, would):
        return False
    given = [sum(cell is not None for cell in cells) for cells in (had, would)]
    return not bound.ops or given[1] >= _RIVAL_FILL * given[0]


def _same(left: Sequence[object], right: Sequence[object]) -> bool:
    """Say whether two readings have proved to say the same, so that their order does not matter."""
    both = [(one, other) for one, other in zip(left, right, strict=True) if one is not None and other is not None]
    return len(both) >= _ENOUGH and sum(one == other for one, other in both) >= _SAME * len(both)


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


def _same_branch(left: str, right: str) -> bool:
    """Say whether one pointer is the other or leads to it: a list and its first element are no rivals."""
    shorter, longer = sorted((left, right), key=len)
    return longer == shorter or longer.startswith(shorter + "/")
