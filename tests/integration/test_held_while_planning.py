"""Records that are held while the plan of their shape is being committed: they never wait for a plan that is there."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import pytest
from fleet_ground import PLAIN, Fleet, Script, companies, ground

from enrichment.pipeline import STAGES
from enrichment.store import work as work_rows


@pytest.fixture
def fleet(database: str) -> Iterator[Fleet]:
    made = ground(database, asking=Script(PLAIN))
    yield made
    made.close()


def somebody_waits(fleet: Fleet) -> bool:
    return bool(fleet.rows("SELECT 1 FROM pg_locks WHERE NOT granted"))


def test_what_is_held_while_its_plan_is_committed_is_not_stranded(fleet: Fleet) -> None:
    jobs = [fleet.send(companies(range(3))), fleet.send(companies(range(3, 6)))]
    first, second = fleet.turn()
    fleet.step(first)
    (due,) = (one for one in fleet.turn() if one.stage == "plan")
    with fleet.database.transaction() as tx:
        planning = work_rows.claim(tx, due.id, fence=due.fence, stage="plan", worker="inline", seconds=600)
    assert planning is not None
    stage = STAGES["plan"]
    assert stage.prepare is not None
    proposed = stage.prepare(fleet.context, planning)
    mapping = threading.Thread(target=fleet.step, args=(second,))
    with fleet.database.transaction() as tx:
        work_rows.hold(tx, planning)
        stage.commit(fleet.context, tx, planning, proposed)
        mapping.start()
        deadline = time.monotonic() + 10
        while mapping.is_alive() and not somebody_waits(fleet) and time.monotonic() < deadline:
            time.sleep(0.02)
        work_rows.finish(tx, planning, {})
    mapping.join(timeout=10)
    fleet.run()
    assert [fleet.counts(job) for job in jobs] == [{"written": 3}] * 2
