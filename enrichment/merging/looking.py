"""What stands in the target where rows are to be written: locked, examined, and noted where others have written it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from enrichment.merging.asking import send_to_review
from enrichment.merging.under_way import UnderWay
from enrichment.merging.writing import refuse_each, write
from enrichment.store import baselines, state_rules
from enrichment.store.isolating import isolate
from enrichment.store.staging import Locked
from enrichment.store.state_rules import Examined
from enrichment.store.target_rows import lock_rows


def look_and_write(merge: UnderWay, rows: Sequence[Locked]) -> None:
    """Write rows over what stands there. Their keys are locked.

    A key that the table's identity cannot hold, and a row there that the fold cannot be laid beside, are refused alone.
    """
    tx, table = merge.tx, merge.table

    def look(some: Sequence[Locked]) -> tuple[frozenset[str], Examined]:
        there = lock_rows(tx, table, [row.key for row in some])
        return there, state_rules.examine(tx, table, [row.id for row in some])

    def note(keys: Sequence[str]) -> int:
        return baselines.note_baseline(tx, table, keys)

    looked = isolate(tx, table, sorted(rows, key=lambda row: row.key), look, last=merge.last)
    refuse_each(merge, looked.refused)
    there = frozenset().union(*(keys for keys, _ in looked.given))
    examined = state_rules.together(one for _, one in looked.given)
    gone = {row.id for row, _ in looked.refused}
    ready = send_to_review(merge, [row for row in rows if row.id not in gone], examined.findings)
    foreign = sorted({row.key for row in ready} & examined.foreign)
    noted = isolate(tx, table, foreign, note, last=merge.last, wrote=lambda _: True)
    merge.done.baseline += sum(noted.given)
    why = dict(noted.refused)
    refuse_each(merge, [(row, why[row.key]) for row in ready if row.key in why])
    ready = [row for row in ready if row.key not in why]
    write(merge, ready, additive=_alone(ready) & examined.additive, there=there)


def _alone(rows: Sequence[Locked]) -> frozenset[int]:
    """Rows that are the only ones of their key."""
    of_key = Counter(row.key for row in rows)
    return frozenset(row.id for row in rows if of_key[row.key] == 1)
