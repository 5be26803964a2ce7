"""A database that lets nobody in is no database that is away: trying again would not help."""

from __future__ import annotations

import pytest
from sqlalchemy import make_url

from enrichment.store import migration
from schemas.errors import ConfigurationError, TransientError


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"password": "wrong"}, "password authentication failed"),
        ({"username": "nobody_here"}, "password authentication failed"),
        ({"database": "not_made"}, "not into not_made: does not exist"),
    ],
)
def test_a_login_that_is_refused_says_so(database: str, changed: dict[str, str], said: str) -> None:
    url = make_url(database).set(**changed).render_as_string(hide_password=False)  # type: ignore[arg-type]
    for act in (migration.check_current, migration.migrate):
        with pytest.raises(ConfigurationError, match=said) as refused:
            act(url)
        assert refused.value.code == "login_refused"
        assert "wrong" not in str(refused.value)


def test_a_server_that_is_away_is_tried_again(database: str) -> None:
    url = make_url(database).set(port=1).render_as_string(hide_password=False)
    with pytest.raises(TransientError, match="cannot be reached"):
        migration.check_current(url)
