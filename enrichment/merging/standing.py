"""Which of a plan's rows may be merged, by what was decided on its fields and said of the rows."""

from __future__ import annotations

from collections.abc import Mapping

from enrichment import auditor_recall
from enrichment.context import Context
from enrichment.merging.asking import ask_about_rows
from enrichment.merging.merged import Merged
from enrichment.store import staging
from enrichment.store.database import Tx
from enrichment.store.plans import PlanRow
from enrichment.store.staging import Locked
from schemas.codes import Code
from schemas.plan import FieldState, PlanState

_STANDING = {PlanState.PROBATION, PlanState.RELEASED}


def decided(
    context: Context,
    tx: Tx,
    plan: PlanRow,
    rows: list[Locked],
    verdicts: Mapping[int, Mapping[str, str]],
    done: Merged,
) -> list[Locked]:
    """Of one plan's rows those that may be merged now, their condemned and refuted cells emptied."""
    if plan.state not in _STANDING:
        done.held += len(rows)
        return []
    if not plan.undecided and not plan.condemned and not any(row.id in verdicts for row in rows):
        # All is released, and of these rows nobody has said anything.
        return rows
    if auditor_recall.is_in_doubt(tx, plan):
        # What the auditor supported may have been passed on before that was known.
        done.held += len(rows)
        return []
    undecided = [f.name for f in plan.fields if f.state == FieldState.PROBATION]
    mergeable = set(
        staging.mergeable(
            tx,
            plan.id,
            undecided=undecided,
            condemned=sorted(plan.condemned),
            risky=sorted(context.target(plan.target).risky),
            limit=len(rows),
            among=[row.id for row in rows],
        )
    )
    kept = [row for row in rows if row.id in mergeable]
    done.held += len(rows) - len(kept)
    strict = {f.name for f in context.target(plan.target).fields if f.required or f.identity}
    refuted = _refuted({row.id: verdicts[row.id] for row in kept if row.id in verdicts})
    blocked: set[int] = set()
    empty: dict[frozenset[str], list[int]] = {}
    doubted = [row.id for row in kept if plan.condemned or row.id in refuted]
    for row in staging.read(tx, doubted) if doubted else ():
        fallen = (plan.condemned - strict) | refuted.get(row.id, set())
        lost = context.target(plan.target).emptied_with(fallen, row.cells)
        if lost & strict:
            blocked.add(row.id)
        elif lost:
            empty.setdefault(lost, []).append(row.id)
    for fields, ids in empty.items():
        staging.empty_cells(tx, ids, dict.fromkeys(sorted(fields), Code.CONDEMNED.value))
    ask_about_rows(
        context, tx, plan, sorted(blocked), rule="unsupported", fields={one: refuted.get(one, set()) for one in blocked}
    )
    done.review += len(blocked)
    return [row for row in kept if row.id not in blocked]


def _refuted(verdicts: Mapping[int, Mapping[str, str]]) -> dict[int, set[str]]:
    """Cells that the audit found to be wrong, by row."""
    found = {staged_id: {f for f, v in of_row.items() if v == "defect"} for staged_id, of_row in verdicts.items()}
    return {staged_id: fields for staged_id, fields in found.items() if fields}
