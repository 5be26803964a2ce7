"""Leases, deaths of workers, and poison: what was begun runs again, and what kills is given up alone."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from fleet_ground import CRM, PLAIN, Fleet, Script, companies, ground

from enrichment import poison, sampling_rows, sweeping
from enrichment.connectors import opening
from enrichment.failing import members_of
from enrichment.stages import map as mapping
from enrichment.stages import upsert
from enrichment.store import budgets, calls, dispatch, fleet, forsaken, idle_work
from enrichment.store import work as work_rows
from enrichment.store.calls import NewCall
from enrichment.store.database import Database
from enrichment.store.dispatch import Suspect
from enrichment.store.fleet import Boot
from enrichment.store.work import Claimed, NewWork
from schemas.source import HttpSource


@pytest.fixture
def ground_fleet(database: str) -> Iterator[Fleet]:
    web = HttpSource(name="web", connector="http", url="https://example.com/companies", key="/code")
    made = ground(database, sources=[CRM, web], asking=Script(PLAIN))
    yield made
    made.close()


def begin(fleet_: Fleet, work: int, *, worker: str = "inline") -> Claimed:
    """Dispatch and claim one piece of work at the stage where it is."""
    due = {d.id: d for d in fleet_.turn()}[work]
    with fleet_.database.transaction() as tx:
        claimed = work_rows.claim(tx, due.id, fence=due.fence, stage=due.stage, worker=worker, seconds=600)
    assert claimed is not None
    return claimed


def die(fleet_: Fleet, work: int) -> list[Suspect]:
    """The worker ends without a word; its lease runs out, and the dispatcher looks."""
    fleet_.execute("UPDATE work SET lease_until = now() - interval '1 s' WHERE id = %(id)s", id=work)
    fleet_.execute("UPDATE worker SET heartbeat_at = now() - interval '11 s'")
    return recover(fleet_)


def recover(fleet_: Fleet) -> list[Suspect]:
    with fleet_.acting("control").transaction() as tx:
        suspects = dispatch.return_lost(tx)
        for suspect in suspects:
            poison.handle(tx, suspect)
    return suspects


def the_work(fleet_: Fleet, work: int) -> dict[str, Any]:
    (row,) = fleet_.rows("SELECT * FROM work WHERE id = %(id)s", id=work)
    return row


def chunks(fleet_: Fleet) -> list[int]:
    """Open chunks, oldest first."""
    rows = fleet_.rows("SELECT id FROM work WHERE kind = 'chunk' AND status NOT IN ('done', 'dead') ORDER BY id")
    return [row["id"] for row in rows]


def test_expired_running_work_returns_with_its_starts_kept(ground_fleet: Fleet) -> None:
    ground_fleet.send(companies(range(2)))
    (work,) = chunks(ground_fleet)
    begin(ground_fleet, work)
    assert recover(ground_fleet) == []
    die(ground_fleet, work)
    row = the_work(ground_fleet, work)
    assert (row["status"], row["starts"], row["worker"], row["lease_until"]) == ("ready", 1, None, None)


def test_work_of_a_dead_boot_returns_at_once(ground_fleet: Fleet) -> None:
    ground_fleet.send(companies(range(2)))
    (work,) = chunks(ground_fleet)
    with ground_fleet.database.transaction() as tx:
        fleet.register(tx, Boot("boot-1", "node", "gate", 1, "test"))
    begin(ground_fleet, work, worker="boot-1")
    with ground_fleet.database.transaction() as tx:
        assert fleet.declare_dead(tx, "node") == 1
    assert [s.id for s in recover(ground_fleet)] == [work]
    assert the_work(ground_fleet, work)["status"] == "ready"


def test_what_a_dead_worker_asked_of_a_model_counts_as_spent_at_once(ground_fleet: Fleet) -> None:
    with ground_fleet.database.transaction() as tx:
        filed = work_rows.file(tx, NewWork(kind="judge", stage="judge", source="crm", target="company"))
    assert filed is not None
    work = begin(ground_fleet, filed)
    with ground_fleet.database.transaction() as tx:
        new = NewCall(work.id, None, "crm", "planning", "m", input_tokens=7, output_tokens=9)
        budgets.lock(tx, job_id=None, source="crm")
        asked = calls.reserve(tx, new)
        assert calls.mark_sent(tx, asked, seconds=60)
    die(ground_fleet, work.id)
    (call,) = ground_fleet.rows("SELECT * FROM model_call WHERE id = %(id)s", id=asked)
    assert (call["state"], call["input_tokens"], call["output_tokens"]) == ("presumed", 7, 9)


def test_finishing_a_stage_clears_the_starts(ground_fleet: Fleet) -> None:
    ground_fleet.enrich(companies(range(2)))
    ground_fleet.send(companies(range(2, 4)))
    (work,) = chunks(ground_fleet)
    begin(ground_fleet, work)
    die(ground_fleet, work)
    ground_fleet.only = frozenset({"map"})
    for due in ground_fleet.turn():
        ground_fleet.step(due)
    row = the_work(ground_fleet, work)
    assert (row["stage"], row["starts"], row["lane"]) == ("gate", 0, "normal")


def test_renewing_lengthens_a_lease_but_never_past_the_deadline_nor_from_the_dead(ground_fleet: Fleet) -> None:
    ground_fleet.send(companies(range(2)))
    (work,) = chunks(ground_fleet)
    held = begin(ground_fleet, work)
    until = "UPDATE work SET lease_until = now() + interval '1 s', deadline = now() + make_interval(secs => %(d)s)"
    for seconds, expected in ((600, 10), (5, 5)):
        ground_fleet.execute(until, d=seconds)
        with ground_fleet.database.transaction() as tx:
            work_rows.renew(tx, [(held.id, held.fence)], worker="inline")
        left = ground_fleet.one("SELECT extract(epoch FROM lease_until - now())::float8 FROM work")
        assert expected - 1 < left <= expected
    ground_fleet.execute("UPDATE work SET lease_until = now() - interval '1 s', deadline = now() + interval '1 h'")
    for fence, worker in ((held.fence, "inline"), (held.fence + 1, "inline"), (held.fence, "other")):
        with ground_fleet.database.transaction() as tx:
            work_rows.renew(tx, [(held.id, fence)], worker=worker)
    assert ground_fleet.one("SELECT lease_until < now() FROM work")


def test_two_deaths_isolate_a_chunk_and_one_there_splits_it(ground_fleet: Fleet) -> None:
    job = ground_fleet.send(companies(range(5)))
    (work,) = chunks(ground_fleet)
    begin(ground_fleet, work)
    die(ground_fleet, work)
    assert the_work(ground_fleet, work)["lane"] == "normal"
    begin(ground_fleet, work)
    die(ground_fleet, work)
    row = the_work(ground_fleet, work)
    assert (row["lane"], row["starts"], row["status"]) == ("isolation", 0, "ready")
    begin(ground_fleet, work)
    die(ground_fleet, work)
    assert the_work(ground_fleet, work)["status"] == "done"
    halves = ground_fleet.rows("SELECT lane, stage, starts FROM work WHERE kind = 'chunk' AND status = 'ready'")
    assert halves == [{"lane": "isolation", "stage": "map", "starts": 0}] * 2
    ground_fleet.run()
    assert ground_fleet.counts(job) == {"written": 5}
    assert len(ground_fleet.table()) == 5


def test_a_record_that_kills_twice_alone_is_poison_and_its_neighbours_are_written(ground_fleet: Fleet) -> None:
    job = ground_fleet.send(companies(range(8)))
    killer = "C-00005"
    deaths = 0
    for _ in range(60):
        recover(ground_fleet)
        for due in ground_fleet.turn():
            named = ground_fleet.rows(
                "SELECT 1 FROM item WHERE record_id = %(id)s AND state = 'in_flight' AND job_id = %(job)s",
                id=killer,
                job=job,
            )
            inside = _holds(ground_fleet, due.id, killer) if due.kind == "chunk" and named else False
            if inside and due.stage == "map":
                with ground_fleet.database.transaction() as tx:
                    work_rows.claim(tx, due.id, fence=due.fence, stage=due.stage, worker="inline", seconds=600)
                deaths += 1
                die(ground_fleet, due.id)
            else:
                ground_fleet.step(due)
    (letter,) = ground_fleet.letters(job)
    assert (letter["code"], letter["record_id"], letter["state"]) == ("poison", killer, "open")
    assert letter["payload_id"] is not None
    assert ground_fleet.counts(job) == {"dead": 1, "written": 7}
    assert ground_fleet.state(job) == "partial"
    assert deaths == 2 + 3 + 2


def _holds(fleet_: Fleet, work: int, record: str) -> bool:
    with fleet_.database.transaction() as tx:
        return any(m.record_id == record for m in members_of(tx, idle_work.peek(tx, work)))


def test_a_page_that_kills_its_fetch_is_dead_with_its_cursor(ground_fleet: Fleet) -> None:
    job = ground_fleet.submit("web", "company")
    (work,) = chunks(ground_fleet)
    ground_fleet.execute('UPDATE work SET args = \'{"cursor": {"page": 7}}\' WHERE id = %(id)s', id=work)
    for _ in range(4):
        assert the_work(ground_fleet, work)["status"] == "ready"
        begin(ground_fleet, work)
        die(ground_fleet, work)
    assert the_work(ground_fleet, work)["status"] == "dead"
    (letter,) = ground_fleet.letters(job)
    assert (letter["code"], letter["stage"]) == ("poison_page", "fetch")
    assert letter["cursor"] == {"cursor": {"page": 7}}
    ground_fleet.run()
    assert ground_fleet.state(job) == "failed"
    ground_fleet.balanced(job)


@pytest.mark.parametrize("error", [MemoryError(), RecursionError()])
def test_running_out_of_memory_counts_as_a_start_that_ended(
    ground_fleet: Fleet, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    ground_fleet.submit("web", "company")
    (work,) = chunks(ground_fleet)

    def exhausted(*_: Any, **__: Any) -> Any:
        raise error

    monkeypatch.setattr(opening, "open_pages", exhausted)
    for starts in (1, 2):
        for due in ground_fleet.turn():
            ground_fleet.step(due)
        assert the_work(ground_fleet, work)["starts"] == starts
        recover(ground_fleet)
    assert the_work(ground_fleet, work)["lane"] == "isolation"


def test_an_ordinary_failure_costs_an_attempt_and_no_start(
    ground_fleet: Fleet, monkeypatch: pytest.MonkeyPatch
) -> None:
    ground_fleet.submit("web", "company")
    (work,) = chunks(ground_fleet)

    def broken(*_: Any, **__: Any) -> Any:
        raise KeyError("x")

    monkeypatch.setattr(opening, "open_pages", broken)
    for attempts in (1, 2):
        for due in ground_fleet.turn():
            ground_fleet.step(due)
        row = the_work(ground_fleet, work)
        assert (row["starts"], row["attempts"], row["status"], row["lane"]) == (0, attempts, "waiting", "normal")


def test_attempts_end_in_a_letter(ground_fleet: Fleet, monkeypatch: pytest.MonkeyPatch) -> None:
    job = ground_fleet.send(companies(range(3)))

    def broken(*_: Any, **__: Any) -> Any:
        raise KeyError("a value that no letter may quote")

    monkeypatch.setattr(mapping, "_shapes", broken)
    ground_fleet.run()
    assert [letter["code"] for letter in ground_fleet.letters(job)] == ["attempts_exhausted"] * 3
    assert "quote" not in str(ground_fleet.letters(job))
    assert ground_fleet.state(job) == "partial"
    ground_fleet.balanced(job)


@pytest.mark.parametrize(
    ("module", "name"), [(upsert, "merge"), (sampling_rows, "draw_released")], ids=["upsert", "audit"]
)
def test_nothing_that_was_given_up_on_is_written_later(
    ground_fleet: Fleet, monkeypatch: pytest.MonkeyPatch, module: Any, name: str
) -> None:
    ground_fleet.enrich(companies(range(3)))
    ground_fleet.release_all()
    before = ground_fleet.table()

    def broken(*_: Any, **__: Any) -> Any:
        raise KeyError("x")

    with monkeypatch.context() as patched:
        patched.setattr(module, name, broken)
        job = ground_fleet.send(companies(range(3), city="moved"))
        ground_fleet.run()
    assert [letter["code"] for letter in ground_fleet.letters(job)] == ["attempts_exhausted"] * 3
    with ground_fleet.database.transaction() as tx:
        sweeping.sweep(tx, ground_fleet.context.tuning)
    ground_fleet.run()
    assert ground_fleet.table() == before
    ground_fleet.balanced(job)
    again = ground_fleet.send(companies(range(3), city="moved"))
    ground_fleet.run()
    assert ground_fleet.counts(again) == {"written": 3}
    assert {row["city"] for row in ground_fleet.table()} == {"moved"}


def test_what_another_job_waits_for_stays_when_a_record_is_given_up_on(ground_fleet: Fleet) -> None:
    ground_fleet.only = frozenset({"plan", "map", "gate"})
    job = ground_fleet.enrich(companies(range(2)))
    ground_fleet.enrich(companies([1]))
    rows = ground_fleet.rows("SELECT record_id, observation FROM assay.staged ORDER BY record_id")
    with ground_fleet.database.transaction() as tx:
        given_up = {row["record_id"]: row["observation"] for row in rows}
        forsaken.void_of_records(tx, given_up, job_id=job, source="crm", target="company")
    states = ground_fleet.rows("SELECT state FROM assay.staged ORDER BY record_id")
    assert [row["state"] for row in states] == ["void", "staged"]


def test_work_of_a_process_that_stands_still_amid_its_transaction_comes_back(ground_fleet: Fleet) -> None:
    ground_fleet.send(companies(range(2)))
    (work,) = chunks(ground_fleet)
    claimed = begin(ground_fleet, work)
    ground_fleet.execute("UPDATE work SET lease_until = now() - interval '1 s' WHERE id = %(id)s", id=work)
    still = ground_fleet.database.direct()
    assert still.execute("SHOW idle_in_transaction_session_timeout").fetchone() == {
        "idle_in_transaction_session_timeout": "1min"
    }
    still.execute("SET idle_in_transaction_session_timeout = 300")
    still.execute("BEGIN")
    work_rows.hold(still, claimed)
    assert recover(ground_fleet) == []  # its row is locked
    with ground_fleet.database.transaction() as tx:
        tx.execute("SELECT 1 FROM work WHERE id = %s FOR UPDATE", (work,))  # until the server has ended the other
    assert [suspect.id for suspect in recover(ground_fleet)] == [work]
    still.close()


def test_a_server_whose_clock_was_set_back_keeps_neither_leases_nor_messages_for_that_long(ground_fleet: Fleet) -> None:
    ground_fleet.send(companies(range(2)))
    (work,) = chunks(ground_fleet)
    due = {d.id: d for d in ground_fleet.turn()}[work]
    with ground_fleet.database.transaction() as tx:
        assert dispatch.republish_overdue(tx, stalled=[], everything=False) == []
        tx.execute("UPDATE work SET deadline = deadline + interval '1 hour' WHERE id = %s", (work,))
        assert dispatch.republish_overdue(tx, stalled=[], everything=False) == [due]
        assert dispatch.republish_overdue(tx, stalled=[], everything=False) == []
        claimed = work_rows.claim(tx, due.id, fence=due.fence, stage=due.stage, worker="inline", seconds=600)
    assert claimed is not None
    assert recover(ground_fleet) == []
    ground_fleet.execute("UPDATE work SET lease_until = lease_until + interval '1 hour' WHERE id = %(id)s", id=work)
    assert [suspect.id for suspect in recover(ground_fleet)] == [work]


def test_no_connection_that_the_server_has_closed_is_handed_out(database: str) -> None:
    ours = Database(database, application="closed later", size=2)
    with ours.transaction() as one, ours.transaction() as other:
        assert one is not other
    watching = Database(database, application="watching", size=1)
    mine = "FROM pg_stat_activity WHERE application_name = 'closed later'"
    with watching.transaction() as tx:
        assert tx.execute(f"SELECT count(pg_terminate_backend(pid, 5000)) AS n {mine}").fetchone() == {"n": 2}
    with ours.transaction() as one, ours.transaction() as other:
        assert one.execute("SELECT 1 AS n").fetchone() == other.execute("SELECT 1 AS n").fetchone() == {"n": 1}
    ours.close()
    watching.close()
