"""Statuses: now, later, never."""

from __future__ import annotations

import pytest

from enrichment.door.answers import StatusError, require_success, retry_after
from schemas.errors import TransientError

NOW = 1_800_000_000.0


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("7", 7.0),
        (" 0 ", 0.0),
        ("999999999999", 3_600.0),
        ("86400", 3_600.0),
        ("Fri, 15 Jan 2027 08:01:00 GMT", 60.0),
        ("Fri, 15 Jan 2027 07:00:00 GMT", 0.0),
        ("nan", None),
        ("-5", None),
        ("1.5", None),
        ("soon", None),
        ("Fri, 15 Jan 99999999999999 08:01:00 GMT", None),
        ("Fri, 15 Jan 2027 08:01:00 +9999999999999999", None),
        ("", None),
    ],
)
def test_retry_after_is_seconds_or_a_date(text: str, seconds: float | None) -> None:
    assert retry_after({"retry-after": text}, now=NOW) == seconds


@pytest.mark.parametrize("status", [408, 425, 429, 500, 502, 503, 504])
def test_statuses_that_time_may_change(status: int) -> None:
    with pytest.raises(TransientError) as caught:
        require_success(status, {"retry-after": "3"}, "here", now=NOW)
    assert caught.value.retry_after == 3.0
    assert caught.value.code == "source_unreachable"


@pytest.mark.parametrize(("status", "code"), [(404, "not_found"), (410, "not_found"), (400, "source_refused")])
def test_statuses_that_nothing_changes(status: int, code: str) -> None:
    with pytest.raises(StatusError) as caught:
        require_success(status, {}, "here", now=NOW)
    assert (caught.value.status, caught.value.code) == (status, code)


@pytest.mark.parametrize("status", [301, 304, 401, 403, 422])
def test_other_statuses_are_refusals(status: int) -> None:
    with pytest.raises(StatusError):
        require_success(status, {}, "here", now=NOW)


def test_who_is_not_known_is_told_how_a_bearer_token_is_sent() -> None:
    with pytest.raises(StatusError) as caught:
        require_success(401, {}, "here", now=NOW)
    assert 'prefix = "Bearer "' in caught.value.hint


@pytest.mark.parametrize("status", [200, 201, 204, 206])
def test_success_passes(status: int) -> None:
    require_success(status, {}, "here", now=NOW)
