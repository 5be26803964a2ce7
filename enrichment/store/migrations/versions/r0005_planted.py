"""known-bad rows that the auditor was shown, and whether it saw them"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "planted",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("plan_id", sa.BigInteger(), nullable=False),
        sa.Column("work_id", sa.BigInteger(), nullable=False),
        sa.Column("staged_id", sa.BigInteger(), nullable=False),
        sa.Column("fault", sa.String(), nullable=False),
        sa.Column("field", sa.String(), nullable=False),
        sa.Column(
            "cells", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'::jsonb"), nullable=False
        ),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("seen", sa.Boolean(), nullable=True),
        sa.Column("confirmed", sa.Boolean(), nullable=True),
        sa.Column("auditor", sa.String(), nullable=True),
        sa.Column("judged_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("state IN ('sent', 'judged', 'void')", name=op.f("planted_state_known")),
        sa.ForeignKeyConstraint(["plan_id"], ["assay.plan.id"], name=op.f("planted_plan_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("planted_pkey")),
        schema="assay",
    )
    op.create_index("planted_plan_idx", "planted", ["plan_id"], unique=False, schema="assay")
    op.create_index(
        "planted_work_idx",
        "planted",
        ["work_id"],
        unique=False,
        schema="assay",
        postgresql_where=sa.text("state = 'sent'"),
    )


def downgrade() -> None:
    op.drop_index("planted_work_idx", table_name="planted", schema="assay", postgresql_where=sa.text("state = 'sent'"))
    op.drop_index("planted_plan_idx", table_name="planted", schema="assay")
    op.drop_table("planted", schema="assay")
