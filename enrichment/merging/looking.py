"""What stands in the target where rows are to be written: locked, examined, and noted where others have written it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from enrichment.context import Context
from enrichment.merging.asking import send_to_review
from enrichment.merging.merged import Merged
from enrichment.merging.writing import refuse_each, write
from enrichment.store import baselines, state_rules
from enrichment.store.database import Tx
from enrichment.store.isolating import isolate
from enrichment.store.plans import PlanRow
from enrichment.store.staging import Locked
from enrichment.store.state_rules import Examined
from enrichment.store.target_rows import lock_rows
from enrichment.store.target_table import TargetTable


def look_and_write(
    context: Context,
    tx: Tx,
    table: TargetTable,
    rows: Sequence[Locked],
    by_plan: Mapping[int, PlanRow],
    done: Merged,
    *,
    stage: str,
    last: bool,
) -> None:
    """Write rows over what stands there. Their keys are locked.

    A key that the table's identity cannot hold, and a row there that the fold cannot be laid beside, are refused alone.
    """

    def look(some: Sequence[Locked]) -> tuple[frozenset[str], Examined]:
        there = lock_rows(tx, table, [row.key for row in some])
        return there, state_rules.examine(tx, table, [row.id for row in some])

    def note(keys: Sequence[str]) -> int:
        return baselines.note_baseline(tx, table, keys)

    looked = isolate(tx, table, sorted(rows, key=lambda row: row.key), look, last=last)
    refuse_each(tx, table, looked.refused, by_plan, done, stage=stage)
    there = frozenset().union(*(keys for keys, _ in looked.given))
    examined = state_rules.together(one for _, one in looked.given)
    gone = {row.id for row, _ in looked.refused}
    ready = [row for row in rows if row.id not in gone]
    ready = send_to_review(context, tx, ready, by_plan, examined.findings, done)
    foreign = sorted({row.key for row in ready} & examined.foreign)
    noted = isolate(tx, table, foreign, note, last=last, wrote=lambda _: True)
    done.baseline += sum(noted.given)
    why = dict(noted.refused)
    refuse_each(tx, table, [(row, why[row.key]) for row in ready if row.key in why], by_plan, done, stage=stage)
    ready = [row for row in ready if row.key not in why]
    additive = _alone(ready) & examined.additive
    write(context, tx, table, ready, by_plan, done, additive=additive, there=there, stage=stage, last=last)


def _alone(rows: Sequence[Locked]) -> frozenset[int]:
    """Rows that are the only ones of their key."""
    of_key = Counter(row.key for row in rows)
    return frozenset(row.id for row in rows if of_key[row.key] == 1)
