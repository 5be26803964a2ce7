"""What headers of a provider are taken for, and what of them is not believed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from enrichment.rates.headers import Stated, stated


def said(**headers: str) -> Stated:
    return stated({f"x-ratelimit-{name.replace('_', '-')}": value for name, value in headers.items()})


def test_limits_and_what_is_left_are_read() -> None:
    found = said(
        limit_requests="60",
        limit_tokens="150000",
        remaining_requests="59",
        remaining_tokens="149984",
        reset_requests="1s",
        reset_tokens="6m0s",
    )
    assert found == Stated(60, 150_000, None)


@pytest.mark.parametrize(
    ("reset", "seconds"), [("1s", 1.0), ("6m0s", 360.0), ("120ms", 0.12), ("1h30m", 3_600.0), ("20", 20.0), ("0s", 0.0)]
)
def test_nothing_left_holds_until_the_reset_and_an_hour_at_most(reset: str, seconds: float) -> None:
    assert said(remaining_requests="0", reset_requests=reset).hold == seconds


def test_the_longer_of_two_resets_counts() -> None:
    found = said(remaining_requests="0", reset_requests="1s", remaining_tokens="0", reset_tokens="9s")
    assert found.hold == 9.0


@pytest.mark.parametrize(
    "value", ["0", "-1", "", "lots", "1e3", "60.5", "9" * 10, "9" * 4_000, "٦٠", "inf", "NaN", "0x10", "1;drop"]
)
def test_absurd_limits_are_left_out_and_named(value: str) -> None:
    assert said(limit_requests=value) == Stated(absurd=("x-ratelimit-limit-requests",))


@pytest.mark.parametrize("value", ["-1s", "soon", "", "9999999999s", "1d", "nan", "inf", "1s" * 100])
def test_absurd_resets_hold_nobody(value: str) -> None:
    found = said(remaining_requests="0", reset_requests=value)
    assert found == Stated(absurd=("x-ratelimit-reset-requests",))


@given(st.dictionaries(st.sampled_from(["limit", "remaining", "reset"]), st.text(max_size=20)))
def test_no_text_raises_or_states_what_is_out_of_bounds(parts: dict[str, str]) -> None:
    found = stated({f"x-ratelimit-{part}-requests": text for part, text in parts.items()})
    assert found.requests is None or 1 <= found.requests <= 1_000_000_000
    assert found.hold is None or 0 <= found.hold <= 3_600
