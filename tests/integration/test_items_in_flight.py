"""An item in flight stands behind the row that its own job staged, without being told so: whatever happens to the row,
or to the job, between gate and merge, finds it.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from fleet_ground import Fleet, companies, ground

from enrichment.deciding import plans as deciding
from enrichment.store import deciding as decisions
from enrichment.store import items, jobs, staging

_NUMBER = 60


@pytest.fixture
def fleet(database: str) -> Iterator[Fleet]:
    made = ground(database)
    made.enrich(companies(range(_NUMBER)))
    made.release_all()
    yield made
    made.close()


def gated(fleet: Fleet, city: str) -> int:
    """A job over the same records with another city, which has come as far as the gate."""
    fleet.only = frozenset({"map", "gate"})
    job = fleet.enrich(companies(range(_NUMBER), city=city))
    fleet.only = None
    return job


def go_on(fleet: Fleet) -> None:
    fleet.execute("UPDATE work SET status = 'ready' WHERE status = 'published'")
    fleet.run()


def attached(fleet: Fleet, job: int) -> int:
    found: int = fleet.one("SELECT count(*) FROM item WHERE job_id = %(job)s AND staged_id IS NOT NULL", job=job)
    return found


def written(fleet: Fleet) -> set[str]:
    return {row["city"] for row in fleet.table()}


@pytest.mark.parametrize("shared", [range(30, _NUMBER), range(30), range(_NUMBER)], ids=["last", "first", "all"])
def test_rows_that_another_job_has_staged_are_shared_and_the_others_staged(fleet: Fleet, shared: range) -> None:
    fleet.only = frozenset({"map", "gate"})
    first = fleet.enrich(companies(shared, city="new"))
    before = fleet.one("SELECT max(id) FROM staged")
    second = gated(fleet, "new")
    assert fleet.one("SELECT count(*) FROM staged WHERE id > %(id)s", id=before) == _NUMBER - len(shared)
    assert attached(fleet, second) == len(shared)
    go_on(fleet)
    assert (fleet.counts(first), fleet.counts(second)) == ({"written": len(shared)}, {"written": _NUMBER})
    assert written(fleet) == {"new"}


def test_it_is_written_with_its_row_and_names_it_then(fleet: Fleet) -> None:
    job = gated(fleet, "new")
    assert (fleet.counts(job), attached(fleet, job)) == ({"in_flight": _NUMBER}, 0)
    go_on(fleet)
    assert (fleet.counts(job), attached(fleet, job)) == ({"written": _NUMBER}, _NUMBER)
    assert written(fleet) == {"new"}


def test_a_cancelled_job_leaves_no_row_to_be_merged(fleet: Fleet) -> None:
    job = gated(fleet, "new")
    with fleet.database.transaction() as tx:
        assert jobs.cancel(tx, job)
    go_on(fleet)
    assert fleet.counts(job) == {"cancelled": _NUMBER}
    assert fleet.one("SELECT count(*) FROM staged WHERE state = 'staged'") == 0
    assert "new" not in written(fleet)


@pytest.mark.parametrize("first_ends", [True, False])
def test_a_row_that_two_jobs_wait_for_outlives_one_of_them(fleet: Fleet, first_ends: bool) -> None:
    first, second = gated(fleet, "new"), gated(fleet, "new")
    assert (attached(fleet, first), attached(fleet, second)) == (0, _NUMBER)
    ends, stays = (first, second) if first_ends else (second, first)
    with fleet.database.transaction() as tx:
        assert jobs.cancel(tx, ends)
    go_on(fleet)
    assert fleet.counts(ends) == {"cancelled": _NUMBER}
    assert fleet.counts(stays) == {"written": _NUMBER}
    assert written(fleet) == {"new"}


def test_whoever_merges_a_shared_row_first_ends_the_items_of_both(fleet: Fleet) -> None:
    first, second = gated(fleet, "new"), gated(fleet, "new")
    fleet.execute(
        "UPDATE work SET status = 'ready' WHERE id = (SELECT max(id) FROM work WHERE kind = 'chunk')"
    )  # the second one's chunk
    fleet.run()
    assert fleet.counts(first) == fleet.counts(second) == {"written": _NUMBER}


def test_its_record_waits_for_another_plan_where_its_plan_fell(fleet: Fleet) -> None:
    job = gated(fleet, "new")
    plan = fleet.one("SELECT max(id) FROM plan WHERE state = 'released'")
    with fleet.acting("api").transaction() as tx:
        deciding.condemn(fleet.context, tx, plan, fields=None, by="anna", reason="wrong")
    assert fleet.counts(job) == {"held": _NUMBER}
    assert fleet.one("SELECT count(*) FROM staged WHERE state = 'staged'") == 0


def test_it_is_discarded_with_its_row(fleet: Fleet) -> None:
    job = gated(fleet, "new")
    plan = fleet.one("SELECT max(id) FROM plan WHERE state = 'released'")
    with fleet.database.transaction() as tx:
        assert decisions.give_up_staged(tx, plan, code="not_released") == [job]
    assert fleet.counts(job) == {"discarded": _NUMBER}


def test_cancelling_waits_for_a_merge_of_the_same_rows(fleet: Fleet) -> None:
    """Both lock rows before the items behind them: in another order each would wait for the other."""
    job = gated(fleet, "new")
    ids = [row["id"] for row in fleet.rows("SELECT id FROM staged WHERE state = 'staged'")]
    locked, cancelling = threading.Event(), threading.Event()

    def merge() -> None:
        with fleet.database.transaction() as tx:
            staging.lock(tx, ids)
            locked.set()
            assert cancelling.wait(20)
            _until_somebody_waits(fleet)
            items.move_staged(tx, ids, "written")

    with ThreadPoolExecutor(1) as pool:
        merging = pool.submit(merge)
        assert locked.wait(20)
        cancelling.set()
        with fleet.database.transaction() as tx:
            assert jobs.cancel(tx, job)
        merging.result(30)
    assert fleet.counts(job) == {"written": _NUMBER}


def _until_somebody_waits(fleet: Fleet) -> None:
    ends = time.monotonic() + 20
    while time.monotonic() < ends:
        if fleet.one("SELECT count(*) FROM pg_locks WHERE NOT granted"):
            return
        time.sleep(0.02)
    raise AssertionError("the cancel does not wait")
