"""Judge work that is not anybody's any more: it takes no rows, asks nothing, and leaves none waiting for it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from fleet_ground import PLAIN, Fleet, Script, companies, ground

from enrichment.deciding import decide
from enrichment.stages.judge import ask_auditor
from enrichment.store import dispatch
from enrichment.store import work as work_rows
from enrichment.store.work import FenceLostError
from schemas.errors import TerminalError

FILED = "SELECT count(*) FROM sample WHERE state = 'filed'"


@pytest.fixture
def fleet(database: str) -> Iterator[Fleet]:
    made = ground(database, asking=Script(PLAIN))
    made.only = frozenset({"fetch", "map", "plan", "gate", "audit"})
    made.enrich(companies(range(60)))
    made.only = None
    made.execute("UPDATE work SET status = 'ready' WHERE status = 'published'")
    yield made
    made.close()


def test_a_judge_that_comes_back_late_takes_no_rows(fleet: Fleet) -> None:
    due, *others = (one for one in fleet.turn() if one.stage == "judge")
    with fleet.database.transaction() as tx:
        late = work_rows.claim(tx, due.id, fence=due.fence, stage="judge", worker="inline", seconds=600)
    assert late is not None
    fleet.execute("UPDATE work SET lease_until = now() - interval '1 s' WHERE id = %(id)s", id=due.id)
    with fleet.acting("control").transaction() as tx:
        assert [one.id for one in dispatch.return_lost(tx)] == [due.id]
    (again,) = (one for one in fleet.turn() if one.id == due.id)
    fleet.step(again)
    assert fleet.one("SELECT status FROM work WHERE id = %(id)s", id=due.id) == "done"
    asking: Any = fleet.context.asking
    asked = asking.count("audit")
    with pytest.raises(FenceLostError):
        ask_auditor(fleet.context_of("model"), late)
    assert (fleet.one(FILED), asking.count("audit")) == (0, asked)
    for other in others:
        fleet.step(other)
    fleet.run()
    assert fleet.rows("SELECT DISTINCT state FROM item") == [{"state": "written"}]


def test_rows_of_a_judge_that_was_given_up_keep_no_later_ones_waiting(fleet: Fleet) -> None:
    asking: Any = fleet.context.asking

    def broken(*_: Any) -> str:
        raise TerminalError("an answer that nobody can read")

    asking.audit = broken
    fleet.run()
    assert fleet.one(FILED) == 60
    for question in fleet.rows("SELECT id FROM review WHERE state = 'open' AND subject LIKE 'work:%%'"):
        with fleet.acting("api").transaction() as tx:
            decide(
                fleet.context_of("api"),
                tx,
                question["id"],
                decision="give_up",
                content_hash=None,
                by="anna",
                reason="not needed",
            )
    assert fleet.one(FILED) == 0
    # a row of a later job that the audit cannot decide is decided by the end of its source
    asking.audit = lambda field, value, *_: "unsure" if (field, value) == ("city", "Nowhere") else "supported"
    job = fleet.send(companies(range(100, 103), city=lambda n: "Nowhere" if n == 101 else "Town 3"))
    fleet.run(turns=30)
    assert fleet.counts(job) == {"written": 3}
