"""room for new versions of rows beside the old ones, so that an update touches no index"""

from __future__ import annotations

from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

#: Tables whose rows are updated again and again in columns of no index.
_TABLES = ("record", "target_key")


def upgrade() -> None:
    for table in _TABLES:
        op.execute(f"ALTER TABLE assay.{table} SET (fillfactor = 70)")


def downgrade() -> None:
    for table in _TABLES:
        op.execute(f"ALTER TABLE assay.{table} RESET (fillfactor)")
