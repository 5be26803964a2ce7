"""Rows that somebody deleted and that the table refuses by now: the records behind them are given up on by the job that
found them unchanged, each alone.
"""

from __future__ import annotations

from collections.abc import Sequence

from enrichment.store import items, letters, missing_rows, refusals
from enrichment.store.database import Tx
from enrichment.store.letters import NewLetter
from enrichment.store.target_table import TargetTable
from enrichment.store.work import Claimed
from schemas.codes import Code


def give_up(tx: Tx, table: TargetTable, work: Claimed, refused: Sequence[tuple[str, Exception]]) -> None:
    """refused: (key, why its row cannot be written again)

    What stands in the ledger goes on standing: a replay of the letter, or the next job, tries again.
    """
    target, job_id = table.target, work.args["unchanged"]
    why = dict(refused)
    found = missing_rows.behind(tx, target.name, job_id, source=work.source or "", keys=list(why))
    items.lose_unchanged(tx, job_id, [one.record_id for one in found], code=Code.TARGET_REFUSED)
    letters.add(
        tx,
        [
            NewLetter(
                record_id=one.record_id,
                code=Code.TARGET_REFUSED,
                issues=[
                    {"field": None, "rule": Code.TARGET_REFUSED, "message": _said(tx, table, one.key, why[one.key])}
                ],
                observation=one.observation,
                payload_id=one.payload_id,
                ordinal=one.ordinal,
                shape_id=one.shape_id,
                plan_id=one.plan_id,
            )
            for one in found
        ],
        job_id=job_id,
        source=work.source or "",
        target=target.name,
        target_version=target.version,
        stage="merge",
        attempts=work.attempts + 1,
    )


def _said(tx: Tx, table: TargetTable, key: str, error: Exception) -> str:
    cells = missing_rows.asserted(tx, table.target.name, key)
    return f"{refusals.refusal(error, table, refusals.hidden_of(tx, table, key, error, cells))}; {refusals.REMEDY}"
