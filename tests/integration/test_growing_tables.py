"""What is asked of tables that grow for as long as a fleet lives: it costs no more as they do."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from fleet_ground import COMPANY, PLAIN, Fleet, Script, companies, ground

from enrichment import chunks
from enrichment.store import housekeeping, observing, records, sketches, state_rules
from enrichment.store.target_table import resolve


@pytest.fixture
def fleet(database: str) -> Iterator[Fleet]:
    made = ground(database, asking=Script(PLAIN))
    made.enrich(companies(range(7)))
    yield made
    made.close()


def test_of_a_column_s_history_the_newest_version_counts_and_a_few_are_kept(fleet: Fleet) -> None:
    fleet.execute(
        "INSERT INTO column_history (target, field, version, rows, smallest, largest)"
        " SELECT 'company', 'employees', n, 500, n, n FROM generate_series(1, 1000) AS n"
    )
    with fleet.database.transaction() as tx:
        assert state_rules.latest_history(tx, resolve(tx, COMPANY)) == {"employees": (1000, 1000)}
    with fleet.acting("control").transaction() as tx:
        housekeeping.snapshot_columns(tx, COMPANY)
    kept = fleet.rows("SELECT count(*) AS n, max(version) AS newest FROM column_history")
    assert kept == [{"n": state_rules.HISTORY_KEPT, "newest": 1001}]
    with fleet.database.transaction() as tx:
        # of seven rows there is no history yet
        assert state_rules.latest_history(tx, resolve(tx, COMPANY)) == {}


def test_all_records_of_a_plan_are_looked_for_once_and_filed_slice_by_slice(
    fleet: Fleet, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(records, "_SLICE", 3)
    plan = fleet.one("SELECT id FROM plan")
    with fleet.database.transaction() as tx:
        assert [[one.ordinal for one in some] for some in records.under_plan(tx, plan)] == [[0, 1, 2], [3, 4, 5], [6]]
        chunks.file_again(tx, plan_id=plan, source="crm", target="company", size=2)
    assert fleet.one("SELECT count(*) FROM work WHERE kind = 'chunk' AND status = 'ready'") == 5
    before = fleet.table()
    fleet.run()
    assert fleet.table() == before
    assert fleet.one("SELECT count(*) FROM work WHERE status <> 'done'") == 0


def test_of_what_records_looked_like_long_ago_nothing_is_kept(fleet: Fleet) -> None:
    plan = fleet.one("SELECT id FROM plan")
    fleet.execute(
        "INSERT INTO plan_sketch (plan_id, day, phase, rows, filled) SELECT %(plan)s, current_date - n, 'past', 10,"
        " '{\"city\": 5}' FROM generate_series(1, 90) AS n",
        plan=plan,
    )
    fleet.execute("DELETE FROM plan_sketch WHERE phase = 'new'")
    with fleet.acting("model").transaction() as tx:
        assert sketches.take(tx, plan).rows == 0
    days = fleet.rows("SELECT count(*) AS n, max(current_date - day) AS oldest FROM plan_sketch WHERE phase = 'past'")
    assert days == [{"n": 30, "oldest": 30}]
    fleet.execute(
        "UPDATE plan_sketch SET filled = '{\"city\": 8}' WHERE day = current_date - 1 AND plan_id = %(plan)s", plan=plan
    )
    with fleet.acting("api").transaction() as tx:
        told = {row["field"]: row["n"] for row in observing.figures(tx)["field_fill"]}
    assert told["city"] == 0.8
