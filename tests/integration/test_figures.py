from __future__ import annotations

from collections.abc import Iterator

import pytest
from fleet_ground import COMPANY, CRM, PLAIN, Fleet, Script, companies

from enrichment.store import figures, migration, target_table
from enrichment.store.figures import EmptyCells


@pytest.fixture(scope="module")
def fleet(database: str) -> Iterator[Fleet]:
    """60 companies in the table; the odd ones name no city."""
    migration.migrate(database)
    made = Fleet(database, sources=[CRM], targets=[COMPANY], asking=Script(PLAIN))
    made.enrich(companies(range(60), city=lambda n: f"Town {n}" if n % 2 == 0 else None))
    yield made
    made.close()


def test_fill_counts_the_rows_and_what_they_hold(fleet: Fleet) -> None:
    with fleet.database.transaction() as tx:
        fill = figures.fill(tx, target_table.resolve(tx, COMPANY))
    assert fill.rows == 60
    assert dict(fill.filled) == {"code": 60, "name": 60, "employees": 60, "city": 30}


def test_empty_cells_are_counted_by_field_and_reason(fleet: Fleet) -> None:
    with fleet.database.transaction() as tx:
        assert figures.empty_cells(tx, "company") == [EmptyCells("city", "absent", 30, "C-00001")]
        assert figures.empty_cells(tx, "another") == []


def test_a_cell_is_empty_for_the_reason_that_was_given_last(fleet: Fleet) -> None:
    """What was said of a record under an older gate, or of an older state of it, counts no more."""
    with fleet.database.transaction() as tx:
        tx.execute(
            "INSERT INTO gate (source, version, source_digest)"
            " SELECT source, 'another', source_digest FROM gate WHERE source = 'crm'"
        )
    records = companies(range(60), city=lambda n: f"Town {n}" if n % 2 == 0 else None)
    fleet.enrich(records)
    fleet.enrich([{**record, "employees": 7} for record in records[:10]])
    with fleet.database.transaction() as tx:
        (standing,) = tx.execute("SELECT count(*) AS n FROM assertion WHERE state = 'standing'").fetchall()
        assert standing["n"] > 60
        assert figures.empty_cells(tx, "company") == [EmptyCells("city", "absent", 30, "C-00001")]


def test_open_work_is_what_may_still_go_on_by_itself(fleet: Fleet) -> None:
    def opened() -> dict[str, int]:
        with fleet.database.transaction() as tx:
            return figures.open_work(tx, source="crm", target="company")

    assert opened() == {}
    fleet.send(companies(range(100, 110)))
    assert opened() == {"map": 1}
    with fleet.database.transaction() as tx:
        tx.execute("UPDATE work SET status = 'waiting', waits_on = 'review:crm:no_plan' WHERE status = 'ready'")
    assert opened() == {}
    with fleet.database.transaction() as tx:
        tx.execute("UPDATE work SET waits_on = 'model:infrastructure' WHERE status = 'waiting'")
    assert opened() == {"map": 1}
    with fleet.database.transaction() as tx:
        assert figures.open_work(tx, source="other", target="company") == {}
