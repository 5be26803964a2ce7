"""One schedule: what is submitted, and which faults hit it when; all of it follows from the seed."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import wait as wait_for_all
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Final

import psutil

from benchmarks.chaos.answers import Answers
from benchmarks.chaos.checker import FINAL, Expected, Findings, check
from benchmarks.chaos.configuration import PAIR, SOURCES
from benchmarks.chaos.faults import BEFORE, BOTH, CONDEMN, FAULTS, KILL_ALL, MODEL_FAULTS, RARE, ROLL
from benchmarks.chaos.ground import Ground
from benchmarks.chaos.races import RACES
from benchmarks.chaos.started import until

_ALL: Final = {**FAULTS, **MODEL_FAULTS, **RARE}
#: Faults that end nobody and take nobody's work.
_HARMLESS: Final = frozenset(
    {BOTH, "deliver again", "slow", "clocks differ", "clock back", *BEFORE} - {"model hang", "source hang"}
)
#: Seconds until everything of a schedule has to be over.
PATIENCE: Final = 120.0
RECORDS: Final = 240
#: Seconds for which each stage's transaction is held open at each table that it writes.
DRAG: Final = 0.15
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
    if not fresh and not only and chance.random() < 0.07:
        deadly = chance.choice(POISON)
    names = [] if deadly else _draw(chance, fresh=fresh, only=only)
    race = RACES.get(names[0]) if names else None
    sources: tuple[str, ...] = chance.choice((("main",), ("main",), ("main", "other")))
    if race is not None:
        sources = race.sources
    elif deadly:
        sources = ("main",)
    elif BOTH in names:
        sources = ("main", "other")
    elif fresh or CONDEMN in names:
        sources = ("fresh",)
    faults = tuple((0.0 if name in BEFORE else round(chance.uniform(0.02, 0.9), 2), name) for name in names)
    poison = (deadly,) if deadly else ()
    twice = chance.random() < 0.3
    return Schedule(seed, "fresh" in sources, sources, twice, chance.randint(2, 1_000_000), poison, faults)


def _draw(chance: random.Random, *, fresh: bool, only: str) -> list[str]:
    """The faults of a schedule; those that are set before the job is submitted come first."""
    pool = sorted({**FAULTS, **MODEL_FAULTS} if fresh else FAULTS)
    if not fresh:
        pool.remove("kill model")
    alone = (KILL_ALL, ROLL, CONDEMN, BOTH, *RACES)
    if only:
        names = [only] * (1 if only in alone else 2)
    elif chance.random() < 0.16:
        names = [chance.choice(alone)]
    else:
        names = chance.sample(pool, chance.choice((1, 1, 2, 2, 3)))
    return sorted(names, key=lambda name: name not in BEFORE)


def run(ground: Ground, schedule: Schedule) -> Result:
    """Carry out a schedule and check what it leaves."""
    begun = time.monotonic()
    chance = random.Random(f"faults {schedule.seed}")
    hit = [name for _, name in schedule.faults]
    race = next((RACES[name] for name in hit if name in RACES), None)
    names = [f"Works {schedule.seed} {number:03d} Ltd" for number in range(race.records if race else RECORDS)]
    if race is not None and race.again:
        names = _pair_names()[: race.records]
    deadly = frozenset(f"Poison {how} {schedule.seed} Ltd" for how in schedule.poison)
    names[len(names) // 3 : len(names) // 3] = sorted(deadly)
    sources = [ground.fresh.pop() if name == "fresh" else name for name in schedule.sources]
    edition = schedule.edition
    if race is not None and race.again:
        # These records were served before, by whatever schedule, and of two versions the higher one stands.
        edition += max(ground.outside.listings[source].edition for source in sources)
    _serve(ground, sources, names, edition)
    ground.seen.clear()
    ground.killed = bool(deadly) or any(RACES[name].kills if name in RACES else name not in _HARMLESS for name in hit)
    ground.before = int(ground.rows("SELECT coalesce(max(id), 0) AS n FROM work")[0]["n"])
    if BOTH in hit:
        _write_both_before(ground, sources)
    if race is not None:
        race.arrange(ground, sources)
    findings = Findings()
    fallen = race.fallen if race else frozenset()
    with Answers(ground, decided=bool(fallen) or CONDEMN in hit) as answers:
        expected = _inject(ground, schedule, sources, names, answers, chance)
        expected = [replace(job, poison=deadly, fallen=fallen) for job in expected]
        if CONDEMN in hit:
            end_condemned(ground, expected[0].job)
        # what a fault has seen to be wrong already is not waited for
        if not until(lambda: settled(ground), seconds=10.0 if ground.seen else PATIENCE):
            findings.add("stuck", "; ".join(open_work(ground)) or "a job did not end")
        ground.heal()
        ground.drag(DRAG)
    answers.ask_again()
    for kind, texts in answers.found.items():
        findings.found[kind] += texts
    for kind, text in ground.seen:
        findings.add(kind, text)
    for kind, texts in check(ground, expected, ledger_only=CONDEMN in hit).found.items():
        findings.found[kind] += texts
    twice = ["job submitted twice"] * len(sources) if schedule.twice else []
    faults = [*hit, *(f"poison {how}" for how in schedule.poison), *twice]
    return Result(schedule, findings, time.monotonic() - begun, faults)


def _inject(
    ground: Ground,
    schedule: Schedule,
    sources: Sequence[str],
    names: Sequence[str],
    answers: Answers,
    chance: random.Random,
) -> list[Expected]:
    """Submit the schedule's jobs, and let its faults hit them, each at its time whether or not others still last."""
    waits = list(schedule.faults)
    while waits and waits[0][1] in BEFORE:
        _ALL[waits.pop(0)[1]](ground, chance)
    expected = [_submit(ground, schedule, source, names, answers) for source in sources]
    pool = ThreadPoolExecutor(max(len(waits), 1))
    try:
        begun = []
        for number, (wait, name) in enumerate(waits):
            time.sleep(wait)
            # each draws for itself, whoever comes first
            drawn = random.Random(f"fault {schedule.seed} {number}")
            act = partial(RACES[name].act, ground, sources) if name in RACES else partial(_ALL[name], ground)
            begun.append(pool.submit(_act, act, drawn))
        wait_for_all(begun)
    finally:
        # whoever is told to end meanwhile ends the fleet without waiting for a fault that goes on for minutes
        pool.shutdown(wait=False)
    for one in begun:
        one.result()
    return expected


def _act(act: Callable[[random.Random], None], chance: random.Random) -> None:
    try:
        act(chance)
    except psutil.NoSuchProcess:
        # another fault was there before
        return


def _serve(ground: Ground, sources: Sequence[str], names: list[str], edition: int) -> None:
    """What the sources list from now on; the others list nothing."""
    ground.outside.served.clear()
    for listing in ground.outside.listings.values():
        listing.names, listing.switch_at, listing.fail_times = [], None, 0
    for source in sources:
        listing = ground.outside.listings[source]
        listing.names, listing.edition = names, edition


def _submit(ground: Ground, schedule: Schedule, source: str, names: Sequence[str], answers: Answers) -> Expected:
    """Submit a job, where the schedule says so twice under one key."""
    client = ground.client()
    key = f"{schedule.seed} {source} {time.monotonic_ns()}"
    times = 2 if schedule.twice else 1
    ids = {client.submit(source=source, target="company", idempotency_key=key).id for _ in range(times)}
    if len(ids) != 1:
        answers.found["doubled"].append(f"one idempotency key made jobs {sorted(ids)}")
    answers.follow(min(ids))
    return Expected(min(ids), source, names)


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


def _pair_names() -> list[str]:
    return [f"Works pair {number:03d} Ltd" for number in range(200)]


def prepare(ground: Ground) -> Result:
    """The undisturbed run: makes the plans of the standing sources, and has to pass every check by itself."""
    begun = time.monotonic()
    names = [f"Works base {number:03d} Ltd" for number in range(200)]
    client, findings = ground.client(), Findings()
    expected = []
    for source in (*SOURCES, *PAIR):
        listed = _pair_names() if source in PAIR else names
        ground.outside.listings[source].names = listed
        expected.append(Expected(client.submit(source=source, target="company").id, source, listed))
    if not until(lambda: settled(ground), seconds=PATIENCE):
        findings.add("stuck", "; ".join(open_work(ground)))
    for kind, texts in check(ground, expected).found.items():
        findings.found[kind] += texts
    return Result(
        Schedule(seed=0, fresh=False, sources=SOURCES, twice=False, edition=1, poison=(), faults=()),
        findings,
        time.monotonic() - begun,
    )
