"""What the dispatcher sees at one look: each part says whether the statement it stands for would find anything."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict

import pytest
from fleet_ground import COMPANY, PLAIN, Fleet, Script, companies, company, ground

from enrichment.store import agenda, dispatch, job_ends, jobs
from enrichment.store import work as work_rows
from enrichment.store.dispatch import Windows
from enrichment.store.jobs import NewJob
from enrichment.store.work import NewWork

WINDOWS = Windows(chunks_per_job=3, chunks_per_source=4, per_kind={"plan": 2})


@pytest.fixture
def fleet(database: str) -> Iterator[Fleet]:
    made = ground(database, asking=Script(PLAIN))
    yield made
    made.close()


def seen(fleet: Fleet) -> set[str]:
    with fleet.database.transaction() as tx:
        return {name for name, there in asdict(agenda.look(tx)).items() if there}


def untidy(fleet: Fleet) -> bool:
    with fleet.database.transaction() as tx:
        return agenda.untidy(tx)


def file(fleet: Fleet, kind: str = "chunk", *, waits_on: str | None = None, wait_seconds: float | None = None) -> int:
    stage = "map" if kind == "chunk" else kind
    with fleet.database.transaction() as tx:
        job, _ = jobs.create(tx, NewJob("crm", "company", COMPANY.version, "running", {}))
        work_rows.file(
            tx,
            NewWork(kind, stage, job.id, "crm", "company", waits_on=waits_on, wait_seconds=wait_seconds),
        )
    return job.id


def publish(fleet: Fleet) -> None:
    with fleet.database.transaction() as tx:
        assert dispatch.take_chunks(tx, WINDOWS)


def test_where_nothing_is_to_be_done_nothing_is_seen(fleet: Fleet) -> None:
    assert seen(fleet) == set()
    assert not untidy(fleet)


def test_work_is_seen_as_long_as_it_is_ready(fleet: Fleet) -> None:
    file(fleet)
    assert seen(fleet) == {"ready"}
    assert not untidy(fleet)
    publish(fleet)
    assert seen(fleet) == set()


@pytest.mark.parametrize(
    ("waits_on", "wait_seconds", "what"),
    [
        ("budget:day:2026-01-01", -1.0, {"due"}),
        ("budget:day:2026-01-01", 60.0, set()),
        ("source_idle:crm", 60.0, {"idle"}),
        ("breaker:quality:gone", 60.0, {"breakers"}),
        ("review:1", None, set()),
    ],
)
def test_what_waits_is_seen_when_it_need_not_any_longer(
    fleet: Fleet, waits_on: str, wait_seconds: float | None, what: set[str]
) -> None:
    file(fleet, "plan", waits_on=waits_on, wait_seconds=wait_seconds)
    assert seen(fleet) == what


@pytest.mark.parametrize("moved", ["now() - interval '1 s'", "now() + interval '1 day'"])
def test_passed_deadlines_and_clocks_set_back_are_seen(fleet: Fleet, moved: str) -> None:
    file(fleet)
    publish(fleet)
    fleet.execute(f"UPDATE work SET deadline = {moved}")
    assert seen(fleet) == {"overdue"}
    fleet.execute(f"UPDATE work SET status = 'running', worker = 'w', lease_until = {moved}")
    assert seen(fleet) == {"lost"}


def test_the_work_of_a_dead_boot_is_seen_with_its_death(fleet: Fleet) -> None:
    file(fleet)
    fleet.execute(
        "UPDATE work SET status = 'running', worker = 'w', lease_until = now() + interval '9 s', deadline = now()"
    )
    assert seen(fleet) == set()
    fleet.execute(
        "INSERT INTO worker (boot_id, node, role, pid, code_version, dead_at) VALUES ('w', 'n', 'gate', 1, '1', now())"
    )
    assert seen(fleet) == {"lost", "death"}


def test_a_job_that_has_no_chunk_left_is_to_be_settled(fleet: Fleet) -> None:
    job = file(fleet)
    assert not untidy(fleet)
    fleet.execute("UPDATE work SET status = 'done'")
    assert untidy(fleet)
    fleet.execute("UPDATE job SET state = 'paused' WHERE id = %(job)s", job=job)
    assert not untidy(fleet)
    fleet.execute("UPDATE job SET state = 'blocked' WHERE id = %(job)s", job=job)
    assert untidy(fleet)
    with fleet.database.transaction() as tx:
        assert job_ends.unsettled(tx) == [job]


@pytest.mark.parametrize(
    ("state", "moment", "there"),
    [
        ("open", "now() - interval '1 s'", True),
        ("open", "now() + interval '60 s'", False),
        ("half_open", "NULL", True),
        ("closed", "NULL", False),
    ],
)
def test_a_breaker_that_time_may_change_is_seen(fleet: Fleet, state: str, moment: str, there: bool) -> None:
    fleet.execute(
        "INSERT INTO breaker (key, kind, source, model, prompt, target, target_version, state, until)"
        f" VALUES ('k', 'model', '', 'm', '', '', '', %(state)s, {moment})",
        state=state,
    )
    assert seen(fleet) == ({"breakers"} if there else set())


def test_letters_that_nobody_was_told_of_are_seen(fleet: Fleet) -> None:
    required = company(*(f.model_copy(update={"required": f.name == "name"}) for f in COMPANY.fields))
    fleet.configure(targets={"company": required})
    fleet.enrich([*companies(range(60)), *companies(range(60, 61), name=None)])
    assert len(fleet.letters()) == 1
    assert "letters" in seen(fleet)
    fleet.execute("UPDATE dead_letter SET announced_at = now()")
    assert "letters" not in seen(fleet)


def test_rows_that_no_open_work_would_move_are_untidy_and_those_of_a_newer_release_are_not_ours(fleet: Fleet) -> None:
    fleet.stage_only(companies(range(60)))
    fleet.execute("UPDATE work SET status = 'done'")
    fleet.execute("UPDATE job SET state = 'paused'")
    assert untidy(fleet)
    file(fleet)
    assert not untidy(fleet), "a chunk of the source would move them"
    fleet.execute("UPDATE work SET status = 'done'")
    fleet.execute("UPDATE job SET state = 'paused'")
    fleet.execute("UPDATE plan SET format = format + 1")
    assert not untidy(fleet)


def test_rows_that_were_drawn_and_that_no_judge_has_are_untidy(fleet: Fleet) -> None:
    fleet.enrich(companies(range(60)))
    assert not untidy(fleet)
    fleet.execute("UPDATE sample SET state = 'drawn', work_id = NULL")
    assert untidy(fleet)
