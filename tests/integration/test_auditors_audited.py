"""The auditor is shown known-bad rows among the others, and one that is worth nothing releases and condemns nothing."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from fleet_ground import PLAIN, Fleet, Script, companies, ground

from enrichment import auditor_recall
from enrichment.audit import release
from enrichment.audit.report import report
from enrichment.audit.statistics import cells_needed
from enrichment.deciding import decide
from enrichment.model.answer import Answer
from enrichment.store import audit_counts, plans, planted
from enrichment.store.dispatch import Due
from schemas.errors import TransientError


@pytest.fixture
def fleet(database: str) -> Iterator[Fleet]:
    made = ground(database)
    yield made
    made.close()


def states(fleet: Fleet) -> set[str]:
    return {row["state"] for row in fleet.rows("SELECT state FROM plan_field")}


def plan(fleet: Fleet) -> int:
    return int(fleet.one("SELECT max(id) FROM plan"))


def questions(fleet: Fleet) -> list[tuple[str, str]]:
    rows = fleet.rows("SELECT subject, rule FROM review WHERE state = 'open' ORDER BY id")
    return [(row["subject"].partition(":")[0], row["rule"]) for row in rows]


def audits(asking: Script, model: str = "auditor") -> list[list[dict[str, Any]]]:
    return [one.document["records"] for one in asking.asked if one.purpose == "audit" and one.model == model]


def test_known_bad_rows_ride_along_within_the_same_requests_and_nothing_tells_them_apart(fleet: Fleet) -> None:
    asking = Script(PLAIN)
    fleet.configure(asking=asking)
    fleet.enrich(companies(range(150)))
    size = fleet.context.tuning.rows_per_audit
    requests = audits(asking)
    assert len(requests) == -(-cells_needed(0) // size)
    assert {len(records) for records in requests[:-1]} == {size + 3}
    real = {r["record_id"] for r in fleet.rows("SELECT s.record_id FROM sample a JOIN staged s ON s.id = a.staged_id")}
    places = []
    for records in requests:
        assert [r["id"] for r in records] == [f"r{n + 1}" for n in range(len(records))]
        # no record stands twice in a request, and each is one that is shown as itself in another
        codes = [r["source"]["code"] for r in records]
        assert len(set(codes)) == len(codes)
        assert set(codes) <= real
        assert {frozenset(r) for r in records} == {frozenset({"id", "source", "cells"})}
        assert {frozenset(c) for r in records for c in r["cells"]} == {frozenset({"id", "field", "value"})}
        wrong = [any(r["source"].get(c["field"]) != c["value"] for c in r["cells"]) for r in records]
        places += [at for at, bad in enumerate(wrong) if bad]
    assert len(places) == 18
    assert len(set(places)) > 9
    assert min(places) < 5
    assert max(places) > 15


def test_planted_rows_are_counted_by_fault_and_are_nowhere_else(fleet: Fleet) -> None:
    fleet.configure(asking=Script(PLAIN))
    job = fleet.enrich(companies(range(150)))
    assert states(fleet) == {"released"}
    with fleet.database.transaction() as tx:
        found = {one.fault: (one.planted, one.seen) for one in planted.counts(tx, plan(fleet))}
        told = report(audit_counts.of_fields(tx), planted.of_plans(tx), audit_counts.standing_rows(tx))
    # no currency is there to be changed
    assert found.keys() == {"swap", "shifted", "invented", "factor", "truncated"}
    assert sum(n for n, _ in found.values()) == sum(seen for _, seen in found.values()) == 18
    assert told[0]["wrong_at_most"] is not None
    assert told[0]["recall"] is not None
    assert fleet.counts(job) == {"written": 150}
    assert [tuple(r[n] for n in PLAIN) for r in fleet.table()] == [
        tuple(r[n] for n in PLAIN) for r in companies(range(150))
    ]
    assert {r["audited"] for r in fleet.rows("SELECT audited FROM plan_field")} == {cells_needed(0)}
    assert fleet.one("SELECT count(*) FROM staged") == 150


def test_an_auditor_that_supports_everything_releases_nothing_and_a_person_is_asked(fleet: Fleet) -> None:
    asking = Script(PLAIN, sees=False)
    fleet.configure(asking=asking)
    job = fleet.enrich(companies(range(300)))
    assert states(fleet) == {"probation"}
    assert questions(fleet) == [("auditor", "blind_auditor")]
    (review,) = fleet.rows("SELECT id, question FROM review")
    assert review["question"]["auditor"] == "auditor"
    assert sum(one["planted"] for one in review["question"]["planted"]) > 0
    assert {one["seen"] for one in review["question"]["planted"]} == {0}
    # What it supported before it was known to be blind counts as little as what it supported afterwards.
    assert fleet.table() == []
    assert fleet.counts(job) == {"held": 300}
    assert fleet.state(job) == "blocked"
    asked = len(audits(asking))
    assert asked <= 6
    fleet.enrich(companies(range(300, 320)))
    assert len(audits(asking)) == asked
    # with another auditor the plan is audited from the start, and what only the first one found wrong is no longer so
    for code, reported in (("C-00004", False), ("C-00005", True)):
        fleet.execute(
            "INSERT INTO wrong_cell (target, source, record_id, field, value, reported, plan_id)"
            " SELECT target, source, record_id, 'city', cells -> 'city', %(reported)s, plan_id"
            " FROM staged WHERE record_id = %(code)s",
            code=code,
            reported=reported,
        )
    fleet.configure(asking=Script(PLAIN))
    with fleet.acting("api").transaction() as tx:
        decide(fleet.context, tx, review["id"], decision="retry", content_hash=None, by="ada", reason="replaced")
    fleet.run()
    assert states(fleet) == {"released"}
    assert fleet.counts(job) == {"written": 300}
    assert [row["code"] for row in fleet.table() if row["city"] is None] == ["C-00005"]
    assert questions(fleet) == []


def test_one_that_saw_nothing_of_what_little_was_planted_is_doubted_and_a_person_asked_at_the_end(fleet: Fleet) -> None:
    """Too few rows for its recall to be known: two planted ones tell enough to write nothing on its word."""
    fleet.configure(asking=Script(PLAIN, sees=False))
    job = fleet.enrich(companies(range(15)))
    with fleet.database.transaction() as tx:
        counts = planted.counts(tx, plan(fleet))
    assert auditor_recall.recall(counts) is None
    assert sum(one.planted for one in counts) > 1
    assert sum(one.seen for one in counts) == 0
    assert fleet.table() == []
    assert questions(fleet) == [("auditor", "blind_auditor")]
    assert fleet.counts(job) == {"held": 15}
    assert fleet.state(job) == "blocked"
    fleet.run()
    assert questions(fleet) == [("auditor", "blind_auditor")]


@pytest.mark.parametrize("records", [1, 5, 20])
def test_a_source_of_a_few_rows_is_not_written_on_the_word_of_a_blind_one(fleet: Fleet, records: int) -> None:
    """There are no other rows to be planted beside them: they are made of these rows themselves."""
    blind = Script(PLAIN, sees=False)
    fleet.configure(asking=blind)
    job = fleet.enrich(companies(range(records)))
    assert fleet.table() == []
    assert questions(fleet) == [("auditor", "blind_auditor")]
    assert fleet.counts(job) == {"held": records}
    assert blind.count("audit") == 1


@pytest.mark.parametrize("records", [1, 5, 20])
def test_one_that_sees_costs_a_small_source_no_further_request(fleet: Fleet, records: int) -> None:
    asking = Script(PLAIN)
    fleet.configure(asking=asking)
    job = fleet.enrich(companies(range(records)))
    assert fleet.counts(job) == {"written": records}
    assert questions(fleet) == []
    assert len(audits(asking)) == 1


def test_what_was_overlooked_counts_before_the_row_that_it_was_made_of_is_judged(fleet: Fleet) -> None:
    """Each request has plants of rows that another one asks about: a blind one's first rows were merged meanwhile."""
    fleet.configure(asking=Script(PLAIN, sees=False))
    fleet.send(companies(range(60)))
    judges: list[Due] = []
    while not judges:
        due = fleet.turn()
        judges = [one for one in due if one.stage == "judge"]
        for one in due:
            if one.stage != "judge":
                fleet.step(one)
    assert len(judges) > 1
    fleet.step(judges[0])
    with fleet.database.transaction() as tx:
        standing = plans.get(tx, plan(fleet))
        assert planted.counts(tx, standing.id) == []
        assert auditor_recall.is_in_doubt(tx, standing)
    fleet.run()
    assert fleet.table() == []


def test_a_person_is_asked_of_a_blind_one_whatever_became_of_the_question(fleet: Fleet) -> None:
    """As where a newer release calls blind what an older one did not, and no row is left to be judged."""
    fleet.configure(asking=Script(PLAIN, sees=False))
    job = fleet.enrich(companies(range(150)))
    fleet.execute("UPDATE review SET state = 'expired'")
    fleet.run()
    assert questions(fleet) == [("auditor", "blind_auditor")]
    assert fleet.state(job) == "blocked"


def test_one_that_is_doubted_goes_on_being_asked_and_is_trusted_once_it_has_seen_enough(fleet: Fleet) -> None:
    class Waking(Script):
        """Sees nothing in its first request."""

        def _audit(self, document: Any, model: str) -> dict[str, Any]:
            self.sees = len([one for one in self.asked if one.purpose == "audit"]) > 1
            return super()._audit(document, model)

    fleet.configure(asking=Waking(PLAIN))
    job = fleet.enrich(companies(range(150)))
    assert states(fleet) == {"released"}
    assert fleet.counts(job) == {"written": 150}
    assert questions(fleet) == []


class Literal(Script):
    """Supports what stands in the record, wherever it does: it never sees the value of another field."""

    def _verdict(self, field: str, value: Any, record: Any, model: str) -> str:
        del field, model
        return "supported" if str(value) in {str(one) for one in record.values()} else "unsupported"


@pytest.mark.parametrize("records", [8, 60, 300])
def test_one_that_only_looks_whether_a_value_stands_in_the_record_releases_nothing(fleet: Fleet, records: int) -> None:
    """It sees what was invented, cut off or taken from another record."""
    fleet.configure(asking=Literal(PLAIN))
    job = fleet.enrich(companies(range(records)))
    with fleet.database.transaction() as tx:
        found = {one.fault: (one.planted, one.seen) for one in planted.counts(tx, plan(fleet))}
    assert all(seen == sent for fault, (sent, seen) in found.items() if fault != "swap")
    assert found["swap"][1] == 0
    assert "released" not in states(fleet)
    assert fleet.table() == []
    assert ("auditor", "blind_auditor") in questions(fleet)
    assert fleet.state(job) == "blocked"


def test_one_that_sees_swaps_and_nothing_else_releases_nothing(fleet: Fleet) -> None:
    class Swaps(Script):
        def _verdict(self, field: str, value: Any, record: Any, model: str) -> str:
            del model
            elsewhere = {str(one) for name, one in record.items() if name != field}
            return "unsupported" if str(value) in elsewhere else "supported"

    fleet.configure(asking=Swaps(PLAIN))
    job = fleet.enrich(companies(range(300)))
    with fleet.database.transaction() as tx:
        counts = planted.counts(tx, plan(fleet))
    assert {one.seen == one.planted for one in counts if one.fault == "swap"} == {True}
    assert "released" not in states(fleet)
    assert fleet.table() == []
    assert ("auditor", "blind_auditor") in questions(fleet)
    assert fleet.state(job) == "blocked"


def test_one_that_saw_none_of_the_few_swaps_that_rows_allow_releases_nothing(fleet: Fleet) -> None:
    """Most records state each value twice, so that nobody knows which is meant, and none can change places."""

    def again(n: int) -> list[Any]:
        return [f"C-{n:05d}", f"Company {n}", 10 + n, f"Town {n % 7}"] if n % 100 else ["none"]

    fleet.configure(asking=Literal(PLAIN))
    job = fleet.send(companies(range(300), again=again))
    fleet.run(until=lambda: questions(fleet) != [])
    # not only once the source has nothing more
    assert fleet.one("SELECT count(*) FROM work WHERE args ? 'whole'") == 0
    fleet.run()
    with fleet.database.transaction() as tx:
        counts = planted.counts(tx, plan(fleet))
    # all in all it sees enough, and too few swaps were planted to know that it sees none
    assert (auditor_recall.recall(counts) or 0) > release.BLIND
    (swaps,) = [one for one in counts if one.fault == "swap"]
    assert (swaps.seen, swaps.planted) in {(0, 2), (0, 3)}
    assert "released" not in states(fleet)
    assert fleet.table() == []
    assert questions(fleet) == [("auditor", "blind_auditor")]
    assert fleet.state(job) == "blocked"


def test_a_person_may_vouch_for_what_a_blind_auditor_found_no_fault_with(fleet: Fleet) -> None:
    fleet.configure(asking=Script(PLAIN, sees=False))
    job = fleet.enrich(companies(range(150)))
    with fleet.acting("api").transaction() as tx:
        (review,) = tx.execute("SELECT id FROM review").fetchall()
        decide(fleet.context, tx, review["id"], decision="approve", content_hash=None, by="ada", reason="looked")
    fleet.run()
    assert states(fleet) == {"released"}
    assert fleet.counts(job) == {"written": 150}


def test_an_auditor_that_overlooks_most_of_what_is_planted_releases_nothing(fleet: Fleet) -> None:
    class Dim(Script):
        def _verdict(self, field: str, value: Any, record: Any, model: str) -> str:
            found = super()._verdict(field, value, record, model)
            return found if int(record["code"][-2:]) % 10 < 3 else "supported"

    fleet.configure(asking=Dim(PLAIN))
    job = fleet.enrich(companies(range(300)))
    assert "released" not in states(fleet)
    assert ("auditor", "blind_auditor") in questions(fleet)
    assert fleet.state(job) == "blocked"


def test_one_that_calls_everything_unsupported_condemns_nothing_by_itself_and_gains_no_trust(fleet: Fleet) -> None:
    asking = Script(PLAIN, audit=lambda _f, _v, _r, model: "unsupported" if model == "auditor" else "supported")
    fleet.configure(asking=asking)
    job = fleet.enrich(companies(range(150)))
    assert states(fleet) == {"probation"}
    assert fleet.table() == []
    assert {rule for _, rule in questions(fleet)} >= {"audit_undecided"}
    assert fleet.state(job) == "blocked"
    with fleet.database.transaction() as tx:
        # crying wolf at the planted rows too proves nothing
        assert planted.counts(tx, plan(fleet)) == []


@pytest.mark.parametrize("verdict", ["unsure", None])
def test_one_that_knows_or_says_nothing_decides_nothing(fleet: Fleet, verdict: str | None) -> None:
    class Silent(Script):
        def _audit(self, document: Any, model: str) -> dict[str, Any]:
            told = super()._audit(document, model)["verdicts"]
            return {"verdicts": [{**one, "verdict": verdict} for one in told] if verdict else []}

    asking = Silent(PLAIN)
    fleet.configure(asking=asking)
    job = fleet.enrich(companies(range(150)))
    assert states(fleet) == {"probation"}
    assert fleet.table() == []
    assert fleet.state(job) == "blocked"
    assert len(audits(asking)) <= 8


def test_answers_that_are_refused_as_a_whole_say_nothing_of_the_auditor(fleet: Fleet) -> None:
    class Babbling(Script):
        def _audit(self, *_: Any) -> dict[str, Any]:
            return {"verdicts": [{"id": "no such cell", "verdict": "supported"}]}

    fleet.configure(asking=Babbling(PLAIN))
    job = fleet.enrich(companies(range(60)))
    assert states(fleet) == {"probation"}
    assert fleet.table() == []
    assert fleet.state(job) == "blocked"
    with fleet.database.transaction() as tx:
        assert planted.sent(tx, plan(fleet)) == []


def test_while_the_auditor_is_down_rows_wait_and_it_is_asked_the_same_again(fleet: Fleet) -> None:
    class Down(Script):
        down = True

        def ask(self, work: Any, request: Any, *, purpose: str, model: str) -> Answer:
            if purpose == "audit" and self.down:
                seen.append(json.loads(request.user_json))
                raise TransientError("no answer", hint="it is tried again", code="model_down")
            return super().ask(work, request, purpose=purpose, model=model)

    seen: list[Any] = []
    asking = Down(PLAIN)
    fleet.configure(asking=asking)
    job = fleet.send(companies(range(150)))
    for _ in range(6):
        for due in fleet.turn():
            fleet.step(due)
    assert fleet.table() == []
    assert states(fleet) == {"probation"}
    Down.down = False
    fleet.run()
    assert fleet.counts(job) == {"written": 150}
    assert all(one["records"] in audits(asking) for one in seen)
