"""A part of `make bench-truth`: plans wrong in every way over real records, with auditors that see well and badly."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace

import pytest

from benchmarks.truth import grounds
from benchmarks.truth.faults import AT_GATE, MAKERS, STRUCTURAL, TURNING, Fault
from benchmarks.truth.trial import Auditors, Hostile, Outcome, hostile, run, surely_bound
from enrichment.store import migration

SEEING = Auditors(1.0, 0.0)
SHORT_SIGHTED = Auditors(0.8, 0.01)
#: Fault class -> where it is tried; companies are read by half of the operations, the others are plain.
TRIED = [
    ("cross_kind_swap", "companies", SEEING),
    ("same_kind_swap", "companies", SHORT_SIGHTED),
    ("same_kind_swap", "territories", SEEING),
    ("absent_bound", "companies", SHORT_SIGHTED),
    ("never_abstains", "territories", SEEING),
    ("wrong_second_alternative", "territories", SEEING),
    ("sporadic", "territories", SEEING),
    ("injected", "territories", SHORT_SIGHTED),
    *((name, "territories", SEEING) for name in sorted(STRUCTURAL)),
]


@pytest.fixture(scope="module")
def model() -> Iterator[Hostile]:
    with hostile() as process:
        yield process


@pytest.fixture(scope="module")
def url(database: str) -> str:
    migration.migrate(database)
    return database


def tried(url: str, model: Hostile, name: str, source: str, auditors: Auditors, *, times: int = 1) -> Outcome:
    """The first of the class's faults, in an order drawn once, that the model is asked to make."""
    ground = grounds.load(source, seed=3, size=60)
    possible = [f for f in MAKERS[name](ground) if f.text or not f.ways.keys() <= surely_bound(f)]
    for fault in random.Random(5).sample(possible, min(3, len(possible))):
        outcome = run(url, model, fault, auditors, times=times, seed=name)
        if outcome.ended != "not asked":
            return outcome
    raise AssertionError(f"nobody was asked to make {name}")


@pytest.mark.parametrize(("name", "source", "auditors"), TRIED)
def test_no_wrong_cell_stands(url: str, model: Hostile, name: str, source: str, auditors: Auditors) -> None:
    outcome = tried(url, model, name, source, auditors)
    assert outcome.standing == 0, outcome
    if name in AT_GATE:
        assert outcome.ended == "gate", outcome
    if name not in {"sporadic", "wrong_second_alternative"}:
        assert outcome.merged == 0, outcome


def test_a_source_that_goes_wrong_after_release_is_un_written(url: str, model: Hostile) -> None:
    """A fifth of later records hold another's value: merged at first, then found, withdrawn, and nothing stands."""
    ground = grounds.load("territories", seed=3, size=TURNING["turns_sporadic"])
    fault = next(one for one in MAKERS["turns_sporadic"](ground) if one.field == "short_name")
    outcome = run(url, model, fault, SEEING, seed="turns")
    assert (outcome.ended, outcome.standing) == ("un-written", 0), outcome
    assert outcome.merged > 0
    assert outcome.predicted is not None
    assert 0 < outcome.decided_in <= outcome.predicted


def test_a_model_that_never_learns_writes_nothing(url: str, model: Hostile) -> None:
    outcome = tried(url, model, "prose", "territories", SEEING, times=1_000)
    assert (outcome.rows, outcome.planning_calls) == (0, 3)


def test_a_trial_sees_what_stands(url: str, model: Hostile) -> None:
    """A right binding that counts as wrong: auditors that hold it for right let it through, and then the trial must say
    so, or its zeros would mean nothing; auditors that see stop it before the first row.
    """
    ground = grounds.load("territories", seed=3, size=60)
    own = ground.ways["official_name"]
    assert own is not None
    mistaken = replace(ground, ways={**ground.ways, "official_name": None})
    fault = Fault("mistaken", mistaken, "official_name", {"official_name": [own]})
    misled = run(url, model, fault, SEEING, believed=ground.truth())
    assert misled.standing > 10
    assert misled.merged == misled.standing
    seen = run(url, model, fault, SEEING)
    assert (seen.standing, seen.merged) == (0, 0)
