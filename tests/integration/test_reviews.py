"""What a person is asked: bound to its content, answered once, for all that ask the same, and for a while."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from fleet_ground import COMPANY, CRM, PLAIN, Fleet, Script, companies, company, ground

from enrichment import deciding, job_control, poison
from enrichment.evals.cases import load_cases
from enrichment.stages import merge as merge_stage
from enrichment.store import dispatch, review_ends, reviews
from enrichment.store.reviews import ReviewRow
from schemas.errors import ConflictError, TransientError
from schemas.source import InlineSource

#: The record's own number is no part of the row's key: a name can change under it.
NUMBERED = InlineSource(name="crm", connector="inline", key="/nr")
RISKY = company(*(f.model_copy(update={"risk": "high"}) if f.name == "city" else f for f in COMPANY.fields))
NEEDED = company(*(f.model_copy(update={"required": f.name == "name"}) for f in COMPANY.fields))


@pytest.fixture
def fleet(database: str) -> Iterator[Fleet]:
    made = ground(database, sources=[NUMBERED])
    yield made
    made.close()


def numbered(numbers: range, **changes: Any) -> list[dict[str, Any]]:
    return [{"nr": f"r{n}", **r} for n, r in zip(numbers, companies(numbers, **changes), strict=True)]


def open_reviews(fleet: Fleet) -> list[ReviewRow]:
    with fleet.database.transaction() as tx:
        return reviews.listing(tx, state="open", after=None, limit=500, each=True)[::-1]


def decide(fleet: Fleet, review: ReviewRow, decision: str, *, content_hash: str | None = None) -> ReviewRow:
    with fleet.acting("api").transaction() as tx:
        deciding.freshen(fleet.context, tx, review.id)
    with fleet.acting("api").transaction() as tx:
        return deciding.decide(
            fleet.context,
            tx,
            review.id,
            decision=decision,
            content_hash=content_hash or review.content_hash,
            by="anna",
            reason="looked",
        )


def moved(fleet: Fleet) -> ReviewRow:
    """A record whose key changed after it was written."""
    fleet.enrich(numbered(range(3)))
    fleet.release_all()
    fleet.enrich(numbered(range(1), code="C-99999"))
    (review,) = open_reviews(fleet)
    return review


def test_a_question_about_a_row_shows_all_that_an_answer_needs(fleet: Fleet) -> None:
    fleet.enrich(numbered(range(3)))
    fleet.release_all()
    far = numbered(range(1), employees=50_000_000)
    far[0]["headcount"] = 12
    fleet.enrich(far)
    (review,) = open_reviews(fleet)
    asked = review.question
    assert (review.rule, asked["key"], asked["record_id"]) == ("jump", "C-00000", "r0")
    assert asked["row"]["employees"] == 10
    assert asked["diff"] == {"employees": {"now": 10, "new": 50_000_000}}
    assert asked["record"] == far[0]
    assert asked["source_text"]["employees"] == [50_000_000]
    assert asked["bindings"]["employees"]["alternatives"][0]["paths"] == ["/employees"]
    assert [(r["path"], r["samples"]) for r in asked["rivals"]["employees"]] == [("/headcount", [12])]
    assert asked["meaning"]
    assert review.expires_at is not None


def test_an_approved_move_takes_the_record_away_from_its_old_key(fleet: Fleet, tmp_path: Path) -> None:
    review = moved(fleet)
    assert review.rule == "identity_conflict"
    decide(fleet, review, "approve")
    fleet.run()
    assert [row["code"] for row in fleet.table()] == ["C-00001", "C-00002", "C-99999"]
    standing = fleet.rows("SELECT key FROM assertion WHERE record_id = 'r0' AND state = 'standing'")
    assert [row["key"] for row in standing] == ["C-99999"]
    with fleet.database.transaction() as tx:
        case = deciding.eval_case.of(fleet.context, reviews.get(tx, review.id))
    assert load_cases([_line(tmp_path, case)])[0].task == "audit_cells"
    (event,) = fleet.rows("SELECT key, change, reason FROM compensation")
    assert event == {"key": "C-00000", "change": "deleted", "reason": "identity_conflict"}


def test_a_record_that_moved_twice_stands_where_it_moved_last(fleet: Fleet) -> None:
    first = moved(fleet)
    fleet.enrich(numbered(range(1), code="C-77777"))
    (second,) = [r for r in open_reviews(fleet) if r.id != first.id]
    decide(fleet, second, "approve")
    decide(fleet, first, "approve")
    fleet.run()
    standing = fleet.rows("SELECT key FROM assertion WHERE record_id = 'r0' AND state = 'standing'")
    assert [row["key"] for row in standing] == ["C-77777"]
    assert [row["code"] for row in fleet.table()] == ["C-00001", "C-00002", "C-77777"]


def test_two_people_deciding_one_review_are_told_apart(fleet: Fleet) -> None:
    review = moved(fleet)
    refused: list[str] = []
    start = threading.Barrier(2)

    def answer(decision: str) -> None:
        start.wait(10)
        try:
            decide(fleet, review, decision)
        except ConflictError as error:
            refused.append(error.message)

    both = [threading.Thread(target=answer, args=(word,)) for word in ("approve", "reject")]
    for one in both:
        one.start()
    for one in both:
        one.join(20)
    assert len(refused) == 1
    (row,) = fleet.rows("SELECT state, decided_by FROM review")
    assert row == {"state": "decided", "decided_by": "anna"}


def test_a_forged_hash_and_an_answer_to_what_has_changed_are_refused(fleet: Fleet) -> None:
    review = moved(fleet)
    with pytest.raises(ConflictError, match="other content"):
        decide(fleet, review, "approve", content_hash="0" * 32)
    fleet.execute("INSERT INTO public.company (code, name) VALUES ('C-99999', 'somebody else')")
    with pytest.raises(ConflictError, match="expired"):
        decide(fleet, review, "approve")
    (again,) = open_reviews(fleet)
    assert again.id != review.id
    assert again.question["row"]["name"] == "somebody else"
    decide(fleet, again, "reject")
    fleet.run()
    assert fleet.one("SELECT count(*) FROM item WHERE state = 'discarded'") == 1


def test_a_question_that_nobody_answers_expires_and_is_asked_anew(fleet: Fleet) -> None:
    review = moved(fleet)
    fleet.execute("UPDATE review SET expires_at = now() - interval '1 s'")
    with pytest.raises(ConflictError, match="expired"):
        decide(fleet, review, "approve")
    with fleet.acting("control").transaction() as tx:
        assert review_ends.renew_expired(tx) == 1
        assert review_ends.renew_expired(tx) == 0
    (again,) = open_reviews(fleet)
    assert again.content_hash == review.content_hash
    assert fleet.one("SELECT reason FROM review WHERE id = %(id)s", id=review.id) == "nobody answered in time"
    assert decide(fleet, again, "approve").state == "decided"


def test_one_answer_is_for_all_rows_that_ask_the_same(database: str) -> None:
    fleet = ground(database, targets=[NEEDED])
    fleet.configure(asking=Script(PLAIN, audit=lambda field, *_: "unsure" if field == "name" else "supported"))
    job = fleet.enrich(companies(range(5)))
    asked = [one for one in open_reviews(fleet) if one.rule == "not_released"]
    assert len(asked) == 5
    decide(fleet, asked[3], "approve")
    assert [one for one in open_reviews(fleet) if one.rule == "not_released"] == []
    fleet.run()
    assert fleet.counts(job) == {"written": 5}
    fleet.close()


def test_an_answer_for_rows_of_several_plans_locks_all_of_these_before_any_question(database: str) -> None:
    """Who decides on a plan has it locked and goes on to its questions: who answers these must come the same way."""
    fleet = ground(database, sources=[CRM, CRM.model_copy(update={"name": "erp"})], targets=[NEEDED])
    fleet.configure(asking=Script(PLAIN, audit=lambda field, *_: "unsure" if field == "name" else "supported"))
    fleet.enrich(companies(range(4)))
    fleet.enrich(companies(range(4, 8)), source="erp")
    fleet.execute("UPDATE review SET asks = 'the same' WHERE rule = 'not_released'")
    asked = [one for one in open_reviews(fleet) if one.rule == "not_released"]
    first, last = asked[0], asked[-1]
    assert first.plan_id != last.plan_id
    done = threading.Thread(target=decide, args=(fleet, first, "approve"))
    with fleet.database.transaction() as tx:
        tx.execute("SELECT 1 FROM plan WHERE id = %s FOR UPDATE", (last.plan_id,))
        done.start()
        waited = _waits_for_a_lock(fleet)
        free = tx.execute("SELECT id FROM review WHERE state = 'open' FOR UPDATE SKIP LOCKED").fetchall()
    done.join(20)
    assert waited
    assert {one.id for one in asked} <= {row["id"] for row in free}
    assert [one for one in open_reviews(fleet) if one.rule == "not_released"] == []
    fleet.close()


@pytest.mark.parametrize("how", ["rows", "subjects"])
def test_questions_that_are_answered_with_a_plan_are_locked_in_the_order_of_their_ids(database: str, how: str) -> None:
    fleet = ground(database, targets=[NEEDED])
    fleet.configure(asking=Script(PLAIN, audit=lambda field, *_: "unsure" if field == "name" else "supported"))
    fleet.enrich(companies(range(3)))
    first, second, *_ = (one for one in open_reviews(fleet) if one.rule == "not_released")
    # rewritten, it lies behind the others in the table and in the index of subjects
    fleet.execute("UPDATE review SET subject = 'row:99' WHERE id = %(id)s", id=first.id)

    def answer() -> None:
        with fleet.acting("api").transaction() as tx:
            if how == "rows":
                rules, plan = ["not_released"], first.plan_id or 0
                review_ends.answer_rows(tx, plan, rules=rules, about={"name"}, but=(), decision="approve", by="anna")
            else:
                review_ends.answer_with_plan(tx, 1, ["row:99", second.subject], decision="approve", by="anna")

    done = threading.Thread(target=answer)
    with fleet.database.transaction() as tx:
        tx.execute("SELECT 1 FROM review WHERE id = %s FOR UPDATE", (first.id,))
        done.start()
        waited = _waits_for_a_lock(fleet)
        free = tx.execute("SELECT 1 FROM review WHERE id = %s FOR UPDATE SKIP LOCKED", (second.id,)).fetchone()
    done.join(20)
    assert waited
    assert free is not None
    assert {first.id, second.id}.isdisjoint(one.id for one in open_reviews(fleet))
    fleet.close()


def _waits_for_a_lock(fleet: Fleet) -> bool:
    """Whether somebody comes to wait for another's lock within some seconds."""
    until = time.monotonic() + 10
    while time.monotonic() < until:
        if fleet.one("SELECT count(*) FROM pg_locks WHERE NOT granted AND locktype IN ('transactionid', 'tuple')"):
            return True
        time.sleep(0.02)
    return False


def test_cancelling_closes_the_questions_about_its_rows(fleet: Fleet) -> None:
    review = moved(fleet)
    with fleet.acting("api").transaction() as tx:
        job_control.cancel(tx, review.job_id or 0)
    assert open_reviews(fleet) == []
    with pytest.raises(ConflictError):
        decide(fleet, review, "approve")


def test_a_risky_field_waits_for_a_person_whatever_audits_say(database: str) -> None:
    fleet = ground(database, targets=[RISKY])
    job = fleet.enrich(companies(range(130)))
    asked = open_reviews(fleet)
    assert fleet.table() == []
    assert {one.rule for one in asked} == {"high_risk"}
    (field,) = [one for one in asked if one.subject.startswith("field:")]
    decide(fleet, field, "approve")
    fleet.run()
    assert {row["city"] is None for row in fleet.table()} == {False}
    assert fleet.counts(job) == {"written": 130}
    assert open_reviews(fleet) == []
    (origin,) = fleet.rows("SELECT b ->> 'origin' AS o FROM plan, jsonb_array_elements(body -> 'bindings') AS b"
                           " WHERE b ->> 'target' = 'city'")  # fmt: skip
    assert origin["o"] == "person"
    fleet.close()


def test_a_risky_field_that_is_condemned_lets_the_rest_of_its_rows_go(database: str) -> None:
    fleet = ground(database, targets=[RISKY])
    job = fleet.enrich(companies(range(5)))
    assert (fleet.table(), fleet.counts(job)) == ([], {"review": 5})
    plan = int(fleet.one("SELECT max(id) FROM plan"))
    with fleet.acting("api").transaction() as tx:
        deciding.condemn(fleet.context, tx, plan, fields=["city"], by="anna", reason="no")
    fleet.run()
    assert {row["city"] for row in fleet.table()} == {None}
    assert fleet.counts(job) == {"written": 5}
    fleet.close()


@pytest.mark.parametrize("answered", ["one", "all"])
def test_a_row_with_a_risky_field_is_written_once_a_person_vouches_for_it(database: str, answered: str) -> None:
    """Its sample was an auditor's before, which does not release such a field: the row was asked about for ever."""
    fleet = ground(database, targets=[RISKY])
    job = fleet.enrich(companies(range(5)))
    if answered == "one":
        fleet.execute("UPDATE review SET asks = id::text")
    decide(fleet, open_reviews(fleet)[0], "approve")
    fleet.run()
    written = 1 if answered == "one" else 5
    assert [row["city"] is None for row in fleet.table()] == [False] * written
    assert fleet.counts(job) == ({"written": 1, "review": 4} if answered == "one" else {"written": 5})
    assert len(open_reviews(fleet)) == 5 - written
    fleet.close()


def broken(*_: Any, **__: Any) -> Any:
    raise KeyError("a value that no question may quote")


def test_work_that_always_fails_ends_in_a_question_and_goes_on_when_told(
    fleet: Fleet, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = merge_stage.merge
    monkeypatch.setattr(merge_stage, "merge", broken)
    job = fleet.enrich(numbered(range(5)))
    (review,) = open_reviews(fleet)
    assert (review.rule, review.question["kind"], review.question["attempts"]) == ("attempts_exhausted", "merge", 5)
    assert "quote" not in str(review.question)
    assert fleet.state(job) == "blocked"
    monkeypatch.setattr(merge_stage, "merge", kept)
    decide(fleet, review, "retry")
    fleet.run()
    assert (fleet.counts(job), fleet.state(job)) == ({"written": 5}, "done")


def test_work_that_is_given_up_takes_what_waited_for_it_along(fleet: Fleet, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(merge_stage, "merge", broken)
    job = fleet.enrich(numbered(range(5)))
    (review,) = open_reviews(fleet)
    decide(fleet, review, "give_up")
    fleet.run()
    assert (fleet.counts(job), fleet.state(job)) == ({"discarded": 5}, "partial")


def test_what_the_surrounding_does_to_work_needs_no_answer(fleet: Fleet, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*_: Any, **__: Any) -> Any:
        raise TransientError("the other side is away")

    monkeypatch.setattr(merge_stage, "merge", away)
    fleet.send(numbered(range(5)))
    for _ in range(20):
        for due in fleet.turn():
            fleet.step(due)
    assert fleet.one("SELECT max(attempts) FROM work WHERE kind = 'merge'") > 5
    assert open_reviews(fleet) == []


def test_work_that_ends_its_workers_is_asked_about(fleet: Fleet, monkeypatch: pytest.MonkeyPatch) -> None:
    def exhausted(*_: Any, **__: Any) -> Any:
        raise MemoryError

    monkeypatch.setattr(merge_stage, "merge", exhausted)
    job = fleet.send(numbered(range(5)))
    for _ in range(30):
        for due in fleet.turn():
            fleet.step(due)
        with fleet.acting("control").transaction() as tx:
            for suspect in dispatch.return_lost(tx):
                poison.handle(tx, suspect)
    (review,) = open_reviews(fleet)
    assert (review.rule, review.question["kind"]) == ("poison", "merge")
    assert fleet.state(job) == "blocked"


def _line(folder: Path, case: dict[str, Any]) -> Path:
    file = folder / "cases.jsonl"
    file.write_text(json.dumps(case) + "\n")
    return file


def doubts_city(field: str, _: Any, record: Mapping[str, Any], __: str) -> str:
    return "unsupported" if field == "city" and int(record["code"][2:]) % 5 == 0 else "supported"


def test_a_question_about_a_field_shows_the_cells_in_doubt_and_what_else_it_could_be(
    database: str, tmp_path: Path
) -> None:
    fleet = ground(database, sources=[CRM])
    fleet.configure(asking=Script(PLAIN, audit=doubts_city, second=None))
    fleet.enrich(companies(range(300), town=lambda n: f"Other {n}"))
    (review,) = [one for one in open_reviews(fleet) if one.rule == "audit_undecided"]
    asked = review.question
    assert asked["field"] == "city"
    assert {cell["verdict"] for cell in asked["cells"]} == {"unconfirmed"}
    assert all(cell["record"]["city"] == cell["value"] == cell["source_text"][0] for cell in asked["cells"])
    assert "/town" in {rival["path"] for rival in asked["rivals"]}
    with pytest.raises(ConflictError, match="is open"):
        deciding.eval_case.of(fleet.context, review)
    decided = decide(fleet, review, "condemn")
    case = deciding.eval_case.of(fleet.context, decided)
    assert case["rubric"] == {"city": {"never_reads": ["/city"]}}
    assert load_cases([_line(tmp_path, case)])[0].id == f"review-{review.id}"
    fleet.close()
