"""values that were found wrong in a record, so that they do not come back with its next observation"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "wrong_cell",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("target", sa.String(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("record_id", sa.String(), nullable=False),
        sa.Column("field", sa.String(), nullable=False),
        sa.Column(
            "value",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'null'::jsonb"),
            nullable=False,
        ),
        sa.Column("reported", sa.Boolean(), nullable=False),
        sa.Column("plan_id", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["plan_id"], ["assay.plan.id"], name=op.f("wrong_cell_plan_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("wrong_cell_pkey")),
        schema="assay",
    )
    op.create_index(
        "wrong_cell_once_key",
        "wrong_cell",
        ["target", "source", "record_id", "field", sa.text("md5(value::text)")],
        unique=True,
        schema="assay",
    )
    op.create_index("wrong_cell_plan_idx", "wrong_cell", ["plan_id"], schema="assay")


def downgrade() -> None:
    op.drop_table("wrong_cell", schema="assay")
