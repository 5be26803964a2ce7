"""refold: rows are folded anew after precedence changed, assertions were withdrawn or rows lost their last one."""

from __future__ import annotations

from collections.abc import Sequence

from enrichment import planning, settling
from enrichment.context import Context
from enrichment.stages.outcome import Again, Finish, Outcome
from enrichment.store import jobs, ledger, plans, records, roles
from enrichment.store import work as work_rows
from enrichment.store.database import Tx
from enrichment.store.target_table import resolve
from enrichment.store.work import Claimed
from schemas.codes import Code

_BATCH = 2_000


def refold_keys(context: Context, tx: Tx, work: Claimed, _: None) -> Outcome:
    """Refold, in batches, named keys, all keys of a source, or those of a plan that fell, whole or in some fields."""
    roles.take_refold_role(tx)
    table = resolve(tx, context.target(work.target))
    args = work.args
    after = args.get("after", "")
    last: str | int | None = None
    if "keys" in args:
        keys = list(args["keys"])
        ledger.lock_keys(tx, table.target.name, keys)
    elif "source" in args:
        keys = ledger.keys_of_source(tx, table.target.name, args["source"], after=after, limit=_BATCH)
        last = keys[-1] if keys else None
        ledger.lock_keys(tx, table.target.name, keys)
    else:
        found = ledger.of_plan(tx, args["plan"], fields=args.get("fields"), after=int(after or 0), limit=_BATCH)
        last = found[-1][0] if found else None
        ledger.lock_keys(tx, table.target.name, [key for _, key in found])
        # Before the fold changes: afterwards the withdrawn value itself would look like somebody's edit.
        ledger.note_baseline(tx, table, [key for _, key in found])
        ids = [one for one, _ in found]
        if args.get("whole"):
            keys = ledger.void(tx, ids, reason=Code.CONDEMNED)
            _plan_anew(context, tx, work, ids)
        else:
            keys = ledger.withdraw_fields(
                tx, ids, dict.fromkeys(args["fields"], Code.CONDEMNED.value), reason=Code.CONDEMNED
            )
    ledger.note_baseline(tx, table, keys)
    folded = ledger.refold(tx, table, keys, may_delete=True)
    counts = {"refolded": len(keys), "updated": folded.updated, "deleted": folded.deleted}
    if last is None:
        return Finish(counts)
    work_rows.set_args(tx, work, {**args, "after": last})
    return Again(counts)


def _plan_anew(context: Context, tx: Tx, work: Claimed, assertion_ids: Sequence[int]) -> None:
    """What the fallen plan has written waits, as records, for the next plan of their shape."""
    plan = plans.get(tx, work.args["plan"])
    concerned = records.return_written(tx, assertion_ids, plan_id=plan.id, shape_id=plan.shape_id)
    if not concerned:
        return
    planning.ask_for_plan(
        tx,
        source=plan.source,
        target=context.target(plan.target),
        shape_id=plan.shape_id,
        job_id=work.job_id,
        tuning=context.tuning,
    )
    for job_id in concerned:
        settling.settle(tx, jobs.get(tx, job_id))
