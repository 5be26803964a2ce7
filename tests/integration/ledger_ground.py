"""Assertions by hand, as a merge writes them, and the fold as one would compute it on paper."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from fleet_ground import Fleet

from enrichment.connectors.pages import Version
from enrichment.staged_text import digest, jsonb_text, version_document
from enrichment.store import baselines, folding, ledger, state_rules, target_table
from enrichment.store.database import Tx
from enrichment.store.folding import Folded


@dataclass(frozen=True, slots=True)
class Said:
    """What one observation of a record asserts of a row; null asserts nothing."""

    source: str
    cells: Mapping[str, Any]
    record: str = "r1"
    observation: int = 1
    version: Version = None
    key: str = "k"
    plan: int = 1
    gate: int = 1

    @property
    def filled(self) -> dict[str, Any]:
        return {name: value for name, value in self.cells.items() if value is not None}


@dataclass(slots=True)
class Landed:
    folded: Folded
    baselines: int
    keys: list[str] = field(default_factory=list)
    laid_over: int = 0


def stage(tx: Tx, said: Sequence[Said], *, target: str) -> list[int]:
    """Staged rows as the gate would leave them."""
    ids = []
    for one in said:
        cells = jsonb_text(one.filled)
        version = version_document(one.version)
        row = tx.execute(
            """
            INSERT INTO staged (target, source, record_id, observation, plan_id, gate_id, state, key, cells, version,
                                payload_id, ordinal, job_id, digest)
            VALUES (%s, %s, %s, %s, %s, %s, 'staged', %s, %s::jsonb, %s::jsonb, 0, 0, 0, %s) RETURNING id
            """,
            (
                target,
                one.source,
                one.record,
                one.observation,
                one.plan,
                one.gate,
                one.key,
                cells,
                None if version is None else json.dumps(version),
                digest(one.key, cells),
            ),
        ).fetchone()
        assert row is not None
        ids.append(row["id"])
    return ids


def land(fleet: Fleet, *said: Said, target: str = "company", may_delete: bool = False) -> Landed:
    """Merge assertions in one transaction, in the order of the ledger's steps."""
    keys = sorted({one.key for one in said})
    with fleet.database.transaction() as tx:
        table = target_table.resolve(tx, fleet.context.target(target))
        ids = stage(tx, said, target=target)
        ledger.lock_keys(tx, target, keys)
        own = {staged_id: one.key for staged_id, one in zip(ids, said, strict=True)}
        examined = state_rules.examine(tx, table, ids)
        noted = baselines.note_baseline(tx, table, sorted(examined.foreign))
        additive = {i for i in examined.additive if list(own.values()).count(own[i]) == 1}
        folded = folding.append_and_fold(tx, table, own, additive=additive, may_delete=may_delete)
        return Landed(folded, noted, keys, len(additive))


def refold(fleet: Fleet, *keys: str, target: str = "company", may_delete: bool = True) -> Folded:
    with fleet.database.transaction() as tx:
        table = target_table.resolve(tx, fleet.context.target(target))
        ledger.lock_keys(tx, target, keys)
        baselines.note_baseline(tx, table, baselines.foreign_keys(tx, table, keys))
        return folding.refold(tx, table, keys, may_delete=may_delete)


def void(fleet: Fleet, source: str, *, target: str = "company", may_delete: bool = True) -> Folded:
    """Void all that a source asserts, as a rollback does."""
    with fleet.database.transaction() as tx:
        table = target_table.resolve(tx, fleet.context.target(target))
        rows = tx.execute(
            "SELECT id, key FROM assertion WHERE source = %s AND state = 'standing' AND target = %s", (source, target)
        ).fetchall()
        keys = [row["key"] for row in rows]
        ledger.lock_keys(tx, target, keys)
        baselines.note_baseline(tx, table, baselines.foreign_keys(tx, table, keys))
        ledger.void(tx, [row["id"] for row in rows], reason="withdrawn")
        return folding.refold(tx, table, keys, may_delete=may_delete)


def on_paper(said: Iterable[Said], precedence: Mapping[str, int], *, money: tuple[str, ...] = ()) -> dict[str, Any]:
    """The fold of one key: per cell the highest (precedence, source, version, observation, record) that fills it.

    money: a currency and its amounts, of which nothing stands beside another currency than its own
    """
    latest: dict[tuple[str, str, int], Said] = {}
    for one in said:
        place = (one.source, one.record, one.observation)
        if place not in latest or (one.plan, one.gate) > (latest[place].plan, latest[place].gate):
            latest[place] = one
    row: dict[str, Any] = {}
    for one in sorted(latest.values(), key=lambda s: _rank(s, precedence)):
        if one.filled.keys() & set(money) and row.get(money[0]) != one.filled.get(money[0]):
            row = {name: value for name, value in row.items() if name not in money}
        row |= one.filled
    return row


def _rank(one: Said, precedence: Mapping[str, int]) -> tuple[Any, ...]:
    version = version_document(one.version) or {"type": 0}
    return (
        precedence[one.source],
        one.source.encode(),
        version["type"],
        Decimal(version.get("number", 0)),
        version.get("text", "").encode(),
        one.observation,
        one.record.encode(),
    )


def rows_of(fleet: Fleet, table: str = "company") -> list[dict[str, Any]]:
    """Rows with the place where each lies: equal places mean that nothing was written."""
    return fleet.rows(f'SELECT ctid::text, xmin::text, t.* FROM public."{table}" t ORDER BY ctid')
