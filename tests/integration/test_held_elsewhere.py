"""What somebody else holds is told as that, and not as a server that is away."""

from __future__ import annotations

import pytest

from enrichment.store.database import Database
from schemas.errors import TransientError


def _want(database: Database) -> None:
    with database.transaction() as tx:
        tx.execute("SET LOCAL lock_timeout = 50")
        tx.execute("SELECT pg_advisory_xact_lock(4711)")


def test_a_lock_that_is_not_let_go_in_time_is_told_as_one(database: str) -> None:
    holder, other = (Database(database, application=name, size=1) for name in ("holder", "other"))
    try:
        with holder.transaction() as held:
            held.execute("SELECT pg_advisory_xact_lock(4711)")
            with pytest.raises(TransientError, match="in the hands of something that runs"):
                _want(other)
    finally:
        holder.close()
        other.close()
