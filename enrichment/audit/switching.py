"""What is looked at of what a released plan merges: how many rows of a day's lot, and when more or fewer. Pure.

Sources:
  ISO 2859-1:1999, general level II: sample sizes by lot, and the letters that reduced and tightened inspection shift.
  MIL-STD-1916: switching with acceptance number zero.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import inf
from typing import Final, Literal

Severity = Literal["reduced", "normal", "tightened"]

#: Rows looked at of a lot, by the largest lot: ISO 2859-1, general level II, normal inspection, letters A to Q.
_NORMAL: Final = (
    (8, 2),
    (15, 3),
    (25, 5),
    (50, 8),
    (90, 13),
    (150, 20),
    (280, 32),
    (500, 50),
    (1_200, 80),
    (3_200, 125),
    (10_000, 200),
    (35_000, 315),
    (150_000, 500),
    (500_000, 800),
    (inf, 1_250),
)
#: Letters that reduced and tightened inspection go down and up: reduced takes 0.4 times as many rows.
_LETTERS: Final[dict[Severity, int]] = {"reduced": -2, "normal": 0, "tightened": 1}
#: Rows that are looked at per plan and day at most.
DAILY: Final = 1_250

#: Lots of which two not accepted tighten; lots accepted in a row that end that; and that reduce (MIL-STD-1916).
_TIGHTEN: Final = 5
_LOOSEN: Final = 5
_REDUCE: Final = 10


def severity(accepted: Sequence[bool]) -> Severity:
    """How closely the next lot is looked at, after lots that were accepted or not, in their order.

    A lot is accepted in which no confirmed defect was found (acceptance number zero).
    """
    state: Severity = "normal"
    since: list[bool] = []
    for good in accepted:
        since.append(good)
        following = _after(state, since)
        if following != state:
            state, since = following, []
    return state


def _after(state: Severity, since: Sequence[bool]) -> Severity:
    """The state that follows lots seen `since` this one began."""
    if state == "reduced":
        return "reduced" if since[-1] else "normal"
    if state == "tightened":
        return "normal" if len(since) >= _LOOSEN and all(since[-_LOOSEN:]) else "tightened"
    if since[-_TIGHTEN:].count(False) >= 2:
        return "tightened"
    return "reduced" if len(since) >= _REDUCE and all(since[-_REDUCE:]) else "normal"


def released_sample(lot: int, state: Severity) -> int:
    """Rows to look at afterwards of the `lot` that a released plan merged in a day; it grows slower than the lot."""
    letter = next(n for n, (largest, _) in enumerate(_NORMAL) if lot <= largest) + _LETTERS[state]
    return min(_NORMAL[min(max(letter, 0), len(_NORMAL) - 1)][1], lot, DAILY)
