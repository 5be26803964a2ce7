"""Budgets under concurrency, over time and across raises, on a real database with a scripted server."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import pytest
from fleet_ground import Fleet, ground

from enrichment import budget_views
from enrichment.account import Account
from enrichment.asking import Asking, Call, Models, Price
from enrichment.model.answer import Answer
from enrichment.model.failures import ModelUnavailableError
from enrichment.store import calls, dispatch, job_ends, jobs
from enrichment.store import work as work_rows
from enrichment.store.database import Database
from enrichment.store.work import Claimed, NewWork
from schemas.budget import Cap, Caps
from schemas.errors import NotFoundError, TerminalError, UsageError, WaitingError

MOST_OUTPUT = 1_000
MODELS = Models("small", "large", "auditor", prices={"small": Price(Decimal(1), Decimal(10))})


@dataclass(frozen=True)
class Question:
    name: str = "map_fields"
    schema: Any = field(default_factory=dict)
    system: str = "You map."
    user_json: str = '{"task": "map_fields"}'


@dataclass
class Server:
    """Uses `output` tokens of each answer, or fails as told; counts what it was sent."""

    output: int = MOST_OUTPUT
    input: int | None = None
    error: Exception | None = None
    sent: int = 0
    lock: Any = field(default_factory=threading.Lock)

    def complete(self, *said: Any) -> Answer:
        with self.lock:
            self.sent += 1
        if self.error is not None:
            raise self.error
        size = sum(len(str(text)) for text in said[1:4]) + 64
        return Answer("{}", "stop", None, "small", self.input if self.input is not None else size, self.output, 0.0)


@pytest.fixture(scope="module")
def fleet(database: str) -> Iterator[Fleet]:
    made = ground(database)
    yield made
    made.close()


@pytest.fixture(autouse=True)
def _clean(fleet: Fleet) -> None:
    for table in ("model_call", "budget", "work"):
        fleet.execute(f"DELETE FROM {table}")


def work_of(fleet: Fleet, job: int | None = None, source: str = "crm") -> Claimed:
    with fleet.database.transaction() as tx:
        number = work_rows.file(tx, NewWork(kind="judge", stage="judge", job_id=job, source=source, target="company"))
        assert number is not None
        dispatch.take_kinds(tx, dispatch.Windows(1, 1, {"judge": 1_000}))
        (row,) = tx.execute("SELECT fence FROM work WHERE id = %s", (number,)).fetchall()
        claimed = work_rows.claim(tx, number, fence=row["fence"], stage="judge", worker="inline", seconds=600)
    assert claimed is not None
    return claimed


def asking(fleet: Fleet, server: Server, caps: Caps, database: Database | None = None) -> Asking:
    models = Models("small", "large", "auditor", prices=MODELS.prices, max_output_tokens=MOST_OUTPUT)
    return Asking(server, models, [Account(database or fleet.acting("model"), caps, models.prices)])  # type: ignore[arg-type]


def ask(fleet: Fleet, server: Server, caps: Caps, work: Claimed | None = None) -> Answer:
    return asking(fleet, server, caps).ask(work or work_of(fleet), Question(), purpose="planning", model="small")


def worst() -> int:
    """Tokens that one question is reserved at."""
    said = Question()
    return len(said.system) + len(said.user_json) + len(str(said.schema)) + 64 + MOST_OUTPUT


def counters(fleet: Fleet) -> dict[str, tuple[int, int, int]]:
    rows = fleet.rows("SELECT scope, calls, used_tokens, reserved_tokens FROM budget")
    return {row["scope"]: (row["calls"], row["used_tokens"], row["reserved_tokens"]) for row in rows}


def true_sums(fleet: Fleet) -> tuple[int, int]:
    (row,) = fleet.rows(
        "SELECT coalesce(sum(input_tokens + output_tokens) FILTER (WHERE state IN ('settled', 'presumed')), 0) AS used,"
        " coalesce(sum(input_tokens + output_tokens) FILTER (WHERE state IN ('reserved', 'sent')), 0) AS reserved"
        " FROM model_call"
    )
    return int(row["used"]), int(row["reserved"])


@pytest.mark.parametrize("scope", ["job", "source", "day", "fleet"])
@pytest.mark.parametrize("unit", ["tokens", "money"])
def test_fifty_planners_with_room_for_ten_make_ten_calls(fleet: Fleet, database: str, scope: str, unit: str) -> None:
    server, (job,) = Server(), [fleet.send([])]
    each = Decimal(worst() - MOST_OUTPUT + 10 * MOST_OUTPUT) / 1_000_000
    cap = Cap(tokens=10 * worst() + 5) if unit == "tokens" else Cap(money=10 * each + Decimal("0.000001"))
    works = [work_of(fleet, job) for _ in range(50)]
    pool = Database(database, application="planners", size=16)
    many = asking(fleet, server, Caps(**{scope: cap}), pool)
    begun = threading.Barrier(16)

    def one(place: int) -> bool:
        if place < 16:
            begun.wait(timeout=30)
        try:
            many.ask(works[place], Question(), purpose="planning", model="small")
        except WaitingError:
            return False
        return True

    with ThreadPoolExecutor(16) as threads:
        passed = sum(threads.map(one, range(50)))
    pool.close()
    assert (server.sent, passed) == (10, 10)
    used, reserved = true_sums(fleet)
    assert reserved == 0
    assert used <= 10 * worst()
    assert counters(fleet)[scope] == (10, used, 0)


def test_what_was_not_used_makes_room_again_and_wakes_who_waited_for_it(fleet: Fleet) -> None:
    caps = Caps(day=Cap(tokens=worst() + 100))
    held = Account(fleet.acting("model"), caps, {}).admit(_call(work_of(fleet)))
    other = work_of(fleet)
    with pytest.raises(WaitingError) as caught:
        ask(fleet, Server(), caps, other)
    assert (caught.value.code, caught.value.waits_on.partition(":")[0]) == ("budget_reserved", "room")
    with fleet.database.transaction() as tx:
        work_rows.put_back(tx, other, waits_on=caught.value.waits_on, seconds=caught.value.seconds)
    held.sent()
    held.answered(Answer("{}", "stop", None, "small", 10, 10, 0.0))
    assert fleet.one("SELECT status FROM work WHERE id = %(id)s", id=other.id) == "ready"
    ask(fleet, Server(output=5, input=5), caps)
    assert true_sums(fleet) == (30, 0)


def _call(work: Claimed) -> Call:
    size = worst() - MOST_OUTPUT
    return Call(work, "planning", "small", size, size, MOST_OUTPUT, 60.0)


@pytest.mark.parametrize(
    ("scope", "holds"), [("call", True), ("job", True), ("source", True), ("day", False), ("fleet", False)]
)
def test_an_exhausted_budget_waits_for_its_period_or_for_a_raise(fleet: Fleet, scope: str, *, holds: bool) -> None:
    job = fleet.send([])
    with pytest.raises(WaitingError) as caught:
        ask(fleet, Server(), Caps(**{scope: Cap(tokens=worst() - 1)}), work_of(fleet, job))
    assert caught.value.waits_on.startswith(f"budget:{scope}:")
    assert (caught.value.seconds is None) == holds
    until = fleet.one(
        "SELECT extract(epoch FROM (date_trunc(%(unit)s, now() AT TIME ZONE 'UTC') + %(step)s::interval)"
        " - now() AT TIME ZONE 'UTC')::float8",
        unit="month" if scope == "fleet" else "day",
        step="1 month" if scope == "fleet" else "1 day",
    )
    if caught.value.seconds is not None:
        assert abs(caught.value.seconds - until) < 30
    assert "assay budget raise" in caught.value.hint


@pytest.mark.parametrize("cap", [Cap(tokens=0), Cap(money=Decimal(0))])
def test_a_budget_of_nothing_means_no_call_at_all_and_says_so(fleet: Fleet, cap: Cap) -> None:
    server = Server()
    with pytest.raises(WaitingError, match=r"is 0 .*no call is made at all"):
        ask(fleet, server, Caps(day=cap))
    assert server.sent == 0


def test_work_held_by_a_budget_never_dies_and_goes_on_when_it_is_raised(fleet: Fleet) -> None:
    job, caps = fleet.send([]), Caps(job=Cap(tokens=worst() - 1))
    work = work_of(fleet, job)
    fleet.configure(asking=asking(fleet, Server(), caps))
    with pytest.raises(WaitingError) as caught:
        ask(fleet, Server(), caps, work)
    with fleet.database.transaction() as tx:
        work_rows.put_back(tx, work, waits_on=caught.value.waits_on, seconds=caught.value.seconds)
        dispatch.wake_due(tx)
    state = "SELECT status, wait_until, attempts FROM work WHERE id = %(id)s"
    assert fleet.rows(state, id=work.id) == [{"status": "waiting", "wait_until": None, "attempts": 0}]
    with fleet.database.transaction() as tx:
        shown = budget_views.raise_cap(tx, caps, "job", str(job), tokens=1)
    assert shown["tokens"]["cap"] == worst()
    assert fleet.one("SELECT status FROM work WHERE id = %(id)s", id=work.id) == "ready"
    ask(fleet, Server(), caps, work_of(fleet, job))


def test_a_cap_that_lets_nothing_through_is_shown_with_what_waits_for_it(fleet: Fleet) -> None:
    fleet.execute("UPDATE job SET state = 'cancelled'")
    job = fleet.send([])

    def shown(caps: Caps) -> dict[tuple[str, str], tuple[int | None, int]]:
        with fleet.database.transaction() as tx:
            found = budget_views.views(tx, caps)
        return {(one["scope"], one["key"]): (one["tokens"]["cap"], one["tokens"]["used"]) for one in found}

    with pytest.raises(WaitingError):
        ask(fleet, Server(), Caps(job=Cap(tokens=1)), work_of(fleet, job))
    assert fleet.rows("SELECT * FROM budget") == []
    assert shown(Caps()) == {("call", "any"): (None, 0)}
    assert shown(Caps(job=Cap(tokens=1))) == {("call", "any"): (None, 0), ("job", str(job)): (1, 0)}
    found = shown(Caps(source=Cap(tokens=2), day=Cap(tokens=3), fleet=Cap(tokens=4)))
    assert [(scope, *amounts) for (scope, _), amounts in found.items()] == [
        ("call", None, 0),
        ("day", 3, 0),
        ("fleet", 4, 0),
        ("source", 2, 0),
    ]
    with fleet.database.transaction() as tx:
        job_ends.set_settled(tx, job, "cancelled")
    assert shown(Caps(job=Cap(tokens=1))) == {("call", "any"): (None, 0)}


def test_a_raise_that_makes_no_sense_is_refused(fleet: Fleet) -> None:
    caps = Caps(job=Cap(tokens=5), source=Cap(tokens=5), day=Cap(money=Decimal(1)))
    for scope, key, more, error in (
        ("week", None, {"tokens": 1}, UsageError),
        ("job", None, {"tokens": 1}, UsageError),
        ("day", "today", {"money": Decimal(1)}, UsageError),
        ("day", None, {"tokens": 1}, UsageError),
        ("day", None, {"money": Decimal(-1)}, UsageError),
        ("day", None, {"money": Decimal("nan")}, UsageError),
        ("day", None, {}, UsageError),
        ("job", "999999", {"tokens": 1}, NotFoundError),
        ("job", "x", {"tokens": 1}, NotFoundError),
        ("source", "cmr", {"tokens": 1}, NotFoundError),
    ):
        with fleet.database.transaction() as tx, pytest.raises(error):
            budget_views.raise_cap(tx, caps, scope, key, **more)  # type: ignore[arg-type]
    assert fleet.rows("SELECT * FROM budget") == []


def test_what_expired_unsent_is_freed_and_what_was_sent_is_presumed(fleet: Fleet) -> None:
    account = Account(fleet.acting("model"), Caps(), MODELS.prices)
    unsent, sent = (account.admit(_call(work_of(fleet))) for _ in range(2))
    sent.sent()
    fleet.execute("UPDATE model_call SET expires_at = now() - interval '1 second'")
    with fleet.database.transaction() as tx:
        assert calls.expire(tx) == 2
    rows = fleet.rows("SELECT state, outcome FROM model_call ORDER BY id")
    assert [tuple(row.values()) for row in rows] == [("released", "expired"), ("presumed", "lost")]
    assert counters(fleet)["day"] == (1, worst(), 0)
    # Whoever comes back too late sends nothing, and whoever sent in time is settled by the truth.
    with pytest.raises(Exception, match="expired before it was sent"):
        unsent.sent()
    sent.answered(Answer("{}", "stop", None, "small", 3, 4, 0.0))
    assert counters(fleet)["day"] == (1, 7, 0)


@pytest.mark.parametrize(
    ("error", "state", "used"),
    [
        (ModelUnavailableError("gone", presumed=True), "presumed", True),
        (ModelUnavailableError("refused", presumed=False), "released", False),
        (TerminalError("no"), "released", False),
        (RuntimeError("whatever"), "presumed", True),
    ],
)
def test_a_call_without_an_answer_is_settled_by_whether_it_may_be_charged(
    fleet: Fleet, error: Exception, state: str, *, used: bool
) -> None:
    with pytest.raises(type(error)):
        ask(fleet, Server(error=error), Caps())
    assert fleet.one("SELECT state FROM model_call") == state
    assert counters(fleet)["fleet"] == ((1, worst(), 0) if used else (0, 0, 0))


def test_jobs_and_sources_have_budgets_of_their_own(fleet: Fleet) -> None:
    first, second = fleet.send([]), fleet.send([])
    caps = Caps(job=Cap(tokens=worst() + 1))
    ask(fleet, Server(), caps, work_of(fleet, first))
    with pytest.raises(WaitingError):
        ask(fleet, Server(), caps, work_of(fleet, first))
    ask(fleet, Server(), caps, work_of(fleet, second))
    caps = Caps(source=Cap(tokens=3 * worst()))
    ask(fleet, Server(), caps, work_of(fleet))
    with pytest.raises(WaitingError):
        ask(fleet, Server(), caps, work_of(fleet))
    ask(fleet, Server(), caps, work_of(fleet, source="erp"))


def test_a_job_that_only_a_raise_can_move_is_blocked(fleet: Fleet) -> None:
    with fleet.database.transaction() as tx:
        job = jobs.get(tx, fleet.send([{"code": "C-1", "name": "One"}]))
    fleet.execute("UPDATE work SET status = 'done'")
    fleet.execute("UPDATE item SET state = 'held'")
    for waits_on, decidable in (("budget:job:1", 0), ("budget:day:x", 1), ("room:job:1", 1)):
        fleet.execute("DELETE FROM work WHERE kind = 'judge'")
        with fleet.database.transaction() as tx:
            work_rows.file(tx, NewWork(kind="judge", stage="judge", source="crm", target="company", waits_on=waits_on))
            assert job_ends.open_parts(tx, job).decidable == decidable
