"""What is to be withdrawn is written anew by others between the look at it and the lock of its keys."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from fleet_ground import CRM, Fleet, companies, ground, waits
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


@pytest.mark.parametrize(("whole", "ends"), [(False, "withdrawn"), (True, "held")])
def test_a_record_that_is_found_unchanged_while_it_is_withdrawn_ends_as_what_it_becomes(
    fleet: Fleet, monkeypatch: pytest.MonkeyPatch, whole: bool, ends: str
) -> None:
    """Whoever withdraws comes back to no item that was not there when it looked."""
    job = written(fleet, 3)
    fleet.execute('UPDATE plan SET "try" = 9')
    second = fleet.send(companies(range(3)))
    fleet.only = frozenset({"fetch"})
    fleet.run()
    fleet.only = None
    fleet.execute("UPDATE work SET status = 'ready' WHERE status = 'published'")
    (mapping,) = fleet.turn()
    beside: list[threading.Thread] = []

    def withdraw() -> None:
        roll_back(fleet, plan_of(fleet)) if whole else roll_back_job(fleet, job)
        (refold,) = fleet.turn()
        beside.append(threading.Thread(target=fleet.step, args=(refold,)))
        beside[0].start()
        waits(fleet, beside[0])

    behind(ledger, "standing", monkeypatch, withdraw)
    fleet.step(mapping)
    beside[0].join(60)
    assert not beside[0].is_alive()
    assert standing(fleet) == []
    assert fleet.counts(second) == {ends: 3}


def test_while_items_fall_back_nothing_of_their_source_is_found_unchanged_and_nobody_waits_for_it(fleet: Fleet) -> None:
    written(fleet, 3)
    fleet.enrich(companies(range(10, 12)), source="later")
    fleet.release_all()
    fleet.run()
    with fleet.database.transaction() as tx:
        tx.execute("SET LOCAL lock_timeout = '60s'")
        unwriting.let_counts_end(tx, source="crm", target="company")
        again = fleet.enrich(companies(range(3)))
        others = fleet.enrich(companies(range(10, 12)), source="later")
    fleet.run()
    assert fleet.counts(again) == {"written": 3}
    assert fleet.counts(others) == {"unchanged": 2}
    assert standing(fleet) == [f"C-{n:05d}" for n in (0, 1, 2, 10, 11)]
