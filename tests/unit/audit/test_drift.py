"""Fields that move are found, those that do not are left alone, and many fields alarm no more often than one."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from decimal import Decimal

import pytest

from enrichment.audit.drift import (
    ALPHA,
    ROWS,
    Sketch,
    bin_of,
    chi_squared_tail,
    homogeneous,
    moved,
    together,
    two_proportions,
)

SEED = 20_240_311
FIELDS = tuple(f"f{n}" for n in range(12))


def sketch(rng: random.Random, rows: int, *, fill: float = 0.6, value: Callable[[random.Random], int]) -> Sketch:
    filled = {name: sum(rng.random() < fill for _ in range(rows)) for name in FIELDS}
    bins = {name: Counter(bin_of(value(rng)) for _ in range(64)) for name in FIELDS}
    return Sketch(rows, filled, bins)


def size(rng: random.Random) -> int:
    return int(10 ** rng.gauss(3, 1))


def test_of_what_does_not_move_nothing_is_said() -> None:
    """Twelve fields, two tests each: the chance of any alarm stays that of one look."""
    rng = random.Random(SEED)
    looks = 600
    alarms = sum(
        bool(moved(sketch(rng, 400, value=size), sketch(rng, 300, value=size), FIELDS, alpha=0.05))
        for _ in range(looks)
    )
    # two standard errors above what is promised
    assert alarms <= 0.05 * looks + 2 * (0.05 * 0.95 * looks) ** 0.5


@pytest.mark.parametrize(("was", "is_"), [(0.6, 0.3), (0.3, 0.6), (0.9, 0.0), (0.05, 0.95)])
def test_a_fill_that_falls_or_rises_is_found(was: float, is_: float) -> None:
    before = Sketch(1_000, {"a": int(1_000 * was), "b": 500})
    now = Sketch(300, {"a": int(300 * is_), "b": 150})
    (found,) = moved(before, now, ["a", "b"])
    assert (found.field, found.what) == ("a", "fill")
    assert found.before == pytest.approx(was)
    assert found.now == pytest.approx(is_)
    assert found.chance < ALPHA


def test_values_of_another_magnitude_are_found_where_as_many_are_filled() -> None:
    rng = random.Random(SEED)
    before = sketch(rng, 1_000, value=size)
    thousandfold = sketch(rng, 1_000, value=lambda r: size(r) * 1_000)
    assert {one.what for one in moved(before, thousandfold, FIELDS)} == {"values"}
    assert len(moved(before, thousandfold, FIELDS)) == len(FIELDS)


def test_a_change_too_small_to_matter_is_none_however_many_records_show_it() -> None:
    assert moved(Sketch(10**7, {"a": 5_000_000}), Sketch(10**7, {"a": 5_500_000}), ["a"]) == ()


def test_few_records_say_nothing() -> None:
    assert moved(Sketch(ROWS, {"a": ROWS}), Sketch(ROWS - 1, {"a": 0}), ["a"]) == ()


def test_many_fields_need_more_than_one_does() -> None:
    before, now = Sketch(200, {"a": 120}), Sketch(200, {"a": 84})
    assert 0.0002 < two_proportions(120, 200, 84, 200) < 0.0005
    assert moved(before, now, ["a"])
    assert moved(before, now, [f"other{n}" for n in range(11)] + ["a"]) == ()


def test_the_tail_is_that_of_the_tables() -> None:
    for value, degrees in ((3.841, 1), (5.991, 2), (7.815, 3), (9.488, 4), (18.307, 10), (16.919, 9)):
        assert chi_squared_tail(value, degrees) == pytest.approx(0.05, abs=2e-5)


def test_thin_bins_are_laid_together() -> None:
    assert homogeneous({"n1": 50, "n2": 1}, {"n1": 50, "n9": 1}) == 1.0


def test_bins() -> None:
    values = ("abcdefgh", 1_234, -5, 0, True, Decimal("0.02"))
    assert [bin_of(value) for value in values] == ["t4", "n3", "-n0", "n", "bTrue", "n-2"]


def test_sketches_add_up() -> None:
    one = Sketch(3, {"a": 2}, {"a": {"n1": 2}})
    both = together([one, Sketch(4, {"a": 1, "b": 4}, {"a": {"n2": 1}})])
    assert (both.rows, dict(both.filled), {n: dict(b) for n, b in both.bins.items()}) == (
        7,
        {"a": 3, "b": 4},
        {"a": {"n1": 2, "n2": 1}},
    )
