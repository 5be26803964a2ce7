"""The migrations and the declared tables say the same."""

from __future__ import annotations

from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import create_engine, text

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


def test_no_column_of_a_table_that_every_record_passes_asks_for_a_large_sample(database: str) -> None:
    """The largest number of any column decides how many rows are read and sorted."""
    migration.migrate(database)
    engine = create_engine(database)
    with engine.connect() as connection:
        found = connection.execute(
            text(
                "SELECT DISTINCT attrelid::regclass::text, attstattarget FROM pg_attribute WHERE attnum > 0 AND"
                " NOT attisdropped AND attrelid = ANY(ARRAY['assay.staged', 'assay.assertion', 'assay.item',"
                " 'assay.record', 'assay.target_key']::regclass[]) AND attstattarget NOT IN (0, 10)"
            )
        ).all()
    engine.dispose()
    assert found == []
