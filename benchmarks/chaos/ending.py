"""Whoever is told to end does so with all that it has started."""

from __future__ import annotations

import atexit
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

_SIGNALS: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
#: What a shell gives for a program that TERM ended.
TOLD: Final = 143


def _ignore() -> None:
    for number in _SIGNALS:
        signal.signal(number, signal.SIG_IGN)


class Ending:
    """Ends this process, by an exception, at the first signal that tells it to; those that follow change nothing.

    While a fleet is being made, or ended, it waits until that is done: half of one would stay.

    told: whether it was told to
    """

    def __init__(self) -> None:
        self.told = self._later = False
        for number in _SIGNALS:
            signal.signal(number, self._tell)
        # an interpreter that is ending hands its signals back to the system, which would have one that follows kill it
        atexit.register(_ignore)

    def _tell(self, *_: object) -> None:
        if self.told:
            return
        self.told = True
        if not self._later:
            sys.exit(TOLD)

    @contextmanager
    def later(self) -> Iterator[None]:
        self._later = True
        try:
            yield
        finally:
            self._later = False
        if self.told:
            sys.exit(TOLD)
