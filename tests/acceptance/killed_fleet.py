"""A whole fleet as a user starts it, that can be caught inside a stage and killed there, all of it at once.

A piece of work is held inside its stage from outside: triggers, which only this test's database has, wait for an
advisory lock that the test takes. Nothing of the fleet knows of it.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import psutil
import psycopg
from psycopg.rows import dict_row

from benchmarks.chaos.processes import running
from enrichment.client import Client, Job
from workers.embedded import running_postgres

ROOT: Final = Path(__file__).parents[2]
#: Where a stage can be caught: while it writes, and when all is written but not yet committed.
POINTS: Final = ("amid", "leaving")
#: Stage -> the table that it writes, the event, and the condition that tells its rows from those of other stages.
_WRITES: Final[Mapping[str, tuple[str, str, str]]] = {
    "fetch": ("payload", "INSERT", "true"),
    "map": ("record", "UPDATE", "OLD.shape_id IS NULL AND NEW.shape_id IS NOT NULL"),
    "gate": ("staged", "INSERT", "true"),
    "audit": ("sample", "INSERT", "true"),
    "upsert": ("assertion", "INSERT", "true"),
    "plan": ("plan", "INSERT", "true"),
    "judge": ("sample", "UPDATE", "NEW.state = 'judged'"),
    "merge": ("assertion", "INSERT", "true"),
}
STAGES: Final = tuple(_WRITES)
_OPEN: Final = "('ready', 'published', 'running', 'waiting')"


def until(met: Callable[[], bool], *, seconds: float, what: str) -> float:
    """Ask until it is so; gives the seconds that it took."""
    begun = time.monotonic()
    while not met():
        assert time.monotonic() - begun < seconds, f"not within {seconds:g} s: {what}"
        time.sleep(0.05)
    return time.monotonic() - begun


@dataclass(frozen=True)
class Killed:
    """What was on its way when the fleet was killed, and how many processes it had."""

    leased: Mapping[int, str]
    processes: int


@dataclass(frozen=True)
class Outcome:
    """All that a job leaves, without the numbers that depend on the order of events."""

    rows: Sequence[Mapping[str, Any]]
    assertions: Counter[str]
    counts: Mapping[str, int]
    letters: Counter[str]
    staged: Counter[str]
    plans: int


class Fleet:
    def __init__(self, configuration: Path, data_dir: Path) -> None:
        self.configuration = configuration
        self.data_dir = data_dir

    def command(self, *arguments: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-P", "-m", "workers", "--config", str(self.configuration), *arguments],
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def up(self) -> None:
        self.ended(self.command("up", "--detach"))

    def ended(self, command: subprocess.Popen[str], *, seconds: float = 120.0) -> None:
        said, _ = command.communicate(timeout=seconds)
        assert command.returncode == 0, said[-4_000:]

    def submit(self, name: str) -> Job:
        return Client.local(self.data_dir).submit(source=name, target=name)

    def connect(self) -> psycopg.Connection[dict[str, Any]]:
        server = running_postgres(self.data_dir)
        assert server is not None
        return psycopg.connect(server.url.replace("+psycopg", ""), autocommit=True, row_factory=dict_row)

    def rows(self, sql: str, **params: Any) -> list[dict[str, Any]]:
        with self.connect() as connection:
            return connection.execute(sql, params).fetchall()

    def lay_traps(self) -> None:
        """Make what holds a stage at a point for as long as somebody holds that point's lock."""
        with self.connect() as connection:
            connection.execute(
                "CREATE FUNCTION assay.trap() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
                " PERFORM pg_advisory_xact_lock_shared(hashtext(TG_ARGV[0])); RETURN NEW; END $$"
            )
            for stage, (table, event, condition) in _WRITES.items():
                connection.execute(
                    f"CREATE TRIGGER trap_amid_{stage} BEFORE {event} ON assay.{table} FOR EACH ROW"
                    f" WHEN ({condition}) EXECUTE FUNCTION assay.trap('amid {stage}')"
                )
                connection.execute(
                    f"CREATE TRIGGER trap_leaving_{stage} BEFORE UPDATE ON assay.work FOR EACH ROW"
                    f" WHEN (OLD.status = 'running' AND OLD.stage = '{stage}' AND NEW.status IN ('published', 'done'))"
                    f" EXECUTE FUNCTION assay.trap('leaving {stage}')"
                )

    @contextmanager
    def trap(self, stage: str, point: str) -> Iterator[psycopg.Connection[dict[str, Any]]]:
        """While the body runs, work of the stage comes as far as the point and no further."""
        connection = self.connect()
        connection.execute("SELECT pg_advisory_lock(hashtext(%s))", (f"{point} {stage}",))
        try:
            yield connection
        finally:
            connection.close()

    def kill_inside(self, stage: str, point: str, *, submit: Callable[[], object]) -> Killed:
        """Submit, wait until work runs in the stage and is held at the point, and kill every process with -9."""
        with self.trap(stage, point) as connection:
            submit()

            def caught() -> bool:
                return bool(
                    connection.execute(
                        "SELECT 1 FROM assay.work WHERE status = 'running' AND stage = %s AND EXISTS ("
                        "SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted AND mode = 'ShareLock')",
                        (stage,),
                    ).fetchone()
                )

            until(caught, seconds=60, what=f"work held {point} {stage}")
            leased = connection.execute(
                "SELECT id, kind || ' at ' || stage AS what FROM assay.work WHERE status IN ('published', 'running')"
            ).fetchall()
            processes = self.kill()
        return Killed({row["id"]: row["what"] for row in leased}, processes)

    def kill(self) -> int:
        doomed = running(self.data_dir)
        for process in doomed:
            # psutil compares start times, so that a number that was given away is never hit
            if process.is_running():
                process.kill()
        _, alive = psutil.wait_procs(doomed, timeout=10)
        assert not alive
        return len(doomed)

    def up_again(self, killed: Killed) -> tuple[float, float]:
        """Start again; gives the seconds until all that was leased runs or has run, and until `up` has returned."""
        begun = time.monotonic()
        starting = self.command("up", "--detach")
        until(lambda: starting.poll() is not None or self._resumed(killed), seconds=90, what="leased work runs again")
        resumed = time.monotonic() - begun
        self.ended(starting)
        served = time.monotonic() - begun
        until(lambda: self._resumed(killed), seconds=10, what="leased work runs again")
        return resumed, served

    def _resumed(self, killed: Killed) -> bool:
        """Whether no dead boot holds any of it, and each piece was claimed by a living one or has gone on."""
        try:
            found = self.rows(
                "SELECT w.id, w.kind || ' at ' || w.stage AS what, w.status,"
                " coalesce(b.dead_at IS NULL AND b.started_at > pg_postmaster_start_time(), false) AS lives"
                " FROM assay.work w LEFT JOIN assay.worker b ON b.boot_id = w.worker WHERE w.id = ANY(%(ids)s)",
                ids=list(killed.leased),
            )
        except (psycopg.OperationalError, AssertionError):
            return False
        return all(
            row["status"] in {"done", "waiting"}
            or (row["status"] == "running" and row["lives"])
            or row["what"] != killed.leased[row["id"]]
            for row in found
        )

    def finished(self, name: str) -> Outcome:
        """Wait until the newest job of a target has ended and nothing of it is on its way, and give what it left."""
        job = next(Client.local(self.data_dir).jobs(target=name, limit=1))
        job.wait(timeout=90, poll=0.1)
        # Rows drawn from what is merged already are no work yet: their job may end before the dispatcher files them.
        on_its_way = (
            f"SELECT 1 FROM assay.work WHERE target = %(t)s AND status IN {_OPEN} UNION ALL SELECT 1"
            " FROM assay.sample s JOIN assay.plan p ON p.id = s.plan_id WHERE p.target = %(t)s AND s.state = 'drawn'"
        )
        until(lambda: not self.rows(on_its_way, t=name), seconds=60, what=f"{name} has nothing on its way")
        return self._outcome(name, job.refresh())

    def _outcome(self, name: str, job: Job) -> Outcome:
        rows = self.rows(f'SELECT * FROM public."{name}" ORDER BY name')
        assertions = self.rows(
            "SELECT record_id, observation, state, key, cells, reasons FROM assay.assertion WHERE target = %(t)s",
            t=name,
        )
        letters = self.rows("SELECT record_id, stage, code, state FROM assay.dead_letter WHERE target = %(t)s", t=name)
        staged = self.rows("SELECT record_id, observation, state FROM assay.staged WHERE target = %(t)s", t=name)
        (plans,) = self.rows("SELECT count(*) AS n FROM assay.plan WHERE target = %(t)s", t=name)
        return Outcome(rows, _bag(assertions), dict(job.counts), _bag(letters), _bag(staged), plans["n"])

    def left_behind(self, name: str) -> dict[str, int]:
        """What nobody would ever finish, by what it is; all of it has to be 0 once a job is over."""
        (found,) = self.rows(
            """
            SELECT (SELECT count(*) FROM assay.work WHERE target = %(t)s AND (worker IS NOT NULL
                    OR lease_until IS NOT NULL)) AS leases,
                   (SELECT count(*) FROM assay.artifact a JOIN assay.work w ON w.id = a.work_id
                    WHERE w.target = %(t)s) AS artifacts,
                   (SELECT count(*) FROM assay.sample s JOIN assay.plan p ON p.id = s.plan_id
                    WHERE p.target = %(t)s AND s.state <> 'judged') AS samples,
                   (SELECT count(*) FROM assay.model_call c JOIN assay.work w ON w.id = c.work_id
                    WHERE w.target = %(t)s AND c.state NOT IN ('settled', 'presumed', 'released')) AS calls,
                   (SELECT count(*) FROM assay.worker WHERE dead_at IS NULL
                    AND started_at < pg_postmaster_start_time()) AS boots,
                   (SELECT count(*) - count(DISTINCT (source, record_id, observation, plan_id, gate_id))
                    FROM assay.assertion WHERE target = %(t)s AND state = 'standing') AS doubles
            """,
            t=name,
        )
        return found


def _bag(rows: Sequence[Mapping[str, Any]]) -> Counter[str]:
    return Counter(json.dumps(row, sort_keys=True, default=str) for row in rows)
