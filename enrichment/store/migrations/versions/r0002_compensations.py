"""what un-writing did to rows; a plan's assertions in the order of their ids"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "compensation",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("target", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("change", sa.String(), nullable=False),
        sa.Column("before", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("after", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("plan_id", sa.BigInteger(), nullable=True),
        sa.Column("job_id", sa.BigInteger(), nullable=True),
        sa.Column("work_id", sa.BigInteger(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("change IN ('inserted', 'updated', 'deleted')", name=op.f("compensation_change_known")),
        sa.PrimaryKeyConstraint("id", name=op.f("compensation_pkey")),
        schema="assay",
    )
    op.create_index("compensation_target_idx", "compensation", ["target", "id"], unique=False, schema="assay")
    op.drop_index("assertion_plan_idx", table_name="assertion", schema="assay")
    op.create_index("assertion_plan_idx", "assertion", ["plan_id", "id"], unique=False, schema="assay")


def downgrade() -> None:
    op.drop_index("assertion_plan_idx", table_name="assertion", schema="assay")
    op.create_index("assertion_plan_idx", "assertion", ["plan_id"], unique=False, schema="assay")
    op.drop_index("compensation_target_idx", table_name="compensation", schema="assay")
    op.drop_table("compensation", schema="assay")
