"""Two that lock the same rows lock them in the same order: neither is ended for the other's sake."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator

import pytest
from fleet_ground import PLAIN, Fleet, Script, companies, ground

from enrichment.breaking import guarding, keys
from enrichment.breaking.machine import Outcome
from enrichment.store import breakers, new_rows, records, staging
from enrichment.store.database import Tx
from enrichment.store.new_rows import NewStaged
from enrichment.store.records import Seen

#: With a third one waited for, each of two that go opposite ways has come half of its way.
RECORDS = ["C-00000", "C-00001", "C-00002"]
WAITING = (
    "SELECT count(DISTINCT a.pid) FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid"
    " WHERE NOT l.granted AND a.datname = current_database()"
)


@pytest.fixture
def fleet(database: str) -> Iterator[Fleet]:
    made = ground(database, asking=Script(PLAIN))
    yield made
    made.close()


def side_by_side(fleet: Fleet, middle: str, *acts: Callable[[Tx], object]) -> list[Exception]:
    """Run all of these, each in a transaction, while somebody has the row that `middle` locks; gives what broke."""
    broke: list[Exception] = []

    def run(act: Callable[[Tx], object]) -> None:
        try:
            with fleet.database.transaction() as tx:
                act(tx)
        except Exception as error:  # noqa: BLE001 - told by the test
            broke.append(error)

    threads = [threading.Thread(target=run, args=(act,)) for act in acts]
    with fleet.database.transaction() as tx:
        tx.execute(middle)
        for count, thread in enumerate(threads, start=1):
            thread.start()
            while thread.is_alive() and fleet.one(WAITING) < count:
                pass
    for thread in threads:
        thread.join(timeout=60)
        assert not thread.is_alive()
    return broke


def test_records_are_assigned_to_shapes_while_they_are_fetched_again(fleet: Fleet) -> None:
    fleet.enrich(companies(range(3)))
    shape = fleet.one("SELECT id FROM shape")
    # of a table of three rows all are read in its own order
    fleet.execute(
        "INSERT INTO record (source, record_id, observation, digest, payload_id, ordinal)"
        " SELECT 'crm', 'D-' || n, 1, '', 1, n FROM generate_series(1, 5000) AS n"
    )
    with fleet.database.single_statements() as tx:
        tx.execute("ANALYZE record")
    seen = [Seen(one, b"another", place, None) for place, one in enumerate(RECORDS)]
    broke = side_by_side(
        fleet,
        "SELECT 1 FROM record r WHERE r.record_id = 'C-00001' FOR UPDATE",
        lambda tx: records.observe(tx, "crm", seen, 1),
        lambda tx: records.store_assignments(tx, "crm", [(one, 1, shape, 1) for one in reversed(RECORDS)]),
    )
    assert broke == []


def test_breakers_are_shared_in_the_order_in_which_they_are_changed(fleet: Fleet) -> None:
    some = sorted(
        keys.of_planner("crm", "company", "v", model=model, prompt="1") for model in ("large", "large-mini", "large_x")
    )
    with fleet.database.transaction() as tx:
        for key in some:
            guarding.record(tx, key, [Outcome("rows", failed=True)], holder=None)

    def change(tx: Tx) -> None:
        for key in some:
            guarding.record(tx, key, [Outcome("rows", failed=True)], holder=None)

    broke = side_by_side(
        fleet,
        f"SELECT 1 FROM breaker WHERE key = '{some[0].text}' FOR UPDATE",
        change,
        lambda tx: breakers.stopped(tx, some),
    )
    assert broke == []


def test_rows_are_shared_by_a_second_job_while_they_are_merged(fleet: Fleet) -> None:
    ids = [row for number in (2, 1, 0) for row in fleet.stage_only(companies([number]))]
    known = fleet.rows("SELECT * FROM staged ORDER BY record_id")
    rows: list[NewStaged] = [
        NewStaged(
            plan_id=one["plan_id"],
            record_id=one["record_id"],
            observation=one["observation"],
            key=one["key"],
            cells="{}",
            reasons="{}",
            winners="{}",
            version=None,
            payload_id=one["payload_id"],
            ordinal=one["ordinal"],
            digest=one["digest"],
        )
        for one in known
    ]
    broke = side_by_side(
        fleet,
        f"SELECT 1 FROM staged WHERE id = {ids[1]} FOR UPDATE",
        lambda tx: new_rows.add(tx, rows, target="company", source="crm", job_id=1, dry_job=0),
        lambda tx: staging.lock(tx, ids),
    )
    assert broke == []
