"""A copy of the database taken amid a job, and a second fleet over that copy: the job goes on where the copy has it."""

from __future__ import annotations

import json
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest
from killed_fleet import Fleet, until
from psycopg.rows import dict_row
from rabbit_server import rabbit_server

from benchmarks.chaos.configuration import SCHEMA
from workers.embedded import DATABASE, OWNER, ROLES, discard_postgres, running_postgres
from workers.embedded.binaries import postgres_installation
from workers.embedded.servers import SUPERUSER

pytestmark = [pytest.mark.acceptance, pytest.mark.timeout(280)]

RECORDS = 400
COPY = "restored"


class CopiedFleet(Fleet):
    """A fleet over a database that another fleet's PostgreSQL serves."""

    def __init__(self, configuration: Path, data_dir: Path, conninfo: str) -> None:
        super().__init__(configuration, data_dir)
        self._conninfo = conninfo

    def connect(self) -> psycopg.Connection[dict[str, Any]]:
        return psycopg.connect(self._conninfo, autocommit=True, row_factory=dict_row)


@contextmanager
def home(name: str, *sections: str) -> Iterator[Path]:
    """A folder with the configuration of a fleet that reads the records beside it."""
    folder = Path(tempfile.mkdtemp(prefix=f"assay-{name}-"))
    folder.chmod(0o711)
    (folder / "company.schema.json").write_text(json.dumps(SCHEMA), encoding="utf-8")
    lines = (
        {"name": f"Works {number:04d} Ltd", "founded": str(1850 + number % 170), "employees": f"{number + 12} (2023)"}
        for number in range(RECORDS)
    )
    (folder / "works.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    written = [
        'data_dir = "data"',
        "[work]",
        "chunk_size = 100",
        "[targets.works]",
        'json_schema = "company.schema.json"',
        'table = "works"',
        "create = true",
        "[sources.works]",
        'connector = "file"',
        'path = "works.jsonl"',
        'key = "/name"',
        *sections,
    ]
    (folder / "assay.toml").write_text("\n".join(written) + "\n", encoding="utf-8")
    try:
        yield folder
    finally:
        shutil.rmtree(folder)


@contextmanager
def up(fleet: Fleet) -> Iterator[None]:
    fleet.up()
    try:
        yield
    finally:
        try:
            fleet.ended(fleet.command("down"), seconds=60)
        finally:
            fleet.kill()


def restored(data_dir: Path, dump: Path, *, into: str) -> str:
    """Dump a running database and bring it into an empty one, as `docs/operating.md` says; gives the copy's address."""
    server = running_postgres(data_dir)
    assert server is not None
    binaries = postgres_installation("wheel").binaries
    kept, copied = (server.url_for(OWNER, name).replace("+psycopg", "") for name in (DATABASE, into))
    subprocess.run([binaries / "pg_dump", "--format=custom", f"--file={dump}", kept], check=True)
    with psycopg.connect(server.url_for(SUPERUSER).replace("+psycopg", ""), autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {into} OWNER {OWNER}")
        # as `deploy/roles.sh` makes the first one
        connection.execute(f"REVOKE ALL ON DATABASE {into} FROM PUBLIC")
        for role in ROLES:
            connection.execute(f"GRANT CONNECT ON DATABASE {into} TO {role}")
    subprocess.run([binaries / "pg_restore", "--exit-on-error", f"--dbname={copied}", dump], check=True)
    return copied


@contextmanager
def another_broker(outside: Mapping[str, str], monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Two fleets on one broker would take each other's messages; each brings a Redis along, but no RabbitMQ."""
    if not outside:
        yield
        return
    with rabbit_server() as rabbit, monkeypatch.context() as told:
        told.setenv("ASSAY_BROKER__URL", rabbit.url)
        yield


def test_a_dump_taken_amid_a_job_is_a_fleet_that_ends_it(
    outside_broker: Mapping[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with home("kept") as first:
        fleet = Fleet(first / "assay.toml", first / "data")
        try:
            with up(fleet):
                fleet.lay_traps()
                with fleet.trap("gate", "amid"):
                    fleet.submit("works")
                    held = "SELECT 1 FROM assay.work WHERE status = 'running' AND stage = 'gate'"
                    until(lambda: bool(fleet.rows(held)), seconds=60, what="work held amid the gate")
                    url = restored(fleet.data_dir, first / "assay.dump", into=COPY)
                ended = fleet.finished("works")
                assert ended.counts["written"] == len(ended.rows) == RECORDS

                copied = home("copied", "[database]", f'url = "{url}"')
                with copied as second, another_broker(outside_broker, monkeypatch):
                    copy = CopiedFleet(second / "assay.toml", second / "data", url)
                    assert copy.rows(held)
                    assert copy.rows("SELECT count(*) AS n FROM works") == [{"n": 0}]
                    with up(copy):
                        assert copy.finished("works") == ended
                        assert not any(copy.left_behind("works").values())
        finally:
            discard_postgres(fleet.data_dir)
