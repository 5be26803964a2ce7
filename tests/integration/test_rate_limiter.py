"""The limiter on a real Redis and PostgreSQL, with windows of seconds instead of minutes."""

from __future__ import annotations

import bisect
import threading
import time
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import pytest
import redis
import structlog

from enrichment.rates.port import Ask, Grant, Wait
from enrichment.rates.redis_limiter import RedisLimiter
from enrichment.store import migration
from enrichment.store.database import Database
from enrichment.store.rates import NotedUses
from schemas.errors import TransientError
from schemas.rate import UNLIMITED, Rate
from workers.embedded import RedisServer


@dataclass
class Ground:
    """A limiter with a prefix of its own, and hands to reach into its keys."""

    url: str
    uses: NotedUses
    prefix: str = field(default_factory=lambda: f"test-{uuid.uuid4().hex[:8]}")

    def limiter(self, **more: Any) -> RedisLimiter:
        return RedisLimiter(self.url, more.pop("uses", self.uses), structlog.get_logger(), prefix=self.prefix, **more)

    def forget(self) -> None:
        """As FLUSHALL would, for this limiter only."""
        with redis.Redis.from_url(self.url) as client:
            for key in client.scan_iter(f"{self.prefix}:*"):
                client.delete(key)

    def state(self, key: str, **values: float) -> None:
        with redis.Redis.from_url(self.url) as client:
            for name, value in values.items():
                client.hset(f"{self.prefix}:rate:{{{key}}}:state", name, str(value))


@pytest.fixture(scope="module")
def uses(database: str) -> Iterator[NotedUses]:
    migration.migrate(database)
    made = Database(database, application="rates", size=8)
    yield NotedUses(made)
    made.close()


@pytest.fixture
def ground(redis_server: RedisServer, uses: NotedUses) -> Ground:
    return Ground(redis_server.url, uses)


def ask(ground: Ground, rate: Rate, **more: Any) -> Ask:
    return Ask(
        more.pop("key", f"model:{ground.prefix}"), rate, more.pop("source", "crm"), more.pop("waiter", "1"), **more
    )


def granted(limiter: RedisLimiter, wanted: Ask, most: int = 1_000) -> tuple[list[Grant], Wait]:
    """Reserve until told to wait."""
    found: list[Grant] = []
    for _ in range(most):
        answer = limiter.reserve(wanted)
        if isinstance(answer, Wait):
            return found, answer
        found.append(answer)
    raise AssertionError("never told to wait")


def most_in_window(times: list[float], seconds: float) -> int:
    return max(bisect.bisect_left(times, at + seconds) - place for place, at in enumerate(times))


def use(ground: Ground, rate: Rate, *, seconds: float, workers: int = 8, forget_at: float | None = None) -> list[float]:
    """Workers, each with a connection of its own, use a rate as fast as they may; gives when."""
    times: list[float] = []
    begun = time.monotonic()
    gate = threading.Barrier(workers)

    def work(number: int) -> None:
        limiter = ground.limiter()
        wanted = ask(ground, rate, waiter=str(number), source=f"s{number % 2}")
        gate.wait()
        while time.monotonic() - begun < seconds:
            if forget_at is not None and number == 0 and time.monotonic() - begun > forget_at and not forgotten:
                forgotten.append(time.monotonic())
                ground.forget()
            found = limiter.reserve(wanted)
            if isinstance(found, Grant) and limiter.sent(found):
                times.append(time.monotonic())
                limiter.settle(found)
            elif isinstance(found, Wait):
                time.sleep(min(found.seconds, seconds))
        limiter.close()

    forgotten: list[float] = []
    with ThreadPoolExecutor(workers) as threads:
        list(threads.map(work, range(workers)))
    return sorted(times)


def test_eight_workers_never_use_more_than_a_rate_in_any_window(ground: Ground) -> None:
    times = use(ground, Rate(30, seconds=1.5), seconds=6.0)
    # ± 1 for the way from the grant to here
    assert most_in_window(times, 1.5) <= 31
    assert len(times) > 60


def test_eight_workers_use_a_rate_up(ground: Ground) -> None:
    # Long enough that a machine which stands still for a second costs nothing that pace and margin cannot make good.
    rate, seconds = Rate(30, seconds=10.0), 16.0
    times = use(ground, rate, seconds=seconds)
    # ± 1 for the way from the grant to here
    assert most_in_window(times, rate.seconds) <= 31
    assert len(times) >= 0.97 * 30 * seconds / rate.seconds


def test_a_flush_in_mid_run_does_not_let_more_pass(ground: Ground) -> None:
    rate = Rate(20, seconds=1.5)
    times = use(ground, rate, seconds=6.5, forget_at=1.2, workers=4)
    assert most_in_window(times, 1.5) <= 21
    # It goes on by itself: what counts as used is forgotten again.
    assert max(later - earlier for earlier, later in pairwise(times)) < 4.5
    assert times[-1] - times[0] > 5.0


def test_a_lost_memory_counts_as_used_unless_nothing_was(ground: Ground) -> None:
    limiter, rate = ground.limiter(), Rate(10)
    assert isinstance(limiter.reserve(ask(ground, rate)), Grant)
    ground.forget()
    found = ground.limiter().reserve(ask(ground, rate))
    assert isinstance(found, Wait)
    assert 60 < found.seconds < 67
    assert "lost its memory" in found.reason
    # A key that PostgreSQL knows no use of in the last minute begins at once.
    assert isinstance(limiter.reserve(ask(ground, rate, key=f"model:{ground.prefix}-new")), Grant)
    with ground.uses.database.transaction() as tx:
        tx.execute("UPDATE rate_use SET used_until = now() - interval '61 seconds' WHERE key LIKE %s", ("model:test%",))
    ground.forget()
    assert isinstance(limiter.reserve(ask(ground, rate)), Grant)


@pytest.mark.parametrize("lie", [{"epoch": 1}, {"count": 7}, {"last": 9e15}])
def test_a_restart_an_eviction_and_a_clock_that_jumped_back_are_lost_memory_too(
    ground: Ground, lie: dict[str, float]
) -> None:
    limiter, wanted = ground.limiter(), ask(ground, Rate(10))
    assert isinstance(limiter.reserve(wanted), Grant)
    ground.state(wanted.key, **lie)
    found = limiter.reserve(wanted)
    assert isinstance(found, Wait)
    assert found.seconds > 55


def test_memory_that_is_lost_between_grant_and_note_voids_the_grant(ground: Ground) -> None:
    @dataclass
    class Slow:
        left_: float | None = None

        def left(self, _: str) -> float | None:
            return self.left_

        def note(self, _: str, seconds: float) -> None:
            assert seconds >= 2
            ground.forget()

    found = ground.limiter(uses=Slow()).reserve(ask(ground, Rate(10)))
    assert isinstance(found, Wait)


def test_the_window_counts_from_the_moment_of_sending(ground: Ground) -> None:
    limiter, wanted = ground.limiter(), ask(ground, Rate(1))
    found = limiter.reserve(wanted)
    assert isinstance(found, Grant)
    with redis.Redis.from_url(ground.url) as client:
        client.zadd(f"{ground.prefix}:rate:{{{wanted.key}}}:log", {found.id: 1.0})
        assert limiter.sent(found)
        assert (client.zscore(f"{ground.prefix}:rate:{{{wanted.key}}}:log", found.id) or 0) > 1.0
    ground.forget()
    assert not limiter.sent(found)


def test_tokens_are_reserved_at_their_most_and_settled_by_what_was_used(ground: Ground) -> None:
    limiter, rate = ground.limiter(), Rate(tokens=1_000)
    first, wait = granted(limiter, ask(ground, rate, tokens=400))
    assert (len(first), wait.reason) == (2, "tokens")
    assert 55 < wait.seconds < 61
    limiter.settle(first[0], tokens=100)
    assert isinstance(limiter.reserve(ask(ground, rate, tokens=500)), Grant)
    assert isinstance(limiter.reserve(ask(ground, rate, tokens=1)), Wait)
    # One that is larger than the whole rate passes alone, when the window is empty.
    huge = ask(ground, rate, tokens=5_000, key=f"model:{ground.prefix}-huge")
    assert isinstance(limiter.reserve(huge), Grant)
    assert isinstance(limiter.reserve(huge), Wait)


def test_a_use_that_never_happened_gives_its_place_back(ground: Ground) -> None:
    limiter, wanted = ground.limiter(), ask(ground, Rate(1, tokens=10), tokens=10)
    found = limiter.reserve(wanted)
    assert isinstance(found, Grant)
    limiter.release(found)
    again = limiter.reserve(wanted)
    # The pace stays; the window is free.
    assert isinstance(again, Grant) or again.reason == "pace"


def test_leases_in_flight_end_by_settling_or_by_themselves(ground: Ground) -> None:
    limiter = ground.limiter()
    wanted = ask(ground, Rate(in_flight=2), seconds=0.2)
    (first, second), wait = granted(limiter, wanted)
    assert wait.reason == "requests under way"
    limiter.settle(first)
    assert isinstance(limiter.reserve(wanted), Grant)
    assert isinstance(limiter.reserve(wanted), Wait)
    ends = time.monotonic() + 5
    while isinstance(limiter.reserve(wanted), Wait):
        assert time.monotonic() < ends
    assert second.id != first.id


def test_a_penalty_holds_for_everybody_and_a_shorter_one_does_not_end_it(ground: Ground) -> None:
    limiter, wanted = ground.limiter(), ask(ground, UNLIMITED)
    assert isinstance(limiter.reserve(wanted), Grant)
    limiter.penalize(wanted.key, 30.0)
    limiter.penalize(wanted.key, 1.0)
    found = ground.limiter().reserve(wanted)
    assert isinstance(found, Wait)
    assert 29 < found.seconds <= 30


def test_no_server_holds_the_fleet_for_longer_than_an_hour(ground: Ground) -> None:
    limiter = ground.limiter()
    penalized, learnt = ask(ground, UNLIMITED), ask(ground, Rate(10), key=f"model:{ground.prefix}:learnt")
    assert isinstance(limiter.reserve(penalized), Grant)
    assert isinstance(limiter.reserve(learnt), Grant)
    limiter.penalize(penalized.key, 86_400.0)
    limiter.learn(learnt.key, requests=None, tokens=None, hold=86_400.0)
    for wanted in (penalized, learnt):
        found = limiter.reserve(wanted)
        assert isinstance(found, Wait)
        assert 3_590 < found.seconds <= 3_600


def test_what_a_provider_states_only_ever_lowers(ground: Ground) -> None:
    limiter, wanted = ground.limiter(), ask(ground, Rate(10))
    limiter.learn(wanted.key, requests=1_000, tokens=None, hold=None)
    limiter.learn(wanted.key, requests=None, tokens=None, hold=None)
    assert limiter.reserve(wanted)
    for stated, most in ((5, 5), (500, 10)):
        ground.forget()
        with ground.uses.database.transaction() as tx:
            tx.execute("DELETE FROM rate_use")
        assert isinstance(limiter.reserve(wanted), Grant)
        limiter.learn(wanted.key, requests=stated, tokens=None, hold=None)
        # The pace is put aside: what is of interest is how many fit a window.
        count = 1
        while True:
            ground.state(wanted.key, turn=0)
            if isinstance(limiter.reserve(wanted), Wait):
                break
            count += 1
        assert count == most
    limiter.learn(wanted.key, requests=None, tokens=None, hold=1_000.0)
    found = limiter.reserve(wanted)
    assert isinstance(found, Wait)
    assert found.seconds > 990


def test_a_small_source_is_not_behind_a_large_one(ground: Ground) -> None:
    limiter, rate = ground.limiter(), Rate(10, seconds=10.0)
    _, _ = granted(limiter, ask(ground, rate, source="large", waiter="0"))
    waits = [limiter.reserve(ask(ground, rate, source="large", waiter=str(n))) for n in range(8)]
    assert all(isinstance(one, Wait) for one in waits)
    small = limiter.reserve(ask(ground, rate, source="small", waiter="s"))
    assert isinstance(small, Wait)
    longest = max(one.seconds for one in waits if isinstance(one, Wait))
    assert small.seconds < longest / 2


def test_nobody_passes_a_limiter_that_is_away(ground: Ground) -> None:
    away = RedisLimiter("redis://127.0.0.1:1/0", ground.uses, structlog.get_logger())
    found = away.reserve(ask(ground, Rate(10)))
    assert isinstance(found, Wait)
    assert found.seconds > 5
    away.settle(Grant("k", "1"))
    assert not away.sent(Grant("k", "1"))

    class Gone:
        def left(self, _: str) -> float | None:
            raise TransientError("gone")

        def note(self, _: str, seconds: float) -> None:
            raise TransientError(f"gone for {seconds}")

    assert isinstance(ground.limiter(uses=Gone()).reserve(ask(ground, Rate(10))), Wait)
