"""Known-bad rows for the auditor: what an audit is worth is how many of them it sees. Pure, keyed and reproducible.

A plant is a record with the cells of an audited row of which one is made wrong, in one of six ways that a mapping goes
wrong. Nothing is planted that could be true after all: not what the record perhaps states elsewhere, and nothing that
says the same as the right value. So a plant that is called supported was missed, and one that is called unsupported was
seen, provided that the auditor holds the cell that it was made of to be right.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from enrichment.audit.faults import FAULTS, Fault
from enrichment.audit.planter import MAKES, Base, Dice, Planter
from enrichment.audit.statistics import cells_needed
from schemas.json_types import Cell
from schemas.target import Target

__all__ = ["ENOUGH", "IN_DOUBT", "Base", "Plant", "plant", "share"]


@dataclass(frozen=True, slots=True)
class Plant:
    """A known-bad row: the record of `base` with `cells`, of which the one of `field` counts."""

    base: int
    fault: Fault
    field: str
    cells: Mapping[str, Cell]


def plant(
    bases: Sequence[Base], target: Target, *, key: bytes, count: int, before: Mapping[str, int] | None = None
) -> list[Plant]:
    """Make up to `count` known-bad rows, of the faults that were planted least `before`; of swaps twice as many.

    bases: audited rows, best such as are not shown beside their plants, so that none stands out as a row that comes
        twice; of each one plant is made, and more where there are fewer bases than plants
    Gives fewer where the rows do not yield more, and nothing of a fault for which the target has no field.
    """
    made: list[Plant] = []
    times = {fault: (before or {}).get(fault, 0) for fault in FAULTS}
    ordered = sorted(bases, key=lambda base: Dice(key, "base").number(base.id))
    left = list(ordered)
    barren: set[tuple[Fault, int]] = set()
    while len(made) < count and left:
        found = None
        for fault in sorted(FAULTS, key=lambda fault: (_turns(fault, times[fault]), FAULTS.index(fault))):
            for base in left:
                if (fault, base.id) not in barren and (found := _one(fault, base, ordered, target, key)) is not None:
                    break
                barren.add((fault, base.id))
            if found is not None:
                break
        if found is None:
            if len(left) == len(ordered):
                break
            # What is left yields nothing; what yielded something may yield more.
            left = list(ordered)
            continue
        made.append(found)
        times[found.fault] += 1
        barren.add((found.fault, found.base))
        left = [base for base in left if base.id != found.base] or list(ordered)
    return made


def _turns(fault: Fault, times: int) -> float:
    """How much a fault that was planted so often has had of its share.

    A swap is what a wrong plan writes, and what an auditor overlooks that only looks whether the record has the value.
    """
    return (times - 1) / 2 if fault == "swap" else times


def _one(fault: Fault, base: Base, bases: Sequence[Base], target: Target, key: bytes) -> Plant | None:
    others = [other for other in bases if other.id != base.id]
    planter = Planter(target, base, others, key)
    for wrong in MAKES[fault](planter):
        if planter.holds(fault, wrong):
            cells = {**base.cells, **wrong.cells}
            return Plant(base.id, fault, wrong.field, {name: cell for name, cell in cells.items() if cell is not None})
    return None


#: Plants that ride along with the first rows of a plan, however few: an auditor that is blind is seen to be so before
#: anything is written on its word.
FIRST: Final = 3
#: Plants that are sent by the time that a clean field is released: as few as show a recall of 0.8 where each is seen
#: (the lower limit of 17 seen of 17 at 97.5 % is 0.805), and one that may fall out because its cell was not clear.
ENOUGH: Final = 18
#: Plants once one was missed: then only more of them tell an auditor that overlooks little from one that is blind.
IN_DOUBT: Final = 36


def share(looked: int, *, before: int, missed: int, of: int) -> int:
    """Plants that ride along with the next `of` rows, after `looked` rows with theirs among them.

    So many that `ENOUGH` were sent with the rows that release a clean field, and never more than there are rows, but
    for the first `FIRST`. At 20 rows a request that is three: six requests release a field, and as many would if the
    planted rows counted too.
    """
    wanted = max((IN_DOUBT if missed else ENOUGH) * looked // cells_needed(0), FIRST)
    return max(min(wanted - before, max(of, FIRST - before)), 0)
