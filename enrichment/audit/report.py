"""The report of the audit: per target and source, how many of the cells that were written are wrong at most.

Half of the 5 % that the statement may err goes to the limit of wrong cells, half to the limits of the auditor's recall.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from enrichment.audit import statements
from enrichment.audit.faults import FAULTS
from enrichment.audit.statistics import (
    Looks,
    lower_limit,
    recall_limits,
    share_wrong,
    upper_limit,
    wrong_at_most,
)
from schemas.plan import FieldState

CONFIDENCE: Final = 0.95
#: Planted defects from which on a plan is judged by a recall of its own, not by that of all plans of the source; and
#: those shown to the second auditor from which on its confirmations are relied on.
ENOUGH: Final = 30

_HALF: Final = (1.0 - CONFIDENCE) / 2


@dataclass(frozen=True, slots=True)
class FieldCounts:
    """One field of a plan, as its audit left it.

    `state` is that of the field, or reopened: on probation again, after it was released once. `cells` are filled in
    standing assertions, `empty` are null there. Of empty ones `empty_audited` were looked at, and `misses` of these
    should have been filled.
    """

    plan_id: int
    target: str
    source: str
    name: str
    state: str
    audited: int
    defects: int
    unconfirmed: int
    unsure: int
    misses: int
    cells: int
    empty: int
    empty_audited: int


@dataclass(frozen=True, slots=True)
class PlantedCounts:
    """Known defects of one class that were planted under a plan.

    `seen` of them the auditor called unsupported; of these `asked` were shown to the second one, which confirmed some.
    """

    plan_id: int
    target: str
    source: str
    kind: str
    planted: int
    seen: int
    asked: int
    confirmed: int


@dataclass(frozen=True, slots=True)
class Untold:
    """A binding whose rivals gave the same value in every sampled record of its plan: no audit tells them apart."""

    plan_id: int
    target: str
    source: str
    name: str
    paths: tuple[str, ...]
    rivals: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Drifted:
    """A field of a plan whose source moved after the release, as `enrichment.audit.drift` found it.

    what: fill (share of records that fill it, before and now) or values (now: the share that lies elsewhere)
    chance: of such a difference where nothing moved; level: below which it counts, corrected for all fields
    state: what became of the field since
    """

    plan_id: int
    target: str
    source: str
    name: str
    what: str
    before: float
    now: float
    chance: float
    level: float | None
    at: str
    state: str


@dataclass(frozen=True, slots=True)
class _Auditor:
    """Lower limits of recalls by plan, under None that of all plans; `looks_twice` where they are of both looks.

    Where it is known how often a second look confirms a real defect, only confirmed cells count as found wrong, by the
    recall of both looks. Where too few plants went through it, whatever the first look alone calls wrong counts, by its
    recall: false alarms then widen the limit, and never narrow it.
    """

    lowers: Mapping[int | None, float]
    looks_twice: bool

    def looks(self, field: FieldCounts) -> Looks:
        """A field that was never released has cells only where each was looked at itself."""
        found = field.defects if self.looks_twice else field.defects + field.unconfirmed
        recall = self.lowers.get(field.plan_id, self.lowers[None])
        return Looks(field.cells, field.audited, found, recall, whole=field.state == FieldState.PROBATION)


def report(
    fields: Sequence[FieldCounts],
    planted: Sequence[PlantedCounts],
    rows: Mapping[tuple[str, str], int],
    untold: Sequence[Untold] = (),
    drifted: Sequence[Drifted] = (),
) -> list[dict[str, Any]]:
    """One entry per target and source; `rows` are their standing assertions.

    `untold` bindings are named where cells of theirs stand: an audit compares with the record, and the record holds the
    same value at the rival. `drifted` tells which fields' sources have moved since their release.

    A share is null where it is unknown: a field of which cells stand was never looked at, or no defect was planted, so
    that nothing is known of what the auditor overlooks.
    """
    groups = sorted({(f.target, f.source) for f in fields} | rows.keys())
    return [
        _entry(
            key,
            [f for f in fields if (f.target, f.source) == key],
            [p for p in planted if (p.target, p.source) == key],
            rows.get(key, 0),
            [u for u in untold if (u.target, u.source) == key],
            [d for d in drifted if (d.target, d.source) == key],
        )
        for key in groups
    ]


def _entry(
    key: tuple[str, str],
    tried: Sequence[FieldCounts],
    planted: Sequence[PlantedCounts],
    rows: int,
    untold: Sequence[Untold],
    drifted: Sequence[Drifted],
) -> dict[str, Any]:
    stands = [f for f in tried if f.state != "condemned"]
    auditor = _auditor(planted)
    looks = {(f.plan_id, f.name): auditor.looks(f) for f in stands}
    perfect = [replace(look, recall=1.0) for look in looks.values()]
    names = sorted({f.name for f in stands})
    unseen = sorted({f.name for f in stands if f.cells and not f.audited})
    measured = sum(p.planted for p in planted) > 0
    worst = wrong_at_most(list(looks.values()), 1 - _HALF, tried=len(tried)) if measured and not unseen else None
    if worst is not None and worst >= 1.0:
        worst = None
    entry = {
        "target": key[0],
        "source": key[1],
        "rows": rows,
        "cells": sum(f.cells for f in stands),
        **{n: sum(getattr(f, n) for f in tried) for n in ("audited", "defects", "unconfirmed", "unsure", "misses")},
        "confidence": CONFIDENCE,
        "wrong_at_most": _rounded(worst),
        "wrong_estimate": _rounded(_estimate(stands, planted)),
        "visible_wrong_at_most": _rounded(wrong_at_most(perfect, 1 - _HALF, tried=len(tried))),
        "not_audited": unseen,
        "untold": _untold(untold, stands),
        "drift": [_drift(one) for one in drifted],
        "recall": _recall(planted) if measured else None,
        "fields": [
            _field(name, [f for f in tried if f.name == name], looks, measured=measured and name not in unseen)
            for name in names
        ],
    }
    return {**entry, "statement": statements.headline(entry)}


def _drift(one: Drifted) -> dict[str, Any]:
    test = "two-proportion" if one.what == "fill" else "chi-squared"
    told = {n: getattr(one, n) for n in ("what", "before", "now", "chance", "level", "at", "state")}
    return {"field": one.name, "plan": one.plan_id, "test": test, **told}


def _untold(found: Sequence[Untold], stands: Sequence[FieldCounts]) -> list[dict[str, Any]]:
    """Per field and binding, with the plans that bind it so."""
    written = {(f.plan_id, f.name) for f in stands if f.cells}
    plans: dict[tuple[str, tuple[str, ...], tuple[str, ...]], list[int]] = {}
    for one in found:
        if (one.plan_id, one.name) in written:
            plans.setdefault((one.name, one.paths, one.rivals), []).append(one.plan_id)
    return [
        {"field": name, "paths": list(paths), "rivals": list(rivals), "plans": sorted(plan_ids)}
        for (name, paths, rivals), plan_ids in sorted(plans.items())
    ]


def _auditor(planted: Sequence[PlantedCounts]) -> _Auditor:
    """All limits hold together: each at a confidence that leaves their number out (Bonferroni)."""
    seen, all_of = Counter[int](), Counter[int]()
    for p in planted:
        seen[p.plan_id] += p.seen
        all_of[p.plan_id] += p.planted
    own = [plan_id for plan_id, count in all_of.items() if count >= ENOUGH]
    asked, confirmed = sum(p.asked for p in planted), sum(p.confirmed for p in planted)
    twice = asked >= ENOUGH
    confidence = 1 - _HALF / (len(own) + 1 + twice)
    second = lower_limit(confirmed, asked, confidence) if twice else 1.0
    lowers: dict[int | None, float] = {p: second * lower_limit(seen[p], all_of[p], confidence) for p in own}
    return _Auditor({**lowers, None: second * lower_limit(seen.total(), all_of.total(), confidence)}, twice)


def _recall(planted: Sequence[PlantedCounts]) -> dict[str, Any]:
    kinds = sorted({p.kind for p in planted})
    return {
        **_limits(planted),
        "classes": [{"class": kind, **_limits([p for p in planted if p.kind == kind])} for kind in kinds],
        "not_planted": [fault for fault in FAULTS if fault not in kinds],
    }


def _limits(planted: Sequence[PlantedCounts]) -> dict[str, Any]:
    seen, count = sum(p.seen for p in planted), sum(p.planted for p in planted)
    lower, upper = recall_limits(seen, count)
    return {"planted": count, "seen": seen, "lower": round(lower, 4), "upper": round(upper, 4)}


def _field(
    name: str, tried: Sequence[FieldCounts], looks: Mapping[tuple[int, str], Looks], *, measured: bool
) -> dict[str, Any]:
    mine = [looks[f.plan_id, f.name] for f in tried if (f.plan_id, f.name) in looks]
    worst = wrong_at_most(mine, 1 - _HALF, tried=len(tried)) if measured else None
    return {
        "name": name,
        **{n: sum(getattr(f, n) for f in tried) for n in ("cells", "audited", "defects", "unconfirmed", "misses")},
        "wrong_at_most": _rounded(None if worst is None or worst >= 1.0 else worst),
        "coverage": _coverage([f for f in tried if f.state != "condemned"]),
    }


def _estimate(stands: Sequence[FieldCounts], planted: Sequence[PlantedCounts]) -> float | None:
    """The likeliest share of wrong cells. What one look raised and the next refuted are false alarms; that two agree
    in one, independently, is as rare as its square.
    """
    count = sum(p.planted for p in planted)
    asked = sum(p.asked for p in planted)
    confirms = sum(p.confirmed for p in planted) / asked if asked else 1.0
    recall = confirms * sum(p.seen for p in planted) / count if count else 0.0
    audited = sum(f.audited for f in stands)
    alarms = sum(f.unconfirmed for f in stands) / audited if audited else 0.0
    shares = [
        (f.cells, share_wrong(f.defects, f.audited, recall=recall, false_alarms=alarms**2)) for f in stands if f.cells
    ]
    if not shares or any(share is None for _, share in shares):
        return None
    return sum(cells * (share or 0.0) for cells, share in shares) / sum(cells for cells, _ in shares)


def _coverage(fields: Sequence[FieldCounts]) -> dict[str, Any]:
    """Of the values that the source states, the share that stands, and its limits (95 %, two-sided).

    Misses were counted among the empty cells that were looked at; the same share of all empty ones is taken as missed.
    """
    filled, empty = sum(f.cells for f in fields), sum(f.empty for f in fields)
    looked, misses = sum(f.empty_audited for f in fields), sum(f.misses for f in fields)
    if not filled + empty or (empty and not looked):
        return {"empty": empty, "empty_audited": looked, "share": None, "lower": None, "upper": None}
    shares = (misses / looked, upper_limit(misses, looked, 0.975), lower_limit(misses, looked, 0.975)) if empty else ()
    stated = [filled / (filled + empty * share) if filled else 0.0 for share in shares] or [1.0] * 3
    return {
        "empty": empty,
        "empty_audited": looked,
        **{n: round(s, 4) for n, s in zip(("share", "lower", "upper"), stated, strict=True)},
    }


def _rounded(share: float | None) -> float | None:
    return None if share is None else round(share, 6)
