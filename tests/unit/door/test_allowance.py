from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from enrichment.door.allowance import none_left_for
from enrichment.door.answers import StatusError, ThrottledError, require_success

NOW = 1_800_000_000.0


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"x-ratelimit-remaining": "0", "x-ratelimit-reset": "30"}, 30.0),
        ({"x-ratelimit-remaining": "0", "x-ratelimit-reset": str(int(NOW) + 90)}, 90.0),
        ({"x-ratelimit-remaining": "0", "x-ratelimit-reset": str(int(NOW + 90) * 1_000)}, 90.0),
        ({"x-rate-limit-remaining": "0", "x-rate-limit-reset": "1.5"}, 1.5),
        ({"ratelimit-limit": "100", "ratelimit-remaining": "0", "ratelimit-reset": "5"}, 5.0),
        ({"ratelimit": "limit=100, remaining=0, reset=7"}, 7.0),
        ({"ratelimit": '"default";r=0;t=12'}, 12.0),
        ({"ratelimit": '"burst";r=9;t=1, "daily";r=0;t=60'}, 60.0),
        ({"ratelimit": '"a";r=0;t=1, "b";r=0;t=60'}, 60.0),
        ({"x-ratelimit-remaining": "0", "x-ratelimit-reset": "7200"}, 3_600.0),
    ],
)
def test_nothing_left_holds_until_the_reset_and_an_hour_at_most(headers: dict[str, str], seconds: float) -> None:
    assert none_left_for(headers, now=NOW) == pytest.approx(seconds)


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"x-ratelimit-remaining": "1", "x-ratelimit-reset": "30"},
        {"x-ratelimit-remaining": "0"},
        {"x-ratelimit-reset": "30"},
        {"x-ratelimit-remaining": "0", "x-ratelimit-reset": "-30"},
        {"x-ratelimit-remaining": "0", "x-ratelimit-reset": "soon"},
        {"x-ratelimit-remaining": "0", "x-ratelimit-reset": "99999999"},
        {"x-ratelimit-remaining": "0", "x-ratelimit-reset": str(int(NOW) - 10)},
        {"x-ratelimit-remaining": "0", "x-ratelimit-reset": str(int(NOW) + 900_000)},
        {"x-ratelimit-remaining": "٠", "x-ratelimit-reset": "30"},
        {"ratelimit": '"default";r=5;t=12'},
        {"ratelimit": "remaining=0"},
    ],
)
def test_what_is_left_unsaid_or_absurd_holds_nobody(headers: dict[str, str]) -> None:
    assert none_left_for(headers, now=NOW) is None


@given(st.dictionaries(st.sampled_from(["ratelimit", "ratelimit-remaining", "ratelimit-reset"]), st.text(max_size=80)))
def test_no_text_raises_or_holds_for_longer_than_an_hour(headers: dict[str, str]) -> None:
    held = none_left_for(headers, now=NOW)
    assert held is None or 0 < held <= 3_600


@pytest.mark.parametrize("status", [429, 403])
def test_a_refusal_with_nothing_left_asks_to_wait(status: int) -> None:
    with pytest.raises(ThrottledError) as caught:
        require_success(status, {"x-ratelimit-remaining": "0", "x-ratelimit-reset": "30"}, "it", now=NOW)
    assert caught.value.retry_after == 30.0
    with pytest.raises(ThrottledError) as caught:
        require_success(429, {"retry-after": "9", "ratelimit-remaining": "0", "ratelimit-reset": "30"}, "it", now=NOW)
    assert caught.value.retry_after == 9.0
    with pytest.raises(StatusError):
        require_success(403, {"x-ratelimit-remaining": "4", "x-ratelimit-reset": "30"}, "it", now=NOW)
