"""Where the value of a cell came from, or why there is none: computed from the ledger, in the order of its fold."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from enrichment import lost_records, shown_records
from enrichment.explained import Known, cell, silent_of, winner_of
from enrichment.gate.identity import canonical_key
from enrichment.lost_records import Lost
from enrichment.members import Member
from enrichment.producing import Producer
from enrichment.store import lineage, plans, planted, target_table
from enrichment.store.database import Tx
from enrichment.store.lineage import Entry
from enrichment.store.planted import FaultCounts
from schemas.errors import NotFoundError, UsageError, nearest
from schemas.json_types import Json
from schemas.target import Target, TargetField


def explain(producer: Producer, tx: Tx, target_name: str, key: str, field: str | None) -> list[dict[str, Any]]:
    """One explanation, or with no `field` one for every field of the target.

    Raises:
        NotFoundError: no such target, or nothing is known under this key.
        UsageError: the target has no such field, or the text is neither a key of it nor the id of a record.
    """
    target = producer.target(target_name)
    if field is not None and field not in target.by_name:
        raise UsageError(
            f"target {target.name} has no field {field!r}{nearest(field, target.by_name)}",
            hint=f"its fields: {', '.join(sorted(target.by_name))}",
            code="unknown_field",
        )
    chosen = target.fields if field is None else (target.by_name[field],)
    known = _read(producer, tx, target, _key_or_id(tx, target, key), chosen)
    return [cell(known, one) for one in chosen]


def _key_or_id(tx: Tx, target: Target, key: str) -> str:
    """What is no key of the target may be the id of a record, which has no row, or stands under its key."""
    try:
        return canonical_text(target, key)
    except UsageError as error:
        if lineage.whereabouts(tx, target.name, key) or lineage.key_of_record(tx, target.name, key):
            return key
        hint = f"{error.hint}, or the id of a record that was given up on"
        raise UsageError(error.message, hint=hint) from error


def canonical_text(target: Target, key: str) -> str:
    """A key as the ledger writes it. That of several fields is a JSON array of their texts.

    Raises:
        UsageError: the key of several fields is not given so.
    """
    names = tuple(f.name for f in target.identity)
    if len(names) == 1:
        return key
    try:
        parts = json.loads(key)
    except ValueError:
        parts = None
    if not isinstance(parts, list) or len(parts) != len(names) or not all(isinstance(p, str | int) for p in parts):
        raise UsageError(
            f"the key of target {target.name} has {len(names)} parts", hint=f"give a JSON array of {', '.join(names)}"
        )
    return canonical_key(names, dict(zip(names, parts, strict=True))) or key


def _read(producer: Producer, tx: Tx, target: Target, key: str, chosen: Sequence[TargetField]) -> Known:
    table = target_table.resolve(tx, target)
    live, every = lineage.live(tx, table, key), lineage.all_of(tx, target.name, key)
    row = lineage.row(tx, table, key)
    where = None if row is not None else lineage.whereabouts(tx, target.name, key)
    if not every and row is None and where is None:
        raise _unknown(tx, target, key)
    empty = [] if row is None else [f.name for f in chosen if row.now.get(f.name) is None]
    empty = [name for name in empty if winner_of(live, name, target) is None]
    waiting = lineage.waiting(tx, target.name, key, empty) if empty else []
    silent = (silent_of(live, every, one.name, [entry for entry, _ in waiting]) for one in chosen)
    told = {entry.id: entry for entry in (*live, *silent) if entry is not None}.values()
    by_plan = sorted({entry.plan_id for entry in told if entry.plan_id})
    lost = None if where is None or where.letter is None else lost_records.lost(tx, where.letter)
    gates = {entry.gate_id for entry in told} | ({lost.letter.gate_id} if lost is not None else set())
    return Known(
        target=target,
        key=key,
        live=live,
        every=every,
        row=row,
        where=where,
        waiting=waiting,
        plans={plan_id: plans.get(tx, plan_id) for plan_id in by_plan},
        gates=lineage.gate_versions(tx, sorted(gates)),
        looked=lineage.looked_at(tx, [entry.staged_id for entry in told if entry.staged_id is not None]),
        records=_records(tx, told),
        constants={name: _constants(producer, name) for name in _sources(told, lost)},
        lost=lost,
        tested={plan_id: _tested(planted.counts(tx, plan_id)) for plan_id in by_plan},
    )


def _tested(counts: Sequence[FaultCounts]) -> tuple[int, int]:
    return sum(one.planted for one in counts), sum(one.seen for one in counts)


def _sources(told: Collection[Entry], lost: Lost | None) -> set[str]:
    return {entry.source for entry in told} | ({lost.letter.source} if lost is not None else set())


def _constants(producer: Producer, source: str) -> Mapping[str, Any]:
    configured = producer.sources.get(source)
    return {} if configured is None else configured.constants


def _records(tx: Tx, told: Collection[Entry]) -> dict[int, Json]:
    """Raw records, as far as their payloads are still stored."""
    return shown_records.stored(
        tx,
        {
            entry.id: Member(entry.record_id, entry.observation, entry.payload_id, entry.ordinal)
            for entry in told
            if entry.payload_id is not None and entry.ordinal is not None
        },
    )


def _unknown(tx: Tx, target: Target, key: str) -> NotFoundError:
    elsewhere = lineage.key_of_record(tx, target.name, key)
    return NotFoundError(
        f"target {target.name} knows nothing under the key {key!r}",
        hint="keys are the values of its identity, exactly as they stand in the table"
        if elsewhere is None
        else f"the record {key!r} of source {elsewhere[0]} stands under the key {elsewhere[1]!r}",
    )
