"""the kill switch"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "freezing",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("source", sa.String(), server_default="", nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("thawed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("thawed_by", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("freezing_pkey")),
        schema="assay",
    )
    op.create_index(
        "freezing_standing_key",
        "freezing",
        ["source"],
        unique=True,
        schema="assay",
        postgresql_where=sa.text("thawed_at IS NULL"),
    )


def downgrade() -> None:
    op.drop_index("freezing_standing_key", table_name="freezing", schema="assay")
    op.drop_table("freezing", schema="assay")
