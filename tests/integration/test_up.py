"""The whole fleet on this machine: started, looked at, killed in parts and as a whole, stopped."""

from __future__ import annotations

import json
import os
import signal
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import psycopg
import pytest

from enrichment.client import Client
from enrichment.door import call_own_api

ROOT = Path(__file__).parents[2]
SERVICES = {
    "postgres",
    "redis",
    "offline-model",
    "dispatcher",
    "fetch",
    "model",
    "gate",
    "upsert",
    "control",
    "isolated",
    "api",
    "flower",
}
SCHEMA = {
    "type": "object",
    "properties": {
        "name": {"type": "string", "x-kind": "name", "x-identity": True},
        "employee_count": {"type": "integer", "x-kind": "count", "minimum": 0},
    },
    "required": ["name"],
}
TOML = """
[targets.company]
json_schema = "company.schema.json"
[sources.pushed]
connector = "inline"
key = "/name"
"""

pytestmark = pytest.mark.timeout(600)


class Fleet:
    """The command line over one data directory."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.data_dir = folder / "data"
        (folder / "company.schema.json").write_text(json.dumps(SCHEMA))
        (folder / "assay.toml").write_text(TOML)

    def run(self, *arguments: str, timeout: float = 200.0) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-P", "-m", "workers", "--data-dir", str(self.data_dir), *arguments],
            cwd=self.folder,
            env={**os.environ, "PYTHONPATH": str(ROOT), "FLOWER_UNAUTHENTICATED_API": "true"},
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
        )

    def status(self) -> dict[str, Any]:
        done = self.run("status", "--json")
        assert done.stdout, done.stderr
        found: dict[str, Any] = json.loads(done.stdout)
        return found

    def pids(self) -> dict[str, int]:
        return {one["name"]: one["pid"] for one in self.status()["services"]}

    def supervisor(self) -> int:
        return int(json.loads((self.data_dir / "up" / "state.json").read_text())["supervisor"]["pid"])

    def left(self) -> list[str]:
        """Processes of ours that still run over this data directory."""
        found = []
        for process in psutil.process_iter():
            try:
                if str(self.data_dir) in " ".join([*process.cmdline(), process.environ().get("ASSAY_DATA_DIR", "")]):
                    found.append(" ".join(process.cmdline()))
            except (psutil.Error, OSError):
                continue
        return found


def until(condition: Callable[[], bool], seconds: float = 60.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "not in time"
        time.sleep(0.2)


@pytest.fixture(scope="module")
def fleet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fleet]:
    from workers.embedded import discard_postgres

    folder = tmp_path_factory.mktemp("up")
    for place in (folder, folder.parent):
        place.chmod(0o711)
    made = Fleet(folder)
    yield made
    made.run("down")
    discard_postgres(made.data_dir)


def test_the_first_start_returns_when_everything_serves_and_tells_the_key_once(fleet: Fleet) -> None:
    done = fleet.run("up", "--detach")
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("administrator's API key, shown this once: assay_") == 1
    told = {line.split()[0] for line in done.stdout.splitlines() if line.strip()}
    assert told >= SERVICES
    assert "@" not in done.stdout.partition("administrator")[0], "no address with a password on the terminal"

    status = fleet.status()
    assert fleet.run("status").returncode == 0
    assert {one["name"] for one in status["services"]} == SERVICES
    assert all(one["state"] == "running" and psutil.pid_exists(one["pid"]) for one in status["services"])
    assert status["model"]["offline"] is True
    for file in ("endpoint.json", "up/flower-password", "postgres/passwords", "redis/passwords"):
        assert stat.S_IMODE((fleet.data_dir / file).stat().st_mode) == 0o600, file
    with psycopg.connect(status["database"]["url"]) as connection:
        row = connection.execute("SELECT count(*) FROM public.company").fetchone()
        assert row == (0,)


def test_a_second_start_names_the_first(fleet: Fleet) -> None:
    done = fleet.run("up")
    assert done.returncode == 78
    assert str(fleet.supervisor()) in done.stderr
    assert "assay down" in done.stderr


def test_records_become_rows_with_every_worker_under_its_own_role(fleet: Fleet) -> None:
    records = fleet.folder / "records.jsonl"
    records.write_text("".join(json.dumps({"name": f"Company {n}", "employees": 10 + n}) + "\n" for n in range(60)))
    done = fleet.run("submit", "pushed", "company", "--records", str(records), "--wait", "--timeout", "120", "--json")
    assert done.returncode == 0, done.stdout + done.stderr
    assert json.loads(done.stdout)["counts"]["written"] == 60
    with psycopg.connect(fleet.status()["database"]["url"]) as connection:
        rows = connection.execute(
            "SELECT DISTINCT application_name, usename FROM pg_stat_activity WHERE application_name LIKE 'assay %'"
        ).fetchall()
    logins = {(application.removeprefix("assay ").partition(" ")[0], user) for application, user in rows}
    for role in ("model", "gate", "upsert", "api"):
        assert {user for application, user in logins if application == role} <= {f"assay_{role}"}, logins
    assert ("gate", "assay_gate") in logins


def test_everything_is_well_as_far_as_doctor_sees(fleet: Fleet) -> None:
    done = fleet.run("doctor", "--json")
    assert done.returncode == 0, done.stdout
    findings = json.loads(done.stdout)["items"]
    assert {finding["check"] for finding in findings} >= {
        "python",
        "disk",
        "database",
        "broker",
        "clock",
        "dispatcher",
        "workers",
        "queues",
        "dead letters",
        "jobs",
        "targets",
        "model",
        "files",
        "ports",
        "fleet",
    }


def test_a_configuration_that_was_edited_since_is_told_until_it_is_taken_back(fleet: Fleet) -> None:
    edited = fleet.folder / "assay.toml"
    edited.write_text(TOML.replace('key = "/name"', 'key = "/id"'))
    try:
        assert fleet.status()["configuration"] == {"changed": ["sources.pushed"]}
        assert "assay down && assay up --detach" in fleet.run("status").stdout
        told = [one for one in json.loads(fleet.run("doctor", "--json").stdout)["items"] if one["level"] == "odd"]
        assert any("sources.pushed" in one["message"] for one in told)
    finally:
        edited.write_text(TOML)
    assert fleet.status()["configuration"] == {"changed": []}


def test_a_dry_run_is_shown_and_writes_nothing(fleet: Fleet) -> None:
    records = fleet.folder / "dry.jsonl"
    records.write_text(json.dumps({"name": "Dry Company", "employees": 7}) + "\n")
    done = fleet.run(
        "submit", "pushed", "company", "--records", str(records), "--dry-run", "--wait", "--timeout", "120"
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Nothing was written" in done.stdout
    assert "Dry Company" in done.stdout
    with psycopg.connect(fleet.status()["database"]["url"]) as connection:
        assert connection.execute("SELECT 1 FROM public.company WHERE name = 'Dry Company'").fetchone() is None


def test_flower_is_closed_to_whoever_has_no_password(fleet: Fleet) -> None:
    flower = fleet.status()["flower"]
    assert call_own_api("GET", flower["url"], "/healthcheck").status == 200
    for path in ("/", "/api/workers", "/api/tasks"):
        assert call_own_api("GET", flower["url"], path).status == 401
    import base64

    login = base64.b64encode(f"{flower['user']}:{flower['password']}".encode()).decode()
    shown = {"authorization": f"Basic {login}"}
    assert call_own_api("GET", flower["url"], "/workers", headers=shown).status == 200
    broker = call_own_api("GET", flower["url"], "/broker", headers=shown)
    assert broker.status == 200
    # which queues it shows, of all or of the workers that it has heard of, is a matter of when it is asked
    assert "<td>merge</td>" in broker.body.decode()


def test_what_dies_is_started_again(fleet: Fleet) -> None:
    before = fleet.pids()
    for name in ("gate", "redis", "api"):
        os.kill(before[name], signal.SIGKILL)
    until(lambda: all(fleet.pids()[name] not in {before[name], None} for name in ("gate", "redis", "api")))
    until(lambda: fleet.run("status").returncode == 0)
    assert {one["name"]: one["restarts"] for one in fleet.status()["services"]}["gate"] == 1
    with psycopg.connect(fleet.status()["database"]["url"]) as connection:
        dead = "SELECT count(*) FROM assay.worker WHERE role = 'gate' AND dead_at IS NOT NULL"
        row = connection.execute(dead).fetchone()
        assert row is not None
        assert row[0] > 0
    job = Client.local(fleet.data_dir).submit(
        source="pushed", target="company", records=[{"name": f"Again {n}", "employees": n} for n in range(30)]
    )
    assert job.wait(timeout=120).counts["written"] == 30


def test_a_killed_supervisor_leaves_nothing_that_the_next_start_cannot_end(fleet: Fleet) -> None:
    before = fleet.pids()
    os.kill(fleet.supervisor(), signal.SIGKILL)
    until(lambda: fleet.status()["state"] == "unsupervised")
    done = fleet.run("up", "--detach")
    assert done.returncode == 0, done.stderr
    assert "administrator" not in done.stdout
    assert not [name for name, pid in before.items() if name not in {"postgres", "redis"} and psutil.pid_exists(pid)]
    assert fleet.pids()["postgres"] == before["postgres"]


def test_after_everything_was_killed_it_starts_again_by_itself(fleet: Fleet) -> None:
    for pid in [fleet.supervisor(), *fleet.pids().values()]:
        os.kill(pid, signal.SIGKILL)
    done = fleet.run("up", "--detach")
    assert done.returncode == 0, done.stderr
    with psycopg.connect(fleet.status()["database"]["url"]) as connection:
        row = connection.execute("SELECT count(*) FROM public.company").fetchone()
        assert row == (90,)


def test_down_stops_everything(fleet: Fleet) -> None:
    done = fleet.run("down")
    assert done.returncode == 0, done.stderr
    until(lambda: fleet.left() == [], seconds=10)
    assert fleet.run("status").returncode == 69
    assert {one["state"] for one in fleet.status()["services"]} == {"stopped"}
    assert fleet.run("down").returncode == 0


def test_a_start_that_fails_says_why_and_leaves_nothing_running(fleet: Fleet) -> None:
    with socket.socket() as busy:
        busy.bind(("127.0.0.1", 0))
        busy.listen()
        (fleet.folder / "assay.toml").write_text(f"{TOML}\n[api]\nport = {busy.getsockname()[1]}\n")
        done = fleet.run("up", "--detach")
    assert done.returncode == 78
    assert "port" in done.stderr
    until(lambda: fleet.left() == [], seconds=10)
    (fleet.folder / "assay.toml").write_text(TOML.replace("company.schema.json", "none.json"))
    done = fleet.run("up")
    assert done.returncode == 78
    assert "none.json" in done.stderr
    assert "postgres" not in done.stdout
