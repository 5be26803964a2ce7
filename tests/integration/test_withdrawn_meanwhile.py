"""What is to be withdrawn is written anew by others between the look at it and the lock of its keys."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from fleet_ground import CRM, Fleet, companies, ground
from test_rollback import LATER, plan_of, roll_back, roll_back_job, written

from enrichment.store import ledger, unwriting


@pytest.fixture
def fleet(database: str) -> Iterator[Fleet]:
    made = ground(database, sources=[CRM, LATER])
    yield made
    made.close()


def behind(module: Any, name: str, monkeypatch: pytest.MonkeyPatch, act: Callable[[], Any]) -> None:
    """Somebody acts, and commits, behind the next call of a step."""
    step = getattr(module, name)

    def then(*arguments: Any, **more: Any) -> Any:
        done = step(*arguments, **more)
        monkeypatch.setattr(module, name, step)
        act()
        return done

    monkeypatch.setattr(module, name, then)


def standing(fleet: Fleet) -> list[str]:
    return [r["key"] for r in fleet.rows("SELECT key FROM assertion WHERE state = 'standing' ORDER BY key")]


def only_refolds(fleet: Fleet) -> None:
    fleet.only = frozenset({"refold"})
    fleet.run()
    fleet.only = None


def test_a_rollback_withdraws_what_was_written_anew_without_a_field_meanwhile(
    fleet: Fleet, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = written(fleet, 3)
    fleet.execute('UPDATE plan SET "try" = 9')
    roll_back_job(fleet, job)

    def fall() -> None:
        with fleet.database.transaction() as tx:
            ids = [r["id"] for r in tx.execute("SELECT id FROM assertion WHERE state = 'standing'").fetchall()]
            ledger.lock_keys(tx, "company", ["C-00000", "C-00001", "C-00002"])
            ledger.withdraw_fields(tx, ids, {"city": "condemned"}, reason="condemned")

    behind(unwriting, "of_job", monkeypatch, fall)
    fleet.run()
    assert fleet.counts(job) == {"withdrawn": 3}
    assert standing(fleet) == []
    assert fleet.table() == []


def test_a_field_that_falls_is_withdrawn_from_what_was_written_anew_without_another_meanwhile(
    fleet: Fleet, monkeypatch: pytest.MonkeyPatch
) -> None:
    written(fleet, 3)
    ids = [row["id"] for row in fleet.rows("SELECT id FROM assertion")]
    later = fleet.stage_only(companies([7]))
    fleet.execute('UPDATE plan SET "try" = 9')
    roll_back(fleet, plan_of(fleet), ["city"])
    with fleet.database.transaction() as tx:
        ledger.lock_keys(tx, "company", ["C-00000", "C-00001", "C-00002"])
        ledger.withdraw_fields(tx, ids, {"employees": "condemned"}, reason="condemned")
        # an entry behind those that are not to be seen yet
        with fleet.database.transaction() as other:
            ledger.append_staged(other, later, target="company")
        read = threading.Event()
        behind(unwriting, "of_plan", monkeypatch, read.set)
        running = threading.Thread(target=only_refolds, args=(fleet,))
        running.start()
        assert read.wait(20)
    running.join(20)
    fleet.run()
    assert {row["city"] for row in fleet.table()} == {None}
