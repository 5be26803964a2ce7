"""An optional field that was condemned: another binding is asked for, and the records go back through under it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from fleet_ground import COMPANY, PLAIN, Fleet, Script, companies, company, ground

from enrichment import deciding, probation
from enrichment.context import Tuning
from enrichment.deciding import reviews
from enrichment.store import plans
from schemas.target import TargetField

SEATED = company(
    *(f if f.name != "city" else f.model_copy(update={"name": "seat", "kind": None}) for f in COMPANY.fields)
)
EAGER = Tuning(plan_wait_seconds=0.0)


class Second(Script):
    """Proposes /quarter for `seat`; once that is refused /city, or the same again where it is stubborn."""

    stubborn = False

    def _plan(self, document: Mapping[str, Any]) -> dict[str, Any]:
        refused = {path for r in document["refused"] for path in r["paths"]}
        self.bindings["seat"] = ("/city", ()) if "/quarter" in refused and not self.stubborn else ("/quarter", ())
        return super()._plan(document)


def quarters(numbers: range) -> list[dict[str, Any]]:
    return [{**r, "quarter": f"Ward {n % 5}"} for n, r in zip(numbers, companies(numbers), strict=True)]


def judged(field: str, value: Any, record: Mapping[str, Any], _: str) -> str:
    return "supported" if field != "seat" or value in {record["city"], None} else "unsupported"


def seats(fleet: Fleet) -> set[bool]:
    """Whether each row's seat is what its record says."""
    return {row["seat"] == f"Town {int(row['code'][2:]) % 7}" for row in fleet.table()}


def test_the_records_go_back_through_under_a_successor(database: str) -> None:
    fleet = ground(database, targets=[SEATED], tuning=EAGER)
    asking = Second(PLAIN, audit=judged)
    fleet.configure(asking=asking)
    job = fleet.enrich(quarters(range(150)))
    plans = fleet.rows("SELECT state FROM plan ORDER BY id")
    assert [plan["state"] for plan in plans] == ["superseded", "released"]
    assert len(fleet.table()) == 150
    assert seats(fleet) == {True}
    assert fleet.counts(job) == {"written": 150}
    assert fleet.state(job) == "done"
    again = [one.document for one in asking.asked if one.purpose == "planning"][-1]
    assert [f["name"] for f in again["target"]["fields"]] == ["seat"]
    assert [(r["target"], r["paths"], r["rule"]) for r in again["refused"]] == [("seat", ["/quarter"], "condemned")]
    assert {r["message"] for r in again["refused"]} == {"an audit of its cells found this binding wrong: /quarter"}
    assert {
        row["state"] for row in fleet.rows("SELECT state FROM plan_field WHERE plan_id = (SELECT max(id) FROM plan)")
    } == {"released"}
    fleet.close()


def test_a_successor_draws_for_itself_what_its_predecessor_had_drawn_and_not_judged(database: str) -> None:
    """Its kept fields lacked so many rows at the end, and were emptied where the plan before had filled them."""
    fleet = ground(database, targets=[SEATED], tuning=EAGER)
    fleet.configure(asking=Second(PLAIN, audit=judged))
    told = {row["code"]: n for n, row in enumerate(quarters(range(150))) if n % 5}
    fleet.send([row if row["code"] in told else row | {"employees": None} for row in quarters(range(150))])
    fell = "SELECT EXISTS (SELECT 1 FROM plan_field WHERE state = 'condemned')"
    while not fleet.one(fell):
        for due in fleet.turn():
            # What is judged after that is left for later, as where a model is slow.
            if not fleet.one(fell):
                fleet.step(due)
    fleet.only = frozenset({"map", "gate", "audit", "upsert", "plan", "merge", "refold"})
    fleet.run(until=lambda: fleet.one("SELECT count(*) FROM plan") == 2)
    before, after = fleet.rows("SELECT drawn, audited FROM plan_field WHERE name = 'employees' ORDER BY plan_id")
    assert before["drawn"] > before["audited"] == after["audited"]
    fleet.only = None
    fleet.execute("UPDATE work SET status = 'ready' WHERE status = 'published'")
    fleet.run()
    assert [plan["state"] for plan in fleet.rows("SELECT state FROM plan ORDER BY id")] == ["superseded", "released"]
    assert {row["code"] for row in fleet.table() if row["employees"] is not None} == set(told)
    assert seats(fleet) == {True}
    fleet.close()


def test_what_was_condemned_is_not_taken_again_and_nobody_asks_for_ever(database: str) -> None:
    fleet = ground(database, targets=[SEATED], tuning=EAGER)
    asking = Second(PLAIN, audit=judged)
    asking.stubborn = True
    fleet.configure(asking=asking)
    job = fleet.enrich(quarters(range(150)))
    assert {row["seat"] for row in fleet.table()} == {None}
    assert [plan["state"] for plan in fleet.rows("SELECT state FROM plan")] == ["released"]
    assert fleet.state(job) == "done"
    calls = asking.count("planning")
    assert calls <= 1 + 3
    fleet.enrich(quarters(range(200, 260)))
    assert asking.count("planning") == calls
    fleet.close()


def test_who_condemned_a_binding_is_said_where_another_is_looked_for(database: str) -> None:
    fleet = ground(database, targets=[SEATED], tuning=EAGER)
    asking = Second(PLAIN)
    fleet.configure(asking=asking)
    fleet.enrich(quarters(range(150)))
    with fleet.acting("api").transaction() as tx:
        plan = fleet.one("SELECT id FROM plan")
        deciding.condemn(fleet.context, tx, plan, fields=["seat"], by="anna", reason="a ward is no seat")
    fleet.run()
    again = [one.document for one in asking.asked if one.purpose == "planning"][-1]
    assert [(r["target"], r["message"]) for r in again["refused"]] == [
        ("seat", "a person found this binding wrong and condemned it: /quarter")
    ]
    assert seats(fleet) == {True}
    fleet.close()


def test_what_a_successor_wrote_meanwhile_on_nobodys_account_is_written_by_the_job_that_waited(database: str) -> None:
    """The rows of a superseded plan go back as records; by the time they are mapped, the successor's own chunks over
    the same records may have written all of them.
    """
    fleet = ground(database, targets=[SEATED], tuning=EAGER)
    fleet.configure(asking=Second(PLAIN, audit=judged))
    fleet.stage_only(quarters(range(10)))
    job = fleet.one("SELECT id FROM job")
    first = fleet.one("SELECT id FROM plan")
    with fleet.acting("api").transaction() as tx:
        deciding.condemn(fleet.context, tx, first, fields=["seat"], by="anna", reason="a ward is no seat")
    fleet.only = frozenset({"plan"})
    fleet.run()
    fleet.execute("UPDATE work SET status = 'done' WHERE status IN ('published', 'ready')")
    with fleet.database.transaction() as tx:
        successor = plans.get(tx, fleet.one("SELECT max(id) FROM plan"), lock="UPDATE")
        tx.execute("UPDATE plan_field SET state = 'released' WHERE plan_id = %s", (successor.id,))
        probation.release_plan(fleet.context, tx, successor)
    assert successor.predecessor == first
    fleet.only = frozenset({"map", "gate", "audit", "upsert"})
    fleet.run()
    assert seats(fleet) == {True}
    assert fleet.counts(job) == {"held": 10}
    fleet.execute("UPDATE work SET status = 'ready' WHERE status = 'published'")
    fleet.only = None
    fleet.run()
    assert fleet.counts(job) == {"written": 10}
    assert fleet.state(job) == "done"
    # what comes once more is unchanged: by then it stood before anything of the job did
    again = fleet.enrich(quarters(range(10)))
    assert fleet.counts(again) == {"unchanged": 10}
    fleet.close()


class Rooms(Script):
    """Answers `guest_rooms` with one pointer after the other, the last one again and again."""

    pointers: tuple[str, ...] = ("/lettable",)
    said = 0

    def _plan(self, document: Mapping[str, Any]) -> dict[str, Any]:
        if any(f["name"] == "guest_rooms" for f in document["target"]["fields"]):
            self.bindings["guest_rooms"] = (self.pointers[min(self.said, len(self.pointers) - 1)], ())
            self.said += 1
        return super()._plan(document)


HOTEL = company(*COMPANY.fields, TargetField(name="guest_rooms", type="integer", kind="count"))


def hotels(numbers: range) -> list[dict[str, Any]]:
    """Companies of which `guest_rooms` says something else than its name, and `lettable` what is meant."""
    return [
        {**one, "guest_rooms": 500 + n * 7 % 90, "lettable": 1 + n * 11 % 90, "quarter": f"Ward {n % 5}"}
        for n, one in zip(numbers, companies(numbers), strict=True)
    ]


def let(field: str, value: Any, record: Mapping[str, Any], _: str) -> str:
    return "supported" if field != "guest_rooms" or value in {record["lettable"], None} else "unsupported"


def test_what_was_condemned_is_not_held_against_what_takes_its_place(database: str) -> None:
    """Its name is the field's own; that its values are something else was seen in them."""
    fleet = ground(database, targets=[HOTEL], tuning=EAGER)
    asking = Rooms(PLAIN, audit=let)
    fleet.configure(asking=asking)
    job = fleet.enrich(hotels(range(150)))
    assert fleet.counts(job) == {"written": 150}
    assert {row["guest_rooms"] == 1 + int(row["code"][2:]) * 11 % 90 for row in fleet.table()} == {True}
    assert [plan["state"] for plan in fleet.rows("SELECT state FROM plan ORDER BY id")] == ["superseded", "released"]
    fleet.close()


class Both(Rooms, Second):
    """Loses both fields, and finds another source for `seat` only."""

    pointers = ("/name",)

    def _plan(self, document: Mapping[str, Any]) -> dict[str, Any]:
        answer = super()._plan(document)
        if all(f["name"] != "seat" for f in document["target"]["fields"]):
            self.bindings["seat"] = ("/city", ())
        return answer


def cooled(fleet: Fleet) -> None:
    """Three answers refused in a row stop the planner and its plans; here that is over."""
    fleet.execute("DELETE FROM breaker_event")
    fleet.execute("DELETE FROM breaker")
    fleet.run()


def answer(fleet: Fleet, decision: str) -> None:
    (asked,) = fleet.rows("SELECT * FROM review WHERE state = 'open'")
    with fleet.acting("api").transaction() as tx:
        reviews.decide(
            fleet.context_of("api"), tx, asked["id"], decision=decision, content_hash=None, by="ada", reason=None
        )
    fleet.run()


@pytest.fixture
def half(database: str) -> Iterator[Fleet]:
    """A successor with another source for `seat`; all that was proposed for `guest_rooms` was refused."""
    fields = [*SEATED.fields, TargetField(name="guest_rooms", type="integer", kind="count")]
    fleet = ground(database, targets=[company(*fields)], tuning=EAGER)
    asking = Both(PLAIN, audit=lambda *cell: (let if cell[0] == "guest_rooms" else judged)(*cell))
    fleet.configure(asking=asking)
    fleet.enrich(hotels(range(150)))
    cooled(fleet)
    yield fleet
    fleet.close()


def rooms(fleet: Fleet) -> set[Any]:
    return {row["guest_rooms"] and row["guest_rooms"] == 1 + int(row["code"][2:]) * 11 % 90 for row in fleet.table()}


def test_a_person_is_asked_about_a_field_whose_every_replacement_was_refused(half: Fleet) -> None:
    (asked,) = half.rows("SELECT rule, subject, question FROM review")
    assert (asked["rule"], asked["subject"].partition(":")[0]) == ("replacement_refused", "replacement")
    assert asked["question"]["fields"] == ["guest_rooms"]
    assert [r["rule"] for r in asked["question"]["refusals"]].count("kind_mismatch") == 3
    # what else was found is in force, and nothing waits
    assert (seats(half), rooms(half)) == ({True}, {None})
    assert half.one("SELECT state FROM job") == "done"
    asking = Rooms(PLAIN, audit=let)
    asking.bindings["seat"] = ("/city", ())
    half.configure(asking=asking)
    answer(half, "retry")
    assert asking.count("planning") == 1
    assert (seats(half), rooms(half)) == ({True}, {True})
    assert half.rows("SELECT 1 FROM review WHERE state = 'open'") == []


def test_what_was_condemned_is_refused_to_a_successor_without_an_audit_as_well(half: Fleet) -> None:
    """The plan that lost it serves no more; its successor knows what fell."""
    asking = Rooms(PLAIN, audit=let)
    asking.pointers = ("/guest_rooms",)
    asking.bindings["seat"] = ("/city", ())
    half.configure(asking=asking)
    answer(half, "retry")
    assert asking.count("planning") == 3
    assert asking.count("audit") == 0
    assert rooms(half) == {None}


def test_a_retry_remembers_what_was_refused(half: Fleet) -> None:
    asking = Both(PLAIN, audit=let)
    half.configure(asking=asking)
    answer(half, "retry")
    told = [one.document["refused"] for one in asking.asked if one.purpose == "planning"]
    assert {r["rule"] for r in told[0] if r["target"] == "guest_rooms"} == {"condemned", "kind_mismatch"}


def test_who_lets_it_stand_after_all_is_asked_no_more(database: str) -> None:
    fleet = ground(database, targets=[HOTEL], tuning=EAGER)
    asking = Rooms(PLAIN, audit=let)
    asking.pointers = ("/name",)
    fleet.configure(asking=asking)
    fleet.enrich(hotels(range(150)))
    cooled(fleet)
    assert fleet.one("SELECT rule FROM review WHERE state = 'open'") == "replacement_refused"
    with fleet.acting("api").transaction() as tx:
        first = fleet.one("SELECT min(id) FROM plan")
        deciding.approve(fleet.context_of("api"), tx, first, fields=["guest_rooms"], by="ada", reason="as it is")
    fleet.run()
    assert fleet.rows("SELECT 1 FROM review WHERE state = 'open'") == []
    fleet.close()


def test_who_leaves_it_empty_is_not_asked_again(half: Fleet) -> None:
    asking = Rooms(PLAIN, audit=let)
    asking.bindings["seat"] = ("/city", ())
    half.configure(asking=asking)
    answer(half, "keep")
    half.enrich(hotels(range(200, 260)))
    assert asking.count("planning") == 0
    assert half.rows("SELECT 1 FROM review WHERE state = 'open'") == []


def test_a_replacement_of_which_everything_was_refused_leaves_the_plan_in_force(database: str) -> None:
    fleet = ground(database, targets=[HOTEL], tuning=EAGER)
    asking = Rooms(PLAIN, audit=let)
    asking.pointers = ("/name",)
    fleet.configure(asking=asking)
    job = fleet.enrich(hotels(range(150)))
    cooled(fleet)
    assert [plan["state"] for plan in fleet.rows("SELECT state FROM plan ORDER BY id")] == ["released", "refused"]
    assert (fleet.counts(job), fleet.state(job)) == ({"written": 150}, "done")
    calls = asking.count("planning")
    fleet.enrich(hotels(range(200, 260)))
    assert asking.count("planning") == calls
    asking.pointers = ("/lettable",)
    answer(fleet, "retry")
    told = [one.document["refused"] for one in asking.asked if one.purpose == "planning"][-1]
    assert {r["rule"] for r in told} == {"condemned", "kind_mismatch"}, (
        "what the refused plan was told is not forgotten"
    )
    assert rooms(fleet) == {True}
    assert len(fleet.table()) == 210
    states = [plan["state"] for plan in fleet.rows("SELECT state FROM plan ORDER BY id")]
    assert states == ["superseded", "refused", "released"]
    fleet.close()
