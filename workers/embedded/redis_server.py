"""Start Redis, or Valkey, over a data directory: from nothing, after a clean stop, or after everything was killed."""

from __future__ import annotations

import os
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from schemas.errors import TerminalError
from workers.embedded import processes
from workers.embedded.binaries import redis_installation
from workers.embedded.failures import port_taken, start_failure
from workers.embedded.files import write_json, write_text
from workers.embedded.homes import PORT_ATTEMPTS, Home
from workers.embedded.locks import Claim, DirectoryLock, claim, held
from workers.embedded.managed import ManagedProcess, Program
from workers.embedded.ports import HOST, is_free
from workers.embedded.processes import Identity
from workers.embedded.servers import RedisServer, redis_url

_NAME = "Redis"
_PROGRAMS = frozenset({"redis-server", "valkey-server"})
_POLL_SECONDS = 0.02

#: Every write is on disk within a second; memory is refused, never evicted; a file cut off by a crash still loads.
SETTINGS: Mapping[str, str] = {
    "bind": HOST,
    "protected-mode": "yes",
    "daemonize": "no",
    "logfile": '""',
    "dir": ".",
    "appendonly": "yes",
    "appendfsync": "everysec",
    "aof-load-truncated": "yes",
    "save": '""',
    "maxmemory-policy": "noeviction",
    "maxclients": "2000",
    "tcp-backlog": "128",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class RedisOptions:
    """`port`: None for any free one. `settings` override ours."""

    port: int | None = None
    settings: Mapping[str, str] = field(default_factory=dict)


def start_redis(
    data_dir: Path, options: RedisOptions | None = None, *, attach: bool = False, timeout: float = 120.0
) -> RedisServer:
    """Start Redis in `data_dir`/redis and wait until it answers; `attach` and `timeout` as for PostgreSQL.

    It runs as the user who runs Assay, and listens on the loopback interface, with a password.

    Raises:
        ConfigurationError: `held`, `port_taken`, `not_writable`, `binary_missing`, `no_locks`.
        TerminalError: `disk_full`, `file_limit`, `memory`, `start_failed`.
    """
    chosen = options or RedisOptions()
    deadline = time.monotonic() + timeout
    home = Home.make(data_dir.absolute(), "redis")
    request = Claim(
        name=_NAME,
        lock_path=home.lock,
        pid_file=home.pid_file,
        orphans=lambda: processes.working_in(home.path, _PROGRAMS),
    )
    while True:
        claimed = claim(request, attach=attach, timeout=deadline - time.monotonic())
        if isinstance(claimed, DirectoryLock):
            with claimed as lock:
                return _start(home, chosen, lock, deadline)
        attached = _attached(home, claimed, deadline)
        if attached is not None:
            return attached


def _start(home: Home, options: RedisOptions, lock: DirectoryLock, deadline: float) -> RedisServer:
    foreign = processes.working_in(home.path, _PROGRAMS)
    if foreign:
        raise held(_NAME, home.path, f"a Redis that Assay did not start (pid {foreign[0].pid}) uses its data")
    installation = redis_installation()
    password = home.read_passwords().get("default") or secrets.token_urlsafe(24)
    write_json(home.passwords, {"default": password})
    home.note(version=installation.version, binary=str(installation.server))
    program = _program(home, [str(installation.server), "redis.conf"])
    attempt = 0
    while True:
        port = home.port(options.port, attempt)
        attempt += 1
        if is_free(port):
            home.note(port=port)
            settings = {**SETTINGS, "port": str(port), "requirepass": f'"{password}"', **options.settings}
            text = "".join(f"{name} {value}\n" for name, value in settings.items())
            write_text(home.path / "redis.conf", f"# Written by Assay at every start.\n{text}")
            process = ManagedProcess.start(program, keep_open=[lock.descriptor])
            try:
                if _wait_ready(process, port, password, deadline):
                    return _server(home, process, attached=False)
                output = process.output()
            except BaseException:
                process.stop()
                raise
            process.stop()
            failure = start_failure(_NAME, output, where=home.path, port=port)
            if failure.code != "port_taken":
                raise failure
        if options.port is not None or attempt >= PORT_ATTEMPTS:
            raise port_taken(_NAME, port)


def _program(home: Home, command: list[str]) -> Program:
    kept = {name: os.environ[name] for name in ("PATH", "LD_LIBRARY_PATH") if name in os.environ}
    return Program(
        name=_NAME,
        command=command,
        log_path=home.log,
        pid_file=home.pid_file,
        environment={**kept, "LC_ALL": "C", "TZ": "UTC"},
        # the configuration names no path, so that none needs quoting
        directory=home.path,
    )


def _wait_ready(process: ManagedProcess, port: int, password: str, deadline: float) -> bool:
    """Whether the server answers; False when it ended instead."""
    while process.is_alive:
        if _answers(port, password):
            return True
        if time.monotonic() >= deadline:
            raise TerminalError(
                f"{_NAME} did not become ready in time",
                hint=f"see {process.program.log_path}; a long append-only file takes a while to load, then try again",
                code="start_failed",
            )
        time.sleep(_POLL_SECONDS)
    return False


def _answers(port: int, password: str) -> bool:
    """Whether the Redis with our password answers on the port; one that still loads its data does not."""
    client = redis.Redis(host=HOST, port=port, password=password, socket_timeout=5.0, retry=Retry(NoBackoff(), 0))
    try:
        return bool(client.ping())
    except redis.RedisError:
        return False
    finally:
        client.close()


def _attached(home: Home, running: Identity, deadline: float) -> RedisServer | None:
    """The server that another start left running, once it answers; None when it ended before that."""
    while processes.is_running(running):
        port, password = home.read().get("port"), home.read_passwords().get("default")
        if isinstance(port, int) and password is not None and _answers(port, password):
            return _server(home, ManagedProcess(_program(home, []), running), attached=True)
        if time.monotonic() >= deadline:
            raise held(_NAME, home.path, f"the server with pid {running.pid} did not become ready in time")
        time.sleep(_POLL_SECONDS)
    return None


def _server(home: Home, process: ManagedProcess, *, attached: bool) -> RedisServer:
    state = home.read()
    port = state.get("port")
    if not isinstance(port, int):
        raise TypeError(f"{home.path} records no port of a running server")
    return RedisServer(
        name="redis",
        pid=process.pid,
        port=port,
        url=redis_url(home.read_passwords()["default"], port),
        log_path=home.log,
        process=process,
        attached=attached,
        version=str(state.get("version")),
    )
