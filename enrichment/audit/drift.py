"""Whether what a plan reads has moved since its release: how often fields are filled, and how their values lie. Pure.

Sources:
  the two-proportion test with pooled variance (Fleiss, "Statistical Methods for Rates and Proportions", 1981, ch. 2),
    for the share of records that fill a field, two-sided: a share that rises is as suspicious as one that falls;
  Pearson's chi-squared test of homogeneity (1900) over fixed bins of magnitude or length, thin bins laid together so
    that at least ten are expected in each, twice what Cochran asks ("Some methods for strengthening the common tests",
    Biometrics 10, 1954), since the far tail decides; that by Abramowitz and Stegun, 26.4.4 and 26.4.5;
  Bonferroni's correction over all tests of all fields of one look.
With many records any small change is significant; one counts only where it is also large enough to matter.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from math import erfc, exp, pi, sqrt
from typing import Final, Literal

from schemas.json_types import Cell

#: Chance that a look at a plan of which nothing has moved finds something, over all its fields.
ALPHA: Final = 0.001
#: Records that a comparison needs on either side.
ROWS: Final = 200
#: The least change that counts: of the share of records that fill a field; of the share of values in other bins.
FILL_MOVED: Final = 0.1
VALUES_MOVED: Final = 0.5
_EXPECTED: Final = 10.0
#: Bins: truth values, signs and powers of ten of numbers, powers of two of the lengths of texts.
_LOWEST, _HIGHEST = -6, 18


@dataclass(frozen=True, slots=True)
class Sketch:
    """What some records under one plan looked like.

    rows:   records that the gate judged
    filled: field -> records of these that fill it
    bins:   field -> bin -> values of those that were looked at for it
    """

    rows: int = 0
    filled: Mapping[str, int] = field(default_factory=dict)
    bins: Mapping[str, Mapping[str, int]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Moved:
    """One finding. before, now: share filled; of values: 0 and the share that lies in other bins than before.

    chance: of such a difference where nothing has moved; level: below which it counts, corrected for all tests
    """

    field: str
    what: Literal["fill", "values"]
    before: float
    now: float
    chance: float
    level: float = 0.0


def bin_of(value: Cell) -> str:
    """The bin of one value: `t4` a text of 8 to 15 characters, `n3` a number from 1,000 to 9,999, `-n0` a negative."""
    if isinstance(value, str):
        return f"t{len(value).bit_length()}"
    if isinstance(value, bool) or value is None:
        return f"b{value}"
    if not value:
        return "n"
    power = Decimal(value).adjusted() if not isinstance(value, Decimal) else value.adjusted()
    return f"{'-' if value < 0 else ''}n{min(max(power, _LOWEST), _HIGHEST)}"


def together(sketches: Iterable[Sketch]) -> Sketch:
    """The records of all of them as one."""
    rows = 0
    filled: Counter[str] = Counter()
    bins: dict[str, Counter[str]] = {}
    for one in sketches:
        rows += one.rows
        filled.update(one.filled)
        for name, found in one.bins.items():
            bins.setdefault(name, Counter()).update(found)
    return Sketch(rows, filled, bins)


def moved(before: Sketch, now: Sketch, fields: Iterable[str], *, alpha: float = ALPHA) -> tuple[Moved, ...]:
    """What has moved between the records of two times; nothing where either are too few to say."""
    names = sorted(set(fields))
    if before.rows < ROWS or now.rows < ROWS or not names:
        return ()
    each = alpha / (2 * len(names))
    found = [one for name in names for one in (_fill(name, before, now), _values(name, before, now)) if one is not None]
    return tuple(replace(one, level=each) for one in found if one.chance < each)


def _fill(name: str, before: Sketch, now: Sketch) -> Moved | None:
    was, is_ = before.filled.get(name, 0) / before.rows, now.filled.get(name, 0) / now.rows
    if abs(is_ - was) < FILL_MOVED:
        return None
    return Moved(name, "fill", was, is_, two_proportions(before.filled.get(name, 0), before.rows,
                                                        now.filled.get(name, 0), now.rows))  # fmt: skip


def _values(name: str, before: Sketch, now: Sketch) -> Moved | None:
    was, is_ = before.bins.get(name, {}), now.bins.get(name, {})
    first, second = sum(was.values()), sum(is_.values())
    if not first or not second:
        return None
    apart = sum(abs(was.get(b, 0) / first - is_.get(b, 0) / second) for b in {*was, *is_}) / 2
    return Moved(name, "values", 0.0, apart, homogeneous(was, is_)) if apart >= VALUES_MOVED else None


def two_proportions(found: int, of: int, then: int, of_then: int) -> float:
    """Chance of shares that differ at least as much, where both are samples of one; two-sided."""
    pooled = (found + then) / (of + of_then)
    spread = sqrt(pooled * (1 - pooled) * (1 / of + 1 / of_then))
    return 1.0 if spread == 0.0 else erfc(abs(found / of - then / of_then) / spread / sqrt(2))


def homogeneous(one: Mapping[str, int], other: Mapping[str, int]) -> float:
    """Chance of counts that differ at least as much, where both are samples of one distribution."""
    first, second = sum(one.values()), sum(other.values())
    share = min(first, second) / (first + second)
    groups: list[tuple[int, int]] = []
    left = right = 0
    for name in sorted({*one, *other}, key=_place):
        left, right = left + one.get(name, 0), right + other.get(name, 0)
        if (left + right) * share >= _EXPECTED:
            groups.append((left, right))
            left = right = 0
    if groups:
        groups[-1] = (groups[-1][0] + left, groups[-1][1] + right)
    if len(groups) < 2:
        return 1.0
    statistic = 0.0
    for counts in groups:
        for count, total in zip(counts, (first, second), strict=True):
            expected = sum(counts) * total / (first + second)
            statistic += (count - expected) ** 2 / expected
    return chi_squared_tail(statistic, len(groups) - 1)


def _place(name: str) -> tuple[int, float]:
    """Bins in the order of what is in them: negative numbers from the largest, nought, the others; texts by length."""
    sign = -1 if name.startswith("-") else 1
    digits = name.lstrip("-")[1:]
    if digits in {"True", "False", "None"}:
        return 0, float(digits == "True")
    kind = 2 if name.startswith("t") else 1
    return kind, float("-inf") if not digits else sign * (float(digits) + 100.0) if kind == 1 else float(digits)


def chi_squared_tail(value: float, degrees: int) -> float:
    """Chance of a chi-squared of so many degrees of freedom above `value`."""
    half = value / 2
    if degrees % 2 == 0:
        term = total = exp(-half)
        for i in range(1, degrees // 2):
            term *= half / i
            total += term
        return min(total, 1.0)
    total = erfc(sqrt(half))
    term = sqrt(value) * exp(-half) * sqrt(2 / pi)
    for i in range(1, degrees // 2 + 1):
        total += term
        term *= value / (2 * i + 1)
    return min(total, 1.0)
