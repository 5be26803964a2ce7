"""Alembic's revisions of Assay's own tables."""
