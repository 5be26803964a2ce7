"""Somebody else writes to the target's table while a merge or a refold is at the same rows."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import psycopg
import pytest
from fleet_ground import COMPANY, CRM, PLAIN, Fleet, Script, companies, company, ground
from test_rollback import roll_back_job

from enrichment.merging import Merged, merge
from enrichment.orphans import file_refold
from enrichment.store import baselines, staging, state_rules, target_rows
from enrichment.store.column_rules import Column
from enrichment.store.database import Tx
from enrichment.store.target_table import TargetTable
from schemas.errors import TransientError

KEEPING = company(create=False, name="keeping", table="keeping")
KEPT = """
    DROP TABLE IF EXISTS public.keeping;
    CREATE TABLE public.keeping (code text PRIMARY KEY, name text, employees bigint, city text);
    CREATE OR REPLACE FUNCTION public.keep() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
    CREATE TRIGGER keep BEFORE DELETE ON public.keeping FOR EACH ROW EXECUTE FUNCTION public.keep()
"""


@pytest.fixture
def fleet(database: str) -> Iterator[Fleet]:
    made = ground(database, sources=[CRM], targets=[COMPANY])
    yield made
    made.close()


@pytest.fixture
def editor(database: str) -> Iterator[psycopg.Connection[Any]]:
    """A session of somebody else, in whose transaction an edit stands until it is committed."""
    with psycopg.connect(database.replace("postgresql+psycopg", "postgresql")) as session:
        yield session


def beside(editor: psycopg.Connection[Any], database: str, work: Callable[[], Any]) -> Any:
    """Do work that waits for the edit, and commit the edit once it does."""
    blocked = "SELECT 1 FROM pg_stat_activity WHERE %s = ANY(pg_blocking_pids(pid))"
    with (
        psycopg.connect(database.replace("postgresql+psycopg", "postgresql"), autocommit=True) as watching,
        ThreadPoolExecutor(max_workers=1) as pool,
    ):
        done = pool.submit(work)
        deadline = time.monotonic() + 30
        while not done.done() and watching.execute(blocked, (editor.info.backend_pid,)).fetchone() is None:
            assert time.monotonic() < deadline
            threading.Event().wait(0.01)
        assert not done.done(), done.exception()
        editor.commit()
        return done.result(timeout=30)


def staged(fleet: Fleet, **changes: Any) -> list[int]:
    ids = fleet.stage_only(companies(range(4), **changes))
    fleet.release_all()
    return ids


def merged(fleet: Fleet, ids: list[int]) -> Merged:
    with fleet.database.transaction() as tx:
        return merge(fleet.context, tx, "company", ids, plan_ids=staging.plans_of(tx, ids), stage="upsert")


def cities(fleet: Fleet) -> dict[str, tuple[str, int]]:
    return {row["code"]: (row["city"], row["employees"]) for row in fleet.table()}


def test_an_edit_that_is_committed_while_a_merge_waits_for_it_stays(
    fleet: Fleet, editor: psycopg.Connection[Any], database: str
) -> None:
    merged(fleet, staged(fleet))
    ids = staged(fleet, city="moved")
    editor.execute("UPDATE public.company SET employees = 999, city = 'by hand' WHERE code = 'C-00002'")
    done = beside(editor, database, lambda: merged(fleet, ids))
    assert done.baseline == 1
    assert cities(fleet)["C-00002"] == ("by hand", 999)
    assert {city for code, (city, _) in cities(fleet).items() if code != "C-00002"} == {"moved"}


def test_a_row_that_somebody_else_writes_first_is_looked_at_before_it_is_written_over(
    fleet: Fleet, editor: psycopg.Connection[Any], database: str
) -> None:
    ids = staged(fleet)
    editor.execute("INSERT INTO public.company (code, city, employees) VALUES ('C-00002', 'by hand', 999)")
    with pytest.raises(TransientError, match="somebody else wrote a row"):
        beside(editor, database, lambda: merged(fleet, ids))
    assert list(cities(fleet)) == ["C-00002"]
    done = merged(fleet, ids)
    assert (done.baseline, done.asserted, done.refused) == (1, 4, 0)
    assert cities(fleet)["C-00002"] == ("by hand", 999)
    assert len(cities(fleet)) == 4


def by_hand(editor: psycopg.Connection[Any], module: Any, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody commits a row behind the next call of a step, while the locks of the merge are held."""
    step = getattr(module, name)

    def then(*arguments: Any) -> Any:
        done = step(*arguments)
        monkeypatch.undo()
        editor.execute("INSERT INTO public.company (code, city, employees) VALUES ('C-00002', 'by hand', 999)")
        editor.commit()
        return done

    monkeypatch.setattr(module, name, then)


@pytest.mark.parametrize("twice", [False, True], ids=["laid over", "folded"])
def test_a_row_that_comes_behind_the_look_is_not_written_over_unseen(
    fleet: Fleet, editor: psycopg.Connection[Any], monkeypatch: pytest.MonkeyPatch, twice: bool
) -> None:
    ids = staged(fleet)
    if twice:
        # two rows of one key are folded, where one is laid over
        ids += staged(fleet, city="moved")
    by_hand(editor, state_rules, "examine", monkeypatch)
    with pytest.raises(TransientError, match="somebody else wrote a row"):
        merged(fleet, ids)
    assert list(cities(fleet)) == ["C-00002"]
    done = merged(fleet, ids)
    assert (done.baseline, done.asserted, done.refused) == (1, len(ids), 0)
    assert cities(fleet)["C-00002"] == ("by hand", 999)


def test_a_row_that_comes_behind_the_look_of_a_refold_is_not_written_over_unseen(
    fleet: Fleet, editor: psycopg.Connection[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    merged(fleet, staged(fleet))
    fleet.execute("DELETE FROM public.company WHERE code = 'C-00002'")
    with fleet.database.transaction() as tx:
        file_refold(tx, "company", ["C-00002"], source="crm")
    by_hand(editor, baselines, "note_baseline", monkeypatch)
    fleet.run()
    assert cities(fleet)["C-00002"] == ("by hand", 999)


def test_a_row_that_comes_behind_the_look_of_a_rollback_is_not_deleted_unseen(
    fleet: Fleet, editor: psycopg.Connection[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    job = fleet.enrich(companies(range(4)))
    fleet.release_all()
    fleet.execute("DELETE FROM public.company WHERE code = 'C-00002'")
    roll_back_job(fleet, job)
    by_hand(editor, baselines, "note_baseline", monkeypatch)
    fleet.run()
    assert cities(fleet) == {"C-00002": ("by hand", 999)}


def test_rows_that_share_a_key_are_written_beside_one_that_is_refused(fleet: Fleet) -> None:
    """What was written before the halves that follow is no row of somebody else."""
    fleet.execute("ALTER TABLE public.company ADD CONSTRAINT small CHECK (employees < 1000)")
    ids = staged(fleet) + staged(fleet, city="moved") + fleet.stage_only(companies([9], employees=5000))
    fleet.release_all()
    done = merged(fleet, ids)
    assert (done.asserted, done.refused) == (8, 1)
    fleet.execute("ALTER TABLE public.company DROP CONSTRAINT small")


def test_a_row_that_is_being_edited_is_not_deleted_by_a_rollback(
    fleet: Fleet, editor: psycopg.Connection[Any], database: str
) -> None:
    job = fleet.enrich(companies(range(4)))
    fleet.release_all()
    assert len(fleet.table()) == 4
    roll_back_job(fleet, job)
    editor.execute("UPDATE public.company SET employees = 999 WHERE code = 'C-00002'")
    beside(editor, database, fleet.run)
    assert [(row["code"], row["employees"], row["city"]) for row in fleet.table()] == [("C-00002", 999, None)]


def test_a_row_that_its_table_keeps_is_not_taken_for_deleted(database: str) -> None:
    fleet = ground(database, sources=[CRM], targets=[], asking=Script(PLAIN))
    fleet.execute(KEPT)
    fleet.close()
    fleet = ground(database, sources=[CRM], targets=[KEEPING], asking=Script(PLAIN))
    job = fleet.enrich(companies(range(3)), target="keeping")
    fleet.release_all()
    roll_back_job(fleet, job)
    fleet.run()
    assert len(fleet.table("keeping")) == 3
    asked = fleet.rows("SELECT question ->> 'message' AS message FROM assay.review WHERE state = 'open'")
    assert len(asked) == 3
    assert {"does a trigger or a rule keep it" in row["message"] for row in asked} == {True}
    fleet.close()


def test_rows_behind_a_view_are_looked_at_and_not_locked(fleet: Fleet) -> None:
    merged(fleet, staged(fleet))
    fleet.execute(
        "CREATE OR REPLACE VIEW public.grouped AS SELECT code, max(city) AS city FROM public.company GROUP BY 1"
    )
    view = TargetTable(
        company(name="grouped", table="grouped"), "public", {"code": Column("text", "text")}, lockable=False
    )

    def there(tx: Tx) -> frozenset[str]:
        return target_rows.lock_rows(tx, view, ["C-00001", "C-00009"])

    with fleet.database.transaction() as tx:
        assert there(tx) == {"C-00001"}
    fleet.execute("DROP VIEW public.grouped")
