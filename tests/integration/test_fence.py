"""The fence: whoever is late does no work, makes no call and changes nothing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from fleet_ground import PLAIN, Fleet, Script, companies, ground

from enrichment import pipeline
from enrichment.pipeline import Stage
from enrichment.stages.outcome import Finish
from enrichment.store import dispatch, jobs
from enrichment.store import work as work_rows
from enrichment.store.work import Claimed, FenceLostError

STATE = """
    SELECT (SELECT json_agg(w ORDER BY id)::text FROM work w) AS work, (SELECT count(*) FROM staged) AS staged,
           (SELECT count(*) FROM assertion) AS assertions, (SELECT count(*) FROM artifact) AS artifacts,
           (SELECT json_agg(i ORDER BY record_id)::text FROM item i) AS items, (SELECT count(*) FROM plan) AS plans,
           (SELECT count(*) FROM public.company) AS rows
"""


@pytest.fixture
def fleet(database: str) -> Iterator[Fleet]:
    made = ground(database, asking=Script(PLAIN))
    yield made
    made.close()


def claim(fleet: Fleet, work: int, fence: int, stage: str, worker: str = "inline") -> Claimed | None:
    with fleet.database.transaction() as tx:
        return work_rows.claim(tx, work, fence=fence, stage=stage, worker=worker, seconds=600)


def taken(fleet: Fleet) -> Claimed:
    """The one piece of work that is due, claimed at its stage."""
    (due,) = fleet.turn()
    found = claim(fleet, due.id, due.fence, due.stage)
    assert found is not None
    return found


def lose(fleet: Fleet) -> None:
    """Leases are over, as after a pause of the process that has them."""
    fleet.execute("UPDATE work SET status = 'ready', worker = NULL, lease_until = NULL WHERE status = 'running'")


def test_a_second_delivery_does_nothing(fleet: Fleet) -> None:
    fleet.send(companies(range(3)))
    (due,) = fleet.turn()
    assert claim(fleet, due.id, due.fence, "map") is not None
    before = fleet.rows(STATE)
    assert claim(fleet, due.id, due.fence, "map", worker="other") is None
    assert not fleet.stage(due.id, due.fence, "map")
    assert fleet.rows(STATE) == before


def test_a_message_of_an_older_fence_does_nothing(fleet: Fleet) -> None:
    fleet.send(companies(range(3)))
    (due,) = fleet.turn()
    assert claim(fleet, due.id, due.fence, "map") is not None
    lose(fleet)
    (again,) = fleet.turn()
    assert (again.id, again.fence) == (due.id, due.fence + 1)
    before = fleet.rows(STATE)
    assert not fleet.stage(due.id, due.fence, "map")
    assert fleet.rows(STATE) == before


def test_a_message_for_another_stage_does_nothing(fleet: Fleet) -> None:
    fleet.send(companies(range(3)))
    (due,) = fleet.turn()
    before = fleet.rows(STATE)
    for stage in ("gate", "audit", "upsert"):
        assert not fleet.stage(due.id, due.fence, stage)
    assert fleet.rows(STATE) == before


def test_a_finished_chain_delivered_again_does_nothing(fleet: Fleet) -> None:
    fleet.enrich(companies(range(3)))
    before = fleet.rows(STATE)
    asked = len(fleet.context.asking.asked)
    for row in fleet.rows("SELECT id, fence FROM work"):
        for stage in pipeline.STAGES:
            assert not fleet.stage(row["id"], row["fence"], stage)
    assert fleet.rows(STATE) == before
    assert len(fleet.context.asking.asked) == asked


@pytest.mark.parametrize("stage", ["map", "gate", "audit", "upsert"])
def test_a_zombie_commits_nothing_after_a_takeover(fleet: Fleet, stage: str) -> None:
    fleet.enrich(companies(range(2)))
    fleet.release_all()
    fleet.only = frozenset(_before(stage))
    fleet.send(companies(range(5, 8)))
    fleet.run(turns=3, until=lambda: _at(fleet, stage))
    (row,) = fleet.rows("SELECT id, fence FROM work WHERE status = 'published' AND stage = %(stage)s", stage=stage)
    zombie = claim(fleet, row["id"], row["fence"], stage)
    assert zombie is not None
    lose(fleet)
    (due,) = fleet.turn()
    heir = claim(fleet, due.id, due.fence, stage, worker="heir")
    assert heir is not None
    before = fleet.rows(STATE)
    with pytest.raises(FenceLostError):
        pipeline.run(fleet.context, zombie)
    assert fleet.rows(STATE) == before
    pipeline.run(fleet.context, heir)


def _before(stage: str) -> list[str]:
    stages = ["map", "gate", "audit", "upsert"]
    return stages[: stages.index(stage)]


def _at(fleet: Fleet, stage: str) -> bool:
    return bool(fleet.rows("SELECT 1 FROM work WHERE status = 'published' AND stage = %(stage)s", stage=stage))


def test_a_stage_that_lost_its_work_is_not_even_begun(fleet: Fleet, monkeypatch: pytest.MonkeyPatch) -> None:
    fleet.send(companies(range(2)))
    zombie = taken(fleet)
    lose(fleet)
    begun: list[int] = []

    def commit(_: Any, __: Any, work: Claimed, ___: Any) -> Finish:
        begun.append(work.id)
        return Finish()

    monkeypatch.setitem(pipeline.STAGES, "map", Stage("map", commit=commit, next="gate"))
    with pytest.raises(FenceLostError):
        pipeline.run(fleet.context, zombie)
    assert begun == []


def test_nobody_takes_over_what_is_being_committed(fleet: Fleet) -> None:
    fleet.send(companies(range(2)))
    held = taken(fleet)
    fleet.execute("UPDATE work SET lease_until = now() - interval '1 s'")
    with fleet.database.transaction() as tx, fleet.database.transaction() as other:
        work_rows.hold(tx, held)
        assert dispatch.return_lost(other) == []
        # a thread that renews leases must not wait for it either
        work_rows.renew(other, [(held.id, held.fence)], worker="inline")
    with fleet.acting("control").transaction() as tx:
        assert [lost.id for lost in dispatch.return_lost(tx)] == [held.id]


def test_the_same_fence_in_another_process_is_not_ours(fleet: Fleet) -> None:
    fleet.send(companies(range(2)))
    held = taken(fleet)
    fleet.execute("UPDATE work SET worker = 'someone else' WHERE id = %(id)s", id=held.id)
    with pytest.raises(FenceLostError):
        pipeline.run(fleet.context, held)


def test_no_stage_commits_after_a_cancel(fleet: Fleet) -> None:
    job = fleet.send(companies(range(3)))
    held = taken(fleet)
    with fleet.database.transaction() as tx:
        assert jobs.cancel(tx, job)
    before = fleet.rows(STATE)
    with pytest.raises(FenceLostError):
        pipeline.run(fleet.context, held)
    assert fleet.rows(STATE) == before
    assert fleet.counts(job) == {"cancelled": 3}


def test_what_a_cancelled_job_left_staged_is_never_merged(fleet: Fleet) -> None:
    assert len(fleet.stage_only(companies(range(3)))) == 3
    (job,) = fleet.rows("SELECT id FROM job")
    with fleet.database.transaction() as tx:
        jobs.cancel(tx, job["id"])
    fleet.run()
    assert fleet.table() == []
    assert fleet.counts(job["id"]) == {"cancelled": 3}


def test_what_another_job_still_wants_is_merged_though_one_was_cancelled(fleet: Fleet) -> None:
    assert len(fleet.stage_only(companies(range(3)))) == 3
    (first,) = fleet.rows("SELECT id FROM job")
    second = fleet.send(companies(range(3)))
    fleet.only = frozenset({"map", "gate"})
    fleet.run(turns=5)
    fleet.only = None
    fleet.execute("UPDATE work SET status = 'ready' WHERE status = 'published'")
    with fleet.database.transaction() as tx:
        jobs.cancel(tx, first["id"])
    fleet.run()
    assert len(fleet.table()) == 3
    assert fleet.counts(second) == {"written": 3}


def test_judging_for_a_zombie_asks_once_and_counts_once(fleet: Fleet) -> None:
    assert len(fleet.stage_only(companies(range(4)))) == 4
    (due,) = [d for d in fleet.turn() if d.kind == "judge"]
    zombie = claim(fleet, due.id, due.fence, "judge")
    assert zombie is not None
    lose(fleet)
    (again,) = [d for d in fleet.turn() if d.kind == "judge"]
    fleet.step(again)
    before = fleet.rows("SELECT * FROM plan_field ORDER BY name")
    with pytest.raises(FenceLostError):
        pipeline.run(fleet.context, zombie)
    assert fleet.rows("SELECT * FROM plan_field ORDER BY name") == before
