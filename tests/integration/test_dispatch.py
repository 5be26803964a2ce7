"""Dispatch: windows, fairness, lost messages, waits, and the one seat."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
from celery import Celery
from fleet_ground import COMPANY, PLAIN, Fleet, Script, companies, ground

from enrichment.context import Tuning
from enrichment.stages import fetch
from enrichment.store import dispatch, jobs, outages, seat, wakings
from enrichment.store import work as work_rows
from enrichment.store.database import Database
from enrichment.store.dispatch import Due, Windows
from enrichment.store.jobs import NewJob
from enrichment.store.seat import SeatLostError
from enrichment.store.work import NewWork
from schemas.errors import UsageError, WaitingError
from tasks import dispatcher as dispatching

NARROW = Windows(chunks_per_job=3, chunks_per_source=4, per_kind={"plan": 2, "merge": 1})


@pytest.fixture
def fleet(database: str) -> Iterator[Fleet]:
    made = ground(database, asking=Script(PLAIN))
    yield made
    made.close()


def job_of(fleet: Fleet, chunks: int, *, priority: int = 0, source: str = "crm") -> int:
    with fleet.database.transaction() as tx:
        job, _ = jobs.create(tx, NewJob(source, "company", COMPANY.version, "running", {}, priority=priority))
        for position in range(chunks):
            work_rows.file(
                tx, NewWork("chunk", "map", job_id=job.id, source=source, target="company", position=position)
            )
    return job.id


def take(fleet: Fleet, windows: Windows = NARROW) -> list[Due]:
    with fleet.database.transaction() as tx:
        return dispatch.take_chunks(tx, windows) + dispatch.take_kinds(tx, windows)


def jobs_of(fleet: Fleet, due: list[Due]) -> list[int]:
    found = fleet.rows("SELECT id, job_id FROM work")
    by_id = {row["id"]: row["job_id"] for row in found}
    return [by_id[d.id] for d in due]


def finish_one(fleet: Fleet, job: int) -> None:
    fleet.execute(
        "UPDATE work SET status = 'done' WHERE id = (SELECT min(id) FROM work WHERE job_id = %(job)s"
        " AND status = 'published')",
        job=job,
    )


def test_windows_bound_what_is_published_or_running(fleet: Fleet) -> None:
    job = job_of(fleet, 10)
    assert len(take(fleet)) == 3
    fleet.execute("UPDATE work SET status = 'running', worker = 'w', lease_until = now() WHERE status = 'published'")
    assert take(fleet) == []
    fleet.execute("UPDATE work SET status = 'waiting', waits_on = 'x' WHERE status = 'running'")
    assert jobs_of(fleet, take(fleet)) == [job] * 3


def test_a_source_has_a_window_over_all_its_jobs(fleet: Fleet) -> None:
    first, second = job_of(fleet, 10), job_of(fleet, 10)
    assert sorted(jobs_of(fleet, take(fleet))) == [first, first, second, second]


def test_kinds_have_windows_of_their_own(fleet: Fleet) -> None:
    job_of(fleet, 10)
    with fleet.database.transaction() as tx:
        for number in range(5):
            for kind in ("plan", "merge"):
                work_rows.file(tx, NewWork(kind, kind, source="crm", target="company", dedup=f"{kind}{number}"))
    due = take(fleet)
    assert sorted(d.kind for d in due) == ["chunk"] * 3 + ["merge"] + ["plan"] * 2
    assert take(fleet) == []


def test_questions_of_sources_are_published_in_turn(fleet: Fleet) -> None:
    with fleet.database.transaction() as tx:
        for source in ("crm", "crm", "crm", "erp", "crm"):
            work_rows.file(tx, NewWork(kind="plan", stage="plan", source=source, target="company"))
        first, second = (dispatch.take_kinds(tx, Windows(1, 1, {"plan": most})) for most in (2, 3))
    of = {row["id"]: row["source"] for row in fleet.rows("SELECT id, source FROM work")}
    assert sorted(of[due.id] for due in first) == ["crm", "erp"]
    assert [of[due.id] for due in second] == ["crm"]


def test_a_small_job_gets_its_turn_though_large_ones_fill_the_window(fleet: Fleet) -> None:
    large, _ = job_of(fleet, 50), job_of(fleet, 50)
    take(fleet)
    small = job_of(fleet, 2)
    assert take(fleet) == []
    finish_one(fleet, large)
    assert jobs_of(fleet, take(fleet)) == [small]
    finish_one(fleet, small)
    assert jobs_of(fleet, take(fleet)) == [small]


def test_a_job_with_little_left_does_not_keep_the_window_from_others(fleet: Fleet) -> None:
    small, large = job_of(fleet, 1), job_of(fleet, 50)
    assert sorted(jobs_of(fleet, take(fleet))) == [small, large, large, large]


def test_a_small_job_behind_a_large_one_ends_long_before_it(fleet: Fleet, monkeypatch: pytest.MonkeyPatch) -> None:
    fleet.configure(tuning=Tuning(chunk_size=10, plan_wait_seconds=0.0))
    fleet.enrich(companies(range(60)))
    fleet.release_all()
    monkeypatch.setattr("inline_fleet.WINDOWS", Windows(3, 4, {"plan": 2, "judge": 2, "merge": 2, "refold": 2}))
    large = fleet.send(companies(range(100, 500)))
    for due in fleet.turn():
        fleet.step(due)
    small = fleet.send(companies(range(10)))

    fleet.run(until=lambda: fleet.state(small) == "done")
    assert fleet.counts(large).get("written", 0) < 100
    fleet.run()
    assert fleet.counts(large)["written"] == 400


def test_a_higher_priority_goes_first(fleet: Fleet) -> None:
    job_of(fleet, 10)
    urgent = job_of(fleet, 10, priority=5)
    windows = Windows(3, 1, {})
    assert jobs_of(fleet, take(fleet, windows)) == [urgent]


def test_each_step_of_priority_doubles_a_share_and_nobody_is_starved(fleet: Fleet) -> None:
    plain, urgent, idle = job_of(fleet, 60), job_of(fleet, 60, priority=2), job_of(fleet, 60, priority=-10)
    windows = Windows(30, 26, {})
    first = Counter(jobs_of(fleet, take(fleet, windows)))
    assert (first[urgent], first[plain], first[idle]) == (20, 5, 1)
    # and it stays so as places become free, one after the other
    for _ in range(20):
        finish_one(fleet, urgent)
        take(fleet, windows)
    busy = Counter(
        row["job_id"] for row in fleet.rows("SELECT job_id FROM work WHERE status = 'published' AND kind = 'chunk'")
    )
    assert (busy[urgent], busy[plain], busy[idle]) == (20, 5, 1)
    # what comes last with the least priority still has the next place
    late = job_of(fleet, 1, priority=-10)
    finish_one(fleet, urgent)
    assert jobs_of(fleet, take(fleet, windows)) == [late]


def test_paused_and_cancelled_jobs_are_not_published(fleet: Fleet) -> None:
    paused, cancelled, running = job_of(fleet, 2), job_of(fleet, 2), job_of(fleet, 2)
    with fleet.database.transaction() as tx:
        jobs.pause(tx, paused)
        jobs.cancel(tx, cancelled)
    assert jobs_of(fleet, take(fleet)) == [running] * 2
    with fleet.database.transaction() as tx:
        jobs.resume(tx, paused)
    assert jobs_of(fleet, take(fleet)) == [paused] * 2


def test_work_that_belongs_to_no_job_is_published_too(fleet: Fleet) -> None:
    with fleet.database.transaction() as tx:
        for _ in range(9):
            work_rows.file(tx, NewWork("chunk", "map", source="crm", target="company", args={"plan_id": 1}))
    assert len(take(fleet)) == 3
    assert take(fleet) == []


def test_publishing_raises_the_fence_and_nothing_is_published_twice_at_once(fleet: Fleet) -> None:
    job_of(fleet, 30)
    wide = Windows(100, 100, {})
    found: list[Due] = []
    lock = threading.Lock()

    def turn() -> None:
        mine = take(fleet, wide)
        with lock:
            found.extend(mine)

    threads = [threading.Thread(target=turn) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(d.id for d in found) == sorted({d.id for d in found})
    assert {d.fence for d in found} == {1}


def overdue(fleet: Fleet) -> None:
    fleet.execute("UPDATE work SET deadline = now() - interval '1 s' WHERE status = 'published'")


def republished(fleet: Fleet, **more: Any) -> list[Due]:
    with fleet.database.transaction() as tx:
        return dispatch.republish_overdue(tx, **{"stalled": [], "everything": False, **more})


def test_a_lost_message_is_published_again_under_its_fence_and_waits_twice_as_long(fleet: Fleet) -> None:
    job_of(fleet, 1)
    (first,) = take(fleet)
    assert republished(fleet) == []
    waits = []
    for _ in range(3):
        overdue(fleet)
        assert republished(fleet) == [first]
        waits.append(fleet.one("SELECT round(extract(epoch FROM deadline - now()))::int FROM work"))
    assert waits == [120, 240, 480]


def test_a_message_that_waits_in_a_stalled_queue_is_not_published_again(fleet: Fleet) -> None:
    job_of(fleet, 1)
    take(fleet)
    overdue(fleet)
    assert republished(fleet, stalled=[("map", "normal")]) == []
    assert republished(fleet) == []
    overdue(fleet)
    assert len(republished(fleet, stalled=[("map", "isolation"), ("gate", "normal")])) == 1


def test_a_dispatcher_that_starts_publishes_everything_again(fleet: Fleet) -> None:
    job_of(fleet, 2)
    due = take(fleet)
    assert sorted(d.id for d in republished(fleet, everything=True)) == sorted(d.id for d in due)
    assert {d.fence for d in due} == {1}


def test_a_deadline_stops_when_the_message_is_claimed(fleet: Fleet) -> None:
    job_of(fleet, 1)
    (due,) = take(fleet)
    overdue(fleet)
    with fleet.database.transaction() as tx:
        assert work_rows.claim(tx, due.id, fence=due.fence, stage="map", worker="w", seconds=60) is not None
    assert republished(fleet, everything=True) == []


def test_the_second_stands_by_and_a_silent_holder_is_unseated_within_five_seconds(database: str, fleet: Fleet) -> None:
    first, second = fleet.database.direct(), Database(database, application="standby").direct()
    epoch = seat.take(first)
    assert epoch is not None
    assert seat.take(second) is None
    seat.heartbeat(first, epoch)
    assert not seat.unseat_silent(second, silent_seconds=3.0)
    # its backend is too young to have been silent for three seconds
    assert seat.unseat_silent(second, silent_seconds=0.0)
    began = time.monotonic()
    later = None
    while later is None and time.monotonic() - began < 5:
        later = seat.take(second)
    assert later == epoch + 1
    with pytest.raises(outages.PASSING):
        seat.heartbeat(first, epoch)
    second.close()


def test_a_reused_process_id_is_not_terminated(database: str, fleet: Fleet) -> None:
    """The holder is gone and its id belongs to a connection that began after its last heartbeat."""
    other = Database(database, application="innocent").direct()
    fleet.execute(
        "INSERT INTO dispatcher (seat, epoch, backend_pid, heartbeat_at)"
        " VALUES (1, 4, %(pid)s, now() - interval '1 h')",
        pid=other.info.backend_pid,
    )
    with fleet.database.direct() as standby:
        assert not seat.unseat_silent(standby, silent_seconds=3.0)
    assert other.execute("SELECT 1").fetchone() is not None
    other.close()


def test_the_epoch_stops_a_dispatcher_that_lost_its_seat(fleet: Fleet) -> None:
    connection = fleet.database.direct()
    epoch = seat.take(connection)
    assert epoch is not None
    job_of(fleet, 1)
    fleet.execute("UPDATE dispatcher SET epoch = epoch + 1")
    with pytest.raises(SeatLostError), fleet.database.transaction() as tx:
        seat.check_epoch(tx, epoch)
    with pytest.raises(SeatLostError):
        seat.heartbeat(connection, epoch)
    with fleet.database.transaction() as tx:
        seat.check_epoch(tx, epoch + 1)
    connection.close()


def test_the_epoch_cannot_change_within_a_dispatch_transaction(database: str, fleet: Fleet) -> None:
    connection = fleet.database.direct()
    epoch = seat.take(connection)
    assert epoch is not None
    thief = Database(database, application="thief").direct()
    thief.execute("SET lock_timeout = 100")
    with fleet.database.transaction() as tx:
        seat.check_epoch(tx, epoch)
        with pytest.raises(outages.PASSING):
            seat.heartbeat(thief, epoch)
    thief.close()
    connection.close()


def test_what_waits_is_woken_by_its_change_and_nothing_else(fleet: Fleet) -> None:
    with fleet.database.transaction() as tx:
        for waits_on in ("held:crm", "held:other", "review:17"):
            work_rows.file(tx, NewWork("chunk", "map", source="crm", target="company", waits_on=waits_on))
        assert dispatch.wake_due(tx) == 0
        assert wakings.wake(tx, "held:crm") == 1
    rows = fleet.rows("SELECT status, waits_on FROM work ORDER BY id")
    assert [(r["status"], r["waits_on"]) for r in rows] == [
        ("ready", None),
        ("waiting", "held:other"),
        ("waiting", "review:17"),
    ]


def test_filing_and_waking_ring_the_bell(fleet: Fleet) -> None:
    bell = fleet.database.direct()
    bell.execute("LISTEN assay_work")
    job_of(fleet, 1)
    assert [n.channel for n in bell.notifies(timeout=5, stop_after=1)] == ["assay_work"]
    with fleet.database.transaction() as tx:
        work_rows.file(tx, NewWork("plan", "plan", source="crm", target="company", waits_on="x"))
    assert list(bell.notifies(timeout=5, stop_after=1))
    with fleet.database.transaction() as tx:
        wakings.wake(tx, "x")
    assert list(bell.notifies(timeout=5, stop_after=1))
    bell.close()


def test_planning_waits_until_its_source_has_nothing_more_on_its_way(fleet: Fleet) -> None:
    fleet.configure(tuning=type(fleet.context.tuning)(plan_wait_seconds=1_000.0, chunk_size=5))
    fleet.send(companies(range(10)))
    first, second = fleet.rows("SELECT id FROM work WHERE kind = 'chunk' ORDER BY id")
    with fleet.database.transaction() as tx:
        due = dispatch.take_chunks(tx, NARROW)
    (one,) = [d for d in due if d.id == first["id"]]
    fleet.step(one)
    with fleet.database.transaction() as tx:
        assert wakings.wake_idle_sources(tx) == 0
    (other,) = [d for d in due if d.id == second["id"]]
    fleet.step(other)
    with fleet.database.transaction() as tx:
        assert wakings.wake_idle_sources(tx) == 1


def test_enough_records_of_a_shape_begin_its_planning_at_once(fleet: Fleet) -> None:
    fleet.configure(tuning=type(fleet.context.tuning)(plan_wait_seconds=1_000.0, chunk_size=30))
    fleet.send(companies(range(60)))
    with fleet.database.transaction() as tx:
        first, second = dispatch.take_chunks(tx, NARROW)
    fleet.step(first)
    assert fleet.one("SELECT status FROM work WHERE kind = 'plan'") == "waiting"
    fleet.step(second)
    assert fleet.one("SELECT status FROM work WHERE kind = 'plan'") == "ready"


def test_records_on_their_way_count_towards_the_held_cap_where_others_are_held(fleet: Fleet) -> None:
    fleet.configure(tuning=type(fleet.context.tuning)(held_cap=3, plan_wait_seconds=1_000.0))
    job = fleet.submit("crm", "company")
    fleet.execute(
        "INSERT INTO item (job_id, record_id, observation, state) VALUES"
        " (%(job)s, 'a', 1, 'in_flight'), (%(job)s, 'b', 1, 'in_flight'), (%(job)s, 'c', 1, 'in_flight')",
        job=job,
    )
    (due,) = [d for d in fleet.turn() if d.stage == "fetch"]
    with fleet.database.transaction() as tx:
        claimed = work_rows.claim(tx, due.id, fence=due.fence, stage="fetch", worker="inline", seconds=60)
    assert claimed is not None
    # Past the cap it finds that an inline source has nothing to read.
    with pytest.raises(UsageError):
        fetch.read_source(fleet.context, claimed)
    fleet.execute("UPDATE item SET state = 'held' WHERE record_id = 'a'")
    with pytest.raises(WaitingError) as caught:
        fetch.read_source(fleet.context, claimed)
    assert (caught.value.waits_on, caught.value.seconds) == ("held:crm", 0.5)
    # those of another job of the source as well
    other = fleet.submit("crm", "company")
    fleet.execute("UPDATE item SET job_id = %(other)s WHERE record_id <> 'a'", other=other)
    with pytest.raises(WaitingError):
        fetch.read_source(fleet.context, claimed)
    # but not while that one is paused, and nothing of it moves
    fleet.execute("UPDATE job SET state = 'paused' WHERE id = %(other)s", other=other)
    with pytest.raises(UsageError):
        fetch.read_source(fleet.context, claimed)
    fleet.execute("UPDATE job SET state = 'running' WHERE id = %(other)s", other=other)
    fleet.execute("UPDATE item SET state = 'written' WHERE record_id = 'b'")
    with pytest.raises(UsageError):
        fetch.read_source(fleet.context, claimed)


def test_the_held_cap_pauses_fetching_of_that_source_only(fleet: Fleet) -> None:
    fleet.configure(tuning=type(fleet.context.tuning)(held_cap=3, plan_wait_seconds=1_000.0))
    fleet.only = frozenset({"map"})
    fleet.enrich(companies(range(4)))
    assert fleet.counts(fleet.one("SELECT max(id) FROM job")) == {"held": 4}
    job = fleet.submit("crm", "company")
    (due,) = [d for d in fleet.turn() if d.stage == "fetch"]
    with fleet.database.transaction() as tx:
        claimed = work_rows.claim(tx, due.id, fence=due.fence, stage="fetch", worker="inline", seconds=60)
    assert claimed is not None
    with pytest.raises(WaitingError) as caught:
        fetch.read_source(fleet.context, claimed)
    assert caught.value.waits_on == "held:crm"
    fleet.execute("UPDATE work SET status = 'published', worker = NULL WHERE id = %(id)s", id=due.id)
    fleet.only = None
    fleet.step(due)
    assert fleet.one("SELECT waits_on FROM work WHERE id = %(id)s", id=due.id) == "held:crm"
    more = fleet.send(companies(range(10, 12)))
    fleet.only = frozenset({"map"})
    for one in fleet.turn():
        if one.stage == "map":
            fleet.step(one)
    assert fleet.counts(more) == {"held": 2}
    assert fleet.state(job) == "running"


def test_a_dispatcher_takes_over_from_a_silent_holder_and_publishes_what_was_published(
    fleet: Fleet, monkeypatch: pytest.MonkeyPatch
) -> None:
    job_of(fleet, 2)
    before = take(fleet)
    silent = fleet.database.direct()
    epoch = seat.take(silent)
    sent: list[Due] = []
    monkeypatch.setattr(dispatching, "SILENT", 0.0)
    stop, seated = threading.Event(), threading.Event()

    def published(_: Celery, due: list[Due]) -> None:
        sent.extend(due)
        stop.set()

    monkeypatch.setattr(dispatching, "publish", published)
    standby = dispatching.Dispatcher(Celery(), fleet.database, dispatching.DispatcherSettings(windows=NARROW))
    thread = threading.Thread(target=standby.run, args=(stop,), kwargs={"on_seat": seated.set})
    thread.start()
    assert seated.wait(5)
    thread.join(10)
    assert not thread.is_alive()
    assert fleet.one("SELECT epoch FROM dispatcher") == (epoch or 0) + 1
    assert sorted((d.id, d.fence) for d in sent) == sorted((d.id, d.fence) for d in before)
    with pytest.raises(outages.PASSING):
        seat.heartbeat(silent, epoch or 0)


def test_who_waits_for_what_the_configuration_says_looks_again_when_a_dispatcher_begins(
    fleet: Fleet, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A cap was raised, a key or the name of a model mended, and the fleet started anew."""
    waits = ("budget:day:2026-01-01", "model:infrastructure", "model:quota", "review:crm:no_plan")
    with fleet.database.transaction() as tx:
        for waits_on in waits:
            work_rows.file(tx, NewWork("plan", "plan", source="crm", target="company", dedup=waits_on))
            tx.execute(
                "UPDATE work SET status = 'waiting', waits_on = dedup, wait_until = now() + interval '1 hour'"
                " WHERE dedup = %s",
                (waits_on,),
            )
    stop, sent = threading.Event(), list[Due]()

    def published(_: Celery, due: list[Due]) -> None:
        sent.extend(due)
        stop.set()

    monkeypatch.setattr(dispatching, "publish", published)
    windows = Windows(chunks_per_job=3, chunks_per_source=4, per_kind={"plan": 9})
    begun = dispatching.Dispatcher(Celery(), fleet.database, dispatching.DispatcherSettings(windows=windows))
    thread = threading.Thread(target=begun.run, args=(stop,))
    thread.start()
    thread.join(20)
    assert not thread.is_alive()
    told = {row["id"]: row["dedup"] for row in fleet.rows("SELECT id, dedup FROM work")}
    assert {told[one.id] for one in sent} == set(waits[:3])
