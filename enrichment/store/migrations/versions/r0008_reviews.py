"""what reviews ask in common, so that one answer settles them all"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("review", sa.Column("asks", sa.String(), nullable=True), schema="assay")
    op.create_index(
        "review_asks_idx",
        "review",
        ["asks"],
        unique=False,
        schema="assay",
        postgresql_where=sa.text("state = 'open'"),
    )


def downgrade() -> None:
    op.drop_index("review_asks_idx", table_name="review", schema="assay", postgresql_where=sa.text("state = 'open'"))
    op.drop_column("review", "asks", schema="assay")
