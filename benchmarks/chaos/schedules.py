"""One schedule: what is submitted, and which faults hit it when; all of it follows from the seed."""

from __future__ import annotations

import random
import time
from dataclasses import dataclass, field
from typing import Final

from benchmarks.chaos.checker import FINAL, Expected, Findings, check
from benchmarks.chaos.faults import BEFORE, BOTH, CONDEMN, FAULTS, KILL_ALL, MODEL_FAULTS, RARE, ROLL
from benchmarks.chaos.ground import SOURCES, Ground, until

_ALL: Final = {**FAULTS, **MODEL_FAULTS, **RARE}
#: Seconds until everything of a schedule has to be over.
PATIENCE: Final = 120.0
RECORDS: Final = 360
#: What a record may do to whoever judges it.
POISON: Final = ("killed", "memory", "loop", "stack")


@dataclass(frozen=True)
class Schedule:
    """`sources` share their keys; a fresh one has no plan yet. `faults`: (seconds after the one before, name)."""

    seed: int
    fresh: bool
    sources: tuple[str, ...]
    twice: bool
    edition: int
    poison: tuple[str, ...]
    faults: tuple[tuple[float, str], ...]

    def __str__(self) -> str:
        faults = ", ".join(f"+{wait:.2f} s {name}" for wait, name in self.faults)
        faults = ", ".join([*(f"a record with {how}" for how in self.poison), *([faults] if faults else [])])
        jobs = "+".join(self.sources) + (" twice" if self.twice else "")
        return f"{jobs}: {faults}"


@dataclass
class Result:
    schedule: Schedule
    findings: Findings
    seconds: float
    faults: list[str] = field(default_factory=list)


def plan(seed: int, *, fresh: bool, only: str = "") -> Schedule:
    """Draw a schedule; `only` names the fault that it is made of."""
    chance = random.Random(seed)
    fresh = fresh and chance.random() < 0.3
    deadly = only.removeprefix("poison ") if only.startswith("poison ") else ""
    if not fresh and not only and chance.random() < 0.06:
        deadly = chance.choice(POISON)
    pool = sorted({**FAULTS, **MODEL_FAULTS} if fresh else FAULTS)
    if not fresh:
        pool.remove("kill model")
    names = [only] * (1 if only in RARE else 2) if only else chance.sample(pool, chance.choice((1, 1, 2, 2, 3)))
    if deadly:
        names = []
    elif not only and chance.random() < 0.08:
        names = [chance.choice((KILL_ALL, ROLL, CONDEMN, BOTH))]
    if CONDEMN in names:
        fresh = True
    names.sort(key=lambda name: name not in BEFORE)
    fresh = fresh and not deadly and BOTH not in names
    sources = ("main", "other") if BOTH in names else ("main",)
    sources = (
        ("fresh",)
        if fresh
        else sources
        if deadly or BOTH in names
        else chance.choice((("main",), ("main",), ("main", "other")))
    )
    faults = tuple((0.0 if name in BEFORE else round(chance.uniform(0.02, 0.9), 2), name) for name in names)
    poison = (deadly,) if deadly else ()
    return Schedule(seed, fresh, tuple(sources), chance.random() < 0.3, chance.randint(1, 1000), poison, faults)


def run(ground: Ground, schedule: Schedule) -> Result:
    """Carry out a schedule and check what it leaves."""
    begun = time.monotonic()
    chance = random.Random(f"faults {schedule.seed}")
    names = [f"Works {schedule.seed} {number:03d} Ltd" for number in range(RECORDS)]
    deadly = [f"Poison {how} {schedule.seed} Ltd" for how in schedule.poison]
    names[RECORDS // 3 : RECORDS // 3] = deadly
    sources = [ground.fresh.pop() if name == "fresh" else name for name in schedule.sources]
    for listing in ground.outside.listings.values():
        listing.names, listing.switch_at, listing.fail_times = [], None, 0
    for source in sources:
        listing = ground.outside.listings[source]
        listing.names, listing.edition = names, schedule.edition
    if any(name == BOTH for _, name in schedule.faults):
        _write_both_before(ground, sources)
    waits = list(schedule.faults)
    while waits and waits[0][1] in BEFORE:
        _ALL[waits.pop(0)[1]](ground, chance)
    findings = Findings()
    expected = [_submit(ground, schedule, source, names, frozenset(deadly), findings) for source in sources]
    for wait, name in waits:
        time.sleep(wait)
        _ALL[name](ground, chance)
    condemned = any(name == CONDEMN for _, name in schedule.faults)
    if condemned:
        end_condemned(ground, expected[0].job)
    if not until(lambda: settled(ground), seconds=PATIENCE):
        findings.add("stuck", "; ".join(open_work(ground)) or "a job did not end")
    ground.heal()
    ground.drag(0.15)
    for kind, texts in check(ground, expected, ledger_only=condemned).found.items():
        findings.found[kind] += texts
    return Result(
        schedule,
        findings,
        time.monotonic() - begun,
        [*(name for _, name in schedule.faults), *(f"poison {how}" for how in schedule.poison)],
    )


def _submit(
    ground: Ground, schedule: Schedule, source: str, names: list[str], deadly: frozenset[str], findings: Findings
) -> Expected:
    """Submit a job, where the schedule says so twice under one key."""
    client = ground.client()
    key = f"{schedule.seed} {source} {time.monotonic_ns()}"
    times = 2 if schedule.twice else 1
    ids = {client.submit(source=source, target="company", idempotency_key=key).id for _ in range(times)}
    if len(ids) != 1:
        findings.add("doubled", f"one idempotency key made jobs {sorted(ids)}")
    return Expected(min(ids), source, names, deadly)


def _write_both_before(ground: Ground, sources: list[str]) -> None:
    """The rows are there before both sources change them at once: keys that are new wait for each other anyway."""
    for source in sources:
        ground.client().submit(source=source, target="company")
    until(lambda: settled(ground), seconds=PATIENCE)
    for source in sources:
        ground.outside.listings[source].edition += 1
    ground.outside.served.clear()
    ground.drag(0.6)


def end_condemned(ground: Ground, job: int) -> None:
    """End a job whose records wait for a person, once nothing of it moves any more."""
    moving = "SELECT 1 FROM work WHERE status IN ('ready', 'published', 'running') LIMIT 1"
    until(lambda: not ground.rows(moving), seconds=60)
    ground.client().job(job).cancel()


def settled(ground: Ground) -> bool:
    """Whether every job has ended and no work is on its way."""
    return not ground.rows(
        "SELECT 1 FROM job WHERE state <> ALL(%(final)s) UNION ALL SELECT 1 FROM work"
        " WHERE status IN ('ready', 'published', 'running', 'waiting') LIMIT 1",
        final=list(FINAL),
    )


def open_work(ground: Ground) -> list[str]:
    rows = ground.rows(
        "SELECT id, kind, stage, status, lane, fence, attempts, waits_on, error FROM work"
        " WHERE status IN ('ready', 'published', 'running', 'waiting') ORDER BY id LIMIT 3"
    )
    return [str({name: value for name, value in row.items() if value is not None}) for row in rows]


def prepare(ground: Ground) -> Result:
    """The undisturbed run: makes the plans of the standing sources, and has to pass every check by itself."""
    begun = time.monotonic()
    names = [f"Works base {number:03d} Ltd" for number in range(400)]
    client, findings = ground.client(), Findings()
    expected = []
    for source in SOURCES:
        ground.outside.listings[source].names = names
        job = client.submit(source=source, target="company")
        if not until(lambda: settled(ground), seconds=PATIENCE):
            findings.add("stuck", "; ".join(open_work(ground)))
        expected.append(Expected(job.id, source, names))
    for kind, texts in check(ground, expected).found.items():
        findings.found[kind] += texts
    return Result(
        Schedule(seed=0, fresh=False, sources=SOURCES, twice=False, edition=1, poison=(), faults=()),
        findings,
        time.monotonic() - begun,
    )
