"""How far jobs are: their counts and what they wait for, kept for a time in proportion to what counting them took.

A job of a million records takes a second to count, and is asked for twice a second by whoever waits for it. What took
long is counted again only after fifty times as long, so that all who watch a job together cost a fiftieth of one
processor, however large it is. Small jobs are counted each time.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, Final

#: Counting takes at most one part in so many of the time.
_SHARE: Final = 50.0
#: Seconds; counts that took less are not kept.
_QUICK: Final = 0.01
#: Jobs that are remembered; beyond, those counted longest ago are forgotten.
_MOST: Final = 1_000


@dataclass(frozen=True, slots=True)
class Progress:
    """`counted_at` tells how old the counts are; the state of a job is never kept."""

    counts: Mapping[str, int]
    waits: Sequence[Mapping[str, Any]] = ()
    not_found: Mapping[str, Any] | None = None
    counted_at: datetime = field(default_factory=lambda: datetime.now(UTC))


Count = Callable[[Sequence[int]], Mapping[int, Progress]]


@dataclass(frozen=True, slots=True)
class _Kept:
    progress: Progress
    state: str
    took: float
    until: float


class Counter:
    """Used by all threads of an API."""

    def __init__(self, clock: Callable[[], float] = time.perf_counter) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._kept: dict[int, _Kept] = {}

    def of(self, states: Mapping[int, str | None], count: Count) -> dict[int, Progress]:
        """Kept progress where it is young enough, and for the others what `count` gives.

        states: job id -> its state now, null where nothing is to be kept; what was counted in another one is not given
        """
        begun = self._clock()
        kept = self._young(states, begun)
        missing = [job_id for job_id in states if job_id not in kept]
        if not missing:
            return kept
        fresh = count(missing)
        ended = self._clock()
        self._keep(fresh, states, ended - begun, ended)
        return {**kept, **fresh}

    def _young(self, states: Mapping[int, str | None], now: float) -> dict[int, Progress]:
        young: dict[int, Progress] = {}
        with self._lock:
            for job_id, state in states.items():
                if (found := self._kept.get(job_id)) is None or found.state != state:
                    continue
                if found.until > now:
                    young[job_id] = found.progress
                else:
                    # while this one counts, others that ask are given what there is
                    self._kept[job_id] = replace(found, until=now + 2 * found.took)
        return young

    def _keep(self, fresh: Mapping[int, Progress], states: Mapping[int, str | None], took: float, now: float) -> None:
        """What was counted together took each of them its part by its records."""
        total = sum(sum(one.counts.values()) for one in fresh.values())
        with self._lock:
            for job_id, one in fresh.items():
                self._kept.pop(job_id, None)
                share = took * sum(one.counts.values()) / total if total else 0.0
                if share >= _QUICK and (state := states[job_id]) is not None:
                    self._kept[job_id] = _Kept(one, state, share, now + share * _SHARE)
            while len(self._kept) > _MOST:
                del self._kept[next(iter(self._kept))]
