"""Start PostgreSQL over a data directory: from nothing, after a clean stop, or after everything was killed."""

from __future__ import annotations

import contextlib
import signal
import time
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from workers.embedded import processes
from workers.embedded.accounts import Account
from workers.embedded.cluster import new_passwords
from workers.embedded.files import write_json
from workers.embedded.homes import Home
from workers.embedded.locks import Claim, DirectoryLock, held
from workers.embedded.managed import ManagedProcess, Program, environment, recorded_identity
from workers.embedded.preparation import PostgresOptions, cluster_path, prepared_cluster
from workers.embedded.processes import Identity
from workers.embedded.servers import OWNER, PostgresServer, postgres_url
from workers.embedded.starting import Listener, listen, start_or_attach, wait_attached

_NAME = "PostgreSQL"
_PROGRAMS = frozenset({"postgres"})


def start_postgres(
    data_dir: Path, options: PostgresOptions | None = None, *, attach: bool = False, timeout: float = 300.0
) -> PostgresServer:
    """Start PostgreSQL in `data_dir`/postgres and wait until it accepts connections.

    With `attach` a server that runs already, or is being started, is taken as it is. `timeout` is in seconds and
    generous because recovery after a crash may have two gigabytes of log to read.

    Raises:
        ConfigurationError: a person has to mend something; the code is one of `held`, `port_taken`, `not_writable`,
            `wrong_major`, `binary_missing`, `too_old`, `no_account`, `not_owner`, `cannot_drop`, `no_locks`,
            `data_missing`.
        TerminalError: `disk_full`, `file_limit`, `memory`, `start_failed`.
    """
    deadline = time.monotonic() + timeout
    home = Home.make(data_dir.absolute(), "postgres", passable=True)
    return start_or_attach(
        Claim(name=_NAME, lock_path=home.lock, pid_file=home.pid_file, orphans=partial(_processes, home)),
        attach=attach,
        deadline=deadline,
        start=lambda lock: _start(home, options or PostgresOptions(), lock, deadline),
        attached=lambda running: _attached(home, running, deadline),
    )


def running_postgres(data_dir: Path) -> PostgresServer | None:
    """The PostgreSQL that runs over the data directory; None if there is none, or if it is not ready within 10 s."""
    home = Home(data_dir.absolute() / "postgres")
    running = recorded_identity(home.pid_file)
    return None if running is None else _attached(home, running, time.monotonic() + 10.0)


def _processes(home: Home) -> list[Identity]:
    # every process of a PostgreSQL works in the directory of its data
    return processes.working_in(cluster_path(home), _PROGRAMS)


def _start(home: Home, options: PostgresOptions, lock: DirectoryLock, deadline: float) -> PostgresServer:
    foreign = _processes(home)
    if foreign:
        raise held(_NAME, home.path, f"a PostgreSQL that Assay did not start (pid {foreign[0].pid}) uses its data")
    passwords = new_passwords(home.read_passwords())
    write_json(home.passwords, passwords)
    cluster = prepared_cluster(home, passwords, options)
    command = [str(cluster.installation.postgres), "-D", str(cluster.path)]
    program = _program(home, command, cluster.account)

    def launch(port: int) -> ManagedProcess:
        cluster.configure(port=port, extra=options.settings)
        return ManagedProcess.start(program, keep_open=[lock.descriptor])

    def is_ready(process: ManagedProcess, port: int) -> bool:
        return _accepts(cluster.path, process.pid, port)

    listener = Listener(name=_NAME, home=home, data=cluster.path, launch=launch, is_ready=is_ready)
    return _server(home, listen(listener, port=options.port, deadline=deadline), attached=False)


def _program(home: Home, command: Sequence[str] = (), account: Account | None = None) -> Program:
    return Program(
        name=_NAME,
        command=command,
        log_path=home.log,
        pid_file=home.pid_file,
        environment=environment(),
        account=account,
        # fast: ends the sessions and writes a checkpoint; then immediate: ends at once, the next start recovers
        stop_signals=(signal.SIGINT, signal.SIGQUIT),
        strays=partial(_processes, home),
    )


def _accepts(cluster: Path, pid: int, port: int) -> bool:
    """Read the server's own status file, as pg_ctl does: pid in line 1, port in line 4, status in line 8."""
    with contextlib.suppress(FileNotFoundError):
        lines = (cluster / "postmaster.pid").read_text(encoding="utf-8", errors="replace").splitlines()
        if len(lines) >= 8:
            return [lines[index].strip() for index in (0, 3, 7)] == [str(pid), str(port), "ready"]
    return False


def _attached(home: Home, running: Identity, deadline: float) -> PostgresServer | None:
    """The server that another start left running, once it is ready; None when it is not in time, or has ended."""

    def found() -> PostgresServer | None:
        port = home.read().get("port")
        if isinstance(port, int) and _accepts(cluster_path(home), running.pid, port):
            return _server(home, ManagedProcess(_program(home), running), attached=True)
        return None

    return wait_attached(partial(processes.is_running, running), found, deadline)


def _server(home: Home, process: ManagedProcess, *, attached: bool) -> PostgresServer:
    passwords = home.read_passwords()
    port = home.last_port()
    return PostgresServer(
        name="postgres",
        pid=process.pid,
        port=port,
        url=postgres_url(OWNER, passwords[OWNER], port),
        log_path=home.log,
        process=process,
        attached=attached,
        passwords=passwords,
        version=str(home.read().get("version")),
        cluster=cluster_path(home),
    )
