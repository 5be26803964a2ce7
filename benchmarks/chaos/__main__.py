"""`make chaos`: hurt a real fleet on seeded schedules, and count what is lost, doubled, over its cap or left behind."""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from benchmarks.chaos.driving import Order, Prepared, Terms
from benchmarks.chaos.ending import Ending
from benchmarks.chaos.fleets import Report, run_fleets
from benchmarks.chaos.totals import Totals

#: Guard -> the fault that it is for.
GUARDS: Final[Mapping[str, str]] = {
    "fence": "zombie of upsert",
    "leases": "zombie of gate",
    "renewal": "long upsert",
    "locks": "meet at the keys",
    "share": "condemn amid a merge",
    "recovery": "kill amid an upsert",
    "commits": "kill postgres when told",
    "booking": "kill at a call",
}
#: Schedules within which a missing guard has to show.
_FEW: Final = 4
#: A fleet waits for half of the time. There is an end to it because of memory.
FLEETS: Final = min((os.cpu_count() or 1) + 1, 8)


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def carry_out(asked: argparse.Namespace, *, without: str, only: Sequence[str], schedules: int, fleets: int) -> Totals:
    """Run schedules, each by the fleet that is free first; what fails is told, and a fleet that it spoilt is exchanged.

    With a guard taken out it ends at the first schedule that fails.
    """
    totals, begun = Totals(fleets=fleets), time.monotonic()

    def orders() -> Iterator[Order]:
        for number, seed in enumerate(range(asked.seed, asked.seed + schedules)):
            if time.monotonic() - begun > asked.minutes * 60 or (without and totals.failed):
                return
            yield Order(seed, only[number % len(only)] if only else "")

    def report(said: Report) -> None:
        if isinstance(said, Prepared):
            totals.undisturbed += said.lines
            _say(f"undisturbed: {said.seconds:.1f} s; {'; '.join(said.lines) or 'passed'}")
            return
        totals.add(said)
        _say(f"seed {said.seed}: {said.told}: {said.seconds:.1f} s: {'; '.join(said.lines) or 'passed'}")
        if said.kept is not None:
            _say(f"seed {said.seed}: what the processes said is in {said.kept}")

    terms = Terms(asked.evidence, without, asked.keep, asked.broker)
    run_fleets(orders(), report, fleets=min(fleets, schedules), terms=terms)
    totals.seconds = time.monotonic() - begun
    return totals


def _show_guards(asked: argparse.Namespace, guards: Sequence[str], only: Sequence[str]) -> tuple[bool, dict[str, Any]]:
    """Take out one guard after the other; whether each was missed.

    What fails where nothing was done to it fails for another reason, and shows nothing of the guard.
    """
    seen: dict[str, Any] = {}
    shown: list[bool] = []
    for guard in guards:
        _say(f"without {guard}:")
        schedules = min(asked.schedules, _FEW)
        totals = carry_out(asked, without=guard, only=only or [GUARDS[guard]], schedules=schedules, fleets=1)
        seen[guard] = totals.figures(guard)
        missed = "; ".join(line for lines in totals.failed.values() for line in lines)
        if totals.undisturbed:
            missed = f"NOT SHOWN, for it fails undisturbed too: {'; '.join(totals.undisturbed)}"
        shown.append(bool(totals.failed) and not totals.undisturbed)
        _say(f"without {guard}: {missed or 'NOT NOTICED'}")
    return all(shown), seen


def main(argv: Sequence[str] | None = None) -> int:
    """0 where every schedule passed; with guards taken out, where each was missed by at least one."""
    parser = argparse.ArgumentParser(prog="benchmarks.chaos", description=__doc__)
    parser.add_argument("--schedules", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1, help="of the first schedule; the others count on from it")
    parser.add_argument("--fleets", type=int, default=FLEETS, help="side by side, each of which takes what is next")
    parser.add_argument(
        "--broker", help="address of a RabbitMQ that nobody else uses, in place of Redis; for one fleet"
    )
    parser.add_argument("--only", default="", help="make schedules of these faults only, in turn: NAME[,NAME...]")
    parser.add_argument(
        "--without", choices=(*GUARDS, "each"), default="", help="take a guard out; ends at the first failure"
    )
    parser.add_argument("--minutes", type=float, default=600.0, help="begin no schedule after so long")
    parser.add_argument("--json", type=Path, help="file that receives the figures")
    parser.add_argument("--keep", action="store_true", help="keep the logs of schedules that passed too")
    parser.add_argument("--evidence", type=Path, help="directory that receives the logs of schedules that failed")
    asked = parser.parse_args(argv)
    # fleets that share queues would take each other's messages
    asked.fleets = 1 if asked.broker else asked.fleets
    asked.evidence = asked.evidence or Path(tempfile.mkdtemp(prefix="assay-chaos-found-"))
    Ending()
    only = [name.strip() for name in asked.only.split(",") if name.strip()]
    figures: dict[str, Any]
    if asked.without:
        guards = list(GUARDS) if asked.without == "each" else [asked.without]
        passed, figures = _show_guards(asked, guards, only)
    else:
        totals = carry_out(asked, without="", only=only, schedules=asked.schedules, fleets=asked.fleets)
        for line in totals.table():
            _say(line)
        figures, passed = totals.figures(), not totals.failed and not totals.undisturbed
    with suppress(OSError):  # where something was kept in it, it stays
        asked.evidence.rmdir()
    if asked.json is not None:
        asked.json.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")
    return int(not passed)


if __name__ == "__main__":
    sys.exit(main())
