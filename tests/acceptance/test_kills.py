"""Every process of the fleet killed with -9 inside each stage in turn; afterwards nothing shows that it happened."""

from __future__ import annotations

import json
import random
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from killed_fleet import POINTS, STAGES, Fleet, Outcome

from benchmarks.chaos.configuration import SCHEMA
from workers.embedded import discard_postgres

pytestmark = [pytest.mark.acceptance, pytest.mark.timeout(280)]

SEED = 20_240_607
RECORDS = 400
#: What the audit passes on is merged by `upsert` only once the plan is released, which the first job has done.
SECOND_JOB = {"upsert"}
UNDISTURBED = "undisturbed"


def records(*, second: bool) -> Iterator[dict[str, Any]]:
    """Invented companies, the same at every run; in the second edition every third has other numbers."""
    chance = random.Random(SEED)
    for number in range(RECORDS):
        grown = 100 if second and number % 3 == 0 else 0
        company: dict[str, Any] = {
            "name": f"Works {number:04d} Ltd",
            "country": chance.choice(["Germany", "France", "Japan", "Brazil", "Norway"]),
            "founded": str(chance.randint(1850, 2020)),
            "employees": f"{chance.randint(12, 90) + grown},{chance.randint(100, 999)} (2023)",
            "revenue": f"€{chance.randint(1, 90)}.{chance.randint(0, 9)} million (2023)",
            "website": f"www.works-{number:04d}.example",
        }
        if chance.random() < 0.2:
            del company["revenue"]
        if number % 97 == 50:
            del company["name"]
        yield company


def write_records(path: Path, *, second: bool) -> None:
    path.write_text("".join(json.dumps(record) + "\n" for record in records(second=second)), encoding="utf-8")


@pytest.fixture(scope="module")
def fleet(outside_broker: Mapping[str, str]) -> Iterator[Fleet]:
    """One fleet for all stages; each has a source, a target and with them plans of its own."""
    del outside_broker  # has to be in force before the fleet starts
    home = Path(tempfile.mkdtemp(prefix="assay-kills-"))
    home.chmod(0o711)
    (home / "company.schema.json").write_text(json.dumps(SCHEMA), encoding="utf-8")
    sections = ['data_dir = "data"', "[work]", "chunk_size = 100"]
    for name in (UNDISTURBED, *STAGES):
        write_records(home / f"{name}.jsonl", second=False)
        sections += [f"[targets.{name}]", 'json_schema = "company.schema.json"', f'table = "{name}"', "create = true"]
        sections += [f"[sources.{name}]", 'connector = "file"', f'path = "{name}.jsonl"', 'key = "/name"']
    (home / "assay.toml").write_text("\n".join(sections) + "\n", encoding="utf-8")
    fleet = Fleet(home / "assay.toml", home / "data")
    try:
        fleet.up()
        fleet.lay_traps()
        yield fleet
    finally:
        stopping = fleet.command("down")
        try:
            stopping.communicate(timeout=60)
        except subprocess.TimeoutExpired:
            stopping.kill()
        fleet.kill()
        discard_postgres(fleet.data_dir)
        shutil.rmtree(home)


def run(fleet: Fleet, name: str, *, second: bool) -> Outcome:
    write_records(fleet.configuration.parent / f"{name}.jsonl", second=second)
    fleet.submit(name)
    return fleet.finished(name)


@pytest.fixture(scope="module")
def undisturbed(fleet: Fleet) -> tuple[Outcome, Outcome]:
    """What the first and the second job leave where nothing is killed."""
    first = run(fleet, UNDISTURBED, second=False)
    assert len(first.rows) == first.counts["written"] == RECORDS - first.counts["dead"] > 0
    assert first.counts["dead"] > 0
    assert {row["employee_count"] for row in first.rows} != {None}
    second = run(fleet, UNDISTURBED, second=True)
    assert 0 < second.counts["written"] < RECORDS / 2
    return first, second


@pytest.mark.parametrize("stage", STAGES)
def test_a_kill_inside_a_stage_leaves_no_trace(
    fleet: Fleet, undisturbed: tuple[Outcome, Outcome], stage: str, capsys: pytest.CaptureFixture[str]
) -> None:
    point = random.Random(f"{SEED} {stage}").choice(POINTS)
    second = stage in SECOND_JOB
    if second:
        run(fleet, stage, second=False)
        write_records(fleet.configuration.parent / f"{stage}.jsonl", second=True)

    killed = fleet.kill_inside(stage, point, submit=lambda: fleet.submit(stage))
    resumed, served = fleet.up_again(killed)
    after = fleet.finished(stage)

    with capsys.disabled():
        print(  # noqa: T201 - the figures are what a person runs this for; no test depends on them
            f"\n{stage:<7} {point:<8} {killed.processes} processes killed, {len(killed.leased)} pieces leased:"
            f" running again after {resumed:.1f} s, `up` ready after {served:.1f} s"
        )
    expected = undisturbed[second]
    assert after.rows == expected.rows
    assert after.assertions == expected.assertions
    assert after.letters == expected.letters
    assert after.staged == expected.staged
    assert after.plans == expected.plans
    assert after.counts == expected.counts
    assert after.counts["accepted"] == sum(n for name, n in after.counts.items() if name != "accepted")
    assert not any(fleet.left_behind(stage).values()), fleet.left_behind(stage)
