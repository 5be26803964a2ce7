"""Means to hurt the fleet under test, and to let it heal."""

from __future__ import annotations

import json
import random
import signal
import time
from collections.abc import Callable, Mapping
from typing import TypeVar

import psutil
import redis

from benchmarks.chaos.configuration import DAY_CAP
from benchmarks.chaos.processes import running
from benchmarks.chaos.started import AWAY, UNWRITTEN, Started, until
from benchmarks.chaos.views import hide_table, show_table
from enrichment.store.dispatch import Due
from schemas import FORMAT
from schemas.errors import ConfigurationError, TransientError
from tasks.publishing import publish
from workers.embedded import PostgresOptions, PostgresServer, RedisOptions, RedisServer, start_postgres, start_redis
from workers.up.places import Places
from workers.up.record import read_record

Server = TypeVar("Server", PostgresServer, RedisServer)


class Ground(Started):
    """A fleet that can be hurt."""

    def kill(self, service: str) -> None:
        if (process := self.pid(service)) is not None:
            process.kill()

    def replace(self, service: str) -> float:
        """End a service in order, as an upgrade does, and wait for its successor; gives the seconds that it took."""
        begun = time.monotonic()
        if (process := self.pid(service)) is not None:
            process.terminate()
            until(lambda: not process.is_running(), seconds=40)

        def serves() -> bool:
            found = read_record(Places(self.data_dir).record).services.get(service)
            return found is not None and found.state == "running" and self.pid(service) not in {None, process}

        until(serves, seconds=60)
        return time.monotonic() - begun

    def kill_child(self, service: str, chance: random.Random) -> None:
        process = self.pid(service)
        children = [] if process is None else process.children()
        if children:
            chance.choice(children).kill()

    def hang_child(self, service: str, chance: random.Random) -> None:
        """Stop one child until all is healed; never the last one that runs, without which nothing could go on."""
        process = self.pid(service)
        children = [] if process is None else process.children()
        if len(children) > 1 and all(child.status() != psutil.STATUS_STOPPED for child in children):
            chance.choice(children).send_signal(signal.SIGSTOP)

    def freeze(self, service: str, *, frozen: bool) -> None:
        """Stop or continue a service with its children; a child that has ended meanwhile is passed over."""
        process = self.pid(service)
        for one in () if process is None else (process, *process.children(recursive=True)):
            try:
                one.send_signal(signal.SIGSTOP if frozen else signal.SIGCONT)
            except psutil.NoSuchProcess:
                continue

    def kill_postgres(self) -> None:
        with self._one_at_a_time:
            _kill_with_children(self.postgres.pid)
            self._start_postgres()

    def kill_redis(self) -> None:
        with self._one_at_a_time:
            _kill_with_children(self.redis.pid)
            self._start_redis()

    def drag(self, seconds: float) -> None:
        """How long a stage's transaction is held open at most, at each table that it writes."""
        self.rows("UPDATE assay.dragging SET seconds = %(s)s RETURNING 1", s=seconds)

    def set_clocks(self, seconds: Mapping[str, float]) -> None:
        """Service -> how far its host's clock is off; those that are not named go right."""
        new = self.home / "clocks.new"
        new.write_text(json.dumps(dict(seconds)), encoding="utf-8")
        new.replace(self.home / "clocks.json")

    def hide_table(self) -> None:
        """The target is a view over its rows until all is healed."""
        with self.connect() as connection:
            hide_table(connection)

    def squeeze(self, room: float) -> None:
        """The day's cap is so much above what is used of it by now."""
        self.rows(
            "UPDATE budget SET raised_money = used_money + reserved_money + %(room)s - %(cap)s WHERE scope = 'day'"
            " RETURNING 1",
            room=room,
            cap=DAY_CAP,
        )

    def release(self) -> int:
        """What starts from now on is of a newer release; gives its number."""
        file = self.home / "release"
        number = 1 + (int(file.read_text()) if file.exists() else FORMAT)
        file.write_text(str(number), encoding="utf-8")
        return number

    def flush(self) -> None:
        with self._one_at_a_time, redis.Redis.from_url(self.redis.url) as client:
            client.flushall()

    def deliver_again(self, chance: random.Random) -> int:
        """Every message of the newest work once more, of each of its stages and last fences, in any order."""
        rows = self.rows("SELECT id, kind, stage, fence, lane FROM work ORDER BY id DESC LIMIT 12")
        messages = [
            Due(row["id"], row["kind"], stage, fence, row["lane"])
            for row in rows
            for stage in (("fetch", "map", "gate", "audit", "upsert") if row["kind"] == "chunk" else (row["stage"],))
            for fence in (row["fence"], row["fence"] - 1)
            if fence > 0
        ]
        chance.shuffle(messages)
        try:
            publish(self.app, messages)
        except TransientError:
            # Redis is down, or its memory is just being flushed
            return 0
        return len(messages)

    def kill_everything(self) -> None:
        """Every process and both servers at once; the servers are back when it returns."""
        self.kill_all()()

    def kill_all(self) -> Callable[[], None]:
        """The supervisor first, so that it starts nothing again. Gives what starts the two servers again."""
        doomed = running(self.data_dir)
        for process in doomed:
            if process.is_running():
                process.kill()
        psutil.wait_procs(doomed, timeout=10)
        _kill_with_children(self.redis.pid)
        _kill_with_children(self.postgres.pid)
        return self._start_servers

    def _start_servers(self) -> None:
        self._start_redis()
        self._start_postgres()

    def _start_postgres(self) -> None:
        options = PostgresOptions(port=self.postgres.port, settings=UNWRITTEN)
        with self._starting():
            self.postgres = _once_free(lambda: start_postgres(self.home / "servers", options))

    def _start_redis(self) -> None:
        options = RedisOptions(port=self.redis.port)
        with self._starting():
            self.redis = _once_free(lambda: start_redis(self.home / "servers", options))

    def heal(self) -> None:
        for wire in self.wires:
            wire.heal()
        self.outside.model_faults.clear()
        self.meetings.call_off()
        with self.connect() as connection:
            show_table(connection)
        self.set_clocks({})
        for service in ("fetch", "model", "gate", "upsert", "isolated", "control", "dispatcher", "api"):
            self.freeze(service, frozen=False)


def _once_free(start: Callable[[], Server]) -> Server:
    """Start a server where it was: a connection that another fleet has made meanwhile may hold its port for a while."""
    ends = time.monotonic() + AWAY
    while True:
        try:
            return start()
        except ConfigurationError as error:
            if error.code != "port_taken" or time.monotonic() > ends:
                raise
            time.sleep(0.2)


def _kill_with_children(pid: int) -> None:
    process = psutil.Process(pid)
    for one in (process, *process.children()):
        try:
            one.kill()
        except psutil.NoSuchProcess:
            continue
    process.wait(10)
