"""The fault suite's own parts: what it checks with, and how it hands schedules out."""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
import time
from multiprocessing.connection import Connection
from pathlib import Path

import psutil
import pytest

from benchmarks.chaos import __main__ as driver
from benchmarks.chaos.answers import Answer, Answers
from benchmarks.chaos.books import Call, missing
from benchmarks.chaos.driving import Order, Outcome, Prepared, Terms
from benchmarks.chaos.fleets import Report, run_fleets
from benchmarks.chaos.ground import Ground
from benchmarks.chaos.schedules import plan
from benchmarks.chaos.totals import Totals

_DONE = Answer("done", {"accepted": 3, "written": 3})


def _answers(*, decided: bool = False) -> Answers:
    answers = Answers(Ground.__new__(Ground), decided=decided)
    answers.follow(1)
    return answers


@pytest.mark.parametrize(
    "said",
    [
        Answer("running", {"accepted": 3, "in_flight": 3}),
        Answer("done", {"accepted": 3, "written": 2, "unchanged": 1}),
        None,
    ],
)
def test_what_was_told_of_an_end_has_to_stay_so(said: Answer | None) -> None:
    answers = _answers()
    answers.note(1, Answer("running", {"accepted": 3, "in_flight": 1, "written": 2}))
    answers.note(1, Answer("running", {"accepted": 3, "in_flight": 3}))
    answers.note(1, _DONE)
    answers.note(1, _DONE)
    assert not answers.found
    answers.note(1, said)
    assert list(answers.found) == ["taken back"]


def test_a_job_that_the_api_took_has_to_be_there() -> None:
    answers = _answers()
    answers.note(1, None)
    assert list(answers.found) == ["taken back"]


def test_what_a_person_decides_may_change_a_job_that_has_ended() -> None:
    answers = _answers(decided=True)
    answers.note(1, _DONE)
    answers.note(1, Answer("partial", {"accepted": 3, "withdrawn": 3}))
    assert not answers.found


def test_a_request_needs_a_call_of_its_model_that_was_open_when_it_came() -> None:
    reached = [("small", 5.0), ("small", 5.5), ("large", 5.0)]
    calls = [Call("small", 1.0, 6.0), Call("small", 5.2, 9.0), Call("large", 4.0, None)]
    assert missing(reached, calls) == []
    assert missing(reached, calls[:2]) == [("large", 5.0)]
    assert missing(reached, calls[1:]) == [("small", 5.0)]
    assert missing(reached, [calls[0], Call("small", 5.6, None), calls[2]]) == [("small", 5.5)]


def test_a_call_is_not_spent_on_a_request_that_another_fits_as_well() -> None:
    assert missing([("m", 2.0), ("m", 5.0)], [Call("m", 1.0, None), Call("m", 1.0, 3.0)]) == []


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
import os, sys, time
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
        (terms.evidence / f"begun-{os.getpid()}").touch()
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
        _wait(lambda: len(list(tmp_path.glob("begun-*")) if begun else drivers.children()) >= 2)
        known = drivers.children()
        run.send_signal(number)
        run.send_signal(number)
        assert run.wait(30) == 143
    finally:
        run.kill()
    assert psutil.wait_procs(known, timeout=10)[1] == []
    if begun:
        assert len(list(tmp_path.glob("ended-*"))) == 2


def test_who_is_told_once_more_amid_its_end_ends_as_it_was_going_to() -> None:
    """What an interpreter takes down last comes after it has handed its signals back."""
    script = (
        "import os, signal\n"
        "from benchmarks.chaos.ending import Ending\n"
        "class Last:\n"
        "    def __del__(self, kill=os.kill, pid=os.getpid(), number=signal.SIGTERM): kill(pid, number)\n"
        "Ending(); last = Last(); os.kill(os.getpid(), signal.SIGTERM)\n"
    )
    root = Path(__file__).parents[2]
    assert subprocess.run([sys.executable, "-c", script], cwd=root, check=False, timeout=60).returncode == 143


def _wait(met: object) -> None:
    ends = time.monotonic() + 30
    while not met():  # type: ignore[operator]
        assert time.monotonic() < ends
        time.sleep(0.05)


@pytest.mark.parametrize(
    ("undisturbed", "failed", "shown"),
    [([], {1: ["doubled: 1"]}, True), ([], {}, False), (["stuck: 1"], {1: ["doubled: 1"]}, False)],
)
def test_a_guard_is_shown_only_where_nothing_but_its_fault_fails(
    monkeypatch: pytest.MonkeyPatch, *, undisturbed: list[str], failed: dict[int, list[str]], shown: bool
) -> None:
    totals = Totals()
    totals.undisturbed += undisturbed
    totals.failed.update(failed)
    monkeypatch.setattr(driver, "carry_out", lambda *_, **__: totals)
    passed, _ = driver._show_guards(argparse.Namespace(schedules=1), ["fence"], [])
    assert passed is shown
