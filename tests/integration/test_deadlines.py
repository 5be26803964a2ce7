"""A deadline holds on threads too: what runs past it is interrupted, and what cannot be ends its process."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator

import pytest
import redis

from enrichment.store.database import Database
from enrichment.store.work import Claimed
from schemas.errors import DeadlineError
from tasks import broker_memory
from tasks.celery_app import create_app
from tasks.children import ChildWatch
from tasks.leases import STUCK, LeaseKeeper
from workers.embedded import RedisServer

WORK = Claimed(1, "plan", "plan", 1, "normal", None, "crm", "firm", None, {}, {}, None, None, 0, 1, "boot")


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def database() -> Iterator[Database]:
    """Nobody connects here: the deadlines of a process do not depend on its database."""
    made = Database("postgresql://nobody@127.0.0.1:1/none", application="test")
    yield made
    made.close()


def run_endless(keeper: LeaseKeeper) -> tuple[threading.Thread, threading.Event, list[BaseException]]:
    begun, ended = threading.Event(), []

    def work() -> None:
        try:
            with keeper.keeping(WORK, seconds=60):
                begun.set()
                while True:
                    pass
        except DeadlineError as error:
            ended.append(error)

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    assert begun.wait(10)
    return thread, begun, ended


def test_an_endless_loop_in_a_thread_ends_at_its_deadline(database: Database) -> None:
    clock = Clock()
    keeper = LeaseKeeper(database, "boot", clock=clock)
    thread, _, ended = run_endless(keeper)
    clock.now += 59
    keeper.mind_deadlines()
    assert thread.is_alive()
    clock.now += 1
    keeper.mind_deadlines()
    thread.join(10)
    assert [error.code for error in ended if isinstance(error, DeadlineError)] == ["deadline"]


def test_what_cannot_be_interrupted_ends_its_process(database: Database) -> None:
    clock, given_up = Clock(), []
    keeper = LeaseKeeper(database, "boot", clock=clock, on_stuck=lambda: given_up.append(True))
    begun, leave = threading.Event(), threading.Event()

    def wait_in_c() -> None:
        try:
            with keeper.keeping(WORK, seconds=60):
                begun.set()
                leave.wait(60)
        except DeadlineError:
            given_up.append(False)

    thread = threading.Thread(target=wait_in_c, daemon=True)
    thread.start()
    assert begun.wait(10)
    clock.now += 60
    keeper.mind_deadlines()
    clock.now += STUCK - 1
    keeper.mind_deadlines()
    assert given_up == []
    clock.now += 1
    keeper.mind_deadlines()
    assert given_up == [True]
    leave.set()
    thread.join(10)
    assert given_up == [True, False]


def test_what_ended_in_time_is_left_alone(database: Database) -> None:
    clock = Clock()
    keeper = LeaseKeeper(database, "boot", clock=clock, on_stuck=lambda: pytest.fail("nothing is stuck"))
    with keeper.keeping(WORK, seconds=60):
        pass
    clock.now += 1_000
    keeper.mind_deadlines()


def test_a_killed_child_is_told_of_once() -> None:
    told: list[int] = []
    watch = ChildWatch(told.append)
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as child:
        watch.look()
        assert told == []
        os.kill(child.pid, signal.SIGKILL)
        child.wait()
        watch.look()
        watch.look()
    assert told == [child.pid]


def test_a_broker_that_lost_its_memory_is_noticed_once(redis_server: RedisServer) -> None:
    # a database of its own within the server, whose others another process of this run may be using
    url = redis_server.url.removesuffix("/0") + "/7"
    app = create_app(url)
    with redis.Redis.from_url(url) as client:
        client.flushdb()
        assert broker_memory.lost(app)
        assert not broker_memory.lost(app)
        client.flushdb()
        assert broker_memory.lost(app)
    app.close()


def test_what_is_interrupted_as_it_ends_is_held_no_longer(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    clock, given_up = Clock(), []
    keeper = LeaseKeeper(database, "boot", clock=clock, on_stuck=lambda: given_up.append(True))

    def interrupted() -> None:
        raise DeadlineError

    with monkeypatch.context() as within, pytest.raises(DeadlineError), keeper.keeping(WORK, seconds=60):
        within.setattr(keeper, "_forget_done", interrupted)
    clock.now += 60 + 2 * STUCK
    keeper.mind_deadlines()
    assert not given_up


_STOPPED = """
import os, signal, subprocess, sys, threading
from tasks.children import end_in_time
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
os.kill(child.pid, signal.SIGSTOP)
given_up = threading.Event()
end_in_time(0.01, give_up=given_up.set, last=0.01)
print(child.wait(10), given_up.wait(10))
"""


def test_a_child_that_stands_still_does_not_hold_up_the_end_for_ever() -> None:
    # in a process of its own, whose only child it is
    told = subprocess.run([sys.executable, "-c", _STOPPED], capture_output=True, text=True, check=True, timeout=60)
    assert told.stdout.splitlines()[-1] == "-9 True"


#: A worker of which the child stands still, or its own loop.
_WORKER = """
import os, signal, sys, threading
from celery import Celery
from celery.bootsteps import StartStopStep
from tasks.children import end_worker_in_time
app = Celery(broker="memory://")
class Standing(StartStopStep):
    requires = ("celery.worker.consumer.tasks:Tasks",)
    def start(self, consumer):
        for child in consumer.pool._pool._pool:
            os.kill(child.pid, signal.SIGSTOP)
        os.write(1, b"standing still\\n")
        if sys.argv[1] == "fails":
            raise AttributeError("an error of the worker itself")
        threading.Event().wait()
app.steps["consumer"].add(Standing)
end_worker_in_time(app, 0.1, give_up=lambda: os._exit(70))
app.Worker(pool="prefork", concurrency=1, without_gossip=True, without_mingle=True, quiet=True).start()
"""


@pytest.mark.parametrize("how", ["fails", "is told"])
def test_a_worker_that_is_to_end_does_not_stand_behind_what_stands_still(how: str) -> None:
    with subprocess.Popen([sys.executable, "-c", _WORKER, how], stdout=subprocess.PIPE, text=True) as worker:
        try:
            assert worker.stdout is not None
            assert worker.stdout.readline() == "standing still\n"
            if how == "is told":
                worker.terminate()
            assert worker.wait(60) != 0
        finally:
            worker.kill()
