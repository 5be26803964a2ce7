"""The fault suite's own parts: how it hands schedules out."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from multiprocessing.connection import Connection
from pathlib import Path

import psutil
import pytest

from benchmarks.chaos.driving import Order, Outcome, Prepared, Terms
from benchmarks.chaos.fleets import Report, run_fleets
from benchmarks.chaos.schedules import plan

def test_a_schedule_follows_from_its_seed_alone() -> None:
    for seed in range(1, 200):
        assert plan(seed, fresh=True) == plan(seed, fresh=True)


def _answer(orders: Connection, terms: Terms) -> None:
    """A driver that has no fleet: seed 13 kills it, seed 17 fails."""
    orders.send(Prepared(0.0, []))
    while (order := orders.recv()) is not None:
        if order.seed == 13:
            os.kill(os.getpid(), signal.SIGKILL)
        time.sleep(0.05)
        lines = [f"lost: {terms.without}"] if order.seed == 17 else []
        orders.send(Outcome(order.seed, order.only, 0.05, lines))


def _run(seeds: range, *, fleets: int) -> list[Report]:
    said: list[Report] = []
    orders = (Order(seed, "kill gate") for seed in seeds)
    run_fleets(orders, said.append, fleets=fleets, terms=Terms(Path(), "fence"), drive=_answer)
    return said


def test_fleets_share_one_list_of_schedules() -> None:
    said = _run(range(10, 19), fleets=3)
    outcomes = [one for one in said if isinstance(one, Outcome)]
    assert sorted(one.seed for one in outcomes) == list(range(10, 19))
    assert {one.seed: one.lines for one in outcomes if one.lines} == {
        13: ["broke: its driver ended with -9"],
        17: ["lost: fence"],
    }
    # the one that was killed has a successor
    assert sum(isinstance(one, Prepared) for one in said) == 4


def _end(orders: Connection, _: Terms) -> None:
    orders.close()
    sys.exit(3)


def test_drivers_that_all_end_are_not_started_for_ever() -> None:
    with pytest.raises(RuntimeError, match="ended by themselves"):
        run_fleets(iter([]), lambda _: None, fleets=2, terms=Terms(Path()), drive=_end)


_INTERRUPTED = """
import sys, time
from pathlib import Path
from benchmarks.chaos.driving import Order, Prepared, Terms
from benchmarks.chaos.ending import Ending
from benchmarks.chaos.fleets import run_fleets

def drive(orders, terms):
    ending = Ending()
    try:
        with ending.later():
            time.sleep(0.5)
        orders.send(Prepared(0.0, []))
        orders.recv()
        (terms.evidence / "begun").touch()
        time.sleep(60)
    finally:
        (terms.evidence / f"ended-{time.monotonic_ns()}").touch()

if __name__ == "__main__":
    Ending()
    run_fleets(map(Order, range(9)), lambda _: None, fleets=2, terms=Terms(Path(sys.argv[1])), drive=drive)
"""


@pytest.mark.parametrize(("number", "begun"), [(signal.SIGINT, True), (signal.SIGTERM, False)])
def test_whoever_interrupts_a_run_ends_each_fleet(tmp_path: Path, number: signal.Signals, *, begun: bool) -> None:
    program = tmp_path / "program.py"
    program.write_text(_INTERRUPTED)
    root = Path(__file__).parents[2]
    run = subprocess.Popen([sys.executable, str(program), str(tmp_path)], env={**os.environ, "PYTHONPATH": str(root)})
    drivers = psutil.Process(run.pid)
    try:
        _wait(lambda: (tmp_path / "begun").exists() if begun else len(drivers.children()) >= 2)
        known = drivers.children()
        run.send_signal(number)
        run.send_signal(number)
        assert run.wait(30) == 143
    finally:
        run.kill()
    assert psutil.wait_procs(known, timeout=10)[1] == []
    if begun:
        assert len(list(tmp_path.glob("ended-*"))) == 2


def _wait(met: object) -> None:
    ends = time.monotonic() + 30
    while not met():  # type: ignore[operator]
        assert time.monotonic() < ends
        time.sleep(0.05)
