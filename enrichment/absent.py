"""Ids that a job names and its source did not give.

Where each id is asked for by itself, the source answers that it has none. Where the source is read as a whole, nobody
answers: once the last page is in, what was named and never came is given up on as `not_found`, so that such a job ends
as it would there, and whoever named the ids is told.
"""

from __future__ import annotations

from typing import Any, Final

from enrichment import intake
from enrichment.connectors.pages import RefusedRecord
from enrichment.store import job_scope
from enrichment.store.database import Tx
from enrichment.store.jobs import JobRow
from schemas.codes import Code

#: In the arguments of a chunk: all pages are read, and ids behind this place of the scope are still to be looked at.
PLACE: Final = "absent_after"


def give_up(tx: Tx, job: JobRow, *, after: int, limit: int, left: int | None) -> dict[str, Any] | None:
    """Give up on those of the next `limit` ids that did not come; gives where to go on, null after the last.

    left: records that the job may still accept, null for any number
    """
    named = job_scope.part(tx, job.id, after=after, limit=limit)
    came = job_scope.counted(tx, job.id, named)
    message = "the source has no readable record with this id"
    gone = [RefusedRecord(one, Code.NOT_FOUND, message) for one in named if one not in came]
    within = gone if left is None else gone[:left]
    intake.give_up(tx, job, within)
    full = left is not None and len(within) == left
    return {PLACE: after + len(named)} if len(named) == limit and not full else None
