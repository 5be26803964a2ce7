"""Several fleets side by side, each with servers, ports and a process that drives it, and one list of schedules.

A process for each: what a schedule changes within its driver, as proxies, sources and what was remembered of it, is
then its own, no driver waits for another's interpreter, and whoever is told to end ends with its fleet.
"""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from typing import Final

from benchmarks.chaos.driving import Order, Outcome, Prepared, Terms, drive

#: Drivers that end by themselves, one after the other, before the run is given up.
_LOST: Final = 3
#: Seconds that a fleet which is told to end may take: a fault that is under way is finished, then all is killed.
_ENDS: Final = 240.0

Report = Prepared | Outcome
#: What a driver does with its end of the line.
Drive = Callable[[Connection, Terms], None]


@dataclass
class _Driver:
    process: BaseProcess
    orders: Connection
    #: What it was told to do and has not told of.
    order: Order | None = None

    @classmethod
    def start(cls, drive: Drive, terms: Terms) -> _Driver:
        # a fork would take over what other drivers are reached by, and not learn of their end
        context = multiprocessing.get_context("spawn")
        ours, theirs = context.Pipe()
        process = context.Process(target=drive, args=(theirs, terms))
        process.start()
        theirs.close()
        return cls(process, ours)

    def tell(self, order: Order | None) -> None:
        self.order = order
        # where it has ended, that is seen at the next look
        with suppress(BrokenPipeError):
            self.orders.send(order)


def run_fleets(
    orders: Iterator[Order], report: Callable[[Report], None], *, fleets: int, terms: Terms, drive: Drive = drive
) -> None:
    """Have all orders carried out, each by the fleet that is free first.

    An order whose driver has ended amid it is reported as failed; another driver takes its place.

    Raises:
        RuntimeError: drivers end as often as they are started.
    """
    lost = 0
    with _drivers(fleets, drive, terms) as drivers:
        while drivers:
            for ready in wait([driver.orders for driver in drivers]):
                driver = next(one for one in drivers if one.orders is ready)
                try:
                    said: Report = driver.orders.recv()
                except EOFError:
                    drivers.remove(driver)
                    driver.process.join()
                    if driver.process.exitcode == 0:
                        continue
                    lost += 1
                    if lost == _LOST:
                        raise RuntimeError(f"{lost} drivers ended by themselves, see above") from None
                    if driver.order is not None:
                        report(_unfinished(driver.order, driver.process.exitcode))
                    drivers.append(_Driver.start(drive, terms))
                    continue
                report(said)
                # an exchanged fleet is told of amid the order that made it necessary
                if driver.order is None or isinstance(said, Outcome):
                    driver.tell(next(orders, None))
                lost = 0


@contextmanager
def _drivers(fleets: int, drive: Drive, terms: Terms) -> Iterator[list[_Driver]]:
    drivers: list[_Driver] = []
    try:
        for _ in range(fleets):
            drivers.append(_Driver.start(drive, terms))  # noqa: PERF401 - those that are started have to be known
        yield drivers
    finally:
        # all at once: each has a fleet to end
        for driver in drivers:
            driver.process.terminate()
        for driver in drivers:
            driver.process.join(_ENDS)


def _unfinished(order: Order, code: int | None) -> Outcome:
    outcome = Outcome(order.seed, "could not be carried out", 0.0, [f"broke: its driver ended with {code}"])
    outcome.found["broke"] += 1
    return outcome
