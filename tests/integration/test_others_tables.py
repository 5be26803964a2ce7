"""A target is a table of others: what they do to it costs time, and only what fills it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from fleet_ground import COMPANY, CRM, PLAIN, Fleet, Script, companies, ground

from enrichment.store import baselines, grants, target_table, waits
from enrichment.store import database as connecting
from schemas.errors import ConfigurationError
from tasks import dispatcher as dispatching
from tasks.celery_app import create_app


@pytest.fixture
def fleet(database: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Fleet]:
    monkeypatch.setattr(connecting, "_OPTIONS", connecting._OPTIONS.replace("lock_timeout=20000", "lock_timeout=50"))
    made = ground(database, sources=[CRM], asking=Script(PLAIN))
    yield made
    made.close()


def sent_again(fleet: Fleet) -> int:
    """Records that stand already, with another city; their chunk merges them itself, since everything is released."""
    fleet.enrich(companies(range(3)))
    fleet.execute("UPDATE plan SET state = 'released'")
    fleet.execute("UPDATE plan_field SET state = 'released'")
    return fleet.send(companies(range(3), city="elsewhere"))


def refused_often(fleet: Fleet) -> dict[str, Any]:
    """The chunk's work, as it waits after more attempts than any work has."""
    refused = 0
    for _ in range(10 * fleet.context.tuning.max_attempts):
        for due in fleet.turn():
            fleet.step(due)
        (work,) = fleet.rows("SELECT stage, status, error FROM work WHERE kind = 'chunk' ORDER BY id DESC LIMIT 1")
        refused += work["status"] == "waiting"
        fleet.execute("UPDATE work SET wait_until = now() - interval '1 s' WHERE status = 'waiting'")
    assert work["stage"] == "upsert"
    assert refused > fleet.context.tuning.max_attempts
    return work


def test_a_lock_of_somebody_else_costs_no_attempt_and_no_record(fleet: Fleet, database: str) -> None:
    job = sent_again(fleet)
    with psycopg.connect(database.replace("+psycopg", "")) as other:
        other.execute("LOCK TABLE company IN ACCESS EXCLUSIVE MODE")
        work = refused_often(fleet)
        pid = other.info.backend_pid
    said = work["error"]["message"]
    assert "the table public.company is in the hands of something that runs" in said
    assert f"let go of it, or are ended: process {pid} of assay_owner" in said
    fleet.run()
    assert fleet.counts(job) == {"written": 3}


def test_a_row_that_somebody_else_holds_is_told_with_who_does(fleet: Fleet, database: str) -> None:
    job = sent_again(fleet)
    with psycopg.connect(database.replace("+psycopg", ""), application_name="a report") as other:
        other.execute("SELECT FROM public.company WHERE code = 'C-00001' FOR UPDATE")
        work = refused_often(fleet)
        assert f"process {other.info.backend_pid} of assay_owner (a report)" in work["error"]["message"]
    fleet.run()
    assert fleet.counts(job) == {"written": 3}


def test_what_is_tried_again_for_a_lock_is_told_while_it_is_tried(fleet: Fleet, database: str) -> None:
    job = sent_again(fleet)
    with psycopg.connect(database.replace("+psycopg", "")) as other:
        other.execute("LOCK TABLE company IN ACCESS EXCLUSIVE MODE")
        refused_often(fleet)
        fleet.turn()
        (work,) = fleet.rows("SELECT status FROM work WHERE kind = 'chunk' ORDER BY id DESC LIMIT 1")
        assert work["status"] == "published"
        with fleet.database.transaction() as tx:
            (told,) = waits.of_work(tx, [job])
        assert (told.stage, told.until) == ("upsert", None)
        assert "the table public.company" in str(told.error)


def test_a_right_that_was_taken_costs_no_record_and_is_told(fleet: Fleet) -> None:
    job = sent_again(fleet)
    fleet.execute("REVOKE UPDATE ON public.company FROM assay_upsert")
    work = refused_often(fleet)
    assert work["error"]["code"] == "not_granted"
    assert "permission denied for table company" in work["error"]["message"]
    fleet.execute("GRANT UPDATE ON public.company TO assay_upsert")
    fleet.run()
    assert fleet.counts(job) == {"written": 3}


def test_a_right_that_a_role_lost_is_found(fleet: Fleet) -> None:
    with fleet.database.transaction() as tx:
        grants.issue(tx, [COMPANY])
        grants.check(tx, COMPANY)
        tx.execute("REVOKE INSERT ON public.company FROM assay_upsert")
        with pytest.raises(ConfigurationError, match="assay_upsert may not INSERT") as told:
            grants.check(tx, COMPANY)
    assert "assay migrate" in told.value.hint


@pytest.mark.parametrize(
    "spoilt",
    ["DROP TABLE away", "ALTER TABLE away DROP COLUMN employees", "ALTER TABLE away ALTER employees TYPE text"],
)
def test_a_table_that_its_owner_spoilt_stops_no_dispatcher(fleet: Fleet, spoilt: str) -> None:
    fleet.execute("DROP TABLE IF EXISTS public.away")
    fleet.execute("CREATE TABLE public.away AS SELECT * FROM public.company")
    fleet.execute(spoilt.replace("away", "public.away"))
    away = COMPANY.model_copy(update={"name": "away", "table": "away"})
    fleet.enrich(companies(range(3)))
    settings = dispatching.DispatcherSettings(targets=(away, COMPANY))
    dispatcher = dispatching.Dispatcher(create_app("memory://"), fleet.database, settings)
    stop, seated = threading.Event(), threading.Event()
    ended: list[Exception] = []

    def lead() -> None:
        try:
            dispatcher.run(stop, on_seat=seated.set)
        except Exception as error:  # noqa: BLE001 - whatever ended it is told below
            ended.append(error)

    thread = threading.Thread(target=lead)
    thread.start()
    assert seated.wait(10)
    for _ in range(100):
        if ended or fleet.rows("SELECT 1 FROM column_history"):
            break
        stop.wait(0.1)
    stop.set()
    thread.join(10)
    assert ended == []
    assert fleet.rows("SELECT DISTINCT target FROM column_history") == [{"target": "company"}]


def test_rows_that_others_edited_are_noted_without_reading_the_whole_ledger(fleet: Fleet) -> None:
    fleet.enrich(companies(range(30)))
    for city in ("edited", "edited again"):
        fleet.execute("UPDATE public.company SET city = %(city)s", city=city)
        with fleet.database.transaction() as tx:
            # as in sessions of the fleet
            tx.execute("SET LOCAL enable_seqscan = off")
            table = target_table.resolve(tx, COMPANY)
            keys = baselines.foreign_keys(tx, table, [row["code"] for row in fleet.table()])
            assert baselines.note_baseline(tx, table, keys) == 30
            read = tx.execute("SELECT seq_scan FROM pg_stat_xact_all_tables WHERE relname = 'assertion'").fetchone()
            assert read == {"seq_scan": 0}
    noted = fleet.rows("SELECT DISTINCT observation, state FROM assertion WHERE source = 'baseline' ORDER BY 1")
    assert noted == [{"observation": 1, "state": "void"}, {"observation": 2, "state": "standing"}]
