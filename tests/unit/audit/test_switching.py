from __future__ import annotations

from itertools import pairwise

import pytest

from enrichment.audit.switching import DAILY, Severity, released_sample, severity

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


#: The smallest lot of each letter from A to Q: ISO 2859-1, general level II.
SMALLEST = (1, 9, 16, 26, 51, 91, 151, 281, 501, 1_201, 3_201, 10_001, 35_001, 150_001, 500_001)
#: Rows of the letters; reduced inspection takes two letters less, tightened one more.
ROWS = (2, 3, 5, 8, 13, 20, 32, 50, 80, 125, 200, 315, 500, 800, 1_250)
SHIFTS: tuple[tuple[Severity, int], ...] = (("reduced", -2), ("normal", 0), ("tightened", 1))
LOTS = sorted({*range(1, 2_000), *(n + d for n in SMALLEST for d in (-1, 0, 1) if n > 1), 20_000, 900_000, 50_000_000})


def letter(lot: int, shift: int) -> int:
    """What the standard says of a lot that is complete."""
    at = sum(smallest <= lot for smallest in SMALLEST) - 1 + shift
    return min(ROWS[min(max(at, 0), len(ROWS) - 1)], lot)


@pytest.mark.parametrize(("state", "shift"), SHIFTS)
def test_the_sample_is_that_of_the_standard_where_a_letter_begins_and_never_smaller(
    state: Severity, shift: int
) -> None:
    assert [released_sample(lot, state) for lot in SMALLEST] == [letter(lot, shift) for lot in SMALLEST]
    assert all(released_sample(lot, state) >= letter(lot, shift) for lot in LOTS)


@pytest.mark.parametrize(("state", "shift"), SHIFTS)
def test_the_sample_grows_with_every_part_of_a_lot_up_to_the_cap(state: Severity, shift: int) -> None:
    del shift
    sizes = [released_sample(lot, state) for lot in LOTS]
    assert sizes == sorted(sizes)
    assert sizes[-1] == DAILY
    # within a letter it grows no faster than at its begin: each row of it is worth the same
    for begins, ends in pairwise(SMALLEST):
        whole = released_sample(ends, state) - released_sample(begins, state)
        half = released_sample((begins + ends) // 2, state) - released_sample(begins, state)
        assert abs(half - whole / 2) <= 1


@pytest.mark.parametrize(
    ("before", "part", "rows"),
    [
        (0, 8, 2),
        (700, 400, 26),
        (1_250, 1_500, 56),
        (1_700, 1_400, 53),
        (3_250, 3_000, 51),
        (20_000, 300, 2),
        (100_000, 300, 1),
        (400_000, 800, 1),
        (600_000, 300, 0),
    ],
)
def test_a_part_that_comes_later_is_looked_at(before: int, part: int, rows: int) -> None:
    found = released_sample(before + part, "normal") - released_sample(before, "normal")
    assert found in {rows, rows + 1}


def test_parts_are_looked_at_as_their_sum_is() -> None:
    drawn = lot = 0
    for part in (1, 30, 300, 7, 1_400, 0, 250, 12_000):
        lot += part
        drawn += min(released_sample(lot, "normal") - drawn, part)
    assert drawn == released_sample(lot, "normal") == 344


def test_the_sample_grows_slower_than_the_lot() -> None:
    shares = [released_sample(lot, "normal") / lot for lot in (20, 200, 2_000, 20_000, 200_000, 2_000_000)]
    assert shares == sorted(shares, reverse=True)
