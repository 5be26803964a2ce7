"""Audited rows as outcomes of whoever proposed the plan's bindings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from enrichment.audit.statistics import sequential_test
from enrichment.breaking import keys, machine
from enrichment.breaking.guarding import record
from enrichment.breaking.keys import Key
from enrichment.breaking.machine import Outcome
from enrichment.store import breakers
from enrichment.store.database import Tx
from enrichment.store.plan_fields import FieldRow
from enrichment.store.plans import PlanRow
from enrichment.store.work import Claimed
from schemas.plan import FieldState


def count_rows(
    tx: Tx, work: Claimed, plan: PlanRow, verdicts: Mapping[int, Mapping[str, str]], fields: Sequence[FieldRow]
) -> None:
    """Add judged rows to the breakers of those who proposed the plan's bindings. `fields` are as before the counting.

    A judge that was let through as a probe is one outcome, however many rows it looked at.
    """
    found = row_outcomes({f.name: keys.of_field(plan, f.name) for f in fields}, fields, verdicts)
    for key in sorted(keys.of_plan(plan)):
        rows = found.get(key, [])
        probe = [next((one for one in rows if one.failed), rows[0])] if rows else []
        stopped = not breakers.passing(tx, key)
        record(tx, key, probe if stopped else rows, holder=work.id)
        if stopped and not rows:
            breakers.change(tx, key, lambda breaker, _: machine.give_back(breaker, work.id))


def row_outcomes(
    by_field: Mapping[str, Key | None], fields: Sequence[FieldRow], verdicts: Mapping[int, Mapping[str, str]]
) -> dict[Key, list[Outcome]]:
    """Outcomes of judged rows, one by one in their order, as if each had been a question of its own.

    Once a field has fallen it is contained: its cells are emptied, and its defects count no more. So one wrong binding
    is two bad rows, however many rows a question to the auditor carries; five are several bindings or plans. A row of
    which nothing was confirmed either way says nothing.
    """
    tested = {f.name: f.tested() for f in fields if f.state != FieldState.CONDEMNED}
    counts = {name: (seen["audited"], seen["defects"]) for name, seen in tested.items()}
    outcomes: dict[Key, list[Outcome]] = {}
    for staged_id in sorted(verdicts):
        words = {name: word for name, word in verdicts[staged_id].items() if name in counts}
        for key in {k for name in words if (k := by_field.get(name)) is not None}:
            mine = {name: word for name, word in words.items() if by_field.get(name) == key}
            wrong = sorted(name for name, word in mine.items() if word == "defect")
            if wrong or "supported" in mine.values():
                outcomes.setdefault(key, []).append(Outcome("rows", bool(wrong), f"defects in {', '.join(wrong)}"))
        for name, word in words.items():
            audited, defects = counts[name]
            if word in {"supported", "refuted", "unconfirmed", "defect"}:
                counts[name] = (audited + 1, defects + (word == "defect"))
            if word == "defect" and sequential_test(*counts[name]) == "condemned":
                del counts[name]
    return outcomes
