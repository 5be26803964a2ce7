"""A process that drives one fleet: it carries out the schedules that it is given, one after the other."""

from __future__ import annotations

import os
import shutil
import time
import traceback
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Final

from benchmarks.chaos.ending import TOLD, Ending
from benchmarks.chaos.evidence import tables
from benchmarks.chaos.ground import Ground
from benchmarks.chaos.schedules import Result, plan, prepare, run

#: Sources without a plan that each fleet has; one that has used them up is exchanged.
_FRESH: Final = 120


@dataclass(frozen=True)
class Terms:
    """What holds for a whole run.

    without: the guard that is taken out
    keep: evidence of what passed too
    broker: address of the one that is used in place of Redis; null for none
    """

    evidence: Path
    without: str = ""
    keep: bool = False
    broker: str | None = None


@dataclass(frozen=True)
class Order:
    """`only`: the fault that the schedule is made of; empty for any."""

    seed: int
    only: str = ""


@dataclass(frozen=True)
class Prepared:
    """A fleet is there; `lines` are what was found though nothing disturbed it."""

    seconds: float
    lines: list[str]


@dataclass
class Outcome:
    """What became of an order. `lines` are empty where all was well; `kept`: where the evidence is."""

    seed: int
    told: str
    seconds: float
    lines: list[str]
    faults: list[str] = field(default_factory=list)
    counted: Counter[str] = field(default_factory=Counter)
    found: Counter[str] = field(default_factory=Counter)
    kept: Path | None = None


def drive(orders: Connection, terms: Terms) -> None:
    """Tell of each fleet that was made and of each order that was carried out; end when there are no more orders.

    There are none either where whoever gave them is gone.
    """
    ending = Ending()
    driver = _Driver(ending, orders, terms)
    try:
        driver.prepare()
        while (order := orders.recv()) is not None:
            driver.carry_out(order)
    except (EOFError, BrokenPipeError):
        return
    finally:
        try:
            driver.end()
        finally:
            if ending.told:
                # threads of faults that go on without a fleet are not waited for
                os._exit(TOLD)


class _Driver:
    """What one schedule has spoilt must not be found again by the next: each failure costs its fleet."""

    def __init__(self, ending: Ending, reports: Connection, terms: Terms) -> None:
        self._ending = ending
        self._reports = reports
        self._terms = terms
        self._grounds: list[Ground] = []

    def prepare(self) -> Ground:
        """Make a fleet where there is none."""
        if not self._grounds:
            with self._ending.later():
                self._grounds.append(Ground(fresh=_FRESH, without=self._terms.without, broker=self._terms.broker))
            base = prepare(self._grounds[0])
            self._reports.send(Prepared(base.seconds, base.findings.lines()))
        return self._grounds[0]

    def end(self) -> None:
        with self._ending.later():
            while self._grounds:
                self._grounds.pop().discard()

    def carry_out(self, order: Order) -> None:
        ground = self.prepare()
        outcome = _carry_out(ground, order)
        outcome.counted.update(ground.counted)
        ground.counted.clear()
        if outcome.lines or self._terms.keep:
            outcome.kept = _keep_evidence(ground, outcome, self._terms.evidence)
        self._reports.send(outcome)
        if outcome.lines or not ground.fresh:
            self.end()


def _carry_out(ground: Ground, order: Order) -> Outcome:
    """Where a schedule could not be carried out at all, the lines say why."""
    begun = time.monotonic()
    schedule = plan(order.seed, fresh=True, only=order.only)
    try:
        result: Result = run(ground, schedule)
    except Exception as error:  # noqa: BLE001 - whatever it is, it is told with its seed and the run goes on
        lines = [f"broke: {schedule}: {error!r}", *traceback.format_exc().splitlines()[-12:]]
        seconds = time.monotonic() - begun
        return Outcome(order.seed, "could not be carried out", seconds, lines, found=Counter(broke=1))
    found = Counter({kind: len(texts) for kind, texts in result.findings.found.items()})
    lines = result.findings.lines()
    return Outcome(order.seed, str(schedule), time.monotonic() - begun, lines, result.faults, found=found)


def _keep_evidence(ground: Ground, outcome: Outcome, evidence: Path) -> Path:
    """What the fleet's processes said and its tables hold, beside what was found."""
    kept = evidence / f"seed-{outcome.seed}"
    shutil.copytree(ground.logs, kept, dirs_exist_ok=True)
    _write(kept / "found.txt", [outcome.told, *outcome.lines])
    _write(kept / "tables.txt", tables(ground))
    return kept


def _write(file: Path, lines: Sequence[str]) -> None:
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")
