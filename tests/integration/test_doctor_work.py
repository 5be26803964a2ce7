"""What the doctor says of roles of which no worker has shown itself, and of budgets that are used up."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from fleet_ground import CRM, PLAIN, Fleet, Script, companies, ground

from enrichment.store import work as work_rows
from enrichment.store.work import NewWork
from tasks.queues import ROLES
from workers.doctor import work as doctor_work


@pytest.fixture
def fleet(database: str) -> Iterator[Fleet]:
    made = ground(database, sources=[CRM], asking=Script(PLAIN))
    yield made
    made.close()


def missed(fleet: Fleet) -> set[str]:
    """The roles that are told to be missing."""
    found = [one for one in doctor_work.workers(fleet.database) if one.level == "odd"]
    return {role for role in ROLES for one in found if one.message.startswith(f"{role}:")}


def test_a_role_is_missed_where_there_is_work_of_its_own(fleet: Fleet) -> None:
    fleet.execute("UPDATE worker SET dead_at = now()")
    assert missed(fleet) == set()
    fleet.send(companies(range(2)))
    (stage,) = {row["stage"] for row in fleet.rows("SELECT stage FROM work WHERE status = 'ready'")}
    assert missed(fleet) == {name for name, role in ROLES.items() if stage in role.stages} == {"gate"}


def test_a_budget_that_work_waits_on_is_told_with_what_raises_it(fleet: Fleet) -> None:
    assert [one.level for one in doctor_work.spent(fleet.database)] == ["well"]
    waits = {
        "budget:day:2026-01-01": "2026-01-02 00:00+00",
        "budget:source:crm": None,
        "room:day:2026-01-01": None,
        "rate:model": None,
    }
    with fleet.database.transaction() as tx:
        for waits_on in ("budget:day:2026-01-01", *waits):
            work_rows.file(tx, NewWork("judge", "judge", source="crm", target="company"))
            tx.execute(
                "UPDATE work SET status = 'waiting', waits_on = %s, wait_until = %s WHERE status = 'ready'",
                (waits_on, waits[waits_on]),
            )
    day, source = doctor_work.spent(fleet.database)
    assert {day.level, source.level} == {"odd"}
    assert day.message == "the budget of the day 2026-01-01 is used up; 2 works wait until 2026-01-02 00:00 UTC"
    assert day.remedy == "assay budget raise day --tokens N (or --money N)"
    assert source.message == "the budget of source crm is used up; 1 work waits"
    assert source.remedy == "assay budget raise source crm --tokens N (or --money N)"
