"""what was sent as which batch of a streamed job, so that other content under its number is refused"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("job", sa.Column("batches_digest", sa.String(), nullable=True), schema="assay")
    op.create_table(
        "job_batch",
        sa.Column("job_id", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("job_id", "number", name=op.f("job_batch_pkey")),
        schema="assay",
    )


def downgrade() -> None:
    op.drop_table("job_batch", schema="assay")
    op.drop_column("job", "batches_digest", schema="assay")
