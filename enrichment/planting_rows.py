"""Known-bad rows among the rows that an auditor is asked about, and what its answers to them say of it."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable, Mapping, Sequence

from enrichment import members as chunk_members
from enrichment.audit import planting, release
from enrichment.audit.planting import Base
from enrichment.context import Context
from enrichment.json_text import loads
from enrichment.members import Member
from enrichment.store import planted, reviews, samples, staging
from enrichment.store.database import Tx
from enrichment.store.plans import PlanRow
from enrichment.store.planted import BaseRow, FaultCounts, PlantedRow
from enrichment.store.staging import StagedRow
from schemas.codes import Code
from schemas.json_types import Record

#: Rows that are read for each plant that is wanted: not every row yields one of every fault.
_CHOICE = 3


def plant(
    context: Context, tx: Tx, plan: PlanRow, ids: Sequence[int], *, work_id: int
) -> tuple[list[PlantedRow], dict[int, Record]]:
    """Known-bad rows to go along with the sampled rows `ids`, kept with the work, and by staged id the records of which
    they are made.

    They are made of other sampled rows of the plan, and of these themselves where a source is too short for that.
    """
    known = planted.of_work(tx, work_id)
    if known:
        records = raw_records(context, tx, plan, staging.read(tx, [one.staged_id for one in known]))
        return [one for one in known if one.staged_id in records], records
    before = planted.sent(tx, plan.id)
    count = planting.share(
        samples.looked_at(tx, plan.id),
        before=sum(one.sent for one in before),
        missed=sum(one.missed for one in before),
        of=len(ids),
    )
    if count == 0:
        return [], {}
    found = planted.bases(tx, plan.id, besides=ids, limit=_CHOICE * count)
    if len(found) < count:
        found += planted.bases(tx, plan.id, besides=[one.staged_id for one in found], limit=_CHOICE * count)
    rows = staging.read(tx, [one.staged_id for one in found])
    records = raw_records(context, tx, plan, rows)
    rows = [row for row in rows if row.id in records]
    verdicts = {one.staged_id: one for one in found}
    made = planting.plant(
        [Base(row.id, records[row.id], row.cells, _sound(plan, row, verdicts[row.id])) for row in rows],
        context.target(plan.target),
        key=context.audit_key,
        count=count,
        before={one.fault: one.sent for one in before},
    )
    planted.add(tx, plan.id, made, work_id=work_id)
    return planted.of_work(tx, work_id), records


def _sound(plan: PlanRow, row: StagedRow, base: BaseRow) -> frozenset[str]:
    """Fields of a row of which it is clear what would be wrong: filled, or absent and not merely unreadable."""
    names = [f.name for f in plan.fields if f.name not in plan.condemned]
    clear = {n for n in names if n in row.cells or row.reasons.get(n) == Code.ABSENT}
    return frozenset(n for n in clear if base.verdicts.get(n, "supported") == "supported")


def raw_records(context: Context, tx: Tx, plan: PlanRow, rows: Sequence[StagedRow]) -> dict[int, Record]:
    """Staged id -> the record that the row was made of; without rows whose record retention has taken."""
    source = context.source(plan.source)
    by_member: dict[Member, list[int]] = {}
    for row in rows:
        member = Member(row.record_id, row.observation, row.payload_id, row.ordinal)
        by_member.setdefault(member, []).append(row.id)
    found: dict[int, Record] = {}
    for member, record in chunk_members.read(tx, list(by_member), skip_gone=True):
        parsed = loads(record.body, max_depth=source.max_depth)
        for staged_id in by_member[member]:
            found[staged_id] = parsed  # type: ignore[assignment]  # fetch lets only objects through
    return found


def in_hidden_order(rows: Iterable[int], *, key: bytes, work_id: int) -> list[int]:
    """Rows of one request in an order that tells the sampled from the planted ones to nobody without the key."""
    return sorted(rows, key=lambda row: hmac.digest(key, f"{work_id}\x1f{row}".encode(), hashlib.sha256))


def seen(
    plants: Sequence[PlantedRow], first: Mapping[tuple[int, str], str], second: Mapping[tuple[int, str], str]
) -> dict[int, tuple[bool | None, bool | None]]:
    """Plant -> (called unsupported, confirmed) of those that were answered for."""
    cells = {one.id: (-one.id, one.field) for one in plants}
    called = {"unsupported": True, "unsure": None}
    return {
        plant: (called.get(first[cell], False), second[cell] == "unsupported" if cell in second else None)
        for plant, cell in cells.items()
        if cell in first
    }


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
