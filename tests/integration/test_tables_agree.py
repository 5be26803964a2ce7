"""The migrations and the declared tables say the same."""

from __future__ import annotations

from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import create_engine

from enrichment.store import migration
from schemas.tables import SCHEMA, metadata


def test_migrations_and_tables_agree(database: str) -> None:
    migration.migrate(database)
    engine = create_engine(database)
    with engine.connect() as connection:
        context = MigrationContext.configure(
            connection,
            opts={
                "include_schemas": True,
                "version_table_schema": SCHEMA,
                "include_name": lambda name, kind, _: kind != "schema" or name == SCHEMA,
            },
        )
        found = compare_metadata(context, metadata)
    engine.dispose()
    assert found == []
