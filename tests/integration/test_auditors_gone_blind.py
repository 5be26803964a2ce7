"""An auditor that sees no longer what it saw when a plan was released by its word: releases stop, a person is asked."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from fleet_ground import PLAIN, Fleet, Script, companies, ground

from enrichment import reopening
from enrichment.audit import release
from enrichment.audit.report import report
from enrichment.deciding import decide
from enrichment.store import audit_counts, plans, planted
from enrichment.store.plan_fields import FieldRow


@pytest.fixture
def fleet(database: str) -> Iterator[Fleet]:
    made = ground(database)
    yield made
    made.close()


def rows(numbers: range, **changes: Any) -> list[dict[str, Any]]:
    """Records of a source that does not move."""
    return companies(numbers, employees=lambda n: 40 + n % 7, **changes)


def states(fleet: Fleet) -> set[str]:
    return {row["state"] for row in fleet.rows("SELECT state FROM plan_field")}


def questions(fleet: Fleet) -> list[str]:
    return [row["rule"] for row in fleet.rows("SELECT rule FROM review WHERE state = 'open' ORDER BY id")]


def answer(fleet: Fleet, decision: str) -> None:
    review = fleet.one("SELECT id FROM review WHERE state = 'open'")
    with fleet.acting("api").transaction() as tx:
        decide(fleet.context, tx, review, decision=decision, content_hash=None, by="ada", reason="looked")
    fleet.run()


def told(fleet: Fleet) -> dict[str, Any]:
    """The report on the only source."""
    with fleet.database.transaction() as tx:
        (found,) = report(audit_counts.of_fields(tx), planted.of_plans(tx), audit_counts.standing_rows(tx))
    return found


def released(fleet: Fleet, asking: Script) -> None:
    """A plan that was released by an auditor that saw all that was planted, until then and in samples since."""
    fleet.configure(asking=asking)
    fleet.enrich(rows(range(700)))
    assert states(fleet) == {"released"}
    with fleet.database.transaction() as tx:
        counts = planted.counts(tx, fleet.one("SELECT id FROM plan"))
    assert sum(one.planted for one in counts) >= 18
    assert all(one.seen == one.planted for one in counts)


class Turning(Script):
    """Looks, once it was `turned`, only whether a value stands in the record: it sees no swap any more."""

    turned = False

    def _verdict(self, field: str, value: Any, record: Any, model: str) -> str:
        if not self.turned:
            return super()._verdict(field, value, record, model)
        return "supported" if str(value) in {str(one) for one in record.values()} else "unsupported"


_ANSWERED = (
    "SELECT count(DISTINCT work_id) FROM sample WHERE work_id > %(before)s"
    " AND judged_at <= (SELECT created_at FROM review)"
)


@pytest.mark.parametrize("swaps", [False, True], ids=["blind", "overlooks swaps"])
def test_one_that_goes_blind_after_a_release_stops_the_merging_and_a_person_is_asked(fleet: Fleet, swaps: bool) -> None:
    asking = Turning(PLAIN)
    released(fleet, asking)
    before = fleet.one("SELECT max(work_id) FROM sample")
    asking.sees, asking.turned = swaps, swaps
    fleet.send(rows(range(700, 2_200)))
    fleet.run(until=lambda: questions(fleet) != [])
    assert questions(fleet) == ["blind_auditor"]
    # what was judged before it was asked, and was not before it went blind
    assert fleet.one(_ANSWERED, before=before) <= (3 if swaps else 2)
    assert states(fleet) == {"probation"}
    assert fleet.one("SELECT state FROM plan") == "probation"
    fleet.run()
    written, asked = len(fleet.table()), asking.count("audit")
    job = fleet.enrich(rows(range(3_000, 3_300)))
    assert len(fleet.table()) == written
    assert fleet.counts(job) == {"held": 300}
    assert fleet.state(job) == "blocked"
    assert asking.count("audit") == asked, "more answers of a blind one would not help"
    # what it saw while it was sighted does not speak for it any more
    with fleet.database.transaction() as tx:
        counts = planted.counts(tx, fleet.one("SELECT id FROM plan"))
    if swaps:
        assert any(one.fault == "swap" and release.overlooks(one.seen, one.planted) for one in counts)
        assert next(one for one in told(fleet)["recall"]["classes"] if one["class"] == "swap")["lower"] < release.BLIND
    else:
        assert sum(one.seen for one in counts) < release.BLIND * sum(one.planted for one in counts)
        assert told(fleet)["recall"]["lower"] < release.BLIND
        # nothing is known of what stands: it was not looked at cell by cell, as before a release
        assert (sum(one.seen for one in counts), told(fleet)["wrong_at_most"]) == (0, None)
    # with one that sees, the plan is audited from the start, back to what was written, and what waited is merged
    asking.sees, asking.turned = True, False
    looked = fleet.one("SELECT count(*) FROM sample a JOIN staged s ON s.id = a.staged_id WHERE s.state = 'merged'")
    answer(fleet, "retry")
    assert states(fleet) == {"released"}
    assert questions(fleet) == []
    assert fleet.counts(job) == {"written": 300}
    assert looked < fleet.one(
        "SELECT count(*) FROM sample a JOIN staged s ON s.id = a.staged_id WHERE s.state = 'merged'"
    )


def test_what_stands_under_a_plan_that_is_tested_anew_was_not_looked_at_cell_by_cell(fleet: Fleet) -> None:
    released(fleet, Script(PLAIN))
    bound = told(fleet)["wrong_at_most"]
    plan_id = fleet.one("SELECT id FROM plan")
    with fleet.acting("api").transaction() as tx:
        plan = plans.get(tx, plan_id, lock="UPDATE")
        plants = planted.newest(tx, plan_id, limit=1_000, fault=None)
        reopening.audit_anew(tx, plan, again=FieldRow.tested_anew, but=plants)
    assert states(fleet) == {"probation"}
    assert told(fleet)["wrong_at_most"] == bound


def test_wrong_deliveries_are_not_written_on_the_word_of_one_that_saw_enough_long_ago(fleet: Fleet) -> None:
    asking = Script(PLAIN)
    released(fleet, asking)
    for begin in range(700, 2_700, 500):
        fleet.enrich(rows(range(begin, begin + 500)))
    asking.sees = False
    for begin in range(3_000, 6_000, 500):
        fleet.enrich(rows(range(begin, begin + 500), city="Turned"))
    assert questions(fleet) == ["blind_auditor"]
    # one request for each delivery: with the first came a few plants, with the second as many as there were rows
    assert sum(row["city"] == "Turned" for row in fleet.table()) <= 1_000
    fleet.configure(
        asking=Script(PLAIN, audit=lambda _, value, *__: "unsupported" if value == "Turned" else "supported")
    )
    answer(fleet, "retry")
    assert [row["code"] for row in fleet.table() if row["city"] == "Turned"] == []


@pytest.mark.parametrize("misses", [0, 20, 10])
def test_one_that_overlooks_little_goes_on(fleet: Fleet, misses: int) -> None:
    """It overlooks none, one in twenty or one in ten of what is planted."""

    class Human(Script):
        doubts = lies = 0

        def _verdict(self, field: str, value: Any, record: Any, model: str) -> str:
            found = super()._verdict(field, value, record, model)
            self.doubts += found == "unsupported"
            if found == "unsupported" and misses and self.doubts % misses == 0:
                self.lies += 1
                return "supported"
            return found

    asking = Human(PLAIN)
    fleet.configure(asking=asking)
    for begin in range(0, 3_500, 700):
        job = fleet.enrich(rows(range(begin, begin + 700)))
        assert fleet.counts(job) == {"written": 700}
    assert states(fleet) == {"released"}
    assert fleet.rows("SELECT 1 FROM review") == []
    assert fleet.rows("SELECT 1 FROM planted WHERE state = 'void'") == []
    assert asking.lies == (asking.doubts // misses if misses else 0)


def test_one_that_is_unsure_after_a_release_is_not_taken_for_blind(fleet: Fleet) -> None:
    class Silent(Script):
        unsure = False

        def _verdict(self, field: str, value: Any, record: Any, model: str) -> str:
            return "unsure" if self.unsure else super()._verdict(field, value, record, model)

    asking = Silent(PLAIN)
    released(fleet, asking)
    asking.unsure = True
    before = fleet.one("SELECT count(*) FROM planted")
    job = fleet.enrich(rows(range(700, 2_200)))
    assert fleet.one("SELECT count(*) FROM planted") - before > release.NEWEST
    assert states(fleet) == {"released"}
    assert questions(fleet) == []
    assert fleet.counts(job) == {"written": 1_500}


def test_a_person_who_releases_by_a_blind_one_is_asked_once(fleet: Fleet) -> None:
    asking = Script(PLAIN)
    released(fleet, asking)
    asking.sees = False
    fleet.enrich(rows(range(700, 2_200)))
    assert questions(fleet) == ["blind_auditor"]
    answer(fleet, "approve")
    assert states(fleet) == {"released"}
    job = fleet.enrich(rows(range(3_000, 4_500)))
    assert questions(fleet) == []
    assert states(fleet) == {"released"}
    assert fleet.counts(job) == {"written": 1_500}
    # until it is released by an auditor again
    fleet.execute("UPDATE plan_field SET decided_at = now() + interval '1 second'")
    fleet.enrich(rows(range(5_000, 6_500)))
    assert questions(fleet) == ["blind_auditor"]
