"""A job whose last lost records come back at the same moment: whoever settles it sees what the others did."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
from fleet_ground import PLAIN, Fleet, Script, companies, ground

from enrichment import settling
from enrichment.store import jobs, letters
from enrichment.store.items import Behind
from enrichment.store.jobs import NewJob


@pytest.fixture
def fleet(database: str) -> Iterator[Fleet]:
    made = ground(database, asking=Script(PLAIN))
    yield made
    made.close()


def test_letters_that_are_resolved_side_by_side_leave_their_job_done(fleet: Fleet) -> None:
    job = fleet.enrich(companies(range(4)))
    fleet.execute(
        "INSERT INTO dead_letter (job_id, source, target, target_version, record_id, stage, code, gate_id, fingerprint,"
        " state) SELECT job_id, 'crm', 'company', '', record_id, 'gate', 'type', 1, '', 'open' FROM item"
        " WHERE job_id = %(job)s AND record_id < 'C-00002'",
        job=job,
    )
    fleet.execute("UPDATE item SET state = 'dead' WHERE job_id = %(job)s AND record_id < 'C-00002'", job=job)
    fleet.execute("UPDATE job SET state = 'partial' WHERE id = %(job)s", job=job)
    with fleet.acting("api").transaction() as tx:
        replay, _ = jobs.create(tx, NewJob("crm", "company", "", "running", {}, replay=True))
        letters.claim_for_replay(tx, [one["id"] for one in fleet.letters()], job_id=replay.id)

    def come_through(record_id: str) -> None:
        with fleet.acting("upsert").transaction() as tx:
            settling.resolve_replayed(tx, [Behind(0, replay.id, record_id)])

    other = threading.Thread(target=come_through, args=("C-00001",))
    with fleet.acting("upsert").transaction() as tx:
        settling.resolve_replayed(tx, [Behind(0, replay.id, "C-00000")])
        other.start()
        other.join(timeout=2)
    other.join(timeout=30)
    assert not other.is_alive()
    assert fleet.counts(job) == {"written": 4}
    assert fleet.state(job) == "done"
