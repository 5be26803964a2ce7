"""what models were found to be worth on labelled cases"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "evaluation",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("task", sa.String(), nullable=False),
        sa.Column("model", sa.String(), nullable=False),
        sa.Column("prompt_version", sa.String(), nullable=False),
        sa.Column("gate_version", sa.String(), nullable=False),
        sa.Column("targets_version", sa.String(), nullable=False),
        sa.Column("cases_version", sa.String(), nullable=False),
        sa.Column("bar", sa.Float(), nullable=False),
        sa.Column("trials", sa.Integer(), nullable=False),
        sa.Column("cases", sa.Integer(), nullable=False),
        sa.Column("passed", sa.Integer(), nullable=False),
        sa.Column("lower", sa.Float(), nullable=False),
        sa.Column("upper", sa.Float(), nullable=False),
        sa.Column("verdict", sa.String(), nullable=False),
        sa.Column(
            "results", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'[]'::jsonb"), nullable=False
        ),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("task IN ('map_fields', 'audit_cells')", name=op.f("evaluation_task_known")),
        sa.CheckConstraint("verdict IN ('pass', 'fail', 'inconclusive')", name=op.f("evaluation_verdict_known")),
        sa.PrimaryKeyConstraint("id", name=op.f("evaluation_pkey")),
        schema="assay",
    )
    op.create_index(
        "evaluation_latest_idx",
        "evaluation",
        ["task", "model", "prompt_version", "id"],
        unique=False,
        schema="assay",
    )
