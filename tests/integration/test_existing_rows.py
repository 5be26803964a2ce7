"""A first plan that would change many rows of before waits for a person, whose word is for this very plan, and once."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from fleet_ground import COMPANY, CRM, PLAIN, Fleet, Script, companies, company, ground

from enrichment import approving, deciding
from enrichment.store import plans, staging
from schemas.errors import ConflictError

ERP = CRM.model_copy(update={"name": "erp"})


@pytest.fixture
def fleet(database: str) -> Iterator[Fleet]:
    target = company(*COMPANY.fields, existing="replace", approve_above=5)
    made = ground(database, sources=[CRM, ERP], targets=[target], asking=Script(PLAIN))
    yield made
    made.close()


def stand(fleet: Fleet, count: int) -> None:
    """Rows that somebody else has written."""
    fleet.execute(
        "INSERT INTO public.company (code, name, city) SELECT 'C-' || lpad(n::text, 5, '0'), 'Theirs', 'Old Town'"
        " FROM generate_series(0, %(last)s) AS n",
        last=count - 1,
    )


def answer(fleet: Fleet, decision: str, **changes: Any) -> None:
    (asked,) = fleet.rows("SELECT id, content_hash FROM review WHERE rule = 'existing_rows' ORDER BY id DESC LIMIT 1")
    said = {"content_hash": asked["content_hash"], **changes}
    with fleet.acting("api").transaction() as tx:
        deciding.decide(fleet.context, tx, asked["id"], decision=decision, by="ada", reason=None, **said)


def theirs(fleet: Fleet) -> int:
    count: int = fleet.one("SELECT count(*) FROM public.company WHERE name = 'Theirs'")
    return count


def test_few_rows_of_before_are_changed_without_asking(fleet: Fleet) -> None:
    stand(fleet, 5)
    fleet.enrich(companies(range(10)))
    assert theirs(fleet) == 0
    assert fleet.rows("SELECT 1 FROM review") == []


def test_more_wait_for_an_approval_bound_to_the_plan_expiring_and_used_once(fleet: Fleet) -> None:
    stand(fleet, 8)
    job = fleet.enrich(companies(range(10)))
    assert theirs(fleet) == 8
    assert (fleet.state(job), fleet.counts(job)) == ("blocked", {"held": 10})
    (asked,) = fleet.rows("SELECT id, question, content_hash FROM review")
    assert asked["question"]["limit"] == 5
    assert [row["key"] for row in asked["question"]["rows"]] == [f"C-{n:05d}" for n in range(5)]
    assert asked["question"]["rows"][0]["now"]["name"] == "Theirs"
    assert asked["question"]["rows"][0]["new"]["name"] == "Company 0"
    with pytest.raises(ConflictError, match="other content"):
        answer(fleet, "approve", content_hash="0" * 32)
    fleet.execute("UPDATE review SET expires_at = now() - interval '1 second'")
    with pytest.raises(ConflictError, match="expired"):
        answer(fleet, "approve")
    fleet.execute("UPDATE review SET expires_at = now() + interval '1 day'")
    answer(fleet, "approve")
    with pytest.raises(ConflictError):
        answer(fleet, "approve")
    fleet.run()
    assert theirs(fleet) == 0
    assert fleet.counts(job) == {"written": 10}
    # the next plan of this source and target is not its first one
    assert fleet.rows("SELECT 1 FROM review WHERE state = 'open'") == []


def test_a_plan_that_may_not_change_them_leaves_everything_as_it_was(fleet: Fleet) -> None:
    stand(fleet, 8)
    before = fleet.table()
    fleet.enrich(companies(range(8)))
    answer(fleet, "condemn")
    fleet.run()
    assert fleet.table() == before
    assert fleet.one("SELECT state FROM plan ORDER BY id LIMIT 1") == "condemned"


def test_rows_of_another_source_are_no_rows_of_before(fleet: Fleet) -> None:
    fleet.enrich(companies(range(10), city=None))
    fleet.enrich(companies(range(10)), source="erp")
    assert fleet.rows("SELECT 1 FROM review") == []
    assert None not in {row["city"] for row in fleet.table()}


def test_what_was_changed_before_counts_until_somebody_approves(fleet: Fleet) -> None:
    stand(fleet, 8)
    fleet.enrich(companies(range(4)))
    assert theirs(fleet) == 4
    fleet.execute("UPDATE plan SET state = 'probation'")
    fleet.execute("UPDATE plan_field SET state = 'probation', drawn = 0, audited = 0")
    fleet.enrich(companies(range(4, 6)))
    assert theirs(fleet) == 4
    assert fleet.one("SELECT rule FROM review WHERE state = 'open'") == "existing_rows"


def test_a_row_that_was_changed_once_is_not_counted_again(fleet: Fleet) -> None:
    stand(fleet, 4)
    for year in range(3):
        fleet.enrich(companies(range(4), city=f"Town of {year}"))
    assert {row["city"] for row in fleet.table()} == {"Town of 2"}
    assert fleet.one("SELECT rows FROM existing_change") == 4
    assert fleet.rows("SELECT 1 FROM review") == []


def test_while_it_is_asked_nothing_else_of_the_plan_is_merged(fleet: Fleet) -> None:
    stand(fleet, 8)
    fleet.enrich(companies(range(10)))
    before = fleet.table()
    # released meanwhile, as audits may decide: what comes now has no other reason to wait
    fleet.execute("UPDATE plan SET state = 'released'")
    fleet.execute("UPDATE plan_field SET state = 'released'")
    fleet.enrich(companies(range(20, 23)))
    assert fleet.table() == before


def test_a_plan_beside_an_open_question_and_a_successor_are_asked_about_too(fleet: Fleet) -> None:
    stand(fleet, 8)
    fleet.enrich(companies(range(8)))
    fleet.execute("UPDATE plan SET state = 'released'")
    (first,) = fleet.rows("SELECT * FROM plan")
    with fleet.database.transaction() as tx:
        tx.execute(
            "INSERT INTO plan (source, target, target_version, shape_id, shape_revision, try, state, body, refusals,"
            " evidence, source_digest, predecessor, format) SELECT source, target, target_version, shape_id,"
            " shape_revision + 1, try, state, body, refusals, evidence, source_digest, id, format FROM plan"
        )
        heir = plans.get(tx, first["id"] + 1)
        rows = staging.lock(tx, [row["id"] for row in tx.execute("SELECT id FROM staged ORDER BY id").fetchall()])
        mine = [row._replace(plan_id=heir.id) for row in rows]
        tx.execute("UPDATE staged SET plan_id = %s", (heir.id,))
        with pytest.raises(approving.NotApprovedError):
            approving.require(tx, fleet.context.target("company"), mine, {heir.id: heir})
