from __future__ import annotations

import pytest

from enrichment import confirming
from schemas.errors import ConflictError

SECRET = b"secret"
NOW = 1_000_000.0


def refused(given: str | None, *, subject: str = "replay|1;2", secret: bytes = SECRET, now: float = NOW) -> str | None:
    """The code of the refusal; null where the token counts."""
    try:
        confirming.require(secret, subject, given, now=now, what="this")
    except ConflictError as error:
        return error.code
    return None


def test_a_token_counts_for_what_it_was_given_for_and_no_longer_than_said() -> None:
    token = confirming.token(SECRET, "replay|1;2", now=NOW)
    assert not refused(token)
    assert not refused(token, now=NOW + confirming.VALID_SECONDS - 1)
    assert refused(token, now=NOW + confirming.VALID_SECONDS + 1)
    assert refused(token, subject="replay|1;3")
    assert refused(token, subject="discard|1;2")
    assert refused(token, secret=b"another")


@pytest.mark.parametrize("given", [None, "", ".", "x", "1000600", "1000600.", "-1.a", "9" * 30 + ".a", "1000600.ä"])
def test_what_is_no_token_is_refused(given: str | None) -> None:
    assert refused(given) == "confirmation"


def test_the_time_in_a_token_cannot_be_moved() -> None:
    expires, _, signature = confirming.token(SECRET, "replay|1;2", now=NOW).partition(".")
    assert refused(f"{int(expires) + 1}.{signature}")
