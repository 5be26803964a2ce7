"""How sure a score is: an interval for a share, and what it says against a bar."""

from __future__ import annotations

import math
from enum import StrEnum
from typing import NamedTuple

Z95 = 1.959963984540054


class Verdict(StrEnum):
    """`inconclusive`: the cases do not show on which side of the bar the model stands. It is no pass."""

    PASS = "pass"  # noqa: S105 - a verdict
    FAIL = "fail"
    INCONCLUSIVE = "inconclusive"


class Interval(NamedTuple):
    """95 % of a share, 0..1."""

    lower: float
    upper: float

    def against(self, bar: float) -> Verdict:
        """Pass only where the whole interval lies at or above the bar, fail only where all of it lies below."""
        if self.lower >= bar:
            return Verdict.PASS
        return Verdict.FAIL if self.upper < bar else Verdict.INCONCLUSIVE


def wilson(hits: int, total: int, z: float = Z95) -> Interval:
    """Score interval of a share (Wilson 1927); of nothing at all it is 0 to 1."""
    if total == 0:
        return Interval(0.0, 1.0)
    share, square = hits / total, z * z
    centre = share + square / (2 * total)
    spread = z * math.sqrt(share * (1 - share) / total + square / (4 * total * total))
    scale = 1 + square / total
    return Interval(max(0.0, (centre - spread) / scale), min(1.0, (centre + spread) / scale))
