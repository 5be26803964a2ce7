"""Rows that others deleted come back with the next job that reads their records, although nothing of those changed."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from fleet_ground import Fleet, companies, ground


@pytest.fixture
def fleet(database: str) -> Iterator[Fleet]:
    made = ground(database)
    yield made
    made.close()


@pytest.mark.parametrize("gone", ["TRUNCATE public.company", "DELETE FROM public.company"], ids=["truncate", "delete"])
def test_a_table_that_was_emptied_is_filled_again(fleet: Fleet, gone: str) -> None:
    fleet.enrich(companies(range(120)))
    before = fleet.table()
    fleet.execute(gone)
    again = fleet.enrich(companies(range(120)))
    assert fleet.counts(again) == {"unchanged": 120}
    assert fleet.state(again) == "done"
    assert fleet.table() == before


def test_a_job_is_running_until_the_rows_are_there(fleet: Fleet) -> None:
    fleet.enrich(companies(range(3)))
    fleet.execute("TRUNCATE public.company")
    again = fleet.send(companies(range(3)))
    fleet.run(until=lambda: fleet.counts(again) == {"unchanged": 3})
    assert (fleet.state(again), fleet.table()) == ("running", [])
    fleet.run()
    assert (fleet.state(again), len(fleet.table())) == ("done", 3)


def test_a_job_that_is_settled_while_it_looks_is_running(fleet: Fleet) -> None:
    fleet.enrich(companies(range(3)))
    again = fleet.send(companies(range(3)))
    while not (looks := [due for due in fleet.turn() if due.stage == "refold" or fleet.step(due)]):
        assert fleet.state(again) == "running"
    assert fleet.turn() == []
    assert fleet.state(again) == "running"
    fleet.step(looks[0])
    assert fleet.state(again) == "done"


def test_only_rows_that_are_gone_are_written(fleet: Fleet, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("enrichment.stages.refold._BATCH", 2)
    fleet.enrich(companies(range(5)))
    fleet.execute("UPDATE public.company SET city = 'by hand' WHERE code = 'C-00001'")
    fleet.execute("DELETE FROM public.company WHERE code IN ('C-00000', 'C-00004')")
    before = fleet.rows("SELECT code, ctid::text, xmin::text FROM public.company ORDER BY code")
    fleet.enrich(companies(range(5)))
    after = fleet.rows("SELECT code, ctid::text, xmin::text FROM public.company ORDER BY code")
    assert [row["code"] for row in after] == [f"C-0000{n}" for n in range(5)]
    assert [row for row in after if row in before] == before
    assert fleet.one("SELECT city FROM public.company WHERE code = 'C-00001'") == "by hand"
    (look,) = fleet.rows("SELECT counts FROM work WHERE starts_with(dedup, 'missing:') AND status = 'done'")
    assert (look["counts"]["refolded"], look["counts"]["inserted"]) == (2, 2)


def test_records_of_which_several_plans_assert_something_end_no_look(
    fleet: Fleet, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("enrichment.stages.refold._BATCH", 2)
    fleet.enrich(companies(range(5)))
    fleet.execute(
        "INSERT INTO assertion SELECT (jsonb_populate_record(a, jsonb_build_object('id', a.id + 1000, 'plan_id', 0))).*"
        " FROM assertion a"
    )
    fleet.execute("DELETE FROM public.company WHERE code = 'C-00004'")
    fleet.enrich(companies(range(5)))
    assert len(fleet.table()) == 5


def test_where_nothing_is_gone_one_turn_looks_at_many(fleet: Fleet, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("enrichment.stages.refold._BATCH", 2)
    fleet.enrich(companies(range(9)))
    fleet.ran.clear()
    fleet.enrich(companies(range(9)))
    assert fleet.ran.count("refold") == 1
    monkeypatch.setattr("enrichment.store.missing_rows._SLICES", 2)
    fleet.ran.clear()
    fleet.enrich(companies(range(9)))
    assert fleet.ran.count("refold") == 3


def test_a_row_comes_back_with_what_all_sources_and_its_editor_said(fleet: Fleet) -> None:
    fleet.enrich(companies(range(2)))
    fleet.execute("UPDATE public.company SET city = 'by hand' WHERE code = 'C-00001'")
    fleet.enrich([{**companies([1])[0], "employees": 77}])
    (row,) = fleet.rows("DELETE FROM public.company WHERE code = 'C-00001' RETURNING *")
    assert (row["city"], row["employees"]) == ("by hand", 77)
    fleet.enrich([{**companies([1])[0], "employees": 77}])
    assert row in fleet.table()


def test_a_dry_run_brings_nothing_back(fleet: Fleet) -> None:
    fleet.enrich(companies(range(3)))
    fleet.execute("TRUNCATE public.company")
    dry = fleet.enrich(companies(range(3)), dry_run=True)
    assert (fleet.state(dry), fleet.table()) == ("done", [])


def test_a_row_that_the_table_refuses_by_now_is_a_letter_and_the_others_come_back(fleet: Fleet) -> None:
    fleet.enrich(companies(range(4)))
    fleet.execute("TRUNCATE public.company")
    fleet.execute("ALTER TABLE public.company ADD CONSTRAINT no_third CHECK (code <> 'C-00002')")
    again = fleet.enrich(companies(range(4)))
    assert [row["code"] for row in fleet.table()] == ["C-00000", "C-00001", "C-00003"]
    assert fleet.rows("SELECT FROM review WHERE state = 'open'") == []
    (letter,) = fleet.letters(again)
    told = {name: letter[name] for name in ("record_id", "code", "stage", "observation", "attempts")}
    assert told == {
        "record_id": "C-00002", "code": "target_refused", "stage": "merge", "observation": 1, "attempts": 1
    }  # fmt: skip
    assert "no_third" in letter["issues"][0]["message"]
    assert "C-00002" not in letter["issues"][0]["message"]
    assert (fleet.counts(again), fleet.state(again)) == ({"unchanged": 3, "dead": 1}, "partial")
    fleet.balanced(again)
    # once the table lets it, the next job writes it
    fleet.execute("ALTER TABLE public.company DROP CONSTRAINT no_third")
    last = fleet.enrich(companies(range(4)))
    assert (len(fleet.table()), fleet.counts(last)) == (4, {"unchanged": 4})


def test_a_column_that_cannot_hold_the_keys_any_more_stops_no_job(fleet: Fleet) -> None:
    fleet.enrich(companies(range(2)))
    fleet.execute("TRUNCATE public.company")
    fleet.execute("ALTER TABLE public.company ALTER code TYPE integer USING 1")
    again = fleet.enrich(companies(range(2)))
    assert (fleet.state(again), fleet.counts(again), fleet.table()) == ("partial", {"dead": 2}, [])
