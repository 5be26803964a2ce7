"""A plan that a person brings, or lets stand again, while one is searched for its shape: only one of them serves."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from fleet_ground import PLAIN, Fleet, Script, companies, ground, waits

from enrichment import deciding
from enrichment.pipeline import STAGES
from enrichment.store import work as work_rows
from enrichment.store.database import Tx
from enrichment.store.work import Claimed
from schemas.errors import ConflictError


@pytest.fixture
def fleet(database: str) -> Iterator[Fleet]:
    made = ground(database, asking=Script(PLAIN))
    yield made
    made.close()


def searching(fleet: Fleet) -> tuple[Claimed, Any]:
    """Work that has found a plan and not stored it yet."""
    for _ in range(20):
        for one in fleet.turn():
            if one.stage != "plan":
                fleet.step(one)
                continue
            with fleet.database.transaction() as tx:
                work = work_rows.claim(tx, one.id, fence=one.fence, stage="plan", worker="inline", seconds=600)
            assert work is not None
            prepare = STAGES["plan"].prepare
            assert prepare is not None
            return work, prepare(fleet.context, work)
    raise AssertionError("no plan was asked for")


def store(fleet: Fleet, work: Claimed, proposed: Any) -> None:
    with fleet.acting("model").transaction() as tx:
        storing(fleet, tx, work, proposed)


def storing(fleet: Fleet, tx: Tx, work: Claimed, proposed: Any) -> None:
    work_rows.hold(tx, work)
    STAGES["plan"].commit(fleet.context, tx, work, proposed)
    work_rows.finish(tx, work, {})


def exported(fleet: Fleet) -> dict[str, Any]:
    with fleet.acting("api").transaction() as tx:
        return deciding.export(tx, fleet.one("SELECT max(id) FROM plan"))


def condemn(fleet: Fleet, *fields: str) -> None:
    with fleet.acting("api").transaction() as tx:
        plan = fleet.one("SELECT min(id) FROM plan WHERE state IN ('probation', 'released')")
        deciding.condemn(fleet.context, tx, plan, fields=fields or None, by="anna", reason="wrong")


def restored_beside(fleet: Fleet, role: str, act: Callable[[Tx], object]) -> None:
    """Somebody lets the first plan stand again while a transaction that brings another one is about to commit."""
    refused: list[ConflictError] = []

    def approve() -> None:
        plan = fleet.one("SELECT min(id) FROM plan")
        try:
            with fleet.acting("api").transaction() as tx:
                deciding.approve(fleet.context, tx, plan, fields=None, by="anna", reason="right after all")
        except ConflictError as error:
            refused.append(error)

    beside = threading.Thread(target=approve)
    with fleet.acting(role).transaction() as tx:
        act(tx)
        beside.start()
        waits(fleet, beside)
    beside.join(60)
    assert not beside.is_alive()
    (conflict,) = refused
    assert "serves the records" in conflict.message


def states(fleet: Fleet) -> list[str]:
    return [row["state"] for row in fleet.rows("SELECT state FROM plan ORDER BY id")]


def test_a_plan_that_was_brought_during_the_first_search_serves_alone(database: str) -> None:
    fleet = ground(database, asking=Script(PLAIN))
    fleet.enrich(companies(range(60)))
    brought = exported(fleet)
    fleet.close()
    fleet = ground(database, asking=Script(PLAIN))
    job = fleet.send(companies(range(60)))
    work, proposed = searching(fleet)
    with fleet.acting("api").transaction() as tx:
        deciding.import_plan(fleet.context, tx, brought, by="anna")
    store(fleet, work, proposed)
    fleet.run()
    assert len(states(fleet)) == 1
    assert fleet.counts(job) == {"written": 60}
    # And what falls of it is asked about, as of any plan that serves.
    asked = fleet.context.asking.count("planning")
    condemn(fleet, "city")
    fleet.run()
    assert fleet.context.asking.count("planning") > asked
    fleet.close()


def test_nobody_is_asked_about_a_plan_when_one_was_brought_meanwhile(fleet: Fleet) -> None:
    fleet.enrich(companies(range(60)))
    brought = exported(fleet)
    condemn(fleet)
    work, proposed = searching(fleet)
    with fleet.acting("api").transaction() as tx:
        deciding.import_plan(fleet.context, tx, brought, by="anna")
    store(fleet, work, proposed)
    fleet.run()
    assert states(fleet) == ["condemned", "probation"]
    assert fleet.rows("SELECT rule FROM review WHERE state = 'open'") == []


def test_a_plan_that_stands_again_while_another_is_brought_does_not_serve_beside_it(fleet: Fleet) -> None:
    fleet.enrich(companies(range(60)))
    brought = exported(fleet)
    condemn(fleet)
    fleet.only = frozenset({"refold"})
    fleet.run()
    restored_beside(fleet, "api", lambda tx: deciding.import_plan(fleet.context, tx, brought, by="anna"))
    assert states(fleet) == ["condemned", "probation"]


def test_a_plan_that_stands_again_while_another_is_stored_does_not_serve_beside_it(fleet: Fleet) -> None:
    """Not the one before it, whose row the store of its successor locks."""
    fleet.enrich(companies(range(60), ref=lambda n: f"R-{n}", id=lambda n: f"I-{n}"))
    script = fleet.context.asking
    for pointer in ("/ref", "/id"):
        script.bindings |= {"code": (pointer, ())}
        condemn(fleet, "code")
        if pointer == "/ref":
            fleet.run()
    assert states(fleet) == ["condemned", "condemned"]
    work, proposed = searching(fleet)
    restored_beside(fleet, "model", lambda tx: storing(fleet, tx, work, proposed))
    assert states(fleet) == ["condemned", "condemned", "probation"]
