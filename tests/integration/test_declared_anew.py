"""A target that is declared otherwise: what of its plans goes on, and what is asked about again."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from fleet_ground import COMPANY, CRM, Fleet, Script, company, ground

from enrichment import deciding
from enrichment.context import Tuning
from enrichment.store import plans
from enrichment.store.plans import PlanRow
from schemas.errors import ConflictError
from schemas.kinds import Kind
from schemas.plan import FieldState, Origin, PlanState
from schemas.target import TargetField

#: No name of a field says what is in it, so that a model has to be asked.
BOUND = {"name": ("/f2", ()), "employees": ("/f3", ()), "city": ("/f4", ())}


def records(*numbers: int) -> list[dict[str, Any]]:
    return [{"code": f"C-{n:05d}", "f2": f"Company {n}", "f3": 10 + n, "f4": f"Town {n % 7}"} for n in numbers]


@pytest.fixture
def fleet(database: str) -> Iterator[Fleet]:
    made = ground(database, asking=Script(BOUND))
    made.enrich(records(*range(60)))
    made.release_all()
    yield made
    made.close()


def with_field(name: str, **changes: Any) -> tuple[TargetField, ...]:
    return tuple(f.model_copy(update=changes) if f.name == name else f for f in COMPANY.fields)


def declared_anew(url: str, script: Script, *fields: TargetField, description: str = "") -> PlanRow:
    """The plan for more records of the same shape, by a fleet that has the target like this."""
    fleet = Fleet(
        url,
        sources=(CRM,),
        targets=(company(*fields, description=description),),
        asking=script,
        tuning=Tuning(plan_wait_seconds=0.0),
    )
    fleet.enrich(records(*range(60, 120)))
    with fleet.database.transaction() as tx:
        plan = plans.get(tx, fleet.one("SELECT max(id) FROM plan"))
    fleet.close()
    return plan


def origins(plan: PlanRow) -> dict[str, tuple[str, Origin]]:
    return {b.target: (b.alternatives[0].paths[0], b.origin) for b in plan.body.bindings}


def asked(script: Script) -> list[list[str]]:
    return [[f["name"] for f in one.document["target"]["fields"]] for one in script.asked if one.purpose == "planning"]


def decide(fleet: Fleet, act: Any, *fields: str) -> None:
    with fleet.database.transaction() as tx:
        act(fleet.context, tx, fleet.one("SELECT max(id) FROM plan"), fields=fields, by="anna", reason="looked")


def test_a_plan_for_an_earlier_declaration_that_fell_is_not_approved_to_no_effect(fleet: Fleet, database: str) -> None:
    """It would serve nothing: whoever approved it was told that it was released, and its records waited as before."""
    decide(fleet, deciding.condemn, *[f.name for f in COMPANY.fields])
    fleet.run()
    fell = fleet.one("SELECT min(id) FROM plan")
    anew = Fleet(
        database,
        sources=(CRM,),
        targets=(company(*with_field("city", description="where its head office is")),),
        asking=Script(BOUND),
        tuning=Tuning(plan_wait_seconds=3_600.0),
    )
    with anew.database.transaction() as tx, pytest.raises(ConflictError, match="as it was declared before"):
        deciding.approve(anew.context, tx, fell, fields=None, by="anna", reason="right after all")
    assert anew.one("SELECT state FROM plan WHERE id = %(id)s", id=fell) == "condemned"
    # the way that is named
    with anew.database.transaction() as tx:
        deciding.import_plan(anew.context, tx, deciding.export(tx, fell), by="anna")
    anew.run()
    assert len(anew.table()) == 60
    anew.close()


def test_only_the_field_that_is_described_otherwise_is_asked_about(fleet: Fleet, database: str) -> None:
    script = Script(BOUND)
    plan = declared_anew(database, script, *with_field("city", description="where its head office is"))
    assert asked(script) == [["city"]]
    assert origins(plan) == {
        "code": ("/code", Origin.STORED),
        "name": ("/f2", Origin.STORED),
        "employees": ("/f3", Origin.STORED),
        "city": ("/f4", Origin.SMALL),
    }
    assert plan.state == PlanState.PROBATION
    # What is taken over is looked at again: the field is the same, the row around it need not be.
    assert {f.state for f in plan.fields} == {FieldState.PROBATION}
    assert fleet.one("SELECT count(*) FROM sample WHERE plan_id = %(plan)s AND state = 'judged'", plan=plan.id) > 0


@pytest.mark.usefixtures("fleet")
def test_what_the_table_is_about_concerns_every_field(database: str) -> None:
    script = Script(BOUND)
    declared_anew(database, script, description="subsidiaries, not companies")
    assert asked(script) == [["name", "employees", "city"]]


@pytest.mark.usefixtures("fleet")
def test_a_field_of_another_kind_is_asked_about(database: str) -> None:
    script = Script({**BOUND, "city": ("", ())})
    plan = declared_anew(database, script, *with_field("city", kind=Kind.NAME))
    assert asked(script) == [["city"]]
    assert "city" not in origins(plan)


def test_a_persons_binding_outlives_a_new_description(fleet: Fleet, database: str) -> None:
    fleet.execute("UPDATE plan_field SET state = 'probation' WHERE name = 'city'")
    decide(fleet, deciding.approve, "city")
    script = Script({})
    plan = declared_anew(database, script, *with_field("city", description="where its head office is"))
    assert asked(script) == []
    assert origins(plan)["city"] == ("/f4", Origin.PERSON)


def test_a_plan_that_was_brought_along_outlives_a_new_description(fleet: Fleet, database: str) -> None:
    with fleet.database.transaction() as tx:
        document = deciding.export(tx, fleet.one("SELECT max(id) FROM plan"))
    decide(fleet, deciding.condemn, *COMPANY.by_name)
    with fleet.database.transaction() as tx:
        deciding.import_plan(fleet.context, tx, document, by="anna")
    script = Script({})
    plan = declared_anew(database, script, description="subsidiaries, not companies")
    assert asked(script) == []
    assert {origin for _, origin in origins(plan).values()} == {Origin.IMPORT}


def test_what_was_condemned_is_not_taken_again(fleet: Fleet, database: str) -> None:
    decide(fleet, deciding.condemn, "city")
    script = Script(BOUND)
    plan = declared_anew(database, script, *with_field("name", description="as registered"))
    assert asked(script)[:3] == [["name", "city"], ["city"], ["city"]]
    assert plan.state == PlanState.REFUSED
    assert {(r["rule"], r["target"]) for r in plan.refusals} == {("condemned", "city")}


def test_for_what_was_looked_for_in_vain_nobody_is_asked(fleet: Fleet, database: str) -> None:
    decide(fleet, deciding.condemn, "city")
    fleet.execute('UPDATE plan SET evidence = evidence || \'{"replaced": ["city"]}\'')
    script = Script(BOUND)
    plan = declared_anew(database, script, *with_field("name", description="as registered"))
    assert asked(script) == [["name"]]
    assert origins(plan).keys() == {"code", "name", "employees"}


def test_a_refused_search_does_not_forget_what_stood(fleet: Fleet, database: str) -> None:
    fields = with_field("name", description="as registered")
    declared_anew(database, Script({"name": ("/f2", ("no_such_operation",))}), *fields)
    review = fleet.one("SELECT max(id) FROM review WHERE state = 'open' AND rule = 'plan_refused'")
    with fleet.database.transaction() as tx:
        deciding.decide(fleet.context, tx, review, decision="retry", content_hash=None, by="anna", reason="tuned")
    script = Script(BOUND)
    plan = declared_anew(database, script, *fields)
    assert asked(script) == [["name"]]
    assert origins(plan).keys() == {"code", "name", "employees", "city"}


def test_a_field_that_was_condemned_and_is_described_otherwise_may_be_bound_as_before(
    fleet: Fleet, database: str
) -> None:
    decide(fleet, deciding.condemn, "city")
    plan = declared_anew(database, Script(BOUND), *with_field("city", description="the town, as the source has it"))
    assert origins(plan)["city"] == ("/f4", Origin.SMALL)


def test_a_plan_of_an_older_release_says_not_how_its_target_was_declared(fleet: Fleet, database: str) -> None:
    fleet.execute("UPDATE plan SET evidence = evidence - 'declared'")
    script = Script(BOUND)
    declared_anew(database, script, *with_field("city", description="where its head office is"))
    assert asked(script) == [["name", "employees", "city"]]
