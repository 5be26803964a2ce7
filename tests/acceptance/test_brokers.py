"""A job from one end to the other on each broker, the whole fleet as processes."""

from __future__ import annotations

import json
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from killed_fleet import Fleet, until
from rabbit_server import MISSING, RabbitServer, is_installed, rabbit_server
from test_kills import SCHEMA, write_records

from enrichment.store.dispatch import Due
from tasks import brokers
from tasks.celery_app import create_app
from tasks.publishing import depths, publish
from tasks.queues import queue_names
from workers.embedded import RedisServer, discard_postgres

pytestmark = [pytest.mark.acceptance, pytest.mark.timeout(280)]


@pytest.fixture(scope="module")
def rabbit() -> Iterator[RabbitServer]:
    if not is_installed():
        pytest.skip(MISSING)
    with rabbit_server() as server:
        yield server


@pytest.fixture(scope="module")
def fleet(rabbit: RabbitServer, redis_server: RedisServer) -> Iterator[Fleet]:
    home = Path(tempfile.mkdtemp(prefix="assay-broker-"))
    home.chmod(0o711)
    (home / "company.schema.json").write_text(json.dumps(SCHEMA), encoding="utf-8")
    write_records(home / "company.jsonl", second=False)
    settings = f"""
data_dir = "data"
[broker]
url = "{rabbit.url}"
[limits]
url = "{redis_server.url}"
[work]
chunk_size = 100
[targets.company]
json_schema = "company.schema.json"
create = true
[sources.company]
connector = "file"
path = "company.jsonl"
key = "/name"
"""
    (home / "assay.toml").write_text(settings, encoding="utf-8")
    fleet = Fleet(home / "assay.toml", home / "data")
    with ExitStack() as ending:
        ending.callback(shutil.rmtree, home)
        ending.callback(lambda: discard_postgres(fleet.data_dir))
        ending.callback(fleet.kill)
        ending.callback(lambda: _down(fleet))
        fleet.up()
        yield fleet


def _down(fleet: Fleet) -> None:
    stopping = fleet.command("down")
    try:
        stopping.communicate(timeout=60)
    except subprocess.TimeoutExpired:
        stopping.kill()


def test_a_job_runs_on_rabbitmq_and_outlives_it(fleet: Fleet, rabbit: RabbitServer) -> None:
    """The embedded fleet's other tests run on Redis; here the broker also dies in the midst of a job."""
    fleet.lay_traps()
    with fleet.trap("gate", "amid") as trapped:
        fleet.submit("company")
        until(
            lambda: bool(
                trapped.execute("SELECT 1 FROM assay.work WHERE stage = 'gate' AND status = 'running'").fetchone()
            ),
            seconds=60,
            what="work runs in the gate",
        )
        rabbit.stop()
        rabbit.start()
    outcome = fleet.finished("company")

    assert outcome.counts["written"] == len(outcome.rows) > 390
    assert outcome.counts["accepted"] == sum(n for name, n in outcome.counts.items() if name != "accepted")
    assert not any(fleet.left_behind("company").values())
    app = create_app(rabbit.url)
    assert set(depths(app, [*queue_names(), brokers.UNDELIVERED]).values()) == {0}
    said = fleet.command("doctor", "--json").communicate(timeout=60)[0]
    assert "quorum queues" in said


def test_a_flood_of_late_messages_holds_no_worker_up(fleet: Fleet, rabbit: RabbitServer) -> None:
    """Each ends at once and is an event for Flower, and all of them go over one connection."""
    late = [
        Due(id=10**9 + number, kind=kind, stage=stage, fence=1, lane="normal")
        for number in range(1_000)
        for kind, stage in (("chunk", "fetch"), ("judge", "judge"))
    ]
    app = create_app(rabbit.url)
    publish(app, late)
    until(lambda: set(depths(app, queue_names()).values()) == {0}, seconds=60, what="every message was taken")
    fleet.submit("company")
    outcome = fleet.finished("company")
    assert outcome.counts["written"] + outcome.counts["unchanged"] == len(outcome.rows) > 390
