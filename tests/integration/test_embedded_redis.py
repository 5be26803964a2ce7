from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import stat
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from schemas.errors import AssayError, ConfigurationError, TerminalError
from workers.doctor import servers as doctor_servers
from workers.embedded import (
    ManagedProcess,
    Program,
    RedisOptions,
    RedisServer,
    processes,
    running_redis,
    start_redis,
)
from workers.embedded.binaries import redis_installation
from workers.embedded.managed import environment

PROGRAMS = {"redis-server", "valkey-server"}


@contextlib.contextmanager
def connect(server: RedisServer) -> Iterator[redis.Redis]:
    client = redis.Redis.from_url(server.url, decode_responses=True)
    try:
        yield client
    finally:
        client.close()


def kill(server: RedisServer) -> None:
    os.kill(server.pid, signal.SIGKILL)
    assert server.process.wait(5)


def test_fresh_start_asks_for_a_password_and_never_evicts(data_dir: Path) -> None:
    server = start_redis(data_dir)
    with connect(server) as client:
        expected = {
            "appendonly": "yes",
            "appendfsync": "everysec",
            "aof-load-truncated": "yes",
            "maxmemory-policy": "noeviction",
            "bind": "127.0.0.1",
            "save": "",
        }
        assert {name: client.config_get(name)[name] for name in expected} == expected
    stranger = redis.Redis(port=server.port, retry=Retry(NoBackoff(), 0))
    with pytest.raises(redis.AuthenticationError):
        stranger.ping()
    stranger.close()


def test_secrets_are_closed_to_others_and_not_shown(data_dir: Path) -> None:
    server = start_redis(data_dir)
    password = json.loads((data_dir / "redis" / "passwords").read_text())["default"]
    assert password not in repr(server)
    assert password not in server.log_path.read_text()
    with connect(server) as client:
        client.set("secret", "record")
    assert stat.S_IMODE((data_dir / "redis").stat().st_mode) == 0o700
    for path in (data_dir / "redis").rglob("*"):
        assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0, path


def test_restart_keeps_data_password_and_port(data_dir: Path) -> None:
    first = start_redis(data_dir)
    with connect(first) as client:
        client.set("kept", "7")
    assert first.stop()
    assert processes.working_in(data_dir / "redis", PROGRAMS) == []
    assert not (data_dir / "redis" / "pid").exists()
    second = start_redis(data_dir)
    assert second.url == first.url
    with connect(second) as client:
        assert client.get("kept") == "7"


def test_start_after_a_kill_with_a_file_that_was_cut_off(data_dir: Path) -> None:
    server = start_redis(data_dir)
    with connect(server) as client:
        # else, while the disk is busy, what is answered may be written up to two seconds later
        client.config_set("appendfsync", "always")
        client.set("kept", "7")
        client.set("cut", "8")
    kill(server)
    (newest,) = [path for path in (data_dir / "redis").rglob("*appendonly*") if path.is_file() and _holds(path, b"cut")]
    content = newest.read_bytes()
    newest.write_bytes(content[:-3])
    again = start_redis(data_dir)
    with connect(again) as client:
        assert client.mget("kept", "cut") == ["7", None]


def _holds(path: Path, key: bytes) -> bool:
    return key in path.read_bytes()


def test_second_start_names_the_holder_or_attaches(data_dir: Path) -> None:
    server = start_redis(data_dir)
    with pytest.raises(ConfigurationError, match=str(server.pid)) as refused:
        start_redis(data_dir)
    assert refused.value.code == "held"
    attached = start_redis(data_dir, attach=True)
    assert (attached.pid, attached.url, attached.attached) == (server.pid, server.url, True)


def test_starts_at_once_share_one_server(data_dir: Path) -> None:
    with ThreadPoolExecutor(4) as pool:
        servers = list(pool.map(lambda _: start_redis(data_dir, attach=True), range(4)))
    assert len({server.pid for server in servers}) == 1
    assert sorted(server.attached for server in servers) == [False, True, True, True]


def test_of_starts_at_once_one_wins(data_dir: Path) -> None:
    def attempt(_: int) -> RedisServer | AssayError:
        try:
            return start_redis(data_dir)
        except AssayError as error:
            return error

    with ThreadPoolExecutor(4) as pool:
        results = list(pool.map(attempt, range(4)))
    assert len([result for result in results if isinstance(result, RedisServer)]) == 1
    assert {result.code for result in results if isinstance(result, AssayError)} == {"held"}


def test_a_recycled_pid_is_not_taken_for_the_server(data_dir: Path) -> None:
    server = start_redis(data_dir)
    kill(server)
    stranger = ManagedProcess.start(
        Program(
            name="sleep",
            command=["sleep", "60"],
            log_path=data_dir / "sleep.log",
            pid_file=data_dir / "sleep.pid",
            environment=environment(),
        )
    )
    try:
        ours = {"name": "Redis", "pid": stranger.pid, "mark": server.process.identity.mark}
        (data_dir / "redis" / "pid").write_text(json.dumps(ours))
        assert running_redis(data_dir) is None
        start_redis(data_dir).stop()
        assert stranger.is_alive
    finally:
        stranger.stop()


def test_a_server_whose_start_was_cut_off_is_replaced(data_dir: Path) -> None:
    # its starter died between the start and the pid file: the lock is held and nothing says by whom
    server = start_redis(data_dir)
    (data_dir / "redis" / "pid").unlink()
    try:
        again = start_redis(data_dir)
        assert again.pid != server.pid
        assert not server.is_alive
    finally:
        server.stop()


def test_a_taken_port_is_an_error_only_when_it_was_asked_for(data_dir: Path) -> None:
    first = start_redis(data_dir)
    first.stop()
    with socket.create_server(("127.0.0.1", first.port)):
        with pytest.raises(ConfigurationError, match=str(first.port)) as refused:
            start_redis(data_dir, RedisOptions(port=first.port))
        assert refused.value.code == "port_taken"
        assert start_redis(data_dir).port != first.port


def test_a_port_taken_between_look_and_start_is_reported(data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("workers.embedded.starting.is_free", lambda _port: True)
    with socket.create_server(("127.0.0.1", 0)) as other:
        with pytest.raises(ConfigurationError) as refused:
            start_redis(data_dir, RedisOptions(port=other.getsockname()[1]))
        assert refused.value.code == "port_taken"


def test_a_setting_that_the_server_refuses_is_named(data_dir: Path) -> None:
    with pytest.raises(TerminalError) as failed:
        start_redis(data_dir, RedisOptions(settings={"no-such-setting": "1"}))
    assert failed.value.code == "start_failed"
    assert "no-such-setting" in failed.value.hint


def test_a_program_that_finds_the_disk_full_says_so(data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fake = data_dir / "redis-server"
    fake.write_text("#!/bin/sh\necho 'Error writing to the AOF file: No space left on device'\nexit 1\n")
    fake.chmod(0o755)
    installation = type(redis_installation())(fake, "7.0")
    monkeypatch.setattr("workers.embedded.redis_server.redis_installation", lambda: installation)
    with pytest.raises(TerminalError) as failed:
        start_redis(data_dir)
    assert failed.value.code == "disk_full"
    assert not (data_dir / "redis" / "pid").exists()


def test_a_program_that_vanished_is_named(data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    installation = type(redis_installation())(data_dir / "gone", "7.0")
    monkeypatch.setattr("workers.embedded.redis_server.redis_installation", lambda: installation)
    with pytest.raises(ConfigurationError, match="gone") as failed:
        start_redis(data_dir)
    assert failed.value.code == "binary_missing"


def test_one_that_cannot_write_runs_and_is_told_as_what_it_is(data_dir: Path) -> None:
    """As on a full disk it refuses even PING; here a folder lies where its snapshot belongs."""
    server = start_redis(data_dir, RedisOptions(settings={"save": "3600 1"}))
    (data_dir / "redis" / "dump.rdb").mkdir()
    with connect(server) as client:
        client.set("a", "b")
        with contextlib.suppress(redis.ResponseError):
            client.save()
        client.bgsave()
        for _ in range(200):
            if client.info()["rdb_last_bgsave_status"] == "err":
                break
            time.sleep(0.02)
        with pytest.raises(redis.ResponseError, match="MISCONF"):
            client.ping()
    found = running_redis(data_dir)
    assert found is not None
    assert found.url == server.url
    told = {one.message: one.level for one in doctor_servers.redis_server("broker", server.url)}
    assert told == {"cannot write its data, and takes nothing until it can": "wrong"}
    server.stop()
