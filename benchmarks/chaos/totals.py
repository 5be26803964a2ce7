"""What a run came to."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from benchmarks.chaos.driving import Outcome

_KINDS: Final = (
    "lost",
    "doubled",
    "taken back",
    "over cap",
    "unbooked",
    "leaked",
    "false poison",
    "stuck",
    "not the fold",
    "wrong",
    "unfounded",
    "unsound",
    "broke",
)


@dataclass
class Totals:
    """`failed`: seed -> what was found. `busy`: seconds that schedules took, whatever ran beside them."""

    ran: int = 0
    faults: Counter[str] = field(default_factory=Counter)
    #: What faults did, where that is more than their number.
    counted: Counter[str] = field(default_factory=Counter)
    found: Counter[str] = field(default_factory=Counter)
    failed: dict[int, list[str]] = field(default_factory=dict)
    undisturbed: list[str] = field(default_factory=list)
    fleets: int = 1
    seconds: float = 0.0
    busy: float = 0.0

    def add(self, outcome: Outcome) -> None:
        self.ran += 1
        self.faults.update(outcome.faults)
        self.counted.update(outcome.counted)
        self.found.update(outcome.found)
        self.busy += outcome.seconds
        if outcome.lines:
            self.failed[outcome.seed] = outcome.lines

    def figures(self, without: str = "") -> dict[str, Any]:
        return {
            "schedules": self.ran,
            "failed": dict(sorted(self.failed.items())),
            "faults": dict(sorted(self.faults.items())),
            "counted": dict(sorted(self.counted.items())),
            "without": without or None,
            "fleets": self.fleets,
            "seconds": round(self.seconds),
            "seconds per schedule": round(self.busy / max(self.ran, 1), 1),
            "load": os.getloadavg()[0],
            **{kind: self.found[kind] for kind in sorted({*_KINDS, *self.found}, key=_place)},
        }

    def table(self) -> Iterator[str]:
        """Faults by type, then what was found; one line each."""
        beside = f" on {self.fleets} fleets" if self.fleets > 1 else ""
        yield f"{'schedules run':<40}{self.ran:>6}   in {self.seconds / 60:.1f} min{beside}"
        yield f"{'faults injected':<40}{self.faults.total():>6}"
        for name, times in sorted(self.faults.items()):
            yield f"  {name:<38}{times:>6}"
        for name, times in sorted(self.counted.items()):
            yield f"{name:<40}{times:>6}"
        for kind in sorted({*_KINDS, *self.found}, key=_place):
            yield f"{kind:<40}{self.found[kind]:>6}"
        yield f"{'schedules failed':<40}{len(self.failed):>6}   {' '.join(map(str, sorted(self.failed)))}".rstrip()


def _place(kind: str) -> int:
    return _KINDS.index(kind) if kind in _KINDS else len(_KINDS)
