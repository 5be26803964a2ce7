"""What a number of passed cases says against a bar."""

from __future__ import annotations

import pytest

from enrichment.evals import Verdict, wilson


@pytest.mark.parametrize(
    ("passed", "cases", "bar", "verdict"),
    [
        (18, 20, 0.9, Verdict.INCONCLUSIVE),
        (20, 20, 0.9, Verdict.INCONCLUSIVE),
        (35, 35, 0.9, Verdict.PASS),
        (34, 34, 0.9, Verdict.INCONCLUSIVE),
        (10, 20, 0.9, Verdict.FAIL),
        (0, 1, 0.9, Verdict.FAIL),
        (0, 0, 0.9, Verdict.INCONCLUSIVE),
        (0, 5, 0.0, Verdict.PASS),
    ],
)
def test_verdict(passed: int, cases: int, bar: float, verdict: Verdict) -> None:
    assert wilson(passed, cases).against(bar) is verdict


def test_interval_of_known_shares() -> None:
    assert wilson(5, 5).lower == pytest.approx(0.566, abs=1e-3)
    assert wilson(95, 100) == pytest.approx((0.888, 0.978), abs=1e-3)
