"""Plans that leave empty what no row can do without: no record is given up on for what a planner did not find."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from fleet_ground import PLAIN, Fleet, Script, companies, ground, required

from enrichment.deciding import plans as deciding
from enrichment.deciding import reviews
from enrichment.store import plans
from schemas.errors import ConflictError
from schemas.source import InlineSource


@pytest.fixture
def fleet(database: str) -> Iterator[Fleet]:
    made = ground(database, targets=[required("name")])
    yield made
    made.close()


def renamed(numbers: range) -> list[dict[str, Any]]:
    """Companies whose name stands where no rule expects it."""
    return [{"zq": one.pop("name"), **one} for one in companies(numbers)]


#: What the planner finds of them: all but the name.
NAMELESS = {name: bound for name, bound in PLAIN.items() if name != "name"}


@pytest.mark.parametrize("reason", ["unsupported", "ambiguous"])
def test_a_planner_that_does_not_find_a_required_field_costs_no_record(fleet: Fleet, reason: str) -> None:
    fleet.configure(asking=Script(NAMELESS, reason=reason))
    job = fleet.send(renamed(range(60)))
    fleet.run()
    assert fleet.counts(job) == {"held": 60}
    assert fleet.letters() == []
    (plan,) = fleet.rows("SELECT id, state, refusals FROM plan")
    last = plan["refusals"][-1]
    assert (plan["state"], last["target"], last["rule"]) == ("refused", "name", "left_empty")
    assert fleet.rows("SELECT rule FROM review WHERE state = 'open'") == [{"rule": "plan_refused"}]
    # A person who knows better brings the plan along.
    with fleet.database.transaction() as tx:
        document = deciding.export(tx, plan["id"])
        document["abstained"] = [one for one in document["abstained"] if one["target"] != "name"]
        document["bindings"].append({"target": "name", "alternatives": [{"paths": ["/zq"], "ops": []}]})
        deciding.import_plan(fleet.context, tx, document, by="a person")
    # so that there is nothing left to be asked
    assert fleet.rows("SELECT rule FROM review WHERE state = 'open'") == []
    fleet.configure(asking=Script({**PLAIN, "name": ("/zq", ())}))
    fleet.run()
    assert fleet.counts(job) == {"written": 60}


def test_a_planner_that_is_asked_again_is_not_pressed_to_guess(fleet: Fleet) -> None:
    """What it left empty is no binding that was refused: told so, it could only name something else."""
    fleet.configure(asking=Script(NAMELESS, reason="ambiguous"))
    job = fleet.send(renamed(range(60)))
    fleet.run()
    (asked,) = fleet.rows("SELECT id FROM review WHERE state = 'open'")
    again = Script({**PLAIN, "name": ("/zq", ())})
    fleet.configure(asking=again)
    with fleet.acting("api").transaction() as tx:
        reviews.decide(
            fleet.context_of("api"),
            tx,
            asked["id"],
            decision="retry",
            content_hash=None,
            by="anna",
            reason="look again",
        )
    fleet.run()
    (request,) = [one.document for one in again.asked if one.purpose == "planning"]
    assert request["refused"] == []
    assert fleet.counts(job) == {"written": 60}


def test_what_a_source_does_not_have_its_records_say_one_by_one(fleet: Fleet) -> None:
    fleet.configure(asking=Script(NAMELESS))
    job = fleet.send(renamed(range(60)))
    fleet.run()
    assert fleet.counts(job) == {"dead": 60}
    assert fleet.one("SELECT state FROM plan") == "probation"


class Yields(Script):
    """Binds the name to a figure, and calls it absent once that was refused."""

    def _plan(self, document: Mapping[str, Any]) -> dict[str, Any]:
        if document["refused"]:
            self.bindings.pop("name", None)
        return super()._plan(document)


def test_who_calls_absent_what_it_had_bound_has_given_up(fleet: Fleet) -> None:
    asking = Yields({**NAMELESS, "name": ("/employees", ())})
    fleet.configure(asking=asking)
    job = fleet.send(renamed(range(60)))
    fleet.run()
    assert asking.count("planning") == 2
    assert fleet.counts(job) == {"held": 60}
    assert fleet.letters() == []
    (plan,) = fleet.rows("SELECT state, refusals FROM plan")
    assert plan["state"] == "refused"
    assert [(r["target"], r["rule"]) for r in plan["refusals"]] == [("name", "kind_mismatch"), ("name", "left_empty")]
    assert fleet.rows("SELECT rule FROM review WHERE state = 'open'") == [{"rule": "plan_refused"}]


def test_a_plan_that_binds_nothing_is_condemned_but_not_approved(fleet: Fleet) -> None:
    fleet.configure(asking=Script(NAMELESS, reason="unsupported"))
    fleet.send(renamed(range(60)))
    fleet.run()
    with fleet.database.transaction() as tx:
        document = deciding.export(tx, fleet.one("SELECT id FROM plan"))
        names = [one["target"] for one in (*document["bindings"], *document["abstained"])]
        document |= {"bindings": [], "abstained": [{"target": name, "reason": "absent"} for name in names]}
        empty = deciding.import_plan(fleet.context, tx, document, by="a person").id
        with pytest.raises(ConflictError, match="binds nothing"):
            deciding.approve(fleet.context, tx, empty, fields=None, by="a person", reason="why not")
        deciding.condemn(fleet.context, tx, empty, fields=None, by="a person", reason="it binds nothing")
        assert plans.get(tx, empty).state == "condemned"
    # Another is asked for, of every field: that the old one was wrong can only mean what it left empty.
    asking = Script(NAMELESS, reason="unsupported")
    fleet.configure(asking=asking)
    fleet.run()
    assert asking.count("planning") > 0
    with fleet.database.transaction() as tx:
        another = deciding.import_plan(fleet.context, tx, document, by="a person").id
        # and what binds nothing makes room for whatever is brought along
        final = deciding.import_plan(fleet.context, tx, document, by="a person").id
        assert (plans.get(tx, another).state, plans.get(tx, final).state) == ("superseded", "probation")


NUMBERED = InlineSource(name="crm", connector="inline", key="/x9")


class Hears(Script):
    """Forgets that a number is no text, until it is told so; `deaf`, it is told in vain."""

    deaf = False

    def _plan(self, document: Mapping[str, Any]) -> dict[str, Any]:
        told = "type" in {r["rule"] for r in document["refused"] if r["target"] == "code"}
        self.bindings["code"] = ("/x9", ("to_text",) if told and not self.deaf else ())
        return super()._plan(document)


@pytest.mark.parametrize("deaf", [False, True])
def test_a_key_that_a_plan_reads_in_no_record_costs_none(database: str, *, deaf: bool) -> None:
    fleet = ground(database, sources=[NUMBERED])
    asking = Hears(PLAIN)
    asking.deaf = deaf
    fleet.configure(asking=asking)
    numbered = [{"x9": 100_000 + n, **one} for n, one in enumerate(companies(range(60), code=None))]
    job = fleet.enrich(numbered)
    assert fleet.letters() == []
    assert fleet.counts(job) == ({"held": 60} if deaf else {"written": 60})
    assert asking.count("planning") == (3 if deaf else 2)
    assert {row["code"] for row in fleet.table()} == (set() if deaf else {str(100_000 + n) for n in range(60)})
    fleet.close()
