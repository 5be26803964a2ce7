"""A job's counts: each record id once, and accepted always the sum of the ends and of what is on its way."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import pytest
from fleet_ground import CRM, PLAIN, Fleet, Script, companies, ground, required

from enrichment import intake, job_views, settling
from enrichment.connectors.inline import read_values
from enrichment.context import Tuning
from enrichment.counting import Counter
from enrichment.store import jobs, letter_ends, letters


@pytest.fixture
def fleet(database: str) -> Iterator[Fleet]:
    made = ground(database)
    yield made
    made.close()


def test_accepted_is_the_sum_after_every_single_step(database: str) -> None:
    fleet = ground(database, targets=[required("name")], tuning=Tuning(plan_wait_seconds=0.0, chunk_size=7))
    values = companies(range(40), name=lambda n: f"Company {n}" if n % 9 else None)
    first, second = fleet.send(values[:30]), fleet.send(values[20:])
    seen: set[str] = set()
    for _ in range(60):
        due = fleet.turn()
        for one in due:
            fleet.step(one)
            for job, accepted in ((first, 30), (second, 20)):
                counts = fleet.counts(job)
                assert sum(counts.values()) == accepted
                seen |= counts.keys()
        if not due:
            break
    assert fleet.counts(first) == {"dead": 4, "written": 26}
    assert fleet.counts(second) == {"dead": 2, "written": 18}
    assert {fleet.state(first), fleet.state(second)} == {"partial"}
    assert {"in_flight", "held", "dead", "written"} <= seen
    assert len(fleet.letters(first)) == 4
    assert len(fleet.letters(second)) == 2
    fleet.close()


def test_a_second_job_over_the_same_records_is_unchanged(fleet: Fleet) -> None:
    fleet.enrich(companies(range(120)))
    before = fleet.rows("SELECT ctid::text, xmin::text FROM public.company ORDER BY ctid")
    assertions = fleet.one("SELECT count(*) FROM assertion")
    again = fleet.enrich(companies(range(120)))
    assert fleet.counts(again) == {"unchanged": 120}
    assert fleet.state(again) == "done"
    assert fleet.rows("SELECT ctid::text, xmin::text FROM public.company ORDER BY ctid") == before
    assert fleet.one("SELECT count(*) FROM assertion") == assertions


def test_a_refresh_goes_on_with_known_records_and_writes_no_row(fleet: Fleet) -> None:
    fleet.enrich(companies(range(120)))
    before = fleet.rows("SELECT ctid::text, xmin::text FROM public.company ORDER BY ctid")
    again = fleet.enrich(companies(range(120)), refresh=True)
    assert fleet.counts(again) == {"written": 120}
    assert fleet.rows("SELECT ctid::text, xmin::text FROM public.company ORDER BY ctid") == before


def test_a_changed_record_writes_one_row(fleet: Fleet) -> None:
    fleet.enrich(companies(range(120)))
    before = {r["code"]: r["at"] for r in fleet.rows("SELECT code, ctid::text AS at FROM public.company")}
    values = companies(range(120))
    values[7]["employees"] = 18
    job = fleet.enrich(values)
    assert fleet.counts(job) == {"unchanged": 119, "written": 1}
    after = {r["code"]: r["at"] for r in fleet.rows("SELECT code, ctid::text AS at FROM public.company")}
    assert {code for code in after if after[code] != before[code]} == {"C-00007"}
    assert fleet.one("SELECT employees FROM public.company WHERE code = 'C-00007'") == 18
    assert fleet.one("SELECT max(observation) FROM record") == 2


def test_a_record_that_changes_back_is_a_third_observation(fleet: Fleet) -> None:
    for employees in (5, 6, 5):
        fleet.enrich([{**companies([1])[0], "employees": employees}])
    assert fleet.one("SELECT observation FROM record") == 3
    assert fleet.one("SELECT employees FROM public.company") == 5


def test_a_known_record_that_was_never_written_goes_on(fleet: Fleet) -> None:
    fleet.stage_only(companies(range(3)))
    (first,) = fleet.rows("SELECT id FROM job")
    with fleet.database.transaction() as tx:
        jobs.cancel(tx, first["id"])
    job = fleet.enrich(companies(range(3)))
    assert fleet.counts(job) == {"written": 3}


def test_two_jobs_over_the_same_staged_rows_each_count_them(fleet: Fleet) -> None:
    first, second = fleet.send(companies(range(4))), fleet.send(companies(range(2, 6)))
    fleet.run()
    assert fleet.counts(first) == fleet.counts(second) == {"written": 4}
    assert fleet.one("SELECT count(*) FROM staged") == 6
    assert len(fleet.table()) == 6
    assert {fleet.state(first), fleet.state(second)} == {"done"}


def test_a_newer_observation_in_the_same_job_is_the_one_that_counts(fleet: Fleet) -> None:
    fleet.configure(tuning=Tuning(plan_wait_seconds=0.0, chunk_size=2))
    values = [*companies(range(2)), {**companies([0])[0], "employees": 11}]
    job = fleet.enrich(values)
    assert fleet.counts(job) == {"written": 2}
    assert [row["employees"] for row in fleet.table()] == [11, 11]


def test_a_record_that_a_job_reads_again_unchanged_is_not_begun_again(fleet: Fleet) -> None:
    job = fleet.enrich(companies(range(3)))
    found, _ = read_values(companies(range(5)), CRM)
    with fleet.database.transaction() as tx:
        members = intake.take_in(tx, jobs.get(tx, job), found, work_id=None)
    assert [m.record_id for m in members] == ["C-00003", "C-00004"]
    assert fleet.counts(job) == {"in_flight": 2, "written": 3}


def test_a_job_without_records_is_done(fleet: Fleet) -> None:
    job = fleet.enrich([])
    assert fleet.state(job) == "done"
    assert fleet.counts(job) == {}


def replaying(fleet: Fleet) -> int:
    """A job that replays the second record."""
    job = fleet.send(companies([1]))
    fleet.execute("UPDATE job SET replay = true WHERE id = %(job)s", job=job)
    return job


def test_a_job_is_mended_when_its_letters_are_resolved_or_discarded(fleet: Fleet) -> None:
    fleet.stage_only(companies(range(3)))
    fleet.execute("UPDATE staged SET cells = cells || '{\"name\": \"x\"}' WHERE record_id = ANY('{C-00001,C-00002}')")
    fleet.run()
    (row,) = fleet.rows("SELECT id FROM job")
    job = row["id"]
    assert fleet.counts(job) == {"dead": 2, "written": 1}
    assert fleet.state(job) == "partial"
    replay = replaying(fleet)
    one, two = fleet.letters(job)
    with fleet.database.transaction() as tx:
        letters.claim_for_replay(tx, [one["id"]], job_id=replay)
    fleet.run()
    assert fleet.counts(job) == {"dead": 1, "written": 2}
    assert fleet.state(job) == "partial"
    with fleet.database.transaction() as tx:
        for concerned in letter_ends.discard(tx, [two["id"]], note="not needed"):
            settling.settle(tx, [concerned])
    assert fleet.counts(job) == {"discarded": 1, "written": 2}
    assert fleet.state(job) == "partial"


def test_a_job_whose_last_lost_record_is_found_is_done(fleet: Fleet) -> None:
    fleet.stage_only(companies(range(2)))
    fleet.execute("UPDATE staged SET cells = cells || '{\"name\": \"x\"}' WHERE record_id = 'C-00001'")
    fleet.run()
    job = fleet.one("SELECT id FROM job")
    assert fleet.state(job) == "partial"
    replay = replaying(fleet)
    with fleet.database.transaction() as tx:
        letters.claim_for_replay(tx, [fleet.letters(job)[0]["id"]], job_id=replay)
    fleet.run()
    assert fleet.state(job) == "done"
    assert fleet.counts(job) == {"written": 2}


def test_cancelled_work_counts_as_cancelled_and_stays_so(fleet: Fleet) -> None:
    job = fleet.send(companies(range(5)))
    fleet.only = frozenset({"map"})
    fleet.run()
    with fleet.database.transaction() as tx:
        assert jobs.cancel(tx, job)
        assert not jobs.cancel(tx, job)
    fleet.only = None
    fleet.run()
    assert fleet.state(job) == "cancelled"
    assert fleet.counts(job) == {"cancelled": 5}
    assert fleet.table() == []


def test_a_failed_job_says_so(fleet: Fleet) -> None:
    job = fleet.submit("crm", "company")  # an inline source has nothing to fetch
    fleet.run()
    assert fleet.state(job) == "failed"
    fleet.balanced(job)


def test_jobs_with_plain_bindings_use_no_more_planning_calls_for_more_records(fleet: Fleet) -> None:
    asking = Script(PLAIN)
    fleet.configure(asking=asking, tuning=Tuning(plan_wait_seconds=0.0, chunk_size=20))
    fleet.enrich(companies(range(100)))
    few = asking.count("planning")
    fleet.enrich(companies(range(100, 300)))
    assert asking.count("planning") == few <= 3


def test_a_listing_never_shows_an_end_with_counts_of_before(fleet: Fleet) -> None:
    seconds = itertools.count(1.0)
    counter = Counter(lambda: next(seconds))  # every count takes a second, and is kept for fifty
    fleet.only = frozenset({"map"})
    job = fleet.enrich(companies(range(60)))
    with fleet.database.transaction() as tx:
        assert job_views.view(tx, job, counter, sources={})["counts"]["written"] == 0
    fleet.only = None
    fleet.execute("UPDATE work SET status = 'ready' WHERE status = 'published'")
    fleet.run()
    with fleet.database.transaction() as tx:
        (shown,) = job_views.views(tx, [jobs.get(tx, job)], counter)
    assert (shown["state"], shown["counts"]["written"], shown["waits"]) == ("done", 60, [])


def test_to_count_what_is_held_reads_nothing_that_is_not(fleet: Fleet) -> None:
    """Also by a plan that the server made for any source: fetch asks before each chunk."""
    fleet.enrich(companies(range(120)))
    fleet.rows("UPDATE job SET state = 'running' RETURNING id")
    read = "SELECT idx_tup_fetch AS n FROM pg_stat_xact_user_tables WHERE relname = 'item'"
    for count in (jobs.held_of_source, jobs.on_their_way_of_source):
        with fleet.database.transaction() as tx:
            tx.execute("SET LOCAL plan_cache_mode = force_generic_plan; SET LOCAL enable_seqscan = off")
            before = tx.execute(read).fetchone()
            assert count(tx, CRM.name, at_most=50_000) == 0
            assert tx.execute(read).fetchone() == before
