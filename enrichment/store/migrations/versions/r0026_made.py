"""what a target's triggers made of a row, so that it is not taken for somebody's edit"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("target_key", sa.Column("made", postgresql.JSONB(), nullable=True), schema="assay")
    op.execute("ALTER TABLE assay.target_key ALTER COLUMN made SET STATISTICS 0")


def downgrade() -> None:
    op.drop_column("target_key", "made", schema="assay")
