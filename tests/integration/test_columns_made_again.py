"""A column that was dropped and made again has its values again: its nulls are nobody's edits."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pytest
from fleet_ground import COMPANY, CRM, PLAIN, Fleet, Script, companies, company, ground

from enrichment.context import Tuning
from enrichment.store import made_again, target_table
from schemas.target import Target

MADE_AGAIN = "ALTER TABLE public.company DROP city; ALTER TABLE public.company ADD city text"


@pytest.fixture
def begin(database: str) -> Iterator[Callable[..., Fleet]]:
    """Starts a fleet: the first over an empty database, each further one as after `assay migrate`."""
    begun: list[Fleet] = []

    def begin(*, targets: Sequence[Target] = (COMPANY,)) -> Fleet:
        if not begun:
            begun.append(ground(database, targets=targets))
        else:
            tuning = Tuning(plan_wait_seconds=0.0)
            begun.append(Fleet(database, sources=[CRM], targets=targets, asking=Script(PLAIN), tuning=tuning))
        return begun[-1]

    yield begin
    for fleet in begun:
        fleet.close()


def refolds(fleet: Fleet) -> list[dict[str, Any]]:
    return fleet.rows("SELECT args, status, counts FROM work WHERE starts_with(dedup, 'columns:') ORDER BY id")


def test_its_values_come_back_with_the_next_start(begin: Callable[..., Fleet], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("enrichment.stages.refold._BATCH", 3)
    fleet = begin()
    fleet.enrich(companies(range(8)))
    before = fleet.table()
    assert all(row["city"] for row in before)
    fleet.execute(MADE_AGAIN)
    again = begin()
    again.run()
    assert again.table() == before
    assert [(one["status"], one["counts"]["updated"]) for one in refolds(again)] == [("done", 8)]
    assert again.one("SELECT count(*) FROM assertion WHERE source = 'baseline'") == 0
    # and that is over
    later = begin()
    later.run()
    assert len(refolds(later)) == 1


def test_what_was_edited_stays_and_what_is_emptied_later_too(begin: Callable[..., Fleet]) -> None:
    fleet = begin()
    fleet.enrich(companies(range(4)))
    fleet.execute("UPDATE public.company SET city = NULL WHERE code = 'C-00000'")
    fleet.enrich([{**companies([0])[0], "employees": 71}])
    assert fleet.table()[0]["city"] is None
    fleet.execute(MADE_AGAIN)
    fleet.execute("UPDATE public.company SET city = 'by hand' WHERE code = 'C-00001'")
    fleet.execute("UPDATE public.company SET name = NULL WHERE code IN ('C-00000', 'C-00002')")
    again = begin()
    again.run()
    rows = {row["code"]: row for row in again.table()}
    assert rows["C-00000"]["city"] is None
    assert rows["C-00001"]["city"] == "by hand"
    assert (rows["C-00002"]["name"], rows["C-00002"]["city"]) == (None, companies([2])[0]["city"])
    again.execute("UPDATE public.company SET city = NULL WHERE code = 'C-00003'")
    again.enrich([{**companies([3])[0], "employees": 73}])
    row = again.table()[3]
    assert (row["city"], row["employees"]) == (None, 73)


def test_a_merge_before_the_next_start_fills_it_too(begin: Callable[..., Fleet]) -> None:
    fleet = begin()
    fleet.enrich(companies(range(3)))
    fleet.execute(MADE_AGAIN)
    fleet.enrich([{**companies([1])[0], "employees": 71}])
    cities = [row["city"] for row in fleet.table()]
    assert cities == [None, companies([1])[0]["city"], None]


def test_a_column_that_leaves_the_schema_and_comes_back_does_too(begin: Callable[..., Fleet]) -> None:
    fleet = begin()
    fleet.enrich(companies(range(3)))
    before = fleet.table()
    fleet.execute("ALTER TABLE public.company DROP city")
    begin(targets=[company(*COMPANY.fields[:3])]).run()
    again = begin()
    again.run()
    assert again.table() == before


def test_another_table_is_not_taken_for_one_that_changed(begin: Callable[..., Fleet]) -> None:
    fleet = begin()
    fleet.enrich(companies(range(3)))
    fleet.execute("CREATE TABLE public.other (city text, employees bigint, name text, code text PRIMARY KEY)")
    other = begin(targets=[company(table="other", create=False)])
    other.run()
    assert refolds(other) == []


@pytest.mark.parametrize(
    "change",
    [
        "ALTER TABLE public.company ADD other text",
        "ALTER TABLE public.company ALTER employees TYPE numeric",
        "ALTER TABLE public.company RENAME city TO town; ALTER TABLE public.company RENAME town TO city",
    ],
    ids=["added", "another type", "renamed"],
)
def test_other_changes_fold_nothing(begin: Callable[..., Fleet], change: str) -> None:
    fleet = begin()
    fleet.enrich(companies(range(3)))
    fleet.execute(change)
    with fleet.database.transaction() as tx:
        table = target_table.resolve(tx, fleet.context.target("company"))
        assert made_again.numbers(tx, table) == {}
        made_again.sync(tx, table)
    assert refolds(fleet) == []


def test_a_view_that_was_made_anew_says_nothing_of_its_rows(begin: Callable[..., Fleet]) -> None:
    made = "CREATE VIEW public.shown AS SELECT {} FROM public.below"
    fleet = begin()
    fleet.execute("CREATE TABLE public.below (code text PRIMARY KEY, name text, employees bigint, city text)")
    fleet.execute(made.format("code, name, employees, city"))
    shown = company(table="shown", create=False)
    begin(targets=[shown])
    fleet.execute("DROP VIEW public.shown")
    fleet.execute(made.format("city, employees, name, code"))
    again = begin(targets=[shown])
    with again.database.transaction() as tx:
        assert made_again.numbers(tx, target_table.resolve(tx, shown)) == {}
    assert refolds(again) == []
    fleet.execute("DROP VIEW public.shown; DROP TABLE public.below")
