"""A worker that lives and cannot say what became of its work, as when the database's disk is full."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from fleet_ground import CRM, PLAIN, Fleet, Script, companies, ground

from enrichment import poison
from enrichment.store import dispatch, fleet
from enrichment.store import work as work_rows
from enrichment.store.fleet import Boot
from schemas.errors import DeadlineError

BOOT = "boot-1"
LAPSED = "UPDATE work SET lease_until = now() - interval '1 s' WHERE id = %(id)s"
BEAT = "UPDATE worker SET heartbeat_at = now() - make_interval(secs => %(ago)s)"


@pytest.fixture
def ground_fleet(database: str) -> Iterator[Fleet]:
    made = ground(database, sources=[CRM], asking=Script(PLAIN))
    with made.database.transaction() as tx:
        fleet.register(tx, Boot(BOOT, "node", "gate", 1, "test"))
    made.send(companies(range(4)))
    yield made
    made.close()


def begin(ground_fleet: Fleet) -> work_rows.Claimed:
    (due,) = ground_fleet.turn()
    with ground_fleet.database.transaction() as tx:
        claimed = work_rows.claim(tx, due.id, fence=due.fence, stage=due.stage, worker=BOOT, seconds=600)
    assert claimed is not None
    return claimed


def recover(ground_fleet: Fleet, *, after_outage: bool = False) -> None:
    with ground_fleet.acting("control").transaction() as tx:
        for suspect in dispatch.return_lost(tx, after_outage=after_outage):
            poison.handle(tx, suspect)


def lapse(ground_fleet: Fleet, *, beat: float, after_outage: bool = False) -> dict[str, Any]:
    """The work is begun, its lease lapses, its worker's last beat is so many seconds ago, the dispatcher looks."""
    held = begin(ground_fleet)
    ground_fleet.execute(LAPSED, id=held.id)
    ground_fleet.execute(BEAT, ago=beat)
    recover(ground_fleet, after_outage=after_outage)
    (row,) = ground_fleet.rows("SELECT status, starts, lane FROM work WHERE id = %(id)s", id=held.id)
    return row


def test_work_that_its_worker_outlived_is_never_isolated_nor_poison(ground_fleet: Fleet) -> None:
    for _ in range(5):
        assert lapse(ground_fleet, beat=1) == {"status": "ready", "starts": 0, "lane": "normal"}
    # what was isolated before is not split either
    ground_fleet.execute("UPDATE work SET lane = 'isolation'")
    for _ in range(3):
        assert lapse(ground_fleet, beat=1) == {"status": "ready", "starts": 0, "lane": "isolation"}
    assert ground_fleet.one("SELECT count(*) FROM dead_letter") == 0


def test_a_worker_that_is_silent_did_not_outlive_its_work(ground_fleet: Fleet) -> None:
    # its last beat is older than a beat may be late
    assert lapse(ground_fleet, beat=9)["starts"] == 1
    # and this one renewed the lease that has passed since
    assert lapse(ground_fleet, beat=11) == {"status": "ready", "starts": 0, "lane": "isolation"}


def test_who_has_just_got_the_database_back_had_no_time_to_show_that_it_lives(ground_fleet: Fleet) -> None:
    for _ in range(3):
        assert lapse(ground_fleet, beat=90, after_outage=True) == {"status": "ready", "starts": 0, "lane": "normal"}
    held = begin(ground_fleet)
    with ground_fleet.database.transaction() as tx:
        fleet.declare_dead(tx, "node")
    recover(ground_fleet, after_outage=True)
    assert ground_fleet.rows("SELECT starts FROM work WHERE id = %(id)s", id=held.id) == [{"starts": 1}]


@pytest.mark.parametrize("after_outage", [False, True])
def test_what_its_worker_barely_outlived_counts(ground_fleet: Fleet, *, after_outage: bool) -> None:
    for error, expected in ((DeadlineError(), 1), (MemoryError(), 0)):
        held = begin(ground_fleet)
        ground_fleet.execute(BEAT, ago=1)
        with ground_fleet.database.transaction() as tx:
            work_rows.hold(tx, held)
            work_rows.put_back_suspect(tx, held, error={"code": type(error).__name__})
        recover(ground_fleet, after_outage=after_outage)
        (row,) = ground_fleet.rows("SELECT starts, lane FROM work WHERE id = %(id)s", id=held.id)
        assert row == {"starts": expected, "lane": "isolation" if expected == 0 else "normal"}
