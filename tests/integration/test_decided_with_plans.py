"""What a person decides on a plan: what was asked about it is answered with it, and its rows go on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import pytest
from fleet_ground import COMPANY, PLAIN, Fleet, Script, companies, company, ground

from enrichment import deciding
from enrichment.store import reviews
from enrichment.store.reviews import ReviewRow
from schemas.errors import ConflictError

NEEDED = company(*(f.model_copy(update={"required": f.name == "name"}) for f in COMPANY.fields))


@pytest.fixture
def fleet(database: str) -> Iterator[Fleet]:
    made = ground(database, targets=[NEEDED])
    yield made
    made.close()


def unsure_of(*fields: str) -> Script:
    return Script(PLAIN, audit=lambda field, *_: "unsure" if field in fields else "supported")


def plan_of(fleet: Fleet) -> int:
    return int(fleet.one("SELECT max(id) FROM plan"))


def approve(fleet: Fleet, *fields: str) -> None:
    with fleet.acting("api").transaction() as tx:
        deciding.approve(fleet.context, tx, plan_of(fleet), fields=fields or None, by="anna", reason="looked")


def condemn(fleet: Fleet, *fields: str) -> None:
    with fleet.acting("api").transaction() as tx:
        deciding.condemn(fleet.context, tx, plan_of(fleet), fields=fields or None, by="anna", reason="wrong")


def decide(fleet: Fleet, review: int, decision: str, *, looked_at_first: bool = True) -> ReviewRow:
    if looked_at_first:
        with fleet.acting("api").transaction() as tx:
            deciding.freshen(fleet.context, tx, review)
    with fleet.acting("api").transaction() as tx:
        return deciding.decide(
            fleet.context, tx, review, decision=decision, content_hash=None, by="anna", reason="looked"
        )


def listed(fleet: Fleet) -> list[ReviewRow]:
    with fleet.acting("api").transaction() as tx:
        return reviews.listing(tx, state="open", after=None, limit=500)


def asked(fleet: Fleet) -> list[tuple[str, int | None]]:
    return sorted((one.rule, one.rows) for one in listed(fleet))


def closed(fleet: Fleet) -> list[dict[str, Any]]:
    return fleet.rows("SELECT DISTINCT rule, state, decision, decided_by FROM review ORDER BY rule")


def answered(*rules: str, decision: str = "approve") -> list[dict[str, Any]]:
    return [{"rule": r, "state": "decided", "decision": decision, "decided_by": "anna"} for r in rules]


def filled(fleet: Fleet) -> list[Sequence[Any]]:
    return [[row["name"], row["employees"], row["city"]] for row in fleet.table()]


def test_what_nobody_is_sure_of_is_one_question_a_field_and_one_for_all_rows(fleet: Fleet) -> None:
    fleet.configure(asking=unsure_of("code", "name", "employees", "city"))
    job = fleet.enrich(companies(range(60)))
    assert fleet.counts(job) == {"review": 60}
    assert asked(fleet) == [*[("audit_undecided", None)] * 4, ("not_released", 60)]
    (about_rows,) = [one for one in listed(fleet) if one.rule == "not_released"]
    with fleet.acting("api").transaction() as tx:
        assert reviews.get(tx, about_rows.id).rows == 60
        assert len(reviews.listing(tx, state="open", after=None, limit=500, each=True)) == 64
    assert decide(fleet, about_rows.id, "approve").rows == 60
    fleet.run()
    assert fleet.counts(job) == {"written": 60}


def test_a_source_that_ends_early_asks_about_the_field_as_well(fleet: Fleet) -> None:
    fleet.configure(asking=unsure_of("name"))
    fleet.enrich(companies(range(5)))
    assert asked(fleet) == [("audit_undecided", None), ("not_released", 5)]


def test_approving_a_plan_answers_what_was_asked_about_it_and_writes_its_rows_whole(fleet: Fleet) -> None:
    fleet.configure(asking=unsure_of("code", "name", "employees", "city"))
    job = fleet.enrich(companies(range(30)))
    approve(fleet)
    assert listed(fleet) == []
    assert closed(fleet) == answered("audit_undecided", "not_released")
    fleet.run()
    assert fleet.counts(job) == {"written": 30}
    assert filled(fleet) == [[f"Company {n}", 10 + n, f"Town {n % 7}"] for n in range(30)]


def test_rows_go_on_once_the_fields_that_they_need_are_approved(fleet: Fleet) -> None:
    fleet.configure(asking=unsure_of("name", "city"))
    job = fleet.enrich(companies(range(5)))
    approve(fleet, "city")
    fleet.run()
    assert fleet.counts(job) == {"review": 5}
    approve(fleet, "name")
    fleet.run()
    assert fleet.counts(job) == {"written": 5}
    assert filled(fleet) == [[f"Company {n}", 10 + n, f"Town {n % 7}"] for n in range(5)]
    assert listed(fleet) == []


def test_what_stays_undecided_is_emptied_when_a_needed_field_is_approved(fleet: Fleet) -> None:
    fleet.configure(asking=unsure_of("name", "city"))
    job = fleet.enrich(companies(range(5)))
    approve(fleet, "name")
    fleet.run()
    assert fleet.counts(job) == {"written": 5}
    assert filled(fleet) == [[f"Company {n}", 10 + n, None] for n in range(5)]


def test_the_answer_to_a_question_about_a_field_frees_its_rows(fleet: Fleet) -> None:
    fleet.configure(asking=unsure_of("name"))
    job = fleet.enrich(companies(range(5)))
    (field,) = [one for one in listed(fleet) if one.rule == "audit_undecided"]
    decide(fleet, field.id, "approve")
    fleet.run()
    assert (fleet.counts(job), listed(fleet)) == ({"written": 5}, [])


def test_condemning_a_plan_answers_what_was_asked_about_it(fleet: Fleet) -> None:
    fleet.configure(asking=unsure_of("name"))
    fleet.enrich(companies(range(5)))
    condemn(fleet)
    assert listed(fleet) == []
    assert closed(fleet) == answered("audit_undecided", "not_released", decision="condemn")


def test_approving_a_plan_answers_for_its_blind_auditor(fleet: Fleet) -> None:
    fleet.configure(asking=Script(PLAIN, sees=False))
    job = fleet.enrich(companies(range(150)))
    assert asked(fleet) == [("blind_auditor", None)]
    approve(fleet)
    assert closed(fleet) == answered("blind_auditor")
    fleet.run()
    assert fleet.counts(job) == {"written": 150}
    review = int(fleet.one("SELECT id FROM review"))
    with pytest.raises(ConflictError, match="is decided already"):
        decide(fleet, review, "retry")
    assert fleet.one("SELECT state FROM plan") == "released"


@pytest.mark.parametrize("looked_at_first", [True, False])
def test_a_question_about_a_plan_that_was_decided_since_takes_no_answer(fleet: Fleet, *, looked_at_first: bool) -> None:
    fleet.configure(asking=Script(PLAIN, sees=False))
    fleet.enrich(companies(range(150)))
    review = int(fleet.one("SELECT id FROM review"))
    # as an earlier release, or an audit that came to its end, left it
    fleet.release_all()
    with pytest.raises(ConflictError, match=r"every field of plan \d+ has been decided since"):
        decide(fleet, review, "retry", looked_at_first=looked_at_first)
    assert fleet.one("SELECT state FROM plan") == "released"
    assert fleet.one("SELECT state FROM review") == ("expired" if looked_at_first else "open")


def test_a_question_about_a_field_that_was_decided_since_takes_no_answer(fleet: Fleet) -> None:
    fleet.configure(asking=unsure_of("name"))
    fleet.enrich(companies(range(5)))
    (field,) = [one for one in listed(fleet) if one.rule == "audit_undecided"]
    fleet.release_all()
    with pytest.raises(ConflictError, match=r"name of plan \d+ is released by now"):
        decide(fleet, field.id, "condemn")


def test_merging_a_plan_that_fell_meanwhile_closes_the_questions_about_its_rows(fleet: Fleet) -> None:
    fleet.configure(asking=unsure_of("name"))
    job = fleet.enrich(companies(range(5)))
    fleet.execute("UPDATE plan SET state = 'condemned'")
    fleet.execute(
        "INSERT INTO work (kind, stage, status, source, target, job_id, plan_id)"
        " VALUES ('merge', 'merge', 'ready', 'crm', 'company', %(job)s, %(plan)s)",
        job=job,
        plan=plan_of(fleet),
    )
    (due,) = [one for one in fleet.turn() if one.kind == "merge"]
    fleet.step(due)
    assert fleet.one("SELECT status FROM work WHERE id = %(id)s", id=due.id) == "done"
    assert fleet.one("SELECT count(*) FROM review WHERE staged_id IS NOT NULL AND state = 'expired'") == 5


def test_an_audit_that_condemns_a_plan_closes_the_questions_about_its_rows(fleet: Fleet) -> None:
    fleet.configure(asking=unsure_of("name"))
    fleet.enrich(companies(range(5)))
    last = fleet.one("SELECT max(id) FROM review")
    fleet.configure(asking=Script(PLAIN, audit=lambda field, *_: "unsupported" if field == "name" else "supported"))
    fleet.enrich(companies(range(5, 30)))
    assert fleet.one("SELECT state FROM plan ORDER BY id LIMIT 1") == "condemned"
    about_rows = "SELECT count(*) FROM review WHERE staged_id IS NOT NULL AND state = 'expired' AND id <= %(last)s"
    assert fleet.one(about_rows, last=last) == 5
