"""A person lets stand again what was condemned: the same rows are there as if nothing had been condemned."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from fleet_ground import PLAIN, Fleet, Script, companies, ground

from enrichment import deciding
from enrichment.context import Tuning
from schemas.errors import ConflictError


@pytest.fixture
def fleet(database: str) -> Iterator[Fleet]:
    made = ground(database, tuning=Tuning(plan_wait_seconds=3_600.0))
    made.configure(asking=Script(PLAIN))
    yield made
    made.close()


def first(fleet: Fleet) -> int:
    return int(fleet.one("SELECT min(id) FROM plan"))


def condemn(fleet: Fleet, *fields: str) -> None:
    with fleet.acting("api").transaction() as tx:
        deciding.condemn(fleet.context, tx, first(fleet), fields=fields or None, by="anna", reason="wrong")


def approve(fleet: Fleet, *fields: str) -> None:
    with fleet.acting("api").transaction() as tx:
        deciding.approve(fleet.context, tx, first(fleet), fields=fields or None, by="anna", reason="right after all")


def standing(fleet: Fleet) -> list[dict[str, Any]]:
    return fleet.rows("SELECT record_id, cells, reasons FROM assertion WHERE state = 'standing' ORDER BY record_id")


def test_a_condemned_field_that_a_person_approves_is_written_again(fleet: Fleet) -> None:
    job = fleet.enrich(companies(range(130)))
    before, asserted = fleet.table(), standing(fleet)
    condemn(fleet, "city")
    with pytest.raises(ConflictError, match="still being withdrawn"):
        approve(fleet, "city")
    fleet.run()
    assert {row["city"] for row in fleet.table()} == {None}
    # and rows whose cell was never merged
    fleet.enrich(companies(range(200, 205)))
    approve(fleet, "city")
    fleet.run()
    table = fleet.table()
    assert table[:130] == before
    assert [row["city"] for row in table[130:]] == [f"Town {n % 7}" for n in range(200, 205)]
    assert standing(fleet)[:130] == asserted
    assert fleet.counts(job) == {"written": 130}
    assert fleet.one("SELECT state FROM plan_field WHERE name = 'city'") == "released"


def test_a_condemned_plan_that_a_person_approves_serves_its_records_again(fleet: Fleet) -> None:
    job = fleet.enrich(companies(range(130)))
    before = fleet.table()
    condemn(fleet)
    fleet.run()
    assert fleet.table() == []
    assert fleet.counts(job) == {"held": 130}
    with pytest.raises(ConflictError, match="fell with code"):
        approve(fleet, "city")
    assert fleet.one("SELECT rule FROM review WHERE state = 'open'") == "plan_refused"
    approve(fleet)
    assert fleet.rows("SELECT 1 FROM review WHERE state = 'open'") == []
    fleet.run()
    assert fleet.table() == before
    assert fleet.counts(job) == {"written": 130}
    assert fleet.one("SELECT state FROM plan ORDER BY id LIMIT 1") == "released"


def test_a_plan_whose_successor_serves_stays_condemned(fleet: Fleet) -> None:
    fleet.enrich(companies(range(130)))
    condemn(fleet)
    fleet.run()
    fleet.execute(
        "INSERT INTO plan (source, target, target_version, shape_id, shape_revision, try, state, body, source_digest)"
        " SELECT source, target, target_version, shape_id, shape_revision, 9, 'released', body, '' FROM plan"
        " ORDER BY id LIMIT 1"
    )
    with pytest.raises(ConflictError, match="serves the records of plan"):
        approve(fleet)


def test_one_more_defect_condemns_a_restored_field_only_by_a_test_of_its_own(fleet: Fleet) -> None:
    fleet.enrich(companies(range(130)))
    fleet.execute("UPDATE plan_field SET defects = 40 WHERE name = 'city'")
    condemn(fleet, "city")
    fleet.run()
    approve(fleet, "city")
    fleet.run()
    fleet.enrich(companies(range(200, 260)))
    assert fleet.one("SELECT state FROM plan_field WHERE name = 'city'") == "released"
    assert None not in {row["city"] for row in fleet.table()}
