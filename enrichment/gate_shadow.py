"""A changed gate before it is in force: what it would say of records that an earlier one judged under a plan.

Nothing is written and nobody is asked. It is this process's gate, with its operations, libraries and configuration.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from enrichment import members as chunk_members
from enrichment import shadow
from enrichment.context import Context
from enrichment.gate.version import gate_version
from enrichment.json_text import loads
from enrichment.members import Member
from enrichment.shadow import Said
from enrichment.staged_text import jsonb_text
from enrichment.store import judged_records, plans
from enrichment.store.database import Tx
from enrichment.store.judged_records import JudgedRecord
from schemas.codes import Code
from schemas.errors import TerminalError
from schemas.json_types import Json
from schemas.shadow import Shadow

#: Cells that were emptied after the gate, by audits and people: no gate answers for them.
_LATER: Final = frozenset({Code.CONDEMNED, Code.NOT_RELEASED, Code.WITHDRAWN})


@dataclass(frozen=True, slots=True)
class Replayed:
    """gate: the installed version. judged_by: version -> records it had judged. missing: payloads no longer stored."""

    plan_id: int
    gate: str
    judged_by: Mapping[str, int]
    missing: int
    shadow: Shadow


def replay(context: Context, tx: Tx, plan_id: int, *, limit: int) -> Replayed:
    """Judge stored records of a plan anew, `limit` accepted and as many rejected ones at most, the newest first.

    Raises:
        NotFoundError: there is no such plan.
        ConfigurationError: its source or target is not configured here.
    """
    plan = plans.get(tx, plan_id)
    source, target = context.source(plan.source), context.target(plan.target)
    # Fields that fell since are judged as they were proposed: their emptied cells are left out below.
    gate = context.plans.gate(plan, target, source, as_proposed=True)
    found = judged_records.newest(tx, plan_id, limit=limit)
    read = 0

    def pairs() -> Iterator[tuple[Said, Said]]:
        nonlocal read
        for before, record in _records(tx, found, max_depth=source.max_depth):
            read += 1
            yield _pair(before, Said.by(gate(record)))  # type: ignore[arg-type]  # fetch lets only objects through

    compared = shadow.compare(pairs())
    by_version = Counter(one.gate for one in found)
    return Replayed(plan_id, gate_version(), dict(by_version), len(found) - read, compared)


def _pair(before: JudgedRecord, now: Said) -> tuple[Said, Said]:
    later = {name for name, reason in before.reasons.items() if reason in _LATER}
    given: dict[str, Any] = json.loads(jsonb_text(now.cells))
    after = Said({n: v for n, v in given.items() if n not in later}, now.reasons, now.code)
    return Said({n: v for n, v in before.cells.items() if n not in later}, before.reasons, before.code), after


def _records(tx: Tx, found: Sequence[JudgedRecord], *, max_depth: int) -> Iterator[tuple[JudgedRecord, Json]]:
    """The records behind what was said of them, payload by payload; of payloads that are gone none."""
    by_payload: dict[int, dict[Member, JudgedRecord]] = {}
    for one in found:
        member = Member(one.record_id, one.observation, one.payload_id, one.ordinal)
        by_payload.setdefault(one.payload_id, {})[member] = one
    for wanted in by_payload.values():
        try:
            read = list(chunk_members.read(tx, list(wanted)))
        except TerminalError:
            continue
        for member, raw in read:
            yield wanted[member], loads(raw.body, max_depth=max_depth)
