"""Work rows that somebody edits by hand: refused where they make no sense, found by the doctor where they lose work."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest
from fleet_ground import CRM, PLAIN, Fleet, Script, companies, ground

from enrichment.store import housekeeping
from enrichment.store.dispatch import Due
from tasks.celery_app import create_app
from tasks.publishing import publish
from workers.doctor import work as doctor_work


@pytest.fixture
def fleet(database: str) -> Iterator[Fleet]:
    made = ground(database, sources=[CRM], asking=Script(PLAIN))
    yield made
    made.close()


@pytest.mark.parametrize(
    "edit",
    [
        "stage = 'plan'",
        "stage = 'nonsense'",
        "status = 'runnning'",
        "status = 'running'",
        "status = 'waiting'",
        "kind = 'plan'",
        "lane = 'fast'",
        "fence = -1",
    ],
)
def test_an_edit_that_makes_no_sense_is_refused(fleet: Fleet, edit: str) -> None:
    fleet.send(companies(range(2)))
    with pytest.raises(psycopg.errors.CheckViolation):
        fleet.execute(f"UPDATE work SET {edit}")
    fleet.run()
    assert len(fleet.table()) == 2


def test_a_stage_that_is_not_known_does_not_stop_the_others_from_being_published() -> None:
    app = create_app("memory://")
    publish(app, [Due(1, "later", "later", 1, "normal")])
    publish(app, [Due(1, "later", "later", 1, "normal"), Due(2, "plan", "plan", 1, "normal")])
    with app.connection_for_read() as connection:
        channel = connection.default_channel
        assert channel.queue_declare(queue="plan", passive=True).message_count == 1


@pytest.mark.parametrize("status", ["done", "dead", "cancelled"])
def test_work_that_is_ended_by_hand_is_found_and_goes_on_as_the_doctor_says(fleet: Fleet, status: str) -> None:
    job = fleet.send(companies(range(3)))
    (well,) = doctor_work.abandoned(fleet.database)
    assert well.level == "well"
    fleet.execute("UPDATE work SET status = %(status)s", status=status)
    fleet.run()
    assert fleet.counts(job) == {"in_flight": 3}
    (finding,) = doctor_work.abandoned(fleet.database)
    assert (finding.level, f"3 records of job {job}" in finding.message) == ("wrong", True)
    fleet.execute(finding.remedy.partition(": ")[2].rstrip(";"))
    fleet.run()
    assert fleet.counts(job) == {"written": 3}


def test_a_fence_that_is_raised_by_hand_costs_a_start_and_nothing_else(fleet: Fleet) -> None:
    job = fleet.send(companies(range(3)))
    (due,) = fleet.turn()
    fleet.execute("UPDATE work SET fence = fence + 7")
    fleet.step(due)
    assert fleet.table() == []
    fleet.execute("UPDATE work SET status = 'ready'")
    fleet.run()
    assert fleet.counts(job) == {"written": 3}


def test_what_the_stages_of_a_cancelled_job_handed_on_is_dropped(fleet: Fleet) -> None:
    fleet.send(companies(range(3)))
    fleet.execute("UPDATE work SET status = 'cancelled'")
    with fleet.acting("control").transaction() as tx:
        assert housekeeping.drop_artifacts_of_cancelled(tx) == 1
        assert housekeeping.drop_artifacts_of_cancelled(tx) == 0
