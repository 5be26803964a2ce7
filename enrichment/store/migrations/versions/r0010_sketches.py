"""what records looked like under a plan, to see it move"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "plan_sketch",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("plan_id", sa.BigInteger(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("phase", sa.String(), server_default="new", nullable=False),
        sa.Column("rows", sa.BigInteger(), nullable=False),
        sa.Column("filled", postgresql.JSONB(), server_default=sa.text("'{}'::jsonb"), nullable=False),
        sa.Column("bins", postgresql.JSONB(), server_default=sa.text("'{}'::jsonb"), nullable=False),
        sa.CheckConstraint("phase IN ('new', 'reference', 'past')", name="phase_is_known"),
        sa.PrimaryKeyConstraint("id"),
        schema="assay",
    )
    op.create_index("plan_sketch_plan_idx", "plan_sketch", ["plan_id", "phase"], unique=False, schema="assay")


def downgrade() -> None:
    op.drop_index("plan_sketch_plan_idx", table_name="plan_sketch", schema="assay")
    op.drop_table("plan_sketch", schema="assay")
