"""`make bench-recovery`: how long it takes until all goes on after everything was killed, after Redis forgot
everything, and while a newer release takes the older one's place; and what is lost, doubled or over its limit then.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any, Final

import psycopg

from benchmarks.chaos.checker import Expected, check
from benchmarks.chaos.ground import Ground
from benchmarks.chaos.schedules import prepare, settled
from benchmarks.chaos.started import until

#: Calls that each model takes in a minute, so that a limit is used to its end.
RATE: Final = 20
_SERVICES: Final = ("fetch", "model", "gate", "upsert", "isolated", "control", "dispatcher", "api")
#: Whether a piece of work that was leased at a kill has been begun again by a living process, or has gone on.
_STATE: Final = (
    "SELECT w.id, w.kind || ' at ' || w.stage AS what, w.status,"
    " coalesce(b.dead_at IS NULL AND b.started_at > pg_postmaster_start_time(), false) AS lives"
    " FROM work w LEFT JOIN worker b ON b.boot_id = w.worker WHERE w.id = ANY(%(ids)s)"
)


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def _submit(ground: Ground, sources: Sequence[str], label: str, records: int) -> list[Expected]:
    """A job for each source, of records that nobody has seen."""
    expected = []
    for source in sources:
        names = [f"Works {label} {number:05d} Ltd" for number in range(records)]
        ground.outside.listings[source].names = names
        job = ground.client().submit(source=source, target="company")
        expected.append(Expected(job.id, source, names))
    return expected


def _end(ground: Ground, expected: Sequence[Expected]) -> dict[str, int]:
    """Wait for the end, and count what is wrong then by its kind."""
    if not until(lambda: settled(ground), seconds=400):
        return {"stuck": 1}
    return {kind: len(texts) for kind, texts in check(ground, expected).found.items()}


def _resumed(ground: Ground, leased: Mapping[int, str]) -> bool:
    try:
        rows = ground.rows(_STATE, ids=list(leased))
    except psycopg.OperationalError:
        return False
    return all(
        row["status"] in {"done", "waiting"}
        or (row["status"] == "running" and row["lives"])
        or row["what"] != leased[row["id"]]
        for row in rows
    )


def kill_everything(ground: Ground, times: int) -> dict[str, Any]:
    """Every process and both servers, killed with -9 amid work; the clock runs from the first start after it."""
    seconds: list[float] = []
    wrong: dict[str, int] = {}
    for number in range(times):
        ground.drag(2.0)
        expected = _submit(ground, ["main", "other"], f"killed {number}", 1_200)
        leased: dict[int, str] = {}
        amid = until(partial(_fill, ground, leased), seconds=60)
        servers = ground.kill_all()
        begun = time.monotonic()
        servers()
        # what held stages open was for the kill to meet them
        ground.drag(0.0)
        starting = ground.assay("up", "--detach")
        back = until(lambda: _resumed(ground, leased), seconds=120)  # noqa: B023 - called at once
        seconds.append(round(time.monotonic() - begun, 1))
        ground.ended(starting)
        # A kill that met nothing would be over at once, and say nothing.
        missed = {"met too little": 1} if not amid else {}
        found = {**_end(ground, expected), **missed, **({} if back else {"stuck": 1})}
        wrong = {kind: wrong.get(kind, 0) + found.get(kind, 0) for kind in {*wrong, *found}}
        _say(f"killed {number + 1}: {len(leased)} pieces leased, all run again after {seconds[-1]} s; wrong: {found}")
    return {"seconds": seconds, "median": median(seconds), "most": max(seconds), "wrong": wrong}


def _fill(ground: Ground, leased: dict[int, str]) -> bool:
    """Whether much is leased at once; what it is stands in `leased`."""
    leased.clear()
    leased.update(_leased(ground))
    return len(leased) >= 8


def _leased(ground: Ground) -> dict[int, str]:
    rows = ground.rows("SELECT id, kind || ' at ' || stage AS what FROM work WHERE status IN ('published', 'running')")
    return {row["id"]: row["what"] for row in rows}


def flush_redis(ground: Ground) -> dict[str, Any]:
    """Three jobs that plan and audit all they have, undisturbed and with everything flushed in mid-run."""
    ground.drag(0.1)
    seconds: dict[str, float] = {}
    wrong: dict[str, Any] = {}
    for how in ("undisturbed", "flushed"):
        # A minute of nothing first: what was used in the last one would count.
        ground.outside.release.wait(61)
        ground.outside.asked.clear()
        begun = time.monotonic()
        expected = _submit(ground, [ground.fresh.pop() for _ in range(3)], f"redis {how}", 400)
        if how == "flushed":
            until(lambda: len(ground.outside.asked) >= 8, seconds=120)
            ground.flush()
        wrong[how] = _end(ground, expected)
        seconds[how] = round(time.monotonic() - begun, 1)
        most = _most_in_a_minute(ground.outside.asked)
        wrong[how] |= {"over the rate": most} if most > RATE else {}
        _say(f"redis {how}: {seconds[how]} s, at most {most} calls of {RATE} in any minute; wrong: {wrong[how]}")
    return {"seconds": seconds, "added": round(seconds["flushed"] - seconds["undisturbed"], 1), "wrong": wrong}


def _most_in_a_minute(asked: Sequence[tuple[str, float]]) -> int:
    """Of the model that was asked most."""
    most = 0
    for model in {model for model, _ in asked}:
        times = sorted(at for one, at in asked if one == model)
        most = max(most, *(sum(begin <= at < begin + 60.0 for at in times) for begin in times))
    return most


def roll(ground: Ground) -> dict[str, Any]:
    """Every service ended with TERM and started as a newer release, one after the other, under load."""
    ground.drag(1.0)
    expected = _submit(ground, ["main", "other"], "rolled", 1_200)
    release = ground.release()
    took = {service: round(ground.replace(service), 1) for service in _SERVICES}
    busy = not settled(ground)
    ground.drag(0.1)
    wrong = _end(ground, expected)
    counts = {job.source: dict(ground.client().job(job.job).counts) for job in expected}
    (made,) = ground.rows(
        "SELECT count(*) FILTER (WHERE format < %(new)s) AS older, count(*) FILTER (WHERE format >= %(new)s) AS newer"
        " FROM work WHERE job_id = ANY(%(jobs)s)",
        new=release,
        jobs=[job.job for job in expected],
    )
    _say(f"rolled {len(took)} services, {took}; busy to the end: {busy}; work by release: {dict(made)}")
    for source, of_job in counts.items():
        ends = {name: n for name, n in of_job.items() if n and name != "accepted"}
        _say(f"  {source}: accepted {of_job['accepted']} = {' + '.join(f'{name} {n}' for name, n in ends.items())}")
    _say(f"  wrong: {wrong}")
    balanced = all(of["accepted"] == sum(n for name, n in of.items() if name != "accepted") for of in counts.values())
    return {"seconds": took, "busy": busy, "counts": counts, "balanced": balanced, "work": made, "wrong": wrong}


def main(argv: Sequence[str] | None = None) -> int:
    """0 where nothing was lost, doubled, left behind or over its limit."""
    parser = argparse.ArgumentParser(prog="benchmarks.recovery", description=__doc__)
    parser.add_argument("--only", choices=("kill", "roll", "redis"), help="measure this alone")
    parser.add_argument("--times", type=int, default=5, help="how often everything is killed")
    parser.add_argument("--json", type=Path, help="file that receives the figures")
    asked = parser.parse_args(argv)
    # whoever is told to end leaves no fleet behind
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    figures: dict[str, Any] = {"load": os.getloadavg()[0]}
    if asked.only in {None, "kill", "roll"}:
        with _fleet(fresh=0) as ground:
            if found := prepare(ground).findings.lines():
                _say(f"undisturbed: {'; '.join(found)}")
                return 1
            if asked.only in {None, "kill"}:
                figures["kill"] = kill_everything(ground, asked.times)
                _say(f"from kill -9 of everything: {figures['kill']['seconds']} s, most {figures['kill']['most']} s")
            if asked.only in {None, "roll"}:
                figures["roll"] = roll(ground)
    if asked.only in {None, "redis"}:
        with _fleet(fresh=6, requests_per_minute=RATE) as ground:
            figures["redis"] = flush_redis(ground)
            _say(f"redis flushed in mid-run: {figures['redis']['added']:+} s")
    if asked.json is not None:
        asked.json.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")
    return int(_any_wrong(figures))


@contextmanager
def _fleet(*, fresh: int, requests_per_minute: int | None = None) -> Iterator[Ground]:
    ground = Ground(fresh=fresh, requests_per_minute=requests_per_minute)
    try:
        yield ground
    finally:
        ground.discard()


def _any_wrong(figures: Mapping[str, Any]) -> bool:
    wrong = [part.get("wrong", {}) for part in figures.values() if isinstance(part, dict)]
    return any(any(found.values()) for found in wrong) or not figures.get("roll", {}).get("balanced", True)


if __name__ == "__main__":
    sys.exit(main())
