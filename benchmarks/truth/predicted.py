"""Rows within which the sequential test condemns a field, by simulation of the test itself."""

from __future__ import annotations

import random
from functools import lru_cache
from typing import Final

from enrichment.audit.statistics import LAST, sequential_test

_TESTS: Final = 2_000
_SEED: Final = 7
#: Share of the tests that condemn within the rows that are given.
_SURE: Final = 0.99


@lru_cache(maxsize=128)
def rows_until_condemned(share: float, *, request: int) -> int | None:
    """Rows that 99 % of the tests need at most, at a share of cells in which both looks see a defect.

    `request`: rows that are judged at once, so that a decision is made at its multiples. Null where more than 1 % of
    the tests do not condemn, so that nothing is promised.
    """
    dice = random.Random(_SEED)
    needed = sorted(_one(dice, share) for _ in range(_TESTS))
    at = needed[int(_SURE * _TESTS)]
    return None if at > LAST else -(-at // request) * request


def _one(dice: random.Random, share: float) -> int:
    defects = 0
    for audited in range(1, LAST + 1):
        defects += dice.random() < share
        outcome = sequential_test(audited, defects)
        if outcome != "go on":
            return audited if outcome == "condemned" else LAST + 1
    return LAST + 1
