"""refold: rows are folded anew after precedence changed, assertions were withdrawn or rows lost their last one."""

from __future__ import annotations

from enrichment.context import Context
from enrichment.stages.outcome import Again, Finish, Outcome
from enrichment.store import ledger, roles
from enrichment.store import work as work_rows
from enrichment.store.database import Tx
from enrichment.store.target_table import resolve
from enrichment.store.work import Claimed
from schemas.codes import Code

_BATCH = 2_000


def refold_keys(context: Context, tx: Tx, work: Claimed, _: None) -> Outcome:
    """Refold named keys, all keys of a source, or the keys of a plan whose fields were condemned, in batches."""
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
        found = ledger.of_plan(tx, args["plan"], fields=args["fields"], after=int(after or 0), limit=_BATCH)
        last = found[-1][0] if found else None
        ledger.lock_keys(tx, table.target.name, [key for _, key in found])
        # Before the fold changes: afterwards the withdrawn value itself would look like somebody's edit.
        ledger.note_baseline(tx, table, [key for _, key in found])
        keys = ledger.withdraw_fields(
            tx, [one for one, _ in found], dict.fromkeys(args["fields"], Code.CONDEMNED.value), reason="condemned"
        )
    ledger.note_baseline(tx, table, keys)
    folded = ledger.refold(tx, table, keys, may_delete=True)
    counts = {"refolded": len(keys), "updated": folded.updated, "deleted": folded.deleted}
    if last is None:
        return Finish(counts)
    work_rows.set_args(tx, work, {**args, "after": last})
    return Again(counts)
