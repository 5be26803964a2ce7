"""Lots with known defects, audited as the fleet does it: by requests of 20 rows, two looks, plants, decisions."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from enrichment.audit.release import decide, known_recall, needed
from enrichment.audit.report import FieldCounts, PlantedCounts, report
from enrichment.audit.statistics import cells_needed
from enrichment.audit.switching import released_sample

_REQUEST = 20
_PLANTS = 4
_KEY = ("company", "crm")


@dataclass(frozen=True, slots=True)
class Auditor:
    """Of both looks, which err independently: the share of wrong cells called wrong, and of right ones."""

    recall: float
    false_alarms: float

    def doubts(self, rng: random.Random, *, wrong: bool) -> bool:
        return rng.random() < (self.recall if wrong else self.false_alarms)


@dataclass(slots=True)
class _Field:
    wrong: frozenset[int]
    state: str = "probation"
    audited: int = 0
    defects: set[int] = field(default_factory=set)
    unconfirmed: set[int] = field(default_factory=set)


@dataclass(frozen=True)
class Told:
    """What became of one lot: states of its fields, the true share of wrong cells that stand, and what was said."""

    states: Sequence[str]
    true: float
    counts: Sequence[FieldCounts]
    plants: PlantedCounts

    @cached_property
    def bound(self) -> float | None:
        (entry,) = report(self.counts, [self.plants], {_KEY: 1})
        said = entry["wrong_at_most"]
        return None if said is None else float(said)

    @property
    def holds(self) -> bool:
        return self.bound is None or self.true <= self.bound


def audited(rng: random.Random, auditor: Auditor, *, rows: int, shares: Sequence[float]) -> Told:
    """One lot of `rows` rows, of which each field has its share of wrong cells, drawn until all is decided."""
    order = rng.sample(range(rows), rows)
    fields = [_Field(frozenset(rng.sample(range(rows), round(share * rows)))) for share in shares]
    plants = {"planted": 0, "seen": 0, "asked": 0, "confirmed": 0}
    looked = 0
    while looked < rows:
        open_ = [f for f in fields if f.state == "probation"]
        if not any(needed(defects=len(f.defects), drawn=looked) for f in open_):
            break
        batch = order[looked : looked + _REQUEST]
        looked += len(batch)
        _judge(rng, auditor, fields, batch, plants)
        for one in fields:
            decision = decide(
                audited=looked,
                defects=len(one.defects),
                unconfirmed=0,
                unsure=0,
                recall_lower=known_recall(plants["seen"] - plants["asked"] + plants["confirmed"], plants["planted"]),
            )
            if decision == "condemned" or (decision == "released" and one.state == "probation"):
                one.state = decision
    return _told(fields, frozenset(order[:looked]), frozenset(order), plants)


def delivered(
    rng: random.Random, auditor: Auditor, *, parts: Sequence[int], turned: int, share: float, right: int
) -> Told | None:
    """A day's lot under a plan that was released by clean rows, in parts, of which the one that `turned` has its share
    of wrong cells in one field beside others that are `right`; null where a defect was confirmed, which takes it up.
    """
    lot, looked, wrong = 0, cells_needed(0), 0
    for n, rows in enumerate(parts):
        drawn = released_sample(lot + rows, "normal") - released_sample(lot, "normal")
        lot += rows
        looked += drawn
        if n == turned:
            wrong = round(share * rows)
            hit = sum(row < wrong for row in rng.sample(range(rows), drawn))
            if any(auditor.doubts(rng, wrong=True) and auditor.doubts(rng, wrong=True) for _ in range(hit)):
                return None
    planted = 3 * looked // _REQUEST
    plants = PlantedCounts(
        1, *_KEY, "swap", planted, sum(auditor.doubts(rng, wrong=True) for _ in range(planted)), 0, 0
    )
    fields = [f"f{n}" for n in range(right + 1)]
    counts = [FieldCounts(1, *_KEY, name, "released", looked, 0, 0, 0, 0, lot, 0, 0) for name in fields]
    return Told(["released"] * len(fields), wrong / lot / len(fields), counts, plants)


def _judge(
    rng: random.Random, auditor: Auditor, fields: Sequence[_Field], batch: Sequence[int], plants: dict[str, int]
) -> None:
    disputed = False
    for one in fields:
        for row in batch:
            wrong = row in one.wrong
            if auditor.doubts(rng, wrong=wrong):
                disputed = True
                (one.defects if auditor.doubts(rng, wrong=wrong) else one.unconfirmed).add(row)
    for _ in range(_PLANTS):
        seen = auditor.doubts(rng, wrong=True)
        plants["planted"] += 1
        plants["seen"] += seen
        plants["asked"] += seen and disputed
        plants["confirmed"] += seen and disputed and auditor.doubts(rng, wrong=True)


def _told(fields: Sequence[_Field], looked: frozenset[int], rows: frozenset[int], plants: Mapping[str, int]) -> Told:
    counts, wrong, cells = [], 0, 0
    for n, one in enumerate(fields):
        written = rows if one.state == "released" else looked
        stands = frozenset[int]() if one.state == "condemned" else written - one.defects - one.unconfirmed
        wrong += len(stands & one.wrong)
        cells += len(stands)
        counts.append(
            FieldCounts(
                1,
                *_KEY,
                f"f{n}",
                one.state,
                len(looked),
                len(one.defects),
                len(one.unconfirmed),
                0,
                0,
                len(stands),
                0,
                0,
            )
        )
    true = wrong / cells if cells else 0.0
    return Told([f.state for f in fields], true, counts, PlantedCounts(1, *_KEY, "swap", **plants))
