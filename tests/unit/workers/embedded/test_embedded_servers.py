from __future__ import annotations

from urllib.parse import unquote, urlsplit

from hypothesis import given, settings
from hypothesis import strategies as st

from workers.embedded.servers import postgres_url, redis_url


@settings(derandomize=True)
@given(password=st.text(st.characters(codec="ascii", exclude_categories=["Cc"]), min_size=1))
def test_urls_carry_any_password(password: str) -> None:
    for url in (postgres_url("assay_owner", password, 5432), redis_url(password, 5432)):
        parts = urlsplit(url)
        assert (unquote(parts.password or ""), parts.hostname, parts.port) == (password, "127.0.0.1", 5432)
