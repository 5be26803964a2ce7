"""Start PostgreSQL over a data directory: from nothing, after a clean stop, or after everything was killed."""

from __future__ import annotations

import contextlib
import signal
import time
from pathlib import Path

from schemas.errors import TerminalError
from workers.embedded import processes
from workers.embedded.cluster import Cluster, environment, new_passwords
from workers.embedded.failures import port_taken, start_failure
from workers.embedded.files import write_json
from workers.embedded.homes import PORT_ATTEMPTS, Home
from workers.embedded.locks import Claim, DirectoryLock, claim, held
from workers.embedded.managed import ManagedProcess, Program
from workers.embedded.ports import is_free
from workers.embedded.preparation import PostgresOptions, cluster_path, prepared_cluster
from workers.embedded.processes import Identity
from workers.embedded.servers import OWNER, PostgresServer, postgres_url

_NAME = "PostgreSQL"
_PROGRAMS = frozenset({"postgres"})
_POLL_SECONDS = 0.02


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
    chosen = options or PostgresOptions()
    deadline = time.monotonic() + timeout
    home = Home.make(data_dir.absolute(), "postgres", passable=True)
    request = Claim(
        name=_NAME,
        lock_path=home.lock,
        pid_file=home.pid_file,
        orphans=lambda: processes.working_in(cluster_path(home), _PROGRAMS),
    )
    while True:
        claimed = claim(request, attach=attach, timeout=deadline - time.monotonic())
        if isinstance(claimed, DirectoryLock):
            with claimed as lock:
                return _start(home, chosen, lock, deadline)
        attached = _attached(home, claimed, deadline)
        if attached is not None:
            return attached


def _start(home: Home, options: PostgresOptions, lock: DirectoryLock, deadline: float) -> PostgresServer:
    path = cluster_path(home)
    foreign = processes.working_in(path, _PROGRAMS) if path.exists() else []
    if foreign:
        raise held(_NAME, path, f"a PostgreSQL that Assay did not start (pid {foreign[0].pid}) uses its data")
    passwords = new_passwords(home.read_passwords())
    write_json(home.passwords, passwords)
    cluster = prepared_cluster(home, passwords, options)
    return _listen(home, cluster, options, lock, deadline)


def _listen(
    home: Home, cluster: Cluster, options: PostgresOptions, lock: DirectoryLock, deadline: float
) -> PostgresServer:
    attempt = 0
    while True:
        port = home.port(options.port, attempt)
        attempt += 1
        taken = not is_free(port)
        if not taken:
            home.note(port=port)
            cluster.configure(port=port, extra=options.settings)
            program = _program(home, cluster)
            process = ManagedProcess.start(program, keep_open=[lock.descriptor])
            try:
                if _wait_ready(process, cluster.path, port, deadline):
                    return _server(home, process, attached=False)
                output = process.output()
            except BaseException:
                process.stop()
                raise
            process.stop()
            failure = start_failure(_NAME, output, where=cluster.path, port=port)
            taken = failure.code == "port_taken"
            if not taken:
                raise failure
        if options.port is not None or attempt >= PORT_ATTEMPTS:
            raise port_taken(_NAME, port)


def _program(home: Home, cluster: Cluster) -> Program:
    return Program(
        name=_NAME,
        command=[str(cluster.installation.postgres), "-D", str(cluster.path)],
        log_path=home.log,
        pid_file=home.pid_file,
        environment=environment(),
        account=cluster.account,
        # fast: ends the sessions and writes a checkpoint; then immediate: ends at once, the next start recovers
        stop_signals=(signal.SIGINT, signal.SIGQUIT),
    )


def _wait_ready(process: ManagedProcess, cluster: Path, port: int, deadline: float) -> bool:
    """Whether the server accepts connections; False when it ended instead."""
    while process.is_alive:
        if _is_ready(cluster, process.pid, port):
            return True
        if time.monotonic() >= deadline:
            raise TerminalError(
                f"{_NAME} did not become ready in time: {process.output(500).strip().splitlines()[-1:]}",
                hint=f"see {process.program.log_path}; after a crash it may need longer to recover, then try again",
                code="start_failed",
            )
        time.sleep(_POLL_SECONDS)
    return False


def _is_ready(cluster: Path, pid: int, port: int) -> bool:
    """Read the server's own status file, as pg_ctl does: pid in line 1, port in line 4, status in line 8."""
    with contextlib.suppress(FileNotFoundError):
        lines = (cluster / "postmaster.pid").read_text(encoding="utf-8", errors="replace").splitlines()
        return len(lines) >= 8 and [line.strip() for line in (lines[0], lines[3], lines[7])] == [
            str(pid),
            str(port),
            "ready",
        ]
    return False


def _attached(home: Home, running: Identity, deadline: float) -> PostgresServer | None:
    """The server that another start left running, once it is ready; None when it ended before that."""
    while processes.is_running(running):
        path = cluster_path(home)
        port = home.read().get("port")
        if isinstance(port, int) and _is_ready(path, running.pid, port):
            program = Program(
                name=_NAME,
                command=(),
                log_path=home.log,
                pid_file=home.pid_file,
                environment={},
                stop_signals=(signal.SIGINT, signal.SIGQUIT),
            )
            return _server(home, ManagedProcess(program, running), attached=True)
        if time.monotonic() >= deadline:
            raise held(_NAME, home.path, f"the server with pid {running.pid} did not become ready in time")
        time.sleep(_POLL_SECONDS)
    return None


def _server(home: Home, process: ManagedProcess, *, attached: bool) -> PostgresServer:
    state = home.read()
    passwords = home.read_passwords()
    port = state.get("port")
    if not isinstance(port, int):
        raise TypeError(f"{home.path} records no port of a running server")
    return PostgresServer(
        name="postgres",
        pid=process.pid,
        port=port,
        url=postgres_url(OWNER, passwords[OWNER], port),
        log_path=home.log,
        process=process,
        attached=attached,
        passwords=passwords,
        version=str(state.get("version")),
        cluster=cluster_path(home),
    )
