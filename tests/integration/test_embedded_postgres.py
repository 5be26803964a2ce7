from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import psycopg
import pytest

from schemas.errors import AssayError, ConfigurationError, TerminalError
from workers.embedded import (
    ROLES,
    ManagedProcess,
    PostgresOptions,
    PostgresServer,
    Program,
    discard_postgres,
    ports,
    processes,
    running_postgres,
    start_postgres,
)
from workers.embedded.accounts import account_for, can
from workers.embedded.binaries import postgres_installation, redis_installation
from workers.embedded.cluster import Cluster
from workers.embedded.managed import environment
from workers.embedded.placement import reachable_programs
from workers.embedded.servers import SUPERUSER

ROOT = os.geteuid() == 0
REPOSITORY = Path(__file__).parents[2]
needs_root = pytest.mark.skipif(not ROOT, reason="only root drops to another user")


def connect(server: PostgresServer, role: str = "assay_owner", **changed: Any) -> psycopg.Connection[Any]:
    return psycopg.connect(server.url_for(role).replace("+psycopg", ""), autocommit=True, connect_timeout=10, **changed)


def postgres_processes(server: PostgresServer) -> list[processes.Identity]:
    return processes.working_in(server.cluster, {"postgres"})


def kill(server: PostgresServer) -> None:
    os.kill(server.pid, signal.SIGKILL)
    assert server.process.wait(5)


def test_fresh_start_asks_everybody_for_a_password_and_keeps_what_is_committed(data_dir: Path) -> None:
    server = start_postgres(data_dir)
    for role in (SUPERUSER, *ROLES):
        with connect(server, role) as connection:
            assert connection.execute("SELECT current_user, current_database()").fetchone() == (role, "assay")
        for wrong in ("", "wrong"):
            with pytest.raises(psycopg.OperationalError, match="password"):
                connect(server, role, password=wrong)
    with connect(server) as connection:
        expected = {
            "fsync": "on",
            "synchronous_commit": "on",
            "full_page_writes": "on",
            "data_checksums": "on",
            "password_encryption": "scram-sha-256",
            "listen_addresses": "127.0.0.1",
            "unix_socket_directories": "",
            "server_encoding": "UTF8",
            "TimeZone": "UTC",
            "jit": "off",
            "shared_buffers": "256MB",
            "max_connections": "200",
        }
        with connect(server, SUPERUSER) as administration:
            rows = administration.execute("SELECT name, current_setting(name) FROM pg_settings").fetchall()
        assert {name: dict(rows)[name] for name in expected} == expected
        assert connection.execute("SELECT lower('ÄÖ'), 'Z' < 'a'").fetchone() == ("äö", True)
        connection.execute("CREATE TABLE owned (id int)")
        owner = connection.execute("SELECT rolsuper, rolcreaterole FROM pg_roles WHERE rolname = current_user")
        assert owner.fetchone() == (False, False)


def test_secrets_are_closed_to_others_and_not_shown(data_dir: Path) -> None:
    server = start_postgres(data_dir)
    for name in ("passwords", "log", "pid", "lock", "state.json"):
        assert stat.S_IMODE((data_dir / "postgres" / name).stat().st_mode) == 0o600, name
    log = server.log_path.read_text()
    for password in server.passwords.values():
        assert password not in repr(server)
        assert password not in log
    assert len(set(server.passwords.values())) == len(ROLES) + 1


def test_a_password_that_cannot_be_set_is_not_told(data_dir: Path) -> None:
    server = start_postgres(data_dir)
    server.stop()
    account = account_for(server.cluster)
    cluster = Cluster(server.cluster, reachable_programs(postgres_installation("wheel"), account), account)
    with pytest.raises(TerminalError) as failed:
        cluster.provision({"pg_monitor": "a secret"})
    assert "pg_monitor" in failed.value.message
    assert "a secret" not in failed.value.message + failed.value.hint


def test_restart_keeps_data_passwords_and_port(data_dir: Path) -> None:
    first = start_postgres(data_dir)
    with connect(first) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 7 AS n")
    assert first.stop()
    assert not first.is_alive
    second = start_postgres(data_dir)
    assert (second.port, second.passwords, second.url) == (first.port, first.passwords, first.url)
    assert second.pid != first.pid
    with connect(second) as connection:
        assert connection.execute("SELECT n FROM kept").fetchone() == (7,)


def test_a_copy_made_while_it_runs_has_a_server_of_its_own(data_dir: Path) -> None:
    original = start_postgres(data_dir / "original")
    shutil.copytree(data_dir / "original", data_dir / "copy")
    assert running_postgres(data_dir / "copy") is None
    copied = start_postgres(data_dir / "copy", attach=True)
    assert (copied.pid, copied.port) != (original.pid, original.port)
    copied.stop()
    assert original.is_alive
    # where its directory is moved to it is found
    (data_dir / "original").rename(data_dir / "moved")
    moved = running_postgres(data_dir / "moved")
    assert moved is not None
    assert moved.pid == original.pid
    moved.stop()


def test_stop_leaves_no_process_and_no_pid_file(data_dir: Path) -> None:
    server = start_postgres(data_dir)
    with connect(server):
        assert len(postgres_processes(server)) > 3
        assert server.stop()
    assert postgres_processes(server) == []
    assert not (data_dir / "postgres" / "pid").exists()
    assert running_postgres(data_dir) is None
    assert server.stop()


def test_stop_kills_a_server_that_does_not_end(data_dir: Path) -> None:
    server = start_postgres(data_dir)
    os.kill(server.pid, signal.SIGSTOP)
    # neither of its two stop signals arrives in a stopped process
    assert not server.stop(timeout=0.2)
    assert postgres_processes(server) == []
    with connect(start_postgres(data_dir)) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)


def test_second_start_names_the_holder_or_attaches(data_dir: Path) -> None:
    server = start_postgres(data_dir)
    with pytest.raises(ConfigurationError, match=str(server.pid)) as refused:
        start_postgres(data_dir)
    assert refused.value.code == "held"
    assert refused.value.hint
    attached = start_postgres(data_dir, attach=True)
    assert (attached.pid, attached.url, attached.attached) == (server.pid, server.url, True)
    with pytest.raises(ConfigurationError, match="runs already"):
        discard_postgres(data_dir)
    assert attached.stop()
    assert not server.is_alive


def test_of_starts_at_once_one_wins(data_dir: Path) -> None:
    def attempt(_: int) -> PostgresServer | AssayError:
        try:
            return start_postgres(data_dir)
        except AssayError as error:
            return error

    with ThreadPoolExecutor(4) as pool:
        results = list(pool.map(attempt, range(4)))
    started = [result for result in results if isinstance(result, PostgresServer)]
    assert len(started) == 1
    assert {result.code for result in results if isinstance(result, AssayError)} == {"held"}


def test_processes_that_attach_at_once_share_one_server(data_dir: Path) -> None:
    script = (
        "import sys; from pathlib import Path; from workers.embedded import start_postgres\n"
        "server = start_postgres(Path(sys.argv[1]), attach=True); print(server.pid, server.attached)"
    )
    command = [sys.executable, "-c", script, str(data_dir)]
    running = [
        subprocess.Popen(command, cwd=REPOSITORY, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for _ in range(3)
    ]
    answers = [process.communicate(timeout=120) for process in running]
    assert [process.returncode for process in running] == [0, 0, 0], answers
    pids, attached = zip(*(answer[0].split() for answer in answers), strict=True)
    assert len(set(pids)) == 1
    assert sorted(attached) == ["False", "True", "True"]
    # the process that started it has ended, the server has not
    server = running_postgres(data_dir)
    assert server is not None
    with connect(server) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)


def test_start_after_everything_was_killed(data_dir: Path) -> None:
    server = start_postgres(data_dir)
    with connect(server) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 7 AS n")
        for process in postgres_processes(server):
            processes.signal_to(process, signal.SIGKILL)
    assert (server.cluster / "postmaster.pid").exists()
    with connect(start_postgres(data_dir)) as connection:
        assert connection.execute("SELECT n FROM kept").fetchone() == (7,)


def test_start_ends_an_orphan_that_does_not_notice_that_its_server_died(data_dir: Path) -> None:
    server = start_postgres(data_dir)
    with connect(server) as connection:
        backend = connection.info.backend_pid
        os.kill(backend, signal.SIGSTOP)
        kill(server)
        assert processes.identity_of(backend) is not None
        again = start_postgres(data_dir)
    assert processes.identity_of(backend) is None
    with connect(again) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)


def test_a_recycled_pid_is_not_taken_for_the_server(data_dir: Path) -> None:
    server = start_postgres(data_dir)
    kill(server)
    # a process of the same user now has the pid that both PostgreSQL's file and ours name
    sleep = Program(
        name="sleep",
        command=["sleep", "60"],
        log_path=data_dir / "sleep.log",
        pid_file=data_dir / "sleep.pid",
        environment=environment(),
        account=account_for(server.cluster),
    )
    stranger = ManagedProcess.start(sleep)
    try:
        ours = {"name": "PostgreSQL", "pid": stranger.pid, "mark": server.process.identity.mark}
        (data_dir / "postgres" / "pid").write_text(json.dumps(ours))
        status = server.cluster / "postmaster.pid"
        status.write_text(status.read_text().replace(str(server.pid), str(stranger.pid), 1))
        assert running_postgres(data_dir) is None
        again = start_postgres(data_dir)
        assert again.pid != stranger.pid
        assert stranger.is_alive
        again.stop()
        assert stranger.is_alive
    finally:
        stranger.stop()


def test_a_taken_port_is_an_error_only_when_it_was_asked_for(data_dir: Path) -> None:
    first = start_postgres(data_dir)
    first.stop()
    with socket.create_server(("127.0.0.1", first.port)):
        with pytest.raises(ConfigurationError, match=str(first.port)) as refused:
            start_postgres(data_dir, PostgresOptions(port=first.port))
        assert refused.value.code == "port_taken"
        moved = start_postgres(data_dir)
        assert moved.port != first.port
        moved.stop()
    assert start_postgres(data_dir, PostgresOptions(port=first.port)).port == first.port


def test_a_port_taken_between_look_and_start_is_replaced(data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        taken = other.getsockname()[1]
        offered = iter([taken])
        monkeypatch.setattr("workers.embedded.homes.free_port", lambda: next(offered, None) or ports.free_port())
        monkeypatch.setattr("workers.embedded.starting.is_free", lambda _port: True)
        assert start_postgres(data_dir).port != taken


def test_data_of_another_major_version_are_refused_with_the_remedy(data_dir: Path) -> None:
    server = start_postgres(data_dir)
    server.stop()
    version = server.cluster / "PG_VERSION"
    version.write_text("14\n")
    with pytest.raises(ConfigurationError, match="14") as refused:
        start_postgres(data_dir)
    assert refused.value.code == "wrong_major"
    assert "pg_dump" in refused.value.hint
    version.write_text(f"{server.version.split('.')[0]}\n")
    start_postgres(data_dir)


def test_data_that_vanished_are_not_replaced_by_an_empty_database(data_dir: Path) -> None:
    server = start_postgres(data_dir)
    server.stop()
    shutil.rmtree(server.cluster)
    with pytest.raises(ConfigurationError) as refused:
        start_postgres(data_dir)
    assert refused.value.code == "data_missing"
    discard_postgres(data_dir)
    start_postgres(data_dir)


def test_a_first_start_that_was_cut_off_leaves_nothing_behind(data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patched:

        def fail(*_: object) -> None:
            raise KeyboardInterrupt

        patched.setattr(Cluster, "provision", fail)
        with pytest.raises(KeyboardInterrupt):
            start_postgres(data_dir)
    (data_dir / "postgres" / "cluster.new").mkdir()
    with connect(start_postgres(data_dir)) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)


def test_lost_passwords_are_replaced(data_dir: Path) -> None:
    first = start_postgres(data_dir)
    first.stop()
    (data_dir / "postgres" / "passwords").unlink()
    second = start_postgres(data_dir)
    assert second.passwords != first.passwords
    with connect(second, "assay_gate") as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)


def test_a_server_that_somebody_else_runs_on_the_data_is_left_alone(data_dir: Path) -> None:
    server = start_postgres(data_dir)
    server.stop()
    account = account_for(server.cluster)
    installation = reachable_programs(postgres_installation("wheel"), account)
    by_hand = ManagedProcess.start(
        Program(
            name="by hand",
            command=[str(installation.postgres), "-D", str(server.cluster)],
            log_path=data_dir / "hand.log",
            pid_file=data_dir / "hand.pid",
            environment=environment(),
            account=account,
            stop_signals=(signal.SIGINT,),
        )
    )
    try:
        deadline = time.monotonic() + 10
        while "ready to accept" not in by_hand.output() and time.monotonic() < deadline:
            time.sleep(0.02)
        with pytest.raises(ConfigurationError, match=str(by_hand.pid)) as refused:
            start_postgres(data_dir)
        assert refused.value.code == "held"
        assert by_hand.is_alive
    finally:
        by_hand.stop()


def test_own_settings_win(data_dir: Path) -> None:
    with connect(start_postgres(data_dir, PostgresOptions(settings={"work_mem": "5MB"}))) as connection:
        assert connection.execute("SHOW work_mem").fetchone() == ("5MB",)


def test_a_setting_that_the_server_refuses_is_named(data_dir: Path) -> None:
    with pytest.raises(TerminalError) as failed:
        start_postgres(data_dir, PostgresOptions(settings={"no_such_setting": "1"}))
    assert failed.value.code == "start_failed"
    assert "no_such_setting" in failed.value.hint


def test_a_file_in_the_place_of_the_data_directory(data_dir: Path) -> None:
    (data_dir / "file").write_text("")
    with pytest.raises(ConfigurationError) as refused:
        start_postgres(data_dir / "file")
    assert refused.value.code == "not_writable"


def test_long_paths_with_spaces(data_dir: Path) -> None:
    deep = data_dir / ("a long name, with 'quotes' and spaces " * 4) / "é" / "data"
    server = start_postgres(deep)
    with connect(server) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)
    server.stop()
    discard_postgres(deep)


@pytest.fixture
def small_disk() -> Iterator[Path]:
    mount_point = Path("/tmp") / f"assay-small-{os.getpid()}"
    mount_point.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=16m,mode=711", "tmpfs", str(mount_point)]
    mounted = ROOT and subprocess.run(command, check=False, capture_output=True).returncode == 0
    try:
        if not mounted:
            pytest.skip("a small disk can only be mounted by root")
        yield mount_point
    finally:
        if mounted:
            subprocess.run(["umount", str(mount_point)], check=True)
        mount_point.rmdir()


def test_a_full_disk_says_so_and_works_once_there_is_room(small_disk: Path) -> None:
    with pytest.raises(TerminalError) as failed:
        start_postgres(small_disk / "data")
    assert failed.value.code == "disk_full"
    assert str(small_disk) in failed.value.message
    subprocess.run(["mount", "-o", "remount,size=200m", str(small_disk)], check=True)
    server = start_postgres(small_disk / "data")
    server.stop()


def test_a_limit_on_file_sizes_says_so(data_dir: Path) -> None:
    script = (
        "import sys; from pathlib import Path; from workers.embedded import start_postgres\n"
        "from schemas.errors import TerminalError\n"
        "try: start_postgres(Path(sys.argv[1]))\n"
        "except TerminalError as error: print(error.code)"
    )
    limited = ["sh", "-c", 'ulimit -f 4000; exec "$@"', "sh", sys.executable, "-c", script, str(data_dir)]
    done = subprocess.run(limited, cwd=REPOSITORY, check=False, capture_output=True, text=True, timeout=60)
    assert done.stdout.strip() == "file_limit", done.stderr


@needs_root
def test_below_a_closed_directory_the_data_lie_where_the_user_reaches_them(data_dir: Path) -> None:
    closed = data_dir / "closed"
    closed.mkdir(mode=0o700)
    options = PostgresOptions(shared_root=data_dir / "shared")
    server = start_postgres(closed / "data", options)
    assert server.cluster.parent == data_dir / "shared"
    assert server.cluster.stat().st_uid != 0
    with connect(server) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 7 AS n")
    server.stop()
    again = start_postgres(closed / "data", options)
    assert again.cluster == server.cluster
    with connect(again) as connection:
        assert connection.execute("SELECT n FROM kept").fetchone() == (7,)
    again.stop()
    discard_postgres(closed / "data")
    assert list((data_dir / "shared").iterdir()) == []


@needs_root
def test_a_copy_is_not_given_the_data_that_lie_outside_of_the_original(data_dir: Path) -> None:
    closed = data_dir / "closed"
    closed.mkdir(mode=0o700)
    options = PostgresOptions(shared_root=data_dir / "shared")
    start_postgres(closed / "data", options).stop()
    shutil.copytree(closed / "data", closed / "copy")
    with pytest.raises(ConfigurationError, match="is a copy") as refused:
        start_postgres(closed / "copy", options)
    assert refused.value.code == "held"
    shutil.rmtree(closed / "copy")
    # moved, or under another name, it is the original
    (closed / "data").rename(closed / "moved")
    start_postgres(closed / "moved", options).stop()
    (closed / "other").symlink_to(closed / "moved")
    start_postgres(closed / "other", options).stop()
    discard_postgres(closed / "moved")


@needs_root
def test_programs_that_the_user_cannot_run_are_copied_once(data_dir: Path) -> None:
    installed = postgres_installation("wheel")
    package = installed.binaries.parents[1]
    closed = data_dir / "closed"
    closed.mkdir(mode=0o700)
    (closed / package.name).symlink_to(package)
    (closed / f"{package.name}.libs").symlink_to(package.with_name(f"{package.name}.libs"))
    hidden = type(installed)(closed / package.name / installed.binaries.parent.name / "bin", installed.version)
    account = account_for(None)
    assert account is not None
    copies = [reachable_programs(hidden, account, shared_root=data_dir / "shared") for _ in range(2)]
    assert copies[0] == copies[1] != hidden
    for program in (copies[0].postgres, copies[0].initdb):
        done = subprocess.run([program, "--version"], user=account.uid, group=account.gid, cwd="/", check=True)
        assert done.returncode == 0
    assert len(list((data_dir / "shared" / "programs").iterdir())) == 1


@needs_root
def test_data_copied_by_root_are_given_back(data_dir: Path) -> None:
    server = start_postgres(data_dir)
    server.stop()
    for path in (server.cluster, *server.cluster.rglob("*")):
        os.chown(path, 0, 0)
    with connect(start_postgres(data_dir)) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)


def test_the_one_on_path_is_used_only_when_asked_for(data_dir: Path) -> None:
    try:
        installed = postgres_installation("path")
    except ConfigurationError as error:
        pytest.skip(error.message)
    server = start_postgres(data_dir, PostgresOptions(origin="path"))
    assert server.version == installed.version
    with connect(server) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)
    state = json.loads((data_dir / "postgres" / "state.json").read_text())
    assert (state["major"], state["binary"]) == (installed.major, str(installed.postgres))


@needs_root
def test_an_ordinary_user_needs_nothing_of_root(data_dir: Path) -> None:
    account = account_for(None)
    assert account is not None
    if not all(
        can(account, "-x", path) for path in (postgres_installation("wheel").postgres, redis_installation().server)
    ):
        pytest.skip("the programs lie where an ordinary user does not reach them")
    own = data_dir / "own"
    own.mkdir()
    os.chown(own, account.uid, account.gid)
    (data_dir / "of_root").mkdir(mode=0o755)
    # imports come first: the interpreter may lie where that user cannot read it
    script = (
        "import encodings.idna, os, sys; from pathlib import Path\n"
        "import psycopg, redis, redis.backoff, redis.retry\n"
        "from schemas.errors import ConfigurationError\n"
        "from workers.embedded import EmbeddedServers, start_postgres\n"
        f"os.setgroups([]); os.setgid({account.gid}); os.setuid({account.uid})\n"
        "with EmbeddedServers(Path('own/data')) as servers:\n"
        "    with psycopg.connect(servers.postgres.url.replace('+psycopg', '')) as connection:\n"
        "        print(connection.execute('SELECT 1').fetchone(), servers.postgres.cluster)\n"
        "try: start_postgres(Path('of_root'))\n"
        "except ConfigurationError as error: print(error.code)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=data_dir,
        env={**environment(), "PYTHONPATH": str(REPOSITORY)},
        check=False,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == [f"(1,) {own / 'data' / 'postgres' / 'cluster'}", "not_writable"]
