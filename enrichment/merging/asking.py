"""Rows that wait for a person: what state rules found, and cells whose word is out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from enrichment import questions
from enrichment.context import Context
from enrichment.merging.under_way import UnderWay
from enrichment.store import items, reviews, staging
from enrichment.store import work as work_rows
from enrichment.store.database import Tx
from enrichment.store.plans import PlanRow
from enrichment.store.staging import Locked
from enrichment.store.state_rules import StateFinding
from enrichment.store.work import NewWork
from schemas.codes import Code


def ask_about_rows(
    context: Context,
    tx: Tx,
    plan: PlanRow,
    ids: Sequence[int],
    *,
    rule: str,
    fields: Mapping[int, Iterable[str]],
) -> None:
    """Staged rows wait for a person. fields: staged id -> the fields that are in question."""
    if not ids:
        return
    rows = staging.read(tx, ids)
    staging.set_state(tx, ids, "review")
    items.move_staged(tx, ids, "review", code=rule)
    reviews.ask(tx, *questions.about_rows(context, tx, plan, rows, rule=rule, fields=fields))


def send_to_review(merge: UnderWay, rows: list[Locked], found: Sequence[StateFinding]) -> list[Locked]:
    """Rows that a state rule found wait, but for those that a person has answered for; gives the others."""
    if not found:
        return rows
    answered = reviews.approved_rows(merge.tx, sorted({finding.staged_id for finding in found}))
    open_ones: dict[int, StateFinding] = {}
    for finding in found:
        if (finding.staged_id, finding.rule) not in answered:
            open_ones.setdefault(finding.staged_id, finding)
    asked: dict[tuple[int, str], list[Locked]] = {}
    for row in rows:
        if row.id in open_ones:
            asked.setdefault((row.plan_id, open_ones[row.id].rule), []).append(row)
    for (plan_id, rule), some in asked.items():
        about = {row.id: [name] if (name := open_ones[row.id].field) else [] for row in some}
        plan, ids = merge.by_plan[plan_id], [row.id for row in some]
        ask_about_rows(merge.context, merge.tx, plan, ids, rule=rule, fields=about)
        merge.done.review += len(some)
    moved = {finding.staged_id for finding in found if finding.rule == Code.IDENTITY_CONFLICT} - open_ones.keys()
    for row in rows:
        if row.id in moved:
            _take_from_old_key(merge.tx, row, target=merge.table.target.name)
    return [row for row in rows if row.id not in open_ones]


def _take_from_old_key(tx: Tx, row: Locked, *, target: str) -> None:
    """A person said that the record is another row now: what it asserted under its old key is withdrawn.

    By work of its own, since the old key's lock would come out of order here, and its row may have to go.
    """
    work_rows.file(
        tx,
        NewWork(
            kind="refold",
            stage="refold",
            source=row.source,
            target=target,
            args={
                "moved": row.record_id,
                "to": row.key,
                "observation": row.observation,
                "plan": row.plan_id,
            },
        ),
    )
