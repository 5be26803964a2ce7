"""Rows that may be merged are appended to the ledger and folded, or given up on one by one."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from enrichment import approving, settling
from enrichment.merging.under_way import UnderWay
from enrichment.store import folding, items, ledger, letters, refusals, staging
from enrichment.store.database import Tx
from enrichment.store.folding import Folded
from enrichment.store.isolating import isolate
from enrichment.store.letters import NewLetter
from enrichment.store.staging import Locked
from enrichment.store.target_rows import lock_rows, require_none_came, somebody_wrote
from enrichment.store.target_table import TargetTable
from schemas.codes import Code


def write(merge: UnderWay, rows: Sequence[Locked], *, additive: frozenset[int], there: frozenset[str]) -> None:
    """Append and fold all rows at once; those that the table itself refuses are given up on alone.

    there: keys that had a row of the target when the rows were examined

    Raises:
        TransientError: somebody else wrote a row of one of the other keys meanwhile, which nobody has looked at.
        ConfigurationError: the table takes no row.
    """
    context, tx, table, done = merge.context, merge.tx, merge.table, merge.done
    known = set(there)

    def fold(some: Sequence[Locked]) -> Folded:
        return _fold(merge, some, additive=additive, known=known)

    def notice(some: Sequence[Locked], error: Exception) -> None:
        if isinstance(error, refusals.TAKEN):
            _require_none_came(tx, table, some, known)

    if not rows:
        return
    try:
        with tx.transaction():
            written = isolate(tx, table, rows, fold, last=merge.last, wrote=Folded.wrote, noticed=notice)
    except approving.NotApprovedError as refused:
        plan_id = refused.found.plan.id
        approving.hold(context, tx, refused.found, [row for row in rows if row.plan_id == plan_id])
        done.held += sum(row.plan_id == plan_id for row in rows)
        others = [row for row in rows if row.plan_id != plan_id]
        write(merge, others, additive=additive, there=there)
        return
    refuse_each(merge, written.refused)
    refused_ids = {row.id for row, _ in written.refused}
    ids = [row.id for row in rows if row.id not in refused_ids]
    done.asserted += len(ids)
    for folded in written.given:
        done.add(folded)
    settling.resolve_replayed(tx, items.written(tx, ids))


def _fold(merge: UnderWay, rows: Sequence[Locked], *, additive: frozenset[int], known: set[str]) -> Folded:
    """known: keys of which a row of the target is known, to which these are added"""
    tx, table, by_plan = merge.tx, merge.table, merge.by_plan
    if not rows:
        folding.try_out(tx, table)
    ids = [row.id for row in rows]
    if any(by_plan[row.plan_id].evidence.get("restored") for row in rows):
        ledger.void_emptied(tx, ids)
        additive = frozenset()
    keys = {row.id: row.key for row in rows}
    folded = folding.append_and_fold(tx, table, keys, additive=additive)
    if not merge.last:
        # A trigger of the table may have made the row for its neighbour; that is found again each time.
        require_none_came(keys.values(), present=folded.present, there=known)
    known.update(keys.values())
    if folded.updated:
        approving.require(tx, table.target, rows, by_plan)
    return folded


def _require_none_came(tx: Tx, table: TargetTable, rows: Sequence[Locked], known: Collection[str]) -> None:
    if lock_rows(tx, table, [row.key for row in rows]).difference(known):
        raise somebody_wrote()


def refuse_each(merge: UnderWay, refused: Sequence[tuple[Locked, Exception]]) -> None:
    """Give up on rows that the table refused, each for its own reason."""
    tx, table = merge.tx, merge.table
    cells = {row.id: row.cells for row in staging.read(tx, [row.id for row, _ in refused])} if refused else {}
    for row, error in refused:
        hidden = refusals.hidden_of(tx, table, row.key, error, cells[row.id])
        said = f"{refusals.refusal(error, table, hidden)}; {refusals.REMEDY}"
        field = refusals.refused_field(tx, table, row.id, error)
        refuse(merge, [row], code=Code.TARGET_REFUSED, message=said, field=field)


def refuse(merge: UnderWay, rows: Sequence[Locked], *, code: Code, message: str, field: str | None = None) -> None:
    """Void rows that are not written; their records are dead letters. `field` is the one that is to blame."""
    staging.set_state(merge.tx, [row.id for row in rows], "void")
    merge.done.refused += len(rows)
    by_id = {row.id: row for row in rows}
    for item in items.move_staged(merge.tx, list(by_id), "dead", code=code):
        row = by_id[item.staged_id]
        plan = merge.by_plan[row.plan_id]
        letters.add(
            merge.tx,
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
            stage=merge.stage,
            attempts=1,
        )
