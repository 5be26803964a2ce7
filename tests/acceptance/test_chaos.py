"""A short part of `make chaos`: a real fleet on a few seeded schedules, one of them with a record nobody can judge."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import pytest

from benchmarks.chaos.ground import Ground
from benchmarks.chaos.schedules import plan, prepare, run

pytestmark = [pytest.mark.acceptance, pytest.mark.timeout(280)]

#: Seed -> the fault that the schedule is made of.
SCHEDULES = {11: "kill gate", 12: "deliver again", 13: "flush redis", 14: "poison memory", 15: "meet at the keys"}


@pytest.fixture(scope="module")
def fleet(outside_broker: Mapping[str, str]) -> Iterator[Ground]:
    ground = Ground(fresh=0, broker=outside_broker.get("ASSAY_BROKER__URL"))
    try:
        yield ground
    finally:
        ground.discard()


def test_nothing_is_lost_doubled_or_left_behind(fleet: Ground) -> None:
    assert prepare(fleet).findings.lines() == []
    for seed, fault in SCHEDULES.items():
        schedule = plan(seed, fresh=False, only=fault)
        result = run(fleet, schedule)
        assert result.findings.lines() == [], f"seed {seed}: {schedule}"
