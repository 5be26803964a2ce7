"""Rows that may be merged are appended to the ledger and folded, or given up on one by one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from enrichment import approving, settling
from enrichment.context import Context
from enrichment.merging.merged import Merged
from enrichment.store import folding, items, ledger, letters, refusals, staging
from enrichment.store.database import Tx
from enrichment.store.letters import NewLetter
from enrichment.store.plans import PlanRow
from enrichment.store.staging import Locked
from enrichment.store.target_rows import lock_rows
from enrichment.store.target_table import TargetTable
from schemas.codes import Code
from schemas.errors import TransientError


def write(
    context: Context,
    tx: Tx,
    table: TargetTable,
    rows: Sequence[Locked],
    by_plan: Mapping[int, PlanRow],
    done: Merged,
    *,
    additive: frozenset[int],
    there: frozenset[str],
    stage: str,
) -> None:
    """Append and fold all rows at once; where the table itself refuses, halve until the refused row stands alone.

    there: keys that had a row of the target when the rows were examined

    Raises:
        TransientError: somebody else wrote a row of one of the other keys meanwhile, which nobody has looked at.
    """
    if not rows:
        return
    ids = [row.id for row in rows]
    try:
        with tx.transaction():
            if any(by_plan[row.plan_id].evidence.get("restored") for row in rows):
                ledger.void_emptied(tx, ids)
                additive = frozenset()
            folded = folding.append_and_fold(tx, table, {row.id: row.key for row in rows}, additive=additive)
            if folded.updated:
                approving.require(tx, table.target, rows, by_plan)
    except approving.NotApprovedError as refused:
        plan_id = refused.found.plan.id
        approving.hold(context, tx, refused.found, [row for row in rows if row.plan_id == plan_id])
        done.held += sum(row.plan_id == plan_id for row in rows)
        others = [row for row in rows if row.plan_id != plan_id]
        write(context, tx, table, others, by_plan, done, additive=additive, there=there, stage=stage)
        return
    except refusals.TABLE_REFUSES as error:
        if isinstance(error, refusals.TAKEN):
            _require_none_came(tx, table, rows, there)
        if len(rows) > 1:
            middle = len(rows) // 2
            write(context, tx, table, rows[:middle], by_plan, done, additive=additive, there=there, stage=stage)
            write(context, tx, table, rows[middle:], by_plan, done, additive=additive, there=there, stage=stage)
            return
        said = refusals.refusal(error)
        field = refusals.refused_field(tx, table, rows[0].id, error)
        refuse(tx, rows, by_plan, done, code=Code.TARGET_REFUSED, stage=stage, message=said, field=field)
        return
    done.asserted += len(rows)
    done.add(folded)
    settling.resolve_replayed(tx, items.written(tx, ids))


def _require_none_came(tx: Tx, table: TargetTable, rows: Sequence[Locked], there: frozenset[str]) -> None:
    if lock_rows(tx, table, [row.key for row in rows]) - there:
        raise TransientError(
            "somebody else wrote a row with the same key to the target's table meanwhile",
            hint="the rows are merged again, over what stands there now",
            code="database",
        )


def refuse(
    tx: Tx,
    rows: Sequence[Locked],
    by_plan: Mapping[int, PlanRow],
    done: Merged,
    *,
    code: Code,
    stage: str,
    message: str,
    field: str | None = None,
) -> None:
    """Void rows that are not written; their records are dead letters. `field` is the one that is to blame."""
    staging.set_state(tx, [row.id for row in rows], "void")
    done.refused += len(rows)
    by_id = {row.id: row for row in rows}
    for item in items.move_staged(tx, list(by_id), "dead", code=code):
        row = by_id[item.staged_id]
        plan = by_plan[row.plan_id]
        letters.add(
            tx,
            [
                NewLetter(
                    record_id=row.record_id,
                    code=code,
                    issues=[{"field": field, "rule": code, "message": message}],
                    observation=row.observation,
                    payload_id=row.payload_id,
                    ordinal=row.ordinal,
                    shape_id=plan.shape_id,
                    plan_id=plan.id,
                )
            ],
            job_id=item.job_id,
            source=plan.source,
            target=plan.target,
            target_version=plan.target_version,
            stage=stage,
            attempts=1,
        )
