"""Known-bad rows among the rows that an auditor is asked about."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable, Mapping, Sequence

from enrichment import members as chunk_members
from enrichment.audit import planting
from enrichment.audit.planting import Base
from enrichment.context import Context
from enrichment.json_text import loads
from enrichment.members import Member
from enrichment.store import planted, samples, staging
from enrichment.store.database import Tx
from enrichment.store.plans import PlanRow
from enrichment.store.planted import BaseRow, PlantedRow
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
