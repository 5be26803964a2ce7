"""A person downstream found a written cell wrong: a confirmed defect of the plan that asserts it."""

from __future__ import annotations

import shlex
from dataclasses import dataclass

from enrichment import explaining, looking_back, probation
from enrichment.breaking import keys
from enrichment.breaking.guarding import record
from enrichment.breaking.machine import Outcome
from enrichment.context import Context
from enrichment.explained import winner_of
from enrichment.store import breakers, deciding, lineage, plans, samples, target_table
from enrichment.store.database import Tx
from enrichment.store.plans import PlanRow
from enrichment.store.staging import StagedRow
from schemas.errors import ConflictError, NotFoundError, UsageError, nearest
from schemas.plan import PlanState
from schemas.states import BASELINE


@dataclass(frozen=True, slots=True)
class Reported:
    """The plan after the report, and the state of the field's breaker; null where nobody proposed the binding."""

    plan: PlanRow
    field: str
    key: str
    breaker: str | None


def report_defect(
    context: Context, tx: Tx, target_name: str, key: str, field: str, *, by: str, reason: str
) -> Reported:
    """Count a defect for the assertion that stands, decide its field anew, withdraw the cell, and tell the breaker.

    A report is a second look by a person, so it counts as confirmed. One cell counts once, whoever reports it.

    Raises:
        NotFoundError: no such target, or nothing is written under this key.
        UsageError: the target has no such field.
        ConflictError: no plan asserts the cell (`not_asserted`), or it was reported before (`already_reported`).
    """
    target = context.target(target_name) if target_name in context.targets else None
    if target is None:
        raise NotFoundError(f"there is no target {target_name!r}{nearest(target_name, context.targets)}")
    if field not in target.by_name:
        raise UsageError(
            f"target {target.name} has no field {field!r}{nearest(field, target.by_name)}",
            hint=f"its fields: {', '.join(sorted(target.by_name))}",
            code="unknown_field",
        )
    text = explaining.canonical_text(target, key)
    live = lineage.live(tx, target_table.resolve(tx, target), text)
    if not live:
        raise NotFoundError(
            f"target {target.name} has nothing written under the key {key!r}",
            hint="keys are the values of its identity, exactly as they stand in the table",
        )
    entry = winner_of(live, field, target)
    if entry is None or entry.source == BASELINE or not entry.plan_id or entry.staged_id is None:
        raise ConflictError(
            f"no plan asserts {field} of {key!r}",
            hint=f"see where it comes from: assay explain {shlex.join((target.name, key, field))}",
            code="not_asserted",
        )
    plan = plans.get(tx, entry.plan_id, lock="UPDATE")
    if plan.state not in {PlanState.PROBATION, PlanState.RELEASED} or field in plan.condemned:
        raise ConflictError(
            f"the binding of {field} in plan {plan.id} does not stand any more",
            hint="what it wrote is being withdrawn",
            code="wrong_state",
        )
    looked = samples.of_rows(tx, {entry.staged_id: plan.id}).get(entry.staged_id, {})
    if looked.get(field) == "defect":
        raise ConflictError(
            f"{field} of {key!r} was found wrong before", hint="it counts once", code="already_reported"
        )
    verdicts = {entry.staged_id: {field: "defect"}}
    samples.reported(tx, plan.id, entry.staged_id, {**looked, field: "defect"}, by=by)
    deciding.note(tx, plan.id, act="report-defect", fields=[field], by=by, reason=reason)
    probation.count_and_decide(context, tx, plan, {entry.staged_id: frozenset({field})}, verdicts, job_id=None)
    planner = keys.of_field(plan, field)
    state = None
    if planner is not None:
        record(tx, planner, [Outcome("rows", failed=True, reason=f"{field} reported by {by}")], holder=None)
        state = next((str(k.breaker.state) for k in breakers.listing(tx, limit=500) if k.key == planner), "closed")
    # By the ledger, which keeps what stands for ever: retention may have taken the staged row.
    row = StagedRow(
        id=entry.staged_id,
        source=entry.source,
        record_id=entry.record_id,
        observation=entry.observation,
        plan_id=plan.id,
        key=text,
        cells=entry.cells,
        reasons=entry.reasons,
        payload_id=entry.payload_id or 0,
        ordinal=entry.ordinal or 0,
        job_id=entry.job_id or 0,
        state="merged",
    )
    after = looking_back.after_verdicts(context, tx, plan, [row], verdicts, job_id=None, reported=True)
    return Reported(after, field, text, state)
