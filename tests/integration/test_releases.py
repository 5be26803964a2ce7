"""Two releases side by side: who meets what a newer one wrote leaves it in place, for those that can read it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic.script import ScriptDirectory
from fleet_ground import CRM, PLAIN, Fleet, Script, companies, ground

from enrichment import failing
from enrichment.pipeline import run
from enrichment.store import migration, revisions
from enrichment.store import work as work_rows
from schemas.errors import ConfigurationError, WaitingError
from tasks.celery_app import create_app
from tasks.dispatcher import Dispatcher, DispatcherSettings
from workers.addresses import Addresses
from workers.running import run_worker
from workers.settings import Settings


@pytest.fixture
def ground_fleet(database: str) -> Iterator[Fleet]:
    made = ground(database, sources=[CRM], asking=Script(PLAIN))
    yield made
    made.close()


def test_work_of_a_newer_release_is_left_in_place(ground_fleet: Fleet) -> None:
    ground_fleet.send(companies(range(2)))
    (due,) = ground_fleet.turn()
    ground_fleet.execute("UPDATE work SET format = format + 1 WHERE id = %(id)s", id=due.id)
    with ground_fleet.database.transaction() as tx:
        assert work_rows.claim(tx, due.id, fence=due.fence, stage=due.stage, worker="inline", seconds=60) is None
        assert work_rows.leave_to_newer(tx, due.id, fence=due.fence, seconds=5)
    (row,) = ground_fleet.rows(
        "SELECT status, starts, attempts, publish_seconds FROM work WHERE id = %(id)s", id=due.id
    )
    assert tuple(row.values()) == ("published", 0, 0, 5.0)


def test_a_late_delivery_is_not_taken_for_a_newer_one(ground_fleet: Fleet) -> None:
    ground_fleet.send(companies(range(2)))
    (due,) = ground_fleet.turn()
    with ground_fleet.database.transaction() as tx:
        assert not work_rows.leave_to_newer(tx, due.id, fence=due.fence, seconds=5)


def test_a_plan_of_a_newer_release_is_not_read(ground_fleet: Fleet) -> None:
    ground_fleet.enrich(companies(range(60)))
    ground_fleet.execute("UPDATE plan SET format = format + 1, body = '{\"unheard\": 1}'")
    ground_fleet.send(companies(range(60, 62)))
    (due,) = ground_fleet.turn()
    with ground_fleet.database.transaction() as tx:
        work = work_rows.claim(tx, due.id, fence=due.fence, stage="map", worker="inline", seconds=60)
    assert work is not None
    with pytest.raises(WaitingError) as refused:
        run(ground_fleet.context, work)
    failing.after(ground_fleet.context, work, refused.value, ground_fleet.log)
    (row,) = ground_fleet.rows("SELECT status, attempts, waits_on FROM work WHERE id = %(id)s", id=work.id)
    assert tuple(row.values()) == ("waiting", 0, "newer_release")


def test_rows_of_a_plan_of_a_newer_release_do_not_stop_dispatch(ground_fleet: Fleet) -> None:
    ground_fleet.stage_only(companies(range(3)))
    assert ground_fleet.rows("SELECT 1 FROM staged WHERE state = 'staged'")
    ground_fleet.execute("UPDATE work SET status = 'done' WHERE status <> 'done'")
    ground_fleet.execute("UPDATE sample SET state = 'drawn'")
    ground_fleet.execute("UPDATE plan SET format = format + 1")
    ground_fleet.send(companies(range(3, 5)))
    assert [due.stage for due in ground_fleet.turn()] == ["map"]


def test_who_starts_on_tables_of_a_newer_release_ends_and_leaves_the_work(
    ground_fleet: Fleet, database: str, tmp_path: Path
) -> None:
    ground_fleet.send(companies(range(2)))
    before = ground_fleet.rows("SELECT * FROM work")
    (at,) = ground_fleet.rows("SELECT version_num AS revision FROM alembic_version")
    ground_fleet.execute("UPDATE alembic_version SET version_num = '9999'")
    try:
        dispatcher = Dispatcher(create_app("memory://"), ground_fleet.database, DispatcherSettings())
        with pytest.raises(ConfigurationError, match="9999") as refused:
            dispatcher.run(threading.Event())
        assert refused.value.code == "database_newer"
        addresses = Addresses(database=database, broker="memory://")
        with pytest.raises(ConfigurationError, match="9999"):
            run_worker(Settings(base=tmp_path), addresses, "gate", isolated=False, node="gate@here")
    finally:
        ground_fleet.execute("UPDATE alembic_version SET version_num = %(at)s", at=at["revision"])
    assert ground_fleet.rows("SELECT * FROM work") == before


def test_every_revision_is_known_by_its_file() -> None:
    scripts = ScriptDirectory.from_config(migration._config()).walk_revisions()
    assert revisions.known() == {script.revision for script in scripts}
