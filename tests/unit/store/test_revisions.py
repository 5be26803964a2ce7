"""What processes take the newest tables to be, without the machinery that makes them."""

from __future__ import annotations

from enrichment.store import migration, revisions


def test_the_newest_revision_is_the_one_that_a_migration_ends_at() -> None:
    assert revisions.newest() == migration.head()
