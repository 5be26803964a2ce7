"""What is sent as a list comes back as it was, whatever stands in it."""

from __future__ import annotations

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from enrichment.store.database import Database

_TEXTS = st.lists(st.text(st.characters(blacklist_categories=["Cs"], blacklist_characters="\x00")), max_size=6)


@settings(max_examples=60, derandomize=True, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(texts=_TEXTS, octets=st.lists(st.binary(max_size=20) | st.none(), max_size=4))
def test_texts_and_bytes_come_back_as_they_were(database: str, texts: list[str], octets: list[bytes | None]) -> None:
    made = Database(database, application="arrays", size=1)
    try:
        with made.transaction() as tx:
            row = tx.execute("SELECT %s::text[] AS texts, %s::bytea[] AS octets", (texts, octets)).fetchone()
    finally:
        made.close()
    assert row == {"texts": texts, "octets": octets}
