"""how many rows of before a plan has changed, until a person approves of it"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "existing_change",
        sa.Column("plan_id", sa.BigInteger(), nullable=False),
        sa.Column("rows", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.ForeignKeyConstraint(["plan_id"], ["assay.plan.id"], name=op.f("existing_change_plan_id_fkey")),
        sa.PrimaryKeyConstraint("plan_id", name=op.f("existing_change_pkey")),
        schema="assay",
    )


def downgrade() -> None:
    op.drop_table("existing_change", schema="assay")
