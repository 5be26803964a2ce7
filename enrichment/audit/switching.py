"""What is looked at of what a released plan merges: how many rows of a day's lot, and when more or fewer. Pure.

Sources:
  ISO 2859-1:1999, general level II: sample sizes by lot, and the letters that reduced and tightened inspection shift.
  MIL-STD-1916: switching with acceptance number zero.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from operator import itemgetter
from typing import Final, Literal

Severity = Literal["reduced", "normal", "tightened"]

#: Rows looked at of a lot, by the smallest lot: ISO 2859-1, general level II, normal inspection, letters A to Q.
_NORMAL: Final = (
    (1, 2),
    (9, 3),
    (16, 5),
    (26, 8),
    (51, 13),
    (91, 20),
    (151, 32),
    (281, 50),
    (501, 80),
    (1_201, 125),
    (3_201, 200),
    (10_001, 315),
    (35_001, 500),
    (150_001, 800),
    (500_001, 1_250),
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
    """Rows to look at afterwards of the `lot` that a released plan merged in a day; it grows slower than the lot.

    ISO 2859-1 has a lot before it that is complete, and one sample size for all lots of a letter. A day's lot comes in
    parts, and a part that came between two letters would not be looked at, whatever it is. So the sample grows within a
    letter as well: straight from the letter's size, where its band of lots begins, to that of the next one, where that
    begins; behind the last as it grew before. It is never smaller than the letter says and at most `DAILY`: what comes
    when that many are drawn, normally behind 500,000 rows of a day, is not looked at any more on that day.

    What is drawn of a part is the difference that it makes: of lots between 500 and 35,000 rows one row in 16 to 136 of
    those that arrive, behind that one in 380 to 780. What comes first is looked at more closely, for nobody knows then
    how large the lot will be.
    """
    if lot <= 0:
        return 0
    letter = min(bisect_right(_NORMAL, lot, key=itemgetter(0)), len(_NORMAL) - 1) - 1
    (begins, _), (ends, _) = _NORMAL[letter : letter + 2]
    rows, following = _rows(letter, state), _rows(letter + 1, state)
    return min(rows + (following - rows) * (lot - begins) // (ends - begins), lot, DAILY)


def _rows(letter: int, state: Severity) -> int:
    """The sample size of a lot's letter, as the severity shifts it."""
    return _NORMAL[min(max(letter + _LETTERS[state], 0), len(_NORMAL) - 1)][1]
