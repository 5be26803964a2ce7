from __future__ import annotations

import pytest

from enrichment.audit.switching import DAILY, released_sample, severity

GOOD, BAD = True, False


@pytest.mark.parametrize(
    ("lots", "state"),
    [
        ([], "normal"),
        ([GOOD] * 9, "normal"),
        ([GOOD] * 10, "reduced"),
        ([GOOD] * 40, "reduced"),
        ([GOOD] * 10 + [BAD], "normal"),
        ([GOOD] * 10 + [BAD] + [GOOD] * 9, "normal"),
        ([BAD], "normal"),
        ([BAD, GOOD, GOOD, GOOD, BAD], "tightened"),
        ([BAD, GOOD, GOOD, GOOD, GOOD, BAD], "normal"),
        ([BAD, BAD] + [GOOD] * 4, "tightened"),
        ([BAD, BAD] + [GOOD] * 5, "normal"),
        ([BAD, BAD] + [GOOD] * 4 + [BAD] + [GOOD] * 4, "tightened"),
        ([BAD, BAD] + [GOOD] * 15, "reduced"),
    ],
)
def test_lots_switch_how_closely_the_next_one_is_looked_at(lots: list[bool], state: str) -> None:
    assert severity(lots) == state


@pytest.mark.parametrize(
    ("lot", "reduced", "normal", "tightened"),
    [
        (1, 1, 1, 1),
        (8, 2, 2, 3),
        (500, 20, 50, 80),
        (1_000, 32, 80, 125),
        (100_000, 200, 500, 800),
        (600_000, 500, 1_250, DAILY),
        (50_000_000, 500, 1_250, DAILY),
    ],
)
def test_the_sample_is_that_of_the_standard(lot: int, reduced: int, normal: int, tightened: int) -> None:
    assert released_sample(lot, "reduced") == reduced
    assert released_sample(lot, "normal") == normal
    assert released_sample(lot, "tightened") == tightened


def test_the_sample_grows_slower_than_the_lot() -> None:
    shares = [released_sample(lot, "normal") / lot for lot in (20, 200, 2_000, 20_000, 200_000, 2_000_000)]
    assert shares == sorted(shares, reverse=True)
