"""What a job waits for, told in words from what the tables say."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from enrichment.store.freezes import Freeze
from enrichment.store.jobs import JobRow
from enrichment.store.waits import Asked, HeldRecords, Unclaimed, WaitingWork
from enrichment.waiting import waits
from enrichment.waiting_words import Seen

AT = datetime(2026, 7, 1, 9, 30, tzinfo=UTC)
LATER = datetime(2026, 7, 2, tzinfo=UTC)
JOB = JobRow(
    id=17,
    source="crm",
    target="company",
    target_version="v",
    state="running",
    scope={},
    dry_run=False,
    replay=False,
    priority=0,
    batches=0,
    batches_digest=None,
    error=None,
    created_at=AT,
    finished_at=None,
)
CHUNK = WaitingWork(
    job=17,
    own=True,
    kind="chunk",
    stage="fetch",
    waits_on=None,
    shape=None,
    plan=None,
    works=2,
    records=None,
    since=AT,
    until=LATER,
    error=None,
)
HELD = HeldRecords(job=17, staged=False, shape=3, plan=None, records=40)
PLAN = replace(CHUNK, own=False, kind="plan", stage="plan", shape=3, works=1, until=None)
JUDGE = replace(PLAN, kind="judge", stage="judge", shape=None, plan=5)
ASKED = Asked(17, 8, "jump", "row", None, 5, 3, 4, AT)


def only(seen: Seen) -> dict[str, Any]:
    (one,) = waits(seen)
    return one


@pytest.mark.parametrize(
    ("waits_on", "on", "says", "command"),
    [
        (
            "breaker:infra:source:api.example.com",
            "breaker",
            "the breaker infra:source:api.example.com",
            "breakers list",
        ),
        ("budget:job:17", "budget", "the budget of job 17, which is used up", "budget raise job 17 --tokens N"),
        ("budget:day:2026-07-01", "budget", "the budget of the day 2026-07-01", "budget raise day --tokens N"),
        ("budget:call:any", "budget", "the budget of every call", "budget raise call --tokens N"),
        ("room:fleet:2026-07", "budget", "room in the budget of the month 2026-07", "assay budget"),
        ("rate:host:api.example.com", "rate", "the rate limit of api.example.com, which ends", "assay jobs cancel 17"),
        ("rate:host:api.example.com", "rate", "a lower rate of the source", "wait, or give up"),
        ("rate:model:small", "rate", "the rate limit of small, which ends by itself", "assay jobs cancel 17"),
        ("review:work:9", "review", "a person's answer", "assay reviews list"),
        ("review:crm:source_changed", "review", "a person's answer", "assay reviews list"),
        (
            "held:crm",
            "held_cap",
            "held records of source crm: with those on their way they are as many as may be",
            "plans list --source crm",
        ),
        ("source_idle:crm", "source_idle", "more records of source crm", None),
        ("frozen", "frozen", "nothing is frozen any more", None),
        ("model:quota", "model", "the model's provider, whose quota is used up", "assay doctor"),
        ("model:infrastructure", "model", "the model, which keeps failing", "assay doctor"),
        ("evaluation:small", "evaluation", "an evaluation that model small passes", "assay eval"),
        ("newer_release", "upgrade", "workers of a newer release", "assay doctor"),
        ("something:new", "something", "something:new", "assay doctor"),
    ],
)
def test_whatever_work_waits_on_is_told_with_the_command_that_helps(
    waits_on: str, on: str, says: str, command: str | None
) -> None:
    told = only(Seen(JOB, works=[replace(CHUNK, waits_on=waits_on)]))
    assert told["on"] == on
    assert says in told["says"]
    assert told["command"] is None if command is None else command in told["command"]
    assert (told["works"], told["since"], told["until"]) == (2, AT, LATER)


def test_what_waits_for_its_next_attempt_says_what_went_wrong() -> None:
    told = only(Seen(JOB, works=[replace(CHUNK, error={"code": "transient", "message": "the source is away"})]))
    assert told["says"] == "its next attempt at fetch, after: the source is away"
    assert told["on"] == "retry"


def test_the_last_look_of_a_job_is_told_as_its_chunks_are() -> None:
    look = replace(CHUNK, kind="refold", stage="refold", works=1, error={"message": "assay_refold may not INSERT"})
    assert only(Seen(JOB, works=[look]))["says"] == "its next attempt at refold, after: assay_refold may not INSERT"
    assert waits(Seen(JOB, works=[replace(look, own=False)])) == []


def test_a_freeze_is_told_with_who_did_it_and_since_when() -> None:
    frozen = Freeze(1, "crm", "wrong figures", "ada", LATER)
    told = only(Seen(JOB, works=[replace(CHUNK, waits_on="frozen")], freezes=[frozen]))
    assert "by ada: wrong figures" in told["says"]
    assert (told["command"], told["since"]) == ("assay thaw --source crm", LATER)


def test_held_records_wait_for_what_the_work_for_them_waits_for() -> None:
    idle = replace(PLAN, waits_on="source_idle:crm")
    told = only(Seen(JOB, works=[idle, replace(idle, own=True)], held=[HELD]))
    assert told["says"].startswith("a plan for shape 3, which waits for more records of source crm")
    assert (told["on"], told["works"], told["records"]) == ("source_idle", 2, 40)
    assert only(Seen(JOB, held=[HELD]))["on"] == "plan"
    audited = replace(HELD, staged=True, shape=None, plan=5)
    assert only(Seen(JOB, held=[audited]))["says"] == "the audit of plan 5 to look at enough of its rows"
    stopped = only(Seen(JOB, works=[replace(JUDGE, waits_on="breaker:infra:model:m")], held=[audited]))
    assert stopped["says"] == "the audit of plan 5, which waits for the breaker infra:model:m"


def test_work_of_other_shapes_is_nothing_that_this_job_waits_for() -> None:
    assert waits(Seen(JOB, works=[replace(PLAN, waits_on="source_idle:crm"), JUDGE])) == []


def test_questions_are_told_by_their_meaning_with_the_records_behind_them() -> None:
    told = only(Seen(JOB, review=4, asked=[ASKED]))
    assert told["says"].startswith("a person's answer to 3 questions: a value is far from")
    assert (told["command"], told["records"]) == ("assay reviews list", 4)
    single = only(Seen(JOB, review=4, asked=[replace(ASKED, questions=1)]))
    assert single["command"] == "assay reviews show 8"
    refused = replace(ASKED, rule="plan_refused", subject="plan:5", shape=3, questions=1, records=None)
    of_shape = only(Seen(JOB, held=[HELD], asked=[refused]))
    assert (of_shape["on"], of_shape["records"], of_shape["command"]) == ("review", 40, "assay reviews show 8")
    assert only(Seen(JOB, review=2))["records"] == 2


def test_records_that_wait_for_several_questions_are_counted_once_with_the_newest() -> None:
    first = replace(ASKED, rule="plan_refused", subject="plan:5", shape=3, questions=1, records=None)
    second = replace(first, id=9, subject="plan:6", since=LATER)
    of_shape = only(Seen(JOB, held=[HELD], asked=[first, second]))
    assert (of_shape["records"], of_shape["command"], of_shape["since"]) == (40, "assay reviews show 9", AT)
    assert of_shape["says"].startswith("a person's answer to 2 questions: no plan was found")
    other = replace(second, id=10, rule="poison")
    newest, older = waits(Seen(JOB, held=[HELD], asked=[first, second, other]))
    assert (newest["records"], newest["command"]) == (40, "assay reviews show 10")
    assert (older["records"], older["command"]) == (None, "assay reviews show 9")


def test_a_question_about_work_is_named_where_it_is_open() -> None:
    asked = replace(ASKED, subject="work:9", records=None, questions=1, since=LATER)
    told = only(Seen(JOB, works=[replace(CHUNK, waits_on="review:work:9")], asked=[asked]))
    assert (told["command"], told["since"]) == ("assay reviews show 8", LATER)


def test_jobs_that_persons_or_senders_hold_up_say_so() -> None:
    assert only(Seen(replace(JOB, state="paused")))["command"] == "assay jobs resume 17"
    assert "3 batches are in" in only(Seen(replace(JOB, state="receiving", batches=3)))["says"]
    assert waits(Seen(JOB)) == []


def test_work_that_nobody_takes_is_told_but_work_that_waits_for_its_turn_is_not() -> None:
    ready = Unclaimed(job=17, published=False, stage="map", works=9, since=AT)
    published = replace(ready, published=True, stage="gate", works=1)
    assert waits(Seen(JOB, unclaimed=[ready])) == []
    assert only(Seen(JOB, unclaimed=[ready], silent=90.4))["says"] == "a dispatcher: none has shown itself for 90 s"
    assert only(Seen(JOB, unclaimed=[published]))["says"] == "a worker that takes gate work"


def test_held_rows_of_a_merge_that_failed_do_not_wait_for_an_audit() -> None:
    held = replace(HELD, staged=True, shape=None, plan=5)
    merge = replace(JUDGE, kind="merge", stage="merge", error={"code": "database", "message": "somebody holds it"})
    told = only(Seen(JOB, works=[merge], held=[held]))
    assert told["says"] == (
        "the writing of what plan 5 released, which waits for its next attempt at merge, after: somebody holds it"
    )
    waiting = only(Seen(JOB, works=[replace(merge, waits_on="source_idle:crm")], held=[held]))
    assert waiting["says"].startswith("the audit of plan 5, which waits for more records of source crm")
