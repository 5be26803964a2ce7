"""The order of a merge: plans, rows, what is undecided or in doubt, the keys, and then the writing."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from enrichment import approving
from enrichment.breaking import keys as planners
from enrichment.context import Context
from enrichment.merging.looking import look_and_write
from enrichment.merging.merged import Merged
from enrichment.merging.standing import decided
from enrichment.merging.tampering import tampered
from enrichment.merging.under_way import UnderWay
from enrichment.merging.writing import refuse, refuse_each
from enrichment.store import breakers, fitting, items, ledger, plans, samples, staging, wrong_cells
from enrichment.store.database import Tx
from enrichment.store.plans import PlanRow
from enrichment.store.staging import Locked
from enrichment.store.target_table import resolve
from schemas.codes import Code


def merge(
    context: Context,
    tx: Tx,
    target_name: str,
    staged_ids: Sequence[int],
    *,
    plan_ids: Collection[int],
    stage: str,
    last: bool = False,
) -> Merged:
    """Merge staged rows set-based in this transaction, without a round trip per record.

    Plans are read again under a share lock; a row is only merged when each cell it fills is of a released field, or
    was itself audited and supported, or is emptied because its field is condemned.

    plan_ids: of the plans that the rows are of
    last: it has failed so often that a row which makes it fail again is given up on
    """
    done = Merged()
    # Plans before rows, as whoever decides on a plan locks them.
    by_plan = plans.get_many(tx, plan_ids, lock="KEY SHARE")
    rows = [row for row in staging.lock(tx, staged_ids) if row.state == "staged"]
    if not rows:
        return done
    begun = UnderWay(context, tx, resolve(tx, context.target(target_name)), by_plan, done, stage, last)
    ledger.begin_merge(tx)
    if changed := tampered(context, tx, rows, by_plan):
        message = "the staged row is not what the plan gives for its record"
        refused = [row for row in rows if row.id in changed]
        refuse(begun, refused, code=Code.TAMPERED, message=message)
        rows = [row for row in rows if row.id not in changed]
    own: dict[int, list[Locked]] = {}
    for row in rows:
        own.setdefault(row.plan_id, []).append(row)
    verdicts = _said_of(tx, target_name, rows)
    ready: list[Locked] = []
    quarantined = _in_quarantine(tx, [by_plan[plan_id] for plan_id in own]) | approving.asked(tx, own)
    for plan_id, of_plan in sorted(own.items()):
        if plan_id in quarantined:
            # A merge that waits for that takes the rows when the breaker closes, or a person has answered.
            items.move_staged(tx, [row.id for row in of_plan], "held")
            done.held += len(of_plan)
        else:
            ready += decided(context, tx, by_plan[plan_id], of_plan, verdicts, done)
    ready = _fitting(begun, ready)
    if not ready:
        return done
    ledger.lock_keys(tx, target_name, sorted({row.key for row in ready}))
    look_and_write(begun, ready)
    return done


def _fitting(merge: UnderWay, rows: list[Locked]) -> list[Locked]:
    """Rows that the table will hold as they are; the others are given up on, each for its own reason."""
    looked = fitting.unfit(merge.tx, merge.table, rows, last=merge.last)
    refuse_each(merge, looked.refused)
    found = {row_id: why for part in looked.given for row_id, why in part.items()}
    for why in sorted(set(found.values()), key=str):
        some = [row for row in rows if found.get(row.id) == why]
        refuse(merge, some, code=Code.TARGET_REFUSED, message=why.message, field=why.field)
    gone = {row.id for row, _ in looked.refused} | found.keys()
    return [row for row in rows if row.id not in gone]


def _said_of(tx: Tx, target_name: str, rows: Sequence[Locked]) -> dict[int, dict[str, str]]:
    """Staged id -> verdicts on the row; what was found wrong in its record before is a defect again."""
    verdicts = samples.of_rows(tx, {row.id: row.plan_id for row in rows})
    for staged_id, fields in wrong_cells.among(tx, target_name, rows).items():
        verdicts[staged_id] = verdicts.get(staged_id, {}) | dict.fromkeys(fields, "defect")
    return verdicts


def _in_quarantine(tx: Tx, found: Sequence[PlanRow]) -> frozenset[int]:
    """The plans of which the breaker of a planner is open. All keys are locked at once, in their order: two merges
    that each took their plans' one by one could wait for each other.
    """
    keys = {plan.id: frozenset(planners.of_plan(plan)) for plan in found}
    stopped = frozenset(breakers.stopped(tx, frozenset().union(*keys.values())))
    return frozenset(plan_id for plan_id, own in keys.items() if own & stopped)
