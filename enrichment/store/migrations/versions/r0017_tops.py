"""the strongest assertion of each row, so that what comes above it need not be folded with all that stands"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

_STANDING = sa.text("state = 'standing'")


def upgrade() -> None:
    op.add_column("target_key", sa.Column("top", sa.BigInteger(), nullable=True), schema="assay")
    _index(["target", "key", "id"])


def downgrade() -> None:
    _index(["target", "key"])
    op.drop_column("target_key", "top", schema="assay")


def _index(columns: list[str]) -> None:
    op.drop_index("assertion_key_idx", table_name="assertion", schema="assay", postgresql_where=_STANDING)
    op.create_index("assertion_key_idx", "assertion", columns, unique=False, schema="assay", postgresql_where=_STANDING)
