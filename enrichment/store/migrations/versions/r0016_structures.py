"""what structure a record had, so that it is not read again to find its shape"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("record", sa.Column("structure", sa.LargeBinary(), nullable=True), schema="assay")


def downgrade() -> None:
    op.drop_column("record", "structure", schema="assay")
