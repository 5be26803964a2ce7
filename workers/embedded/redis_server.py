"""Start Redis, or Valkey, over a data directory: from nothing, after a clean stop, or after everything was killed."""

from __future__ import annotations

import secrets
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from workers.embedded import processes
from workers.embedded.binaries import redis_installation
from workers.embedded.files import write_json, write_text
from workers.embedded.homes import Home
from workers.embedded.locks import Claim, DirectoryLock, held
from workers.embedded.managed import ManagedProcess, Program, environment, recorded_identity
from workers.embedded.ports import HOST
from workers.embedded.processes import Identity
from workers.embedded.servers import RedisServer, redis_url
from workers.embedded.starting import Listener, listen, start_or_attach, wait_attached

_NAME = "Redis"
_PROGRAMS = frozenset({"redis-server", "valkey-server"})

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
    deadline = time.monotonic() + timeout
    home = Home.make(data_dir.absolute(), "redis")
    return start_or_attach(
        Claim(name=_NAME, lock_path=home.lock, pid_file=home.pid_file, orphans=partial(_processes, home)),
        attach=attach,
        deadline=deadline,
        start=lambda lock: _start(home, options or RedisOptions(), lock, deadline),
        attached=lambda running: _attached(home, running, deadline),
    )


def running_redis(data_dir: Path) -> RedisServer | None:
    """The Redis that runs over the data directory; None if there is none, or if it does not answer within 10 s."""
    home = Home(data_dir.absolute() / "redis")
    running = recorded_identity(home.pid_file)
    return None if running is None else _attached(home, running, time.monotonic() + 10.0)


def _processes(home: Home) -> list[Identity]:
    return processes.working_in(home.path, _PROGRAMS)


def _start(home: Home, options: RedisOptions, lock: DirectoryLock, deadline: float) -> RedisServer:
    foreign = _processes(home)
    if foreign:
        raise held(_NAME, home.path, f"a Redis that Assay did not start (pid {foreign[0].pid}) uses its data")
    installation = redis_installation()
    password = home.read_passwords().get("default") or secrets.token_urlsafe(24)
    write_json(home.passwords, {"default": password})
    home.note(version=installation.version, binary=str(installation.server))
    program = _program(home, [str(installation.server), "redis.conf"])

    def launch(port: int) -> ManagedProcess:
        settings = {**SETTINGS, "port": str(port), "requirepass": f'"{password}"', **options.settings}
        text = "".join(f"{name} {value}\n" for name, value in settings.items())
        write_text(home.path / "redis.conf", f"# Written by Assay at every start.\n{text}")
        return ManagedProcess.start(program, keep_open=[lock.descriptor])

    def is_ready(process: ManagedProcess, port: int) -> bool:
        return _answers(port, password) and process.is_alive

    listener = Listener(name=_NAME, home=home, data=home.path, launch=launch, is_ready=is_ready)
    return _server(home, listen(listener, port=options.port, deadline=deadline), attached=False)


def _program(home: Home, command: Sequence[str] = ()) -> Program:
    return Program(
        name=_NAME,
        command=command,
        log_path=home.log,
        pid_file=home.pid_file,
        environment=environment(),
        # the configuration names no path, so that none needs quoting
        directory=home.path,
        strays=partial(_processes, home),
    )


def _answers(port: int, password: str) -> bool:
    """Whether the Redis with our password answers on the port; one that still loads its data does not."""
    import redis
    from redis.backoff import NoBackoff
    from redis.retry import Retry

    client = redis.Redis(host=HOST, port=port, password=password, socket_timeout=5.0, retry=Retry(NoBackoff(), 0))
    try:
        return bool(client.ping())
    except redis.ResponseError as error:
        # On a full disk it refuses whatever writes, and PING with it: it runs, and goes on once there is room.
        return str(error).startswith("MISCONF")
    except redis.RedisError:
        return False
    finally:
        client.close()


def _attached(home: Home, running: Identity, deadline: float) -> RedisServer | None:
    """The server that another start left running, once it answers; None when it does not in time, or has ended."""

    def found() -> RedisServer | None:
        port, password = home.read().get("port"), home.read_passwords().get("default")
        if isinstance(port, int) and password is not None and _answers(port, password):
            return _server(home, ManagedProcess(_program(home), running), attached=True)
        return None

    return wait_attached(partial(processes.is_running, running), found, deadline)


def _server(home: Home, process: ManagedProcess, *, attached: bool) -> RedisServer:
    port = home.last_port()
    return RedisServer(
        name="redis",
        pid=process.pid,
        port=port,
        url=redis_url(home.read_passwords()["default"], port),
        log_path=home.log,
        process=process,
        attached=attached,
        version=str(home.read().get("version")),
    )
