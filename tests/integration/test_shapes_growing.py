"""Shapes grow under a lock, records keep theirs, and a widened shape earns its plan a successor."""

from __future__ import annotations

import dataclasses
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from fleet_ground import COMPANY, CRM, PLAIN, Fleet, Script, companies, company, ground

from enrichment import deciding, planning, probation
from enrichment.asking import Models
from enrichment.connectors.inline import read_values
from enrichment.connectors.pages import Page
from enrichment.context import Tuning
from enrichment.estimating import Bounds, estimate, known_of
from enrichment.growing import Grown, assign_shapes
from enrichment.shapes import structure
from enrichment.store import items, plan_fields, plans
from schemas.errors import ReviewError

EAGER = Tuning(plan_wait_seconds=0.0)


@pytest.fixture
def fleet(database: str) -> Iterator[Fleet]:
    made = ground(database, tuning=EAGER)
    yield made
    made.close()


def grow(fleet: Fleet, *found: dict[str, Any], per_day: int = 100) -> Grown:
    with fleet.database.transaction() as tx:
        return assign_shapes(tx, "crm", [structure(one) for one in found], shapes_per_day=per_day)


def shapes(fleet: Fleet) -> list[dict[str, Any]]:
    return fleet.rows("SELECT id, revision, pointers FROM shape ORDER BY id")


def plan_states(fleet: Fleet) -> list[str]:
    return [row["state"] for row in fleet.rows("SELECT state FROM plan ORDER BY id")]


def test_two_stages_that_meet_a_new_structure_at_once_make_one_shape(fleet: Fleet) -> None:
    barrier = threading.Barrier(4)
    found: list[Grown] = []

    def work(number: int) -> None:
        barrier.wait(10)
        # each has fields of its own beside what all have in common
        found.append(grow(fleet, {"a": 1, "b": 2, "c": 3, f"own{number}": 1}))

    threads = [threading.Thread(target=work, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 4
    (shape,) = shapes(fleet)
    assert set(shape["pointers"]) == {"/a", "/b", "/c", *(f"/own{n}" for n in range(4))}
    assert shape["revision"] == 4
    assert {one.assigned[0].id for one in found} == {shape["id"]}


def test_a_record_that_fits_takes_no_lock(fleet: Fleet) -> None:
    grow(fleet, {"a": 1, "b": 2})
    with fleet.database.transaction() as holder:
        holder.execute("SELECT 1 FROM source WHERE name = 'crm' FOR UPDATE")
        assert not grow(fleet, {"a": 5}).widened
    assert shapes(fleet)[0]["revision"] == 1


def test_half_of_the_pointers_in_common_widens_and_less_is_a_new_shape(fleet: Fleet) -> None:
    grow(fleet, {"a": 1, "b": 2})
    grow(fleet, {"a": 1, "b": 2, "c": 3, "d": 4})
    grow(fleet, {"a": 1, "x": 2, "y": 3})
    first, second = shapes(fleet)
    assert set(first["pointers"]) == {"/a", "/b", "/c", "/d"}
    assert set(second["pointers"]) == {"/a", "/x", "/y"}


def test_an_assignment_stands_though_an_older_shape_has_grown_to_contain_it(fleet: Fleet) -> None:
    fleet.only = frozenset({"map"})
    fleet.enrich([{"code": "1", "a": 1, "b": 1, "c": 1, "d": 1}])
    fleet.enrich([{"code": "2", "x": 1, "y": 1, "z": 1}])
    first, second = shapes(fleet)
    fleet.enrich([{"code": "3", "a": 1, "b": 1, "c": 1, "x": 1, "y": 1, "z": 1, "d": 1}])
    fleet.enrich([{"code": "2", "x": 1, "y": 1, "z": 1}])
    kept = fleet.rows("SELECT record_id, shape_id FROM record ORDER BY record_id")
    assert [row["shape_id"] for row in kept] == [first["id"], second["id"], first["id"]]
    fleet.enrich([{"code": "2", "x": 1, "y": 1, "z": 2}])
    assert fleet.one("SELECT shape_id FROM record WHERE record_id = '2'") == first["id"]


def test_a_changed_record_of_the_same_structure_keeps_its_shape_until_an_older_one_grows(fleet: Fleet) -> None:
    fleet.only = frozenset({"map"})
    fleet.enrich([{"code": "1", "a": 1, "b": 1, "c": 1, "d": 1}])
    fleet.enrich([{"code": "2", "x": 1, "y": 1, "z": 1}])
    stored = "SELECT shape_id FROM record WHERE record_id = '2'"
    shape = fleet.one(stored)
    fleet.send([{"code": "2", "x": 1, "y": 1, "z": 2}])
    assert fleet.one(stored) == shape
    fleet.send([{"code": "2", "x": 1, "y": 1, "z": "two"}])
    assert fleet.one(stored) is None, "another type is another structure"
    fleet.enrich([{"code": "3", "a": 1, "b": 1, "c": 1, "e": 1, "d": 1}])
    fleet.send([{"code": "2", "x": 1, "y": 1, "z": "three"}])
    assert fleet.one(stored) is None, "the older shape may contain it by now"


def test_too_many_shapes_in_a_day_are_a_question_for_a_person(fleet: Fleet) -> None:
    fleet.configure(tuning=Tuning(plan_wait_seconds=0.0, shapes_per_day=3, chunk_size=1))
    for n in range(3):
        grow(fleet, {f"k{n}": 1, f"l{n}": 1})
    with pytest.raises(ReviewError):
        grow(fleet, {"k9": 1, "l9": 1}, per_day=3)
    job = fleet.enrich([{"code": "1", "data9": 1, "more9": 2}])
    assert fleet.one("SELECT rule FROM review") == "too_many_shapes"
    assert fleet.one("SELECT waits_on FROM work WHERE status = 'waiting'") == "review:crm:too_many_shapes"
    assert fleet.counts(job) == {"in_flight": 1}


def narrow(numbers: range) -> list[dict[str, Any]]:
    return companies(numbers, city=None)


def test_a_field_that_appears_later_gets_a_successor_plan(fleet: Fleet) -> None:
    asking = Script(PLAIN)
    fleet.configure(asking=asking)
    fleet.enrich(narrow(range(120)))
    assert plan_states(fleet) == ["released"]
    kept = fleet.rows("SELECT name, state, audited FROM plan_field ORDER BY name")
    audits = asking.count("audit")
    job = fleet.enrich(companies(range(200, 320)))
    assert plan_states(fleet) == ["superseded", "released"]
    shadow = fleet.one("SELECT evidence -> 'shadow' FROM plan WHERE state = 'released'")
    assert (shadow["fields"]["city"]["filled"], shadow["unexplained"]) == (120, [])
    rows = {row["code"]: row for row in fleet.table()}
    assert len(rows) == 240
    assert {rows[f"C-{n:05d}"]["city"] for n in range(200, 320)} == {f"Town {n}" for n in range(7)}
    assert {rows[f"C-{n:05d}"]["city"] for n in range(120)} == {None}
    after = fleet.rows("SELECT name, state, audited FROM plan_field WHERE plan_id = (SELECT max(id) FROM plan)")
    before = {row["name"]: row for row in kept}
    for row in after:
        if row["name"] != "city":
            assert row["state"] == before[row["name"]]["state"] == "released"
    assert asking.count("audit") - audits <= 12
    assert fleet.state(job) == "done"
    fleet.balanced(job)
    # only the field that was abstained from was asked about again
    planning = [one.document for one in asking.asked if one.purpose == "planning"][1:]
    assert all([f["name"] for f in one["target"]["fields"]] == ["city"] for one in planning)
    assert all({f["path"] for f in one["source"]["fields"]} == {"/city"} for one in planning)


def test_until_its_release_a_successor_leaves_the_plan_in_force(fleet: Fleet) -> None:
    fleet.enrich(narrow(range(120)))
    fleet.configure(asking=Script(PLAIN, audit=lambda field, *_: "unsure" if field == "city" else "supported"))
    job = fleet.enrich(companies(range(200, 320)))
    assert plan_states(fleet) == ["released", "probation"]
    assert len(fleet.table()) == 240
    assert fleet.counts(job) == {"written": 120}
    again = fleet.enrich(companies(range(200, 320)))
    assert fleet.counts(again) == {"unchanged": 120}


def test_a_field_that_falls_falls_in_the_successor_that_took_it_over(fleet: Fleet) -> None:
    fleet.enrich(narrow(range(120)))
    fleet.configure(asking=Script(PLAIN, audit=lambda field, *_: "unsure" if field == "city" else "supported"))
    fleet.enrich(companies(range(200, 320)))
    first = fleet.one("SELECT min(id) FROM plan")
    states = "SELECT state FROM plan_field WHERE name = 'employees' ORDER BY plan_id"
    assert [row["state"] for row in fleet.rows(states)] == ["released", "released"]
    ids = [row["id"] for row in fleet.rows(f"SELECT id FROM staged WHERE plan_id = {first} ORDER BY id LIMIT 40")]
    with fleet.database.transaction() as tx:
        plan = plans.get(tx, first, lock="UPDATE")
        filled = dict.fromkeys(ids, frozenset({"employees"}))
        verdicts = {one: {"employees": "defect"} for one in ids}
        probation.count_and_decide(fleet.context, tx, plan, filled, verdicts, job_id=None)
    assert [row["state"] for row in fleet.rows(states)] == ["condemned", "condemned"]


def test_where_a_successor_falls_whole_the_next_one_succeeds_the_plan_in_force(fleet: Fleet) -> None:
    fleet.enrich(narrow(range(120)))
    fleet.configure(asking=Script(PLAIN, audit=lambda field, *_: "unsure" if field == "city" else "supported"))
    fleet.enrich(companies(range(200, 320)))
    assert plan_states(fleet) == ["released", "probation"]
    first, fallen = (row["id"] for row in fleet.rows("SELECT id FROM plan ORDER BY id"))
    with fleet.acting("api").transaction() as tx:
        deciding.plans.condemn(fleet.context_of("api"), tx, fallen, fields=None, by="anna", reason="wrong city")
    fleet.run()
    fleet.configure(asking=Script({**PLAIN, "city": ("/town", ())}))
    job = fleet.enrich(companies(range(400, 520), town=lambda n: f"Right {n % 7}"))
    found = fleet.rows("SELECT predecessor, state FROM plan ORDER BY id")
    assert [(row["predecessor"], row["state"]) for row in found if row["state"] != "condemned"] == [
        (None, "superseded"),
        (first, "released"),
    ]
    assert fleet.counts(job) == {"written": 120}
    assert {row["city"] for row in fleet.table() if row["code"] >= "C-00400"} == {f"Right {n}" for n in range(7)}


def test_without_an_absent_abstention_a_wider_shape_asks_nothing(fleet: Fleet) -> None:
    asking = Script(PLAIN)
    fleet.configure(asking=asking)
    fleet.enrich(companies(range(120)))
    before = asking.count("planning")
    fleet.enrich(companies(range(200, 230), web=lambda n: f"https://{n}.example.org", phone="1"))
    assert shapes(fleet)[0]["revision"] > 1
    assert asking.count("planning") == before
    assert plan_states(fleet) == ["released"]
    assert fleet.one("SELECT count(*) FROM work WHERE kind = 'plan'") == 1


def test_a_wider_shape_that_gains_nothing_is_asked_about_once(fleet: Fleet) -> None:
    asking = Script(PLAIN)
    fleet.configure(asking=asking)
    fleet.enrich(narrow(range(120)))
    fleet.enrich(companies(range(200, 210), city=None, web=lambda n: f"https://{n}.example.org"))
    once = asking.count("planning")
    assert plan_states(fleet) == ["released"]
    fleet.enrich(companies(range(300, 310), city=None, web=lambda n: f"https://{n}.example.org"))
    assert asking.count("planning") == once
    assert len(fleet.table()) == 140


def test_a_second_widening_gets_a_second_successor(database: str) -> None:
    target = company(*COMPANY.fields, COMPANY.by_name["city"].model_copy(update={"name": "motto"}))
    fleet = ground(database, targets=[target], asking=Script({**PLAIN, "motto": ("/motto", ())}), tuning=EAGER)
    fleet.enrich(narrow(range(120)))
    fleet.enrich(companies(range(200, 320)))
    last = fleet.enrich(companies(range(400, 520), motto=lambda n: f"We are {n} and no fewer"))
    assert plan_states(fleet) == ["superseded", "superseded", "released"]
    rows = {row["code"]: row for row in fleet.table()}
    assert len(rows) == 360
    assert rows["C-00450"]["motto"] == "We are 450 and no fewer"
    assert rows["C-00450"]["city"] is not None
    assert rows["C-00250"]["city"] is not None
    assert fleet.state(last) == "done"
    fleet.close()


def test_asking_about_one_shape_again_and_again_ends_with_a_person(fleet: Fleet) -> None:
    asking = Script(PLAIN)
    fleet.configure(asking=asking, tuning=Tuning(plan_wait_seconds=0.0, asking_revisions=2))
    for turn in range(5):
        numbers = range(turn * 20, turn * 20 + 10)
        fleet.enrich(companies(numbers, city=None, **{f"extra{k}": f"x{k}" for k in range(turn)}))
    assert asking.count("planning") <= 4
    assert [row["rule"] for row in fleet.rows("SELECT rule FROM review")] == ["shape_keeps_widening"]
    assert len(fleet.table()) == 50


def test_records_held_beside_a_plan_in_force_are_taken_up_again(fleet: Fleet) -> None:
    """A chunk may hold its records in the moment in which another transaction stores the plan."""
    fleet.enrich(companies(range(5)))
    asked = fleet.context.asking.count("planning")
    fleet.only = frozenset({"map"})
    job = fleet.enrich(companies(range(10, 13)))
    shape = shapes(fleet)[0]["id"]
    fleet.execute("UPDATE work SET status = 'done' WHERE status = 'published'")
    with fleet.database.transaction() as tx:
        items.hold_without_plan(tx, job, [(f"C-{n:05d}", 1, shape) for n in range(10, 13)])
        planning.ask_for_plan(tx, source="crm", target=COMPANY, shape_id=shape, job_id=job, tuning=fleet.context.tuning)
    fleet.only = None
    fleet.run()
    assert fleet.counts(job) == {"written": 3}
    assert fleet.context.asking.count("planning") == asked


def test_rows_staged_under_a_plan_that_was_superseded_are_mapped_anew(fleet: Fleet) -> None:
    fleet.stage_only(companies(range(4)))
    fleet.execute("UPDATE plan SET state = 'superseded'")
    (job,) = fleet.rows("SELECT id FROM job")
    fleet.run()
    assert fleet.counts(job["id"]) == {"written": 4}
    assert len(fleet.table()) == 4


@pytest.fixture
def refused(database: str) -> Iterator[Fleet]:
    """A plan in force, and a successor that would refuse 8 of the records that it accepts."""
    city = COMPANY.by_name["city"].model_copy(update={"pattern": "^Town", "on_fault": "reject"})
    fields = [city if f.name == "city" else f for f in COMPANY.fields]
    target = company(*fields, city.model_copy(update={"name": "motto", "pattern": None}))
    made = ground(database, targets=[target], asking=Script({**PLAIN, "motto": ("/motto", ())}), tuning=EAGER)
    made.enrich(narrow(range(120)))
    made.enrich(companies(range(200, 360), city=lambda n: "Nowhere" if n % 20 == 0 else f"Town {n % 7}"))
    yield made
    made.close()


def answer(fleet: Fleet, decision: str) -> None:
    (asked,) = fleet.rows("SELECT * FROM review WHERE state = 'open'")
    assert asked["rule"] == "successor_differs"
    with fleet.acting("api").transaction() as tx:
        deciding.decide(
            fleet.context, tx, asked["id"], decision=decision, content_hash=asked["content_hash"], by="ada", reason=None
        )


def test_a_successor_that_would_refuse_what_is_accepted_now_is_not_tried_before_a_person_says_so(
    refused: Fleet,
) -> None:
    assert plan_states(refused) == ["released", "refused"]
    assert len(refused.table()) == 280
    shadow = refused.one("SELECT evidence -> 'shadow' FROM plan WHERE state = 'refused'")
    assert (shadow["records"], shadow["refused"], shadow["codes"]) == (280, 8, {"pattern": 8})
    assert shadow["fields"]["name"]["same"] == shadow["fields"]["code"]["same"] == 272
    assert len(shadow["unexplained"]) == 1
    answer(refused, "accept")
    refused.run()
    assert plan_states(refused) == ["superseded", "released"]
    assert refused.one("SELECT count(*) FROM public.company WHERE city IS NOT NULL") == 152


def test_who_stays_with_the_plan_in_force_is_asked_about_what_else_the_shape_brings(refused: Fleet) -> None:
    answer(refused, "keep")
    refused.enrich(companies(range(400, 520), city="Nowhere", motto=lambda n: f"We are {n} and no fewer"))
    assert plan_states(refused) == ["superseded", "refused", "released"]
    rows = refused.table()
    assert len(rows) == 400
    assert {row["city"] for row in rows} == {None}
    assert rows[-1]["motto"] == "We are 519 and no fewer"
    assert refused.rows("SELECT 1 FROM review WHERE state = 'open'") == []


def test_an_estimate_knows_the_plans_that_the_fleet_has(fleet: Fleet) -> None:
    source, target = CRM, COMPANY

    def estimated() -> dict[str, Any]:
        found, refused = read_values(companies(range(100)), source)
        with fleet.database.transaction() as tx:
            known = known_of(tx, source, target)
        return estimate(source, target, [Page(found, refused)], Models("s", "l", "a"), bounds=Bounds(), known=known)

    before = estimated()
    fleet.enrich(companies(range(60)))
    fleet.release_all()
    after = estimated()
    assert (before["planned"], after["planned"]) == (0, 1)
    assert before["calls"]["audit"]["expected"] > 0
    assert after["calls"] == {"planning": {"expected": 0, "most": 0}, "audit": {"expected": 0, "most": 0}}


@pytest.mark.parametrize("whole", [False, True])
def test_what_falls_after_a_successor_was_refused_is_planned_again(refused: Fleet, *, whole: bool) -> None:
    answer(refused, "keep")
    field = "code" if whole else "name"
    with refused.database.transaction() as tx:
        plan = plans.get(tx, refused.one("SELECT min(id) FROM plan"), lock="UPDATE")
        fallen = [dataclasses.replace(f, state="condemned") if f.name == field else f for f in plan.fields]
        plan_fields.save(tx, plan.id, fallen)
        probation.condemn(refused.context, tx, plan, [field], {"code"}, None)
    assert refused.one("SELECT count(*) FROM work WHERE kind = 'plan' AND status NOT IN ('done', 'dead')") == 1
    assert refused.rows("SELECT 1 FROM review WHERE state = 'open' AND rule = 'plan_refused'") == []


@pytest.mark.parametrize("released", [True, False], ids=["a successor", "the first plan"])
def test_what_only_some_records_in_the_middle_of_a_chunk_have_is_found(fleet: Fleet, *, released: bool) -> None:
    """Neither the newest of the shape nor the first since it grew, as many as a plan is sought with, have it."""
    fleet.configure(asking=Script(PLAIN))
    most = EAGER.plan_sample_records
    if released:
        fleet.enrich(companies(range(150), city=None))
    first, last = 1_000 + most + 10, 1_000 + most + 150
    fleet.enrich(
        companies(range(1_000, 1_000 + 2 * most), city=lambda n: f"Town {n % 7}" if first <= n < last else None)
    )
    assert plan_states(fleet) == (["superseded", "released"] if released else ["released"])
    assert sum(row["city"] is not None for row in fleet.table()) == last - first


def test_what_only_the_first_records_after_a_widening_have_is_found(fleet: Fleet) -> None:
    """The newest ones, as many as a plan is sought with, do not have the new member."""
    fleet.configure(asking=Script(PLAIN))
    fleet.enrich(companies(range(150), city=None))
    assert {row["city"] for row in fleet.table()} == {None}
    fleet.only = frozenset({"fetch", "map", "gate", "audit", "upsert"})
    fleet.enrich(companies(range(150, 280)))
    fleet.enrich(companies(range(280, 280 + EAGER.plan_sample_records + 50), city=None))
    fleet.only = None
    fleet.execute("UPDATE work SET status = 'ready' WHERE status = 'published'")
    fleet.run()
    assert plan_states(fleet) == ["superseded", "released"]
    assert sum(row["city"] is not None for row in fleet.table()) == 130
