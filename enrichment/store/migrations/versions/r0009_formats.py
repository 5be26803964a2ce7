"""which release can read a piece of work and a plan"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for table in ("work", "plan"):
        op.add_column(
            table, sa.Column("format", sa.Integer(), server_default=sa.text("1"), nullable=False), schema="assay"
        )


def downgrade() -> None:
    for table in ("work", "plan"):
        op.drop_column(table, "format", schema="assay")
