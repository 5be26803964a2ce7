"""What another plan, or another gate, would say of stored records. Pure: it compares, and writes nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from schemas.json_types import Cell
from schemas.plan import PlanBody
from schemas.shadow import FieldShadow, Shadow
from schemas.verdict import Verdict


@dataclass(frozen=True, slots=True)
class Said:
    """What one reading says of one record. code: why it is refused; null where it is accepted."""

    cells: Mapping[str, Cell]
    reasons: Mapping[str, str]
    code: str | None = None

    @classmethod
    def by(cls, verdict: Verdict) -> Said:
        if verdict.outcome == "accepted":
            return cls(verdict.cells, verdict.reasons)
        return cls({}, {}, verdict.issues[0].rule if verdict.issues else verdict.outcome)


def compare(pairs: Iterable[tuple[Said, Said]]) -> Shadow:
    """Set two readings of each record beside each other; cells are compared where both accept it."""
    records = 0
    outcomes: Counter[str] = Counter()
    codes: Counter[str] = Counter()
    found: dict[str, Counter[str]] = {}
    reasons: dict[str, Counter[str]] = {}
    for before, after in pairs:
        records += 1
        if before.code is not None or after.code is not None:
            if before.code is None and after.code is not None:
                outcomes["refused"] += 1
                codes[after.code] += 1
            elif after.code is None:
                outcomes["accepted"] += 1
            continue
        for name in before.cells.keys() | after.cells.keys():
            told = _told(before.cells.get(name), after.cells.get(name))
            found.setdefault(name, Counter())[told] += 1
            if told == "emptied":
                reasons.setdefault(name, Counter())[after.reasons.get(name, "absent")] += 1
    fields = {name: FieldShadow(**found[name], reasons=dict(reasons.get(name, {}))) for name in sorted(found)}
    return Shadow(records, outcomes["refused"], outcomes["accepted"], dict(codes), fields)


def _told(before: Cell, after: Cell) -> str:
    if before is None:
        return "filled"
    if after is None:
        return "emptied"
    # 1 is not True, and "1" is not 1
    return "same" if type(before) is type(after) and before == after else "changed"


def kept(before: PlanBody, after: PlanBody, *, condemned: Collection[str] = ()) -> frozenset[str]:
    """Fields that a successor fills as the plan before it does."""
    standing = {b.target: b.alternatives for b in before.bindings if b.target not in condemned}
    return frozenset(b.target for b in after.bindings if standing.get(b.target) == b.alternatives)


def unexplained(found: Shadow, explained: Collection[str]) -> tuple[str, ...]:
    """Why a successor may not take over, a sentence each. explained: fields that it is meant to fill otherwise."""
    told = []
    if found.refused:
        codes = ", ".join(f"{code} {count}" for code, count in sorted(found.codes.items()))
        told.append(f"{found.refused} of {found.records} records that the plan in force accepts are refused ({codes})")
    for name, one in found.fields.items():
        if one.differs and name not in explained:
            told.append(
                f"{name} is bound as before and yet differs in {one.differs} records (changed {one.changed},"
                f" filled {one.filled}, emptied {one.emptied})"
            )
    return tuple(told)
