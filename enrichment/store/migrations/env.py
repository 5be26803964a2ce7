"""Run by Alembic. The connection is handed in by `enrichment.store.migration`; nothing is read from a file."""

from __future__ import annotations

from typing import Any

from alembic import context

from schemas.tables import SCHEMA, metadata

_OPTIONS: dict[str, Any] = {
    "target_metadata": metadata,
    "version_table_schema": SCHEMA,
    "include_schemas": True,
    "transactional_ddl": True,
}

if context.is_offline_mode():
    context.configure(dialect_name="postgresql", literal_binds=True, **_OPTIONS)
    with context.begin_transaction():
        context.run_migrations()
else:
    context.configure(
        connection=context.config.attributes["connection"],
        include_name=lambda name, kind, _: kind != "schema" or name == SCHEMA,
        **_OPTIONS,
    )
    with context.begin_transaction():
        context.run_migrations()
