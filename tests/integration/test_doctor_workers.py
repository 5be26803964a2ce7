"""What the doctor says of roles of which no worker has shown itself."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from fleet_ground import CRM, PLAIN, Fleet, Script, companies, ground

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
