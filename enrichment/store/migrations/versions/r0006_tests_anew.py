"""where a field's test in course began, and how many rows of a released lot were wrong"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "plan_field",
        sa.Column(
            "began", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'::jsonb"), nullable=False
        ),
        schema="assay",
    )
    op.add_column(
        "released_lot",
        sa.Column("wrong", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        schema="assay",
    )


def downgrade() -> None:
    op.drop_column("released_lot", "wrong", schema="assay")
    op.drop_column("plan_field", "began", schema="assay")
