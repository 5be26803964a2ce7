"""A merge that is under way: what each of its steps is handed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from enrichment.context import Context
from enrichment.merging.merged import Merged
from enrichment.store.database import Tx
from enrichment.store.plans import PlanRow
from enrichment.store.target_table import TargetTable


@dataclass(frozen=True, slots=True)
class UnderWay:
    """
    by_plan: the plans of its rows, locked
    done:    what its steps count
    stage:   that dead letters name
    last:    it has failed so often that a row which makes it fail again is given up on
    """

    context: Context
    tx: Tx
    table: TargetTable
    by_plan: Mapping[int, PlanRow]
    done: Merged
    stage: str
    last: bool
