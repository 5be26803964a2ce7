"""Work whose starts ended with their worker: isolated, split, and at last given up as poison."""

from __future__ import annotations

from enrichment import chunks, failing
from enrichment.store import calls, dispatch, idle_work
from enrichment.store.database import Tx
from enrichment.store.dispatch import Suspect
from enrichment.store.work import Claimed
from schemas.codes import Code

#: Starts that ended with their worker before the work goes to the isolation lane, and there before it is given up.
SUSPICIOUS = 2
#: Kinds of work that ask a model.
_ASKING = frozenset({"plan", "judge"})


def handle(tx: Tx, suspect: Suspect) -> None:
    """Only a start that ended with its worker counts, and finishing any stage clears the count.

    The work is ready again; its row is locked. What its worker had asked of a model, and nobody can settle any more,
    counts as spent.
    """
    if suspect.kind in _ASKING:
        calls.presume_of(tx, suspect.id)
    if suspect.lane == "normal" or suspect.outlived:
        if suspect.starts >= SUSPICIOUS:
            dispatch.isolate(tx, [suspect.id])
        return
    work = idle_work.peek(tx, suspect.id)
    if suspect.kind != "chunk":
        _leave_to_a_person(tx, work)
        return
    members = failing.members_of(tx, work)
    if work.stage == "fetch":
        if suspect.starts >= SUSPICIOUS:
            failing.bury(tx, work, [], code=Code.POISON_PAGE, message="reading this page ended its worker every time")
            idle_work.end(tx, work.id, "dead")
    elif len(members) > 1:
        middle = len(members) // 2
        for half in (members[:middle], members[middle:]):
            chunks.file_chunks(
                tx,
                half,
                source=work.source or "",
                target=work.target or "",
                job_id=work.job_id,
                size=len(half),
                args=work.args,
                lane="isolation",
            )
        idle_work.end(tx, work.id, "done")
    elif suspect.starts >= SUSPICIOUS:
        failing.bury(tx, work, members, code=Code.POISON, message="this record ended its worker every time")
        idle_work.end(tx, work.id, "dead")


def _leave_to_a_person(tx: Tx, work: Claimed) -> None:
    """Work that has no records of its own cannot be split."""
    if work.starts < SUSPICIOUS:
        return
    failing.ask_about_work(tx, work, code=Code.POISON, message="starting this work ended its worker every time")
    idle_work.park(tx, work.id, waits_on=failing.about_work(work.id))
