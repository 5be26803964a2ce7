"""The explanation of one cell, out of all that is known under its key. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from enrichment.lost_records import Lost
from enrichment.shown_records import source_text
from enrichment.store.lineage import Entry, Looked, Standing, Whereabouts
from enrichment.store.plans import PlanRow
from enrichment.stored_values import as_stored
from schemas.codes import Code
from schemas.json_types import Json
from schemas.plan import Alternative, Binding
from schemas.states import BASELINE
from schemas.target import Target, TargetField

#: Reasons of a cell for which its record had nothing to take.
_EMPTY_HANDED: Final = frozenset({Code.ABSENT, Code.ABSTAINED})


@dataclass(frozen=True, slots=True)
class Known:
    """Everything that is known under one key, read in one transaction.

    live:    what counts, the strongest last; every: all there ever was, the newest first
    records: assertion id -> its raw record, where the payload is stored
    lost:    the dead letter of a record that has no row
    waiting: rows of this key that would fill an empty cell once they are let, and where each is
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
    waiting: Sequence[tuple[Entry, Whereabouts]] = ()
    tested: Mapping[int, tuple[int, int]] = field(default_factory=dict)


def cell(known: Known, field: TargetField) -> dict[str, Any]:
    """The explanation of one cell. Pure."""
    name = field.name
    winner = winner_of(known.live, name, known.target)
    value = _value(known, name, winner)
    changed = known.row is not None and known.row.now.get(name) != known.row.fold.get(name)
    told = winner if value is not None or winner is not None else _silent(known, name)
    # what was withdrawn says less than the letter of its record
    lost = known.lost if told is None or told.state == "void" else None
    told = told if lost is None else None
    where = known.where if known.row is None else _waits(known, told)
    shown = _source_of(known, field, told) if lost is None else _source_of_lost(known, field, lost)
    others = [entry for entry in known.every if name in entry.cells and (winner is None or entry.id != winner.id)]
    return {
        "target": known.target.name,
        "key": known.key,
        "field": name,
        "value": value,
        "reason": None if value is not None else _reason(known, name, winner, told, changed=changed),
        "abstention": None if value is not None else _abstention(known, name, told),
        "issue": None if known.lost is None else known.lost.issue_of(name),
        **shown,
        "origin": _origin(shown["origin"], changed=changed, default=value is not None and winner is None),
        "audit": _audit(known, name, told),
        "written_at": winner.created_at if winner is not None and known.row is not None else None,
        "proposed": _proposed(known, name, winner),
        "where": None if where is None else _where(where),
        "history": [_past(entry, name) for entry in others],
    }


def _origin(of_binding: str | None, *, changed: bool, default: bool) -> str | None:
    """Where a value comes from: a binding's origin, constant, baseline; edited since; or the column's default."""
    if changed:
        return "edited"
    return "default" if default else of_binding


def winner_of(live: Sequence[Entry], field: str, target: Target) -> Entry | None:
    """The assertion whose cell stands: the last in the order of the fold that says anything of the field, unless one
    above it says something of the same money in another currency.
    """
    money = next((c for c, amounts in target.amounts.items() if field == c or field in amounts), None)
    for place in reversed(range(len(live))):
        if field in live[place].cells:
            put_aside = money is not None and _is_put_aside(live[place:], money, target.amounts[money])
            return None if put_aside else live[place]
    return None


def _is_put_aside(live: Sequence[Entry], currency: str, amounts: Sequence[str]) -> bool:
    """Whether later assertions than the first one speak of these amounts, or their currency, in another one."""
    first, *later = live
    return any(
        entry.cells.get(currency) != first.cells.get(currency)
        for entry in later
        if not entry.cells.keys().isdisjoint((currency, *amounts))
    )


def _silent(known: Known, field: str) -> Entry | None:
    return silent_of(known.live, known.every, field, [entry for entry, _ in known.waiting])


def _waits(known: Known, told: Entry | None) -> Whereabouts | None:
    return None if told is None else next((where for entry, where in known.waiting if entry.id == told.id), None)


def silent_of(live: Sequence[Entry], every: Sequence[Entry], field: str, waiting: Sequence[Entry] = ()) -> Entry | None:
    """The assertion that says why a cell is empty which nobody fills: one that waits to fill it, else the strongest
    whose record had something there, though it was not taken or withdrawn later, before one whose record or plan has
    nothing to say of it.
    """
    ours = [entry for entry in reversed(live) if entry.source != BASELINE]
    if any(field in entry.cells for entry in live):
        return ours[0] if ours else None  # put aside for the sake of what is stronger
    last: dict[tuple[str, str], Entry] = {}
    for entry in ours:
        if field in entry.reasons:
            last.setdefault((entry.source, entry.record_id), entry)
    taken = [entry for entry in last.values() if entry.reasons[field] not in _EMPTY_HANDED]
    gone = [
        entry
        for entry in every
        if entry.state == "void" and field in entry.cells and (entry.source, entry.record_id) not in last
    ]
    held = [entry for entry in waiting if field in entry.cells]
    return next(iter((*held, *taken, *gone, *last.values(), *ours)), None)


def _value(known: Known, name: str, winner: Entry | None) -> Any:  # noqa: ANN401 - a cell
    if known.row is None:
        return None
    now = known.row.now.get(name)
    if winner is not None and now == known.row.fold.get(name):
        return as_stored(known.target.by_name[name], now, winner.cells.get(name))
    return now


def _reason(known: Known, name: str, winner: Entry | None, told: Entry | None, *, changed: bool) -> str:
    if known.row is None and known.where is not None:
        lost = known.lost
        return (known.where.code or known.where.state) if lost is None else lost.reason_of(name)
    if changed or (winner is not None and winner.source == BASELINE):
        return "edited"
    if winner is None and any(name in entry.cells for entry in known.live):
        return Code.UNIT_MISMATCH
    if known.row is not None and winner is not None:
        return Code.TARGET_REFUSED  # the table itself made nothing of it
    if (where := _waits(known, told)) is not None:
        return where.code or where.state
    said = None if told is None else told.void_reason if told.state == "void" else told.reasons.get(name)
    return str(said or "not_asserted")


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
    best = winner_of([entry for entry in known.live if entry.source != BASELINE], name, known.target)
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
