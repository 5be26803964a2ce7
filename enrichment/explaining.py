"""Where the value of a cell came from, or why there is none: computed from the ledger, in the order of its fold."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from enrichment import lost_records, shown_records
from enrichment.gate.identity import canonical_key
from enrichment.lost_records import Lost
from enrichment.members import Member
from enrichment.producing import Producer
from enrichment.shown_records import source_text
from enrichment.store import lineage, plans, planted, target_table
from enrichment.store.database import Tx
from enrichment.store.lineage import Entry, Looked, Standing, Whereabouts
from enrichment.store.plans import PlanRow
from enrichment.store.planted import FaultCounts
from schemas.errors import NotFoundError, UsageError
from schemas.json_types import Json
from schemas.plan import Alternative, Binding
from schemas.states import BASELINE
from schemas.target import Target, TargetField
from schemas.target_declaration import nearest


@dataclass(frozen=True, slots=True)
class Known:
    """Everything that is known under one key, read in one transaction.

    live:    what counts, the strongest last; every: all there ever was, the newest first
    records: assertion id -> its raw record, where the payload is stored
    lost:    the dead letter of a record that has no row
    tested:  plan id -> (known defects that its auditor was shown, those of them that it saw)
    """

    target: Target
    key: str
    live: Sequence[Entry]
    every: Sequence[Entry]
    row: Standing | None
    where: Whereabouts | None
    plans: Mapping[int, PlanRow]
    gates: Mapping[int, str]
    looked: Mapping[int, Looked]
    records: Mapping[int, Json]
    constants: Mapping[str, Mapping[str, Any]]
    lost: Lost | None = None
    tested: Mapping[int, tuple[int, int]] = field(default_factory=dict)


def explain(producer: Producer, tx: Tx, target_name: str, key: str, field: str | None) -> list[dict[str, Any]]:
    """One explanation, or with no `field` one for every field of the target.

    Raises:
        NotFoundError: no such target, or nothing is known under this key.
        UsageError: the target has no such field.
    """
    target = producer.target(target_name)
    if field is not None and field not in target.by_name:
        raise UsageError(
            f"target {target.name} has no field {field!r}{nearest(field, target.by_name)}",
            hint=f"its fields: {', '.join(sorted(target.by_name))}",
            code="unknown_field",
        )
    known = _read(producer, tx, target, canonical_text(target, key))
    chosen = target.fields if field is None else (target.by_name[field],)
    return [cell(known, one) for one in chosen]


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


def cell(known: Known, field: TargetField) -> dict[str, Any]:
    """The explanation of one cell. Pure."""
    name = field.name
    winner = winner_of(known.live, name)
    value = _value(known, name, winner)
    changed = known.row is not None and known.row.now.get(name) != known.row.fold.get(name)
    told = winner if value is not None or winner is not None else _strongest(known.live)
    lost = known.lost if told is None else None
    shown = _source_of(known, field, told) if lost is None else _source_of_lost(known, field, lost)
    others = [entry for entry in known.every if name in entry.cells and (winner is None or entry.id != winner.id)]
    return {
        "target": known.target.name,
        "key": known.key,
        "field": name,
        "value": value,
        "reason": None if value is not None else _reason(known, name, winner, changed=changed),
        "abstention": None if value is not None else _abstention(known, name, told),
        "issue": None if known.lost is None else known.lost.issue_of(name),
        **shown,
        "origin": _origin(shown["origin"], changed=changed, default=value is not None and winner is None),
        "audit": _audit(known, name, told),
        "written_at": winner.created_at if winner is not None and known.row is not None else None,
        "proposed": _proposed(known, name, winner),
        "where": None if known.where is None or known.row is not None else _where(known.where),
        "history": [_past(entry, name) for entry in others],
    }


def _origin(of_binding: str | None, *, changed: bool, default: bool) -> str | None:
    """Where a value comes from: a binding's origin, constant, baseline; edited since; or the column's default."""
    if changed:
        return "edited"
    return "default" if default else of_binding


def winner_of(live: Sequence[Entry], field: str) -> Entry | None:
    """The assertion whose cell stands: the last in the order of the fold that says anything of the field."""
    return next((entry for entry in reversed(live) if field in entry.cells), None)


def _strongest(live: Sequence[Entry]) -> Entry | None:
    return next((entry for entry in reversed(live) if entry.source != BASELINE), None)


def _value(known: Known, name: str, winner: Entry | None) -> Any:  # noqa: ANN401 - a cell
    if known.row is None:
        return None
    now = known.row.now.get(name)
    if winner is not None and now == known.row.fold.get(name):
        return winner.cells.get(name)
    return now


def _reason(known: Known, name: str, winner: Entry | None, *, changed: bool) -> str:
    if known.row is None and known.where is not None:
        lost = known.lost
        return (known.where.code or known.where.state) if lost is None else lost.reason_of(name)
    if changed or (winner is not None and winner.source == BASELINE):
        return "edited"
    said = next((e.reasons[name] for e in reversed(known.live) if name in e.reasons), None)
    if said is not None:
        return str(said)
    voided = next((e.void_reason for e in known.every if e.state == "void" and name in e.cells), None)
    return voided or "not_asserted"


def _abstention(known: Known, name: str, entry: Entry | None) -> str | None:
    """Why the plan of the strongest assertion left the field out, in the words of whoever proposed it."""
    lost = None if known.lost is None else known.lost.plan
    plan = lost if entry is None else known.plans.get(entry.plan_id)
    return None if plan is None else next((str(a.reason) for a in plan.body.abstained if a.target == name), None)


def _source_of(known: Known, field: TargetField, entry: Entry | None) -> dict[str, Any]:
    """Where in the record a cell was read, and by which plan."""
    plan = None if entry is None else known.plans.get(entry.plan_id)
    alternative, origin = _bound(known, field.name, entry, plan)
    record = None if entry is None else known.records.get(entry.id)
    return {
        "source_text": None if alternative is None or record is None else source_text(record, alternative),
        "paths": [] if alternative is None else list(alternative.paths),
        "ops": [] if alternative is None else [op.model_dump(mode="json") for op in alternative.ops],
        "plan": None if plan is None else plan.id,
        "model": None if plan is None else plan.model,
        "origin": origin,
        "approximate": entry is not None and field.name in entry.winners.get("~", ()),
        "source": None if entry is None else entry.source,
        "record_id": None if entry is None else entry.record_id,
        "observation": None if entry is None else entry.observation,
        "version": None if entry is None else entry.version,
        "job": None if entry is None else entry.job_id,
        "verdict": None if entry is None or plan is None else "accepted",
        "gate": None if entry is None else known.gates.get(entry.gate_id),
    }


def _source_of_lost(known: Known, field: TargetField, lost: Lost) -> dict[str, Any]:
    """The same of a record that was given up on, as far as its plan says."""
    letter, plan = lost.letter, lost.plan
    constant = field.name in known.constants.get(letter.source, {})
    binding = None if constant else lost.binding_of(field.name)
    alternative = None if constant else lost.alternative_of(field.name)
    return {
        "source_text": None if alternative is None else source_text(lost.record, alternative),
        "paths": [] if alternative is None else list(alternative.paths),
        "ops": [] if alternative is None else [op.model_dump(mode="json") for op in alternative.ops],
        "plan": letter.plan_id,
        "model": None if plan is None else plan.model,
        "origin": "constant" if constant else None if binding is None else str(binding.origin),
        "approximate": False,
        "source": letter.source,
        "record_id": letter.record_id,
        "observation": letter.observation,
        "version": None,
        "job": None if known.where is None else known.where.job,
        "verdict": "rejected" if letter.stage == "gate" else None,
        "gate": known.gates.get(letter.gate_id),
    }


def _bound(known: Known, name: str, entry: Entry | None, plan: PlanRow | None) -> tuple[Alternative | None, str | None]:
    if entry is None:
        return None, None
    if entry.source == BASELINE:
        return None, BASELINE
    if name in known.constants.get(entry.source, {}):
        return None, "constant"
    binding: Binding | None = None if plan is None else plan.body.binding_of(name)
    if binding is None:
        return None, None
    place = int(entry.winners.get(name, 0))
    return binding.alternatives[min(place, len(binding.alternatives) - 1)], str(binding.origin)


def _audit(known: Known, name: str, entry: Entry | None) -> dict[str, Any] | None:
    plan = None if entry is None else known.plans.get(entry.plan_id)
    if entry is None or plan is None:
        return None
    field = next((f for f in plan.fields if f.name == name), None)
    looked = None if entry.staged_id is None else known.looked.get(entry.staged_id)
    return {
        "state": None if field is None else field.state,
        "audited": 0 if field is None else field.audited,
        "defects": 0 if field is None else field.defects,
        "verdict": None if looked is None else looked.verdicts.get(name),
        "auditor": None if looked is None else looked.auditor,
        "judged_at": None if looked is None else looked.judged_at,
        **dict(zip(("planted", "seen"), known.tested.get(plan.id, (0, 0)), strict=True)),
    }


def _proposed(known: Known, name: str, winner: Entry | None) -> dict[str, Any] | None:
    """What the sources say of a cell that somebody edited, or that was there before Assay."""
    if winner is None or winner.source != BASELINE:
        return None
    best = winner_of([entry for entry in known.live if entry.source != BASELINE], name)
    return None if best is None or best.cells[name] == winner.cells[name] else _past(best, name)


def _past(entry: Entry, name: str) -> dict[str, Any]:
    return {
        "value": entry.cells.get(name),
        "source": entry.source,
        "record_id": entry.record_id,
        "observation": entry.observation,
        "version": entry.version,
        "plan": entry.plan_id or None,
        "job": entry.job_id,
        "state": entry.state,
        "written_at": entry.created_at,
        "voided_at": entry.voided_at,
        "void_reason": entry.void_reason,
    }


def _where(where: Whereabouts) -> dict[str, Any]:
    return {
        "state": where.state,
        "source": where.source,
        "record_id": where.record_id,
        "job": where.job,
        "code": where.code,
        "plan": where.plan,
        "letter": where.letter,
        "review": where.review,
    }


def _read(producer: Producer, tx: Tx, target: Target, key: str) -> Known:
    table = target_table.resolve(tx, target)
    live, every = lineage.live(tx, table, key), lineage.all_of(tx, target.name, key)
    row = lineage.row(tx, table, key)
    where = None if row is not None else lineage.whereabouts(tx, target.name, key)
    if not every and row is None and where is None:
        raise _unknown(tx, target, key)
    by_plan = sorted({entry.plan_id for entry in live if entry.plan_id})
    lost = None if where is None or where.letter is None else lost_records.lost(tx, where.letter)
    gates = {entry.gate_id for entry in live} | ({lost.letter.gate_id} if lost is not None else set())
    return Known(
        target=target,
        key=key,
        live=live,
        every=every,
        row=row,
        where=where,
        plans={plan_id: plans.get(tx, plan_id) for plan_id in by_plan},
        gates=lineage.gate_versions(tx, sorted(gates)),
        looked=lineage.looked_at(tx, [entry.staged_id for entry in live if entry.staged_id is not None]),
        records=_records(tx, live),
        constants={name: _constants(producer, name) for name in _sources(live, lost)},
        lost=lost,
        tested={plan_id: _tested(planted.counts(tx, plan_id)) for plan_id in by_plan},
    )


def _tested(counts: Sequence[FaultCounts]) -> tuple[int, int]:
    return sum(one.planted for one in counts), sum(one.seen for one in counts)


def _sources(live: Sequence[Entry], lost: Lost | None) -> set[str]:
    return {entry.source for entry in live} | ({lost.letter.source} if lost is not None else set())


def _constants(producer: Producer, source: str) -> Mapping[str, Any]:
    configured = producer.sources.get(source)
    return {} if configured is None else configured.constants


def _records(tx: Tx, live: Sequence[Entry]) -> dict[int, Json]:
    """Raw records, as far as their payloads are still stored."""
    return shown_records.stored(
        tx,
        {
            entry.id: Member(entry.record_id, entry.observation, entry.payload_id, entry.ordinal)
            for entry in live
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
