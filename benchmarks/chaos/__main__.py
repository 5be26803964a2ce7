"""`make chaos`: hurt a real fleet on seeded schedules, and count what is lost, doubled, over its cap or left behind."""

from __future__ import annotations

import argparse
import json
import os
import shutil
import signal
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from benchmarks.chaos.ground import Ground
from benchmarks.chaos.schedules import Result, plan, prepare, run
from workers.embedded import discard_postgres

_KINDS: Final = (
    "lost",
    "doubled",
    "over cap",
    "leaked",
    "false poison",
    "stuck",
    "not the fold",
    "wrong",
    "unfounded",
    "unsound",
    "broke",
)
#: Guard -> the fault that it is for.
GUARDS: Final[Mapping[str, str]] = {
    "fence": "zombie of upsert",
    "leases": "zombie of gate",
    "renewal": "long upsert",
    "locks": "meet at the keys",
    "share": "condemn amid a merge",
    "recovery": "kill amid an upsert",
}
#: Schedules within which a missing guard has to show.
_FEW: Final = 4
_FRESH: Final = 120


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


@dataclass
class Totals:
    """What a run came to. `failed`: seed -> what was found."""

    ran: int = 0
    faults: Counter[str] = field(default_factory=Counter)
    #: What faults did, where that is more than their number.
    counted: Counter[str] = field(default_factory=Counter)
    found: Counter[str] = field(default_factory=Counter)
    failed: dict[int, list[str]] = field(default_factory=dict)
    undisturbed: list[str] = field(default_factory=list)
    seconds: float = 0.0

    def figures(self, without: str = "") -> dict[str, Any]:
        return {
            "schedules": self.ran,
            "failed": self.failed,
            "faults": dict(sorted(self.faults.items())),
            "counted": dict(sorted(self.counted.items())),
            "without": without or None,
            "seconds": round(self.seconds),
            "load": os.getloadavg()[0],
            **{kind: self.found[kind] for kind in sorted({*_KINDS, *self.found}, key=_place)},
        }

    def table(self) -> Iterator[str]:
        """Faults by type, then what was found; one line each."""
        yield f"{'schedules run':<40}{self.ran:>6}   in {self.seconds / 60:.1f} min"
        yield f"{'faults injected':<40}{self.faults.total():>6}"
        for name, times in sorted(self.faults.items()):
            yield f"  {name:<38}{times:>6}"
        for name, times in sorted(self.counted.items()):
            yield f"{name:<40}{times:>6}"
        for kind in sorted({*_KINDS, *self.found}, key=_place):
            yield f"{kind:<40}{self.found[kind]:>6}"
        yield f"{'schedules failed':<40}{len(self.failed):>6}   {' '.join(map(str, self.failed))}".rstrip()


def _place(kind: str) -> int:
    return _KINDS.index(kind) if kind in _KINDS else len(_KINDS)


@contextmanager
def _grounds(without: str) -> Iterator[list[Ground]]:
    """A list of one fleet, which may be exchanged for another; whichever is in it at the end is ended."""
    grounds = [Ground(fresh=_FRESH, without=without)]
    try:
        yield grounds
    finally:
        for ground in grounds:
            _end(ground)


def _end(ground: Ground) -> None:
    ground.close()
    discard_postgres(ground.home / "servers")
    shutil.rmtree(ground.home, ignore_errors=True)


def _carry_out(ground: Ground, seed: int, only: str) -> Result | list[str]:
    """A schedule's result; where it could not be carried out at all, why."""
    schedule = plan(seed, fresh=True, only=only)
    try:
        return run(ground, schedule)
    except Exception as error:  # noqa: BLE001 - whatever it is, it is told with its seed and the run goes on
        return [f"broke: {schedule}: {error!r}", *traceback.format_exc().splitlines()[-12:]]


def _keep_evidence(ground: Ground, seed: int, lines: Sequence[str], evidence: Path) -> Path:
    """What the fleet's processes said, beside what was found."""
    kept = evidence / f"seed-{seed}"
    shutil.copytree(ground.logs, kept, dirs_exist_ok=True)
    (kept / "found.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return kept


def carry_out(asked: argparse.Namespace, *, without: str, only: Sequence[str], schedules: int) -> Totals:
    """Run schedules one after the other; what fails is told, and a fleet that it has spoilt is exchanged.

    With a guard taken out it ends at the first schedule that fails.
    """
    totals, begun = Totals(), time.monotonic()
    with _grounds(without) as grounds:
        base = prepare(grounds[0])
        totals.undisturbed = base.findings.lines()
        _say(f"undisturbed: {base.seconds:.1f} s; {'; '.join(totals.undisturbed) or 'passed'}")
        for number, seed in enumerate(range(asked.seed, asked.seed + schedules)):
            if time.monotonic() - begun > asked.minutes * 60:
                break
            started = time.monotonic()
            result = _carry_out(grounds[0], seed, only[number % len(only)] if only else "")
            totals.ran += 1
            if isinstance(result, Result):
                totals.faults.update(result.faults)
                totals.counted.update(grounds[0].counted)
                grounds[0].counted.clear()
                totals.found.update({kind: len(texts) for kind, texts in result.findings.found.items()})
                lines, told = result.findings.lines(), f"{result.schedule}"
            else:
                totals.found["broke"] += 1
                lines, told = result, "could not be carried out"
            _say(f"seed {seed}: {told}: {time.monotonic() - started:.1f} s: {'; '.join(lines) or 'passed'}")
            if not lines and not asked.keep:
                continue
            kept = _keep_evidence(grounds[0], seed, lines, asked.evidence)
            _say(f"seed {seed}: what the processes said is in {kept}")
            if not lines:
                continue
            totals.failed[seed] = lines
            if without:
                break
            # What one schedule has left must not be found again by the next.
            _end(grounds.pop())
            grounds.append(Ground(fresh=_FRESH, without=without))
            prepare(grounds[0])
    totals.seconds = time.monotonic() - begun
    return totals


def _show_guards(asked: argparse.Namespace, guards: Sequence[str], only: Sequence[str]) -> tuple[bool, dict[str, Any]]:
    """Take out one guard after the other; whether each was missed."""
    seen: dict[str, Any] = {}
    for guard in guards:
        _say(f"without {guard}:")
        totals = carry_out(asked, without=guard, only=only or [GUARDS[guard]], schedules=min(asked.schedules, _FEW))
        seen[guard] = totals.figures(guard)
        found = [*totals.undisturbed, *(line for lines in totals.failed.values() for line in lines)]
        _say(f"without {guard}: {'; '.join(found) if found else 'NOT NOTICED'}")
    return all(one["failed"] for one in seen.values()), seen


def main(argv: Sequence[str] | None = None) -> int:
    """0 where every schedule passed; with guards taken out, where each was missed by at least one."""
    parser = argparse.ArgumentParser(prog="benchmarks.chaos", description=__doc__)
    parser.add_argument("--schedules", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1, help="of the first schedule; the others count on from it")
    parser.add_argument("--only", default="", help="make schedules of these faults only, in turn: NAME[,NAME...]")
    parser.add_argument(
        "--without", choices=(*GUARDS, "each"), default="", help="take a guard out; ends at the first failure"
    )
    parser.add_argument("--minutes", type=float, default=600.0, help="begin no schedule after so long")
    parser.add_argument("--json", type=Path, help="file that receives the figures")
    parser.add_argument("--keep", action="store_true", help="keep the logs of schedules that passed too")
    parser.add_argument("--evidence", type=Path, help="directory that receives the logs of schedules that failed")
    asked = parser.parse_args(argv)
    asked.evidence = asked.evidence or Path(tempfile.mkdtemp(prefix="assay-chaos-found-"))
    # whoever is told to end leaves no fleet behind
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    only = [name.strip() for name in asked.only.split(",") if name.strip()]
    figures: dict[str, Any]
    if asked.without:
        guards = list(GUARDS) if asked.without == "each" else [asked.without]
        passed, figures = _show_guards(asked, guards, only)
    else:
        totals = carry_out(asked, without="", only=only, schedules=asked.schedules)
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
