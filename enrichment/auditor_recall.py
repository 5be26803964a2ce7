"""What an auditor's answers to known-bad rows say of it: how much it sees, and whether its word counts."""

from __future__ import annotations

from collections.abc import Sequence

from enrichment.audit import release
from enrichment.store import planted, reviews
from enrichment.store.database import Tx
from enrichment.store.plans import PlanRow
from enrichment.store.planted import FaultCounts


def recall(counts: Sequence[FaultCounts]) -> float | None:
    """The lower limit of an auditor's recall, null while it is not known whether it sees enough.

    It is 0 where the auditor overlooks swaps: whoever sees everything but the value of another field sees nothing of
    what a wrong plan writes.
    """
    if any(one.fault == "swap" and release.overlooks(one.seen, one.planted) for one in counts):
        return 0.0
    return release.known_recall(sum(one.seen for one in counts), sum(one.planted for one in counts))


def is_blind(tx: Tx, plan: PlanRow) -> bool:
    """Whether the auditor of a plan that is not decided overlooks too much for what it supports to count."""
    return bool(plan.undecided) and _knows_blind(planted.counts(tx, plan.id))


def _knows_blind(counts: Sequence[FaultCounts]) -> bool:
    lower = recall(counts)
    return lower is not None and lower < release.BLIND


def gone_blind(tx: Tx, plan: PlanRow) -> frozenset[int]:
    """The plants since which the auditor that released fields of a plan is blind, or overlooks swaps; none where the
    newest do not show that.

    What it saw long ago does not outvote them, as it does in the counts of all, nor does it say how much is overlooked
    by now: they begin where most more than may be were missed since (Page, "Continuous inspection schemes", Biometrika
    41, 1954). Where a person released the fields although the auditor was known to be blind, that stands.
    """
    if not plan.released:
        return frozenset()
    for fault, limit in ((None, release.NEWEST), ("swap", release.NEWEST_SWAPS)):
        found = planted.newest(tx, plan.id, limit=limit, fault=fault)
        told = {n: FaultCounts(fault or "all", n, sum(list(found.values())[:n])) for n in range(1, len(found) + 1)}
        if not told or not _knows_blind([told[len(found)]]):
            continue
        if reviews.is_approved(tx, subject(plan.id)):
            break
        blind = [one for one in told.values() if _knows_blind([one])]
        since = max(blind, key=lambda one: (release.BLIND * one.planted - one.seen, one.planted))
        return frozenset(list(found)[: since.planted])
    return frozenset()


def subject(plan_id: int) -> str:
    """What a person is asked about the auditor of a plan is asked under this name."""
    return f"auditor:{plan_id}"


def is_with_a_person(tx: Tx, plan: PlanRow) -> bool:
    """Whether a person was asked about the auditor of a plan that is not decided: more audits would not help."""
    return bool(plan.undecided) and reviews.is_open(tx, subject(plan.id))


def is_in_doubt(tx: Tx, plan: PlanRow) -> bool:
    """Whether what the auditor of a plan that is not decided supports has to wait: it is blind, or has seen so few of
    what was planted that it may be.
    """
    if not plan.undecided:
        return False
    told = planted.counts(tx, plan.id, early=True)
    if may_overlook_swaps(told):
        return True
    counts = planted.counts(tx, plan.id)
    if recall(counts) is not None:
        return _knows_blind(counts)
    return release.in_doubt(sum(one.seen for one in told), sum(one.planted for one in told))


def may_overlook_swaps(counts: Sequence[FaultCounts]) -> bool:
    """Whether so few swaps were seen that the auditor perhaps only looks whether a value stands in the record."""
    return any(one.fault == "swap" and release.in_doubt(one.seen, one.planted) for one in counts)
