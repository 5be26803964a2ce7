"""A source that moves under a released plan: its fields that moved are on probation again.

The gate sketches what it judges, chunk by chunk; whoever decides on a plan compares what came since with how the
records were when the plan was released. What a source always did is no finding, so that each finding is told once.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from enrichment.audit import drift
from enrichment.audit.drift import Sketch
from enrichment.store import plan_fields, sketches
from enrichment.store.database import Tx
from enrichment.store.plans import PlanRow
from schemas.json_types import Cell
from schemas.plan import FieldState, PlanState
from schemas.verdict import Verdict

#: Verdicts of a chunk whose values are looked at, of one plan at least; of all it is counted which fields they fill.
_LOOKED_AT = 64
_OF_A_PLAN = 12


def sketch(verdicts: Sequence[Verdict], *, of: int) -> Sketch:
    """What the records of a chunk looked like under one plan, rejected ones included. `of`: records of the chunk."""
    together = Counter(tuple(verdict.cells) for verdict in verdicts)
    filled: Counter[str] = Counter()
    for names, times in together.items():
        filled.update(dict.fromkeys(names, times))
    values: dict[str, list[Cell]] = {}
    looked_at = max(_LOOKED_AT * len(verdicts) // max(of, 1), _OF_A_PLAN)
    for verdict in verdicts[:: max(len(verdicts) // looked_at, 1)]:
        for name, value in verdict.cells.items():
            values.setdefault(name, []).append(value)
    bins = {name: Counter(map(drift.bin_of, found)) for name, found in values.items()}
    return Sketch(len(verdicts), filled, bins)


def begin(tx: Tx, plan: PlanRow) -> None:
    """A plan is being released: what comes is compared with what came until now. The plan's row is locked."""
    sketches.set_reference(tx, plan.id, sketches.take(tx, plan.id))


def look(tx: Tx, plan: PlanRow, *, identity: frozenset[str] = frozenset()) -> int:
    """Compare what came since with what a released plan was released on. Gives the number of findings.

    Every row has its `identity`, and numbers and keys that are given out one after the other grow: it is left out. The
    plan's row is locked, exclusively where a finding may stay, its fields are saved already. Counts so far stay for the
    report; the test of a field that moved begins anew.
    """
    if plan.state != PlanState.RELEASED or sketches.waiting_rows(tx, plan.id) < drift.ROWS:
        return 0
    now, before = sketches.take(tx, plan.id), sketches.reference(tx, plan.id)
    if before.rows < drift.ROWS:
        sketches.set_reference(tx, plan.id, drift.together([before, now]))
        return 0
    fields = {f.name: f for f in plan_fields.lock(tx, plan.id) if f.state == FieldState.RELEASED}
    found = drift.moved(before, now, fields.keys() - identity)
    if not found:
        return 0
    sketches.note_moved(tx, plan.id, found)
    sketches.set_reference(tx, plan.id, now)
    plan_fields.save(tx, plan.id, [fields[name].tested_anew() for name in sorted({one.field for one in found})])
    return len(found)
