"""Who relies on a plan and who decides on it: verdicts are counted beside merges, only a decision waits for them."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from fleet_ground import PLAIN, Fleet, Script, companies, ground, waits

from enrichment import reopening
from enrichment.breaking import guarding, keys
from enrichment.breaking.machine import Outcome
from enrichment.store import breakers, plans
from enrichment.store.dispatch import Due


@pytest.fixture
def fleet(database: str) -> Iterator[Fleet]:
    made = ground(database, asking=Script(PLAIN))
    made.enrich(companies(range(300)))
    assert made.one("SELECT state FROM plan") == "released"
    yield made
    made.close()


@contextmanager
def merging(fleet: Fleet) -> Iterator[None]:
    """What a merge holds until it commits: the state of its plan, and of those who made it."""
    with fleet.acting("upsert").transaction() as tx:
        plan = plans.get(tx, fleet.one("SELECT id FROM plan"), lock="KEY SHARE")
        assert breakers.stopped(tx, keys.of_plan(plan)) == []
        yield


def judges(fleet: Fleet, records: range, **fields: Any) -> list[Due]:
    """Judge work on rows that were merged after the release."""
    asked = len(fleet.ran)
    fleet.only = frozenset({"fetch", "map", "gate", "audit", "upsert"})
    fleet.enrich(companies(records, **fields))
    fleet.only = None
    assert "judge" not in fleet.ran[asked:]
    fleet.execute("UPDATE work SET status = 'ready' WHERE status = 'published'")
    due = [one for one in fleet.turn() if one.stage == "judge"]
    assert due
    return due


def decide_behind_a_merge(fleet: Fleet, due: list[Due]) -> None:
    """Run judges while a merge is under way: nothing is decided before that ends."""
    deciding = threading.Thread(target=lambda: [fleet.step(one) for one in due])
    with merging(fleet):
        deciding.start()
        assert waits(fleet, deciding)
        # and who waits holds nothing that another could be waiting for
        fleet.rows("SELECT 1 FROM plan_field FOR UPDATE NOWAIT")
        assert fleet.one("SELECT state FROM plan_field WHERE name = 'city'") == "released"
    deciding.join(timeout=60)
    assert not deciding.is_alive()


def test_verdicts_on_a_released_plan_are_counted_while_its_rows_are_merged(fleet: Fleet) -> None:
    # Some answer of its planner was refused once, as most are some day.
    with fleet.acting("model").transaction() as tx:
        for key in keys.of_plan(plans.get(tx, fleet.one("SELECT id FROM plan"))):
            guarding.record(tx, key, [Outcome("plans", failed=True, reason="kind_mismatch")], holder=None)
    before = fleet.one("SELECT audited FROM plan_field WHERE name = 'city'")
    due = judges(fleet, range(300, 700))
    counting = threading.Thread(target=lambda: [fleet.step(one) for one in due])
    with merging(fleet):
        counting.start()
        counting.join(timeout=60)
        assert not counting.is_alive()
        assert fleet.one("SELECT audited FROM plan_field WHERE name = 'city'") > before
    assert fleet.one("SELECT count(*) FROM work WHERE kind = 'judge' AND status <> 'done'") == 0


def test_a_verdict_against_a_released_plan_waits_for_who_relies_on_it(fleet: Fleet) -> None:
    due = judges(fleet, range(300, 700))
    asking: Any = fleet.context.asking
    asking.audit = lambda field, *_: "unsupported" if field == "city" else "supported"
    decide_behind_a_merge(fleet, due)
    assert fleet.one("SELECT state FROM plan_field WHERE name = 'city'") != "released"


def test_a_source_that_moved_is_decided_on_behind_the_merges_and_asked_about_once(fleet: Fleet) -> None:
    fleet.enrich(companies(range(300, 700)))
    due = judges(fleet, range(1_000, 1_600), city=None)
    asking: Any = fleet.context.asking
    asked = asking.count("audit")
    decide_behind_a_merge(fleet, due)
    assert fleet.one("SELECT state FROM plan_field WHERE name = 'city'") == "probation"
    assert asking.count("audit") - asked == len(due)


def test_an_auditor_that_went_blind_is_decided_on_behind_the_merges(fleet: Fleet) -> None:
    due = judges(fleet, range(300, 700))
    asking: Any = fleet.context.asking
    asking.sees = False
    asked = asking.count("audit")
    decide_behind_a_merge(fleet, due)
    assert fleet.rows("SELECT DISTINCT state FROM plan_field") == [{"state": "probation"}]
    assert [row["rule"] for row in fleet.rows("SELECT rule FROM review WHERE state = 'open'")] == ["blind_auditor"]
    assert asking.count("audit") - asked == len(due)


def test_a_judge_that_draws_waits_for_a_decision_before_it_holds_anything(fleet: Fleet) -> None:
    """Rows are drawn under locks on the plan's fields, which whoever decides takes after the plan."""
    plan_id = fleet.one("SELECT id FROM plan")
    with fleet.acting("api").transaction() as tx:
        reopening.audit_anew(tx, plans.get(tx, plan_id, lock="UPDATE"))
    due = [one for one in fleet.turn() if one.stage == "judge"]
    assert due
    drawing = threading.Thread(target=lambda: [fleet.step(one) for one in due])
    with fleet.acting("api").transaction() as tx:
        plans.get(tx, plan_id, lock="UPDATE")
        drawing.start()
        assert waits(fleet, drawing)
        fleet.rows("SELECT 1 FROM plan_field FOR UPDATE NOWAIT")
    drawing.join(timeout=60)
    assert not drawing.is_alive()
    # what it drew is before further judges
    assert fleet.one("SELECT count(*) FROM sample WHERE state <> 'judged'") > 0
