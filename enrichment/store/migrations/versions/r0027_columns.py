"""the numbers of a target's columns, so that one that was made again is known"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("target", sa.Column("columns", postgresql.JSONB(), nullable=True), schema="assay")


def downgrade() -> None:
    op.drop_column("target", "columns", schema="assay")
