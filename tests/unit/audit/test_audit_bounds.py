from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from enrichment.audit.bounds import at_most


@pytest.mark.parametrize(
    ("audited", "defects", "expected"),
    [
        # tables of the exact one-sided binomial limit at 95 %
        (1, 0, 0.95),
        (59, 0, 0.0495),
        (100, 0, 0.02951),
        (299, 0, 0.00997),
        (100, 1, 0.04656),
        (20, 2, 0.28262),
        (10, 10, 1.0),
    ],
)
def test_the_limit_is_the_one_in_the_tables(audited: int, defects: int, expected: float) -> None:
    assert at_most(audited, defects, confidence=0.95) == pytest.approx(expected, abs=1e-4)


def test_nothing_audited_is_nothing_known() -> None:
    assert at_most(0, 0, confidence=0.95) is None


@settings(derandomize=True, max_examples=60)
@given(st.integers(1, 2_000), st.integers(0, 30))
def test_more_defects_or_fewer_audits_never_look_better(audited: int, defects: int) -> None:
    here = at_most(audited, min(defects, audited), confidence=0.95)
    worse = at_most(audited, min(defects + 1, audited), confidence=0.95)
    surer = at_most(audited, min(defects, audited), confidence=0.99)
    assert here is not None
    assert worse is not None
    assert surer is not None
    assert min(defects, audited) / audited <= here <= worse <= 1.0
    assert here <= surer
