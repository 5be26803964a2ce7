"""What was found wrong in a record does not come back with its next observation; what a person says stands, does."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from fleet_ground import COMPANY, PLAIN, Fleet, Script, companies, company, ground

from enrichment.complaining import report_defect
from enrichment.deciding import plans as deciding
from enrichment.deciding import reviews as answering

WHOLE = range(300)
ONE = range(3, 4)
KEY = "C-00003"


@pytest.fixture
def fleet(database: str) -> Iterator[Fleet]:
    """With a released plan, and 300 rows that were merged under it."""
    made = ground(database, asking=Script(PLAIN))
    made.enrich(companies(WHOLE))
    assert made.one("SELECT state FROM plan") == "released"
    yield made
    made.close()


def report(fleet: Fleet, field: str = "employees", key: str = KEY) -> None:
    with fleet.acting("api").transaction() as tx:
        report_defect(fleet.context, tx, "company", key, field, by="downstream", reason="seen in a report")
    fleet.run()


def approve(fleet: Fleet, asked: Mapping[str, Any]) -> None:
    with fleet.acting("api").transaction() as tx:
        answering.decide(
            fleet.context_of("api"),
            tx,
            asked["id"],
            decision="approve",
            content_hash=asked["content_hash"],
            by="anna",
            reason="it is its name",
        )


def row(fleet: Fleet, key: str = KEY) -> dict[str, Any]:
    return next(one for one in fleet.table() if one["code"] == key)


def test_a_reported_value_does_not_come_back_when_its_record_changes_elsewhere(fleet: Fleet) -> None:
    report(fleet)
    job = fleet.enrich(companies(ONE, city="Elsewhere"))
    assert (row(fleet)["city"], row(fleet)["employees"]) == ("Elsewhere", None)
    assert fleet.counts(job) == {"written": 1}
    assert fleet.rows("SELECT reasons FROM assertion WHERE record_id = %(key)s AND state = 'standing'", key=KEY)[-1][
        "reasons"
    ] == {"employees": "condemned"}
    # another record with the same value is not meant, and another value of the record is none that was found wrong
    fleet.enrich([*companies(ONE, employees=77), *companies([500], employees=13)])
    assert (row(fleet)["employees"], row(fleet, "C-00500")["employees"]) == (77, 13)
    # what was last asserted in its place stays
    fleet.enrich(companies(ONE))
    assert row(fleet)["employees"] == 77


def test_what_an_audit_found_wrong_does_not_come_back_either(fleet: Fleet) -> None:
    bad: list[str] = []

    def audit(field: str, _: Any, record: Any, __: str) -> str:
        if field == "city" and not bad:
            bad.append(record["code"])
        return "unsupported" if field == "city" and [record["code"]] == bad else "supported"

    script = Script(PLAIN, audit=audit)
    fleet.configure(asking=script)
    fleet.enrich(companies(range(300, 700)))
    assert [one["code"] for one in fleet.table() if one["city"] is None] == bad
    script.audit = lambda *_: "supported"
    fleet.enrich(companies([int(bad[0][2:])], employees=1))
    assert (row(fleet, bad[0])["employees"], row(fleet, bad[0])["city"]) == (1, None)


def test_a_person_who_lets_the_field_stand_again_lets_the_value_come_back(fleet: Fleet) -> None:
    for number in range(3, 12):
        if fleet.one("SELECT state FROM plan_field WHERE name = 'employees'") != "condemned":
            report(fleet, key=f"C-{number:05d}")
    assert {one["employees"] for one in fleet.table()} == {None}
    fleet.enrich(companies(ONE, city="Elsewhere"))
    plan = fleet.one("SELECT min(id) FROM plan")
    with fleet.acting("api").transaction() as tx:
        deciding.approve(fleet.context_of("api"), tx, plan, fields=["employees"], by="anna", reason="it is right")
    fleet.run()
    assert row(fleet)["employees"] == 13
    assert fleet.one("SELECT count(*) FROM wrong_cell") == 0


def test_a_person_who_vouches_for_the_row_lets_the_value_come_back(database: str) -> None:
    name = COMPANY.by_name["name"].model_copy(update={"required": True})
    fleet = ground(
        database,
        targets=[company(*(name if f.name == "name" else f for f in COMPANY.fields))],
        asking=Script(PLAIN),
    )
    fleet.enrich(companies(WHOLE))
    report(fleet, "name")
    fleet.enrich(companies(ONE, city="Elsewhere"))
    assert KEY not in {one["code"] for one in fleet.table()}
    for asked in fleet.rows("SELECT id, rule, content_hash FROM review WHERE state = 'open' ORDER BY id"):
        assert asked["rule"] == "unsupported"
        approve(fleet, asked)
    fleet.run()
    assert (row(fleet)["name"], row(fleet)["city"]) == ("Company 3", "Elsewhere")
    fleet.enrich(companies(ONE, city="Nowhere"))
    assert (row(fleet)["name"], row(fleet)["city"]) == ("Company 3", "Nowhere")
    fleet.close()


def test_a_report_finds_what_stands_also_where_retention_has_taken_the_staged_row(fleet: Fleet) -> None:
    fleet.execute("DELETE FROM sample")
    fleet.execute("DELETE FROM planted")
    fleet.execute("DELETE FROM staged")
    report(fleet)
    assert row(fleet)["employees"] is None
    fleet.enrich(companies(ONE, city="Elsewhere"))
    assert (row(fleet)["city"], row(fleet)["employees"]) == ("Elsewhere", None)


@pytest.mark.parametrize("refresh", [True, False], ids=["the same records again", "changed ones"])
def test_a_reported_row_does_not_wait_for_a_look_that_nobody_will_take(database: str, *, refresh: bool) -> None:
    """Two fields were reported wrong, in rows that no audit looked at; too few rows are left to decide either."""
    fleet = ground(database, asking=Script(PLAIN))
    fleet.enrich(companies(range(130)))
    unseen = [
        one["record_id"]
        for one in fleet.rows(
            "SELECT s.record_id FROM staged s WHERE NOT EXISTS (SELECT 1 FROM sample a WHERE a.staged_id = s.id)"
            " ORDER BY s.record_id LIMIT 4"
        )
    ]
    report(fleet, "employees", unseen[0])
    report(fleet, "name", unseen[1])
    assert fleet.one("SELECT count(*) FROM plan_field WHERE state = 'probation'") == 2
    numbers = [int(code[2:]) for code in unseen]
    job = fleet.enrich(companies(numbers, **({} if refresh else {"city": "Elsewhere"})), refresh=refresh)
    assert fleet.state(job) == "done"
    assert fleet.counts(job) == {"written": 4}
    assert (row(fleet, unseen[0])["employees"], row(fleet, unseen[1])["name"]) == (None, None)
    fleet.close()
