"""Progress while a job runs: a display that moves on a terminal, plain lines elsewhere."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import TracebackType
from typing import Final, Self

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from workers.demo.report import Document

STAGES: Final = ("fetch", "map", "gate", "audit", "upsert")
_BESIDE: Final = ("plan", "judge", "merge", "refold")
#: States in which a record waits for nothing.
_OPEN: Final = frozenset({"accepted", "in_flight", "held"})
_LINE_SECONDS: Final = 2.0


@dataclass(frozen=True, slots=True)
class Moment:
    """How far a job is: seconds since it was submitted, the job, and open work by stage."""

    seconds: float
    job: Document
    work: Mapping[str, int] = field(default_factory=dict)

    @property
    def settled(self) -> int:
        return sum(n for state, n in self.job["counts"].items() if state not in _OPEN)

    @property
    def standing(self) -> str:
        counts, calls = self.job["counts"], self.job["calls"]
        states = ", ".join(
            f"{n:,} {state.replace('_', ' ')}" for state, n in counts.items() if n and state != "accepted"
        )
        work = ", ".join(f"{self.work[stage]} {stage}" for stage in (*STAGES, *_BESIDE) if self.work.get(stage))
        return (
            f"accepted {counts['accepted']:,}: {states or 'none yet'}; "
            f"calls: {calls['planning']} planning, {calls['audit']} audit; open work: {work or 'none'}"
        )


class Progress:
    """Context manager that shows moments as they come."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._live = Live(console=console, refresh_per_second=8, transient=True) if console.is_terminal else None
        self._said = ""
        self._said_at = 0.0

    def __enter__(self) -> Self:
        if self._live is not None:
            self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._live is not None:
            self._live.stop()

    def say(self, line: str) -> None:
        """One line that stays."""
        self._console.print(Text(line), soft_wrap=True)

    def show(self, moment: Moment) -> None:
        if self._live is not None:
            self._live.update(_display(moment))
            return
        if moment.standing != self._said and time.monotonic() - self._said_at >= _LINE_SECONDS:
            self._said, self._said_at = moment.standing, time.monotonic()
            self.say(f"{moment.seconds:5.1f} s  {moment.standing}")


def _display(moment: Moment) -> RenderableType:
    counts, calls = moment.job["counts"], moment.job["calls"]
    accepted = counts["accepted"]
    head = Table.grid(padding=(0, 2))
    share = ProgressBar(total=max(accepted, 1), completed=moment.settled, width=40)
    head.add_row(share, Text(f"{moment.settled:,} of {accepted:,} settled"), Text(f"{moment.seconds:.1f} s", "dim"))
    states = " · ".join(f"{n:,} {state.replace('_', ' ')}" for state, n in counts.items() if n and state != "accepted")
    return Group(
        head,
        Text.assemble(("records     ", "dim"), states or "none yet"),
        Text.assemble(("chunks at   ", "dim"), _counted(STAGES, moment.work)),
        Text.assemble(("other work  ", "dim"), _counted(_BESIDE, moment.work)),
        Text.assemble(("model calls ", "dim"), f"planning {calls['planning']} · audit {calls['audit']}"),
    )


def _counted(stages: tuple[str, ...], work: Mapping[str, int]) -> str:
    return " · ".join(f"{stage} {work.get(stage, 0)}" for stage in stages)
