"""How far long work is: a bar where somebody watches, a line now and then where nobody does."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

#: Seconds between two lines where there is no terminal.
_LINE_SECONDS = 10.0
_OPEN = ("in_flight", "held", "review")


def settled(counts: Mapping[str, int]) -> tuple[int, int]:
    """(records that have come to an end, records accepted)."""
    accepted = counts.get("accepted", 0)
    return accepted - sum(counts.get(name, 0) for name in _OPEN), accepted


def line(counts: Mapping[str, int]) -> str:
    """Counts in one line, without those that are nought."""
    ended, accepted = settled(counts)
    rest = ", ".join(f"{n} {name.replace('_', ' ')}" for name, n in counts.items() if n and name != "accepted")
    return f"{ended} of {accepted} records" + (f" ({rest})" if rest else "")


@contextmanager
def watching(counts: Callable[[], Mapping[str, int]]) -> Iterator[Callable[[], None]]:
    """Gives a function to call after every look at the counts."""
    if not sys.stderr.isatty():
        yield _plain(counts)
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    columns = (
        SpinnerColumn(),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.description}"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=None)

        def look() -> None:
            seen = counts()
            ended, accepted = settled(seen)
            bar.update(
                task, completed=ended, total=accepted or None, description=line(seen).partition(" (")[2].rstrip(")")
            )

        yield look


def _plain(counts: Callable[[], Mapping[str, int]]) -> Callable[[], None]:
    last: list[tuple[float, str]] = [(time.monotonic(), "")]

    def look() -> None:
        at, said = last[0]
        now, text = time.monotonic(), line(counts())
        if text != said and now - at >= _LINE_SECONDS:
            last[0] = (now, text)
            sys.stderr.write(text + "\n")
            sys.stderr.flush()

    return look
