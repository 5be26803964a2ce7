"""what stood where no record could be read, kept with its dead letter; letters found by their record"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

_CLOSED = sa.text("body IS NOT NULL AND state IN ('resolved', 'discarded', 'permanent')")


def upgrade() -> None:
    op.add_column("dead_letter", sa.Column("body", sa.LargeBinary(), nullable=True), schema="assay")
    op.add_column("dead_letter", sa.Column("body_digest", sa.LargeBinary(), nullable=True), schema="assay")
    op.create_index("dead_letter_record_idx", "dead_letter", ["record_id"], schema="assay")
    op.create_index("dead_letter_texts_idx", "dead_letter", ["updated_at"], schema="assay", postgresql_where=_CLOSED)


def downgrade() -> None:
    op.drop_index("dead_letter_texts_idx", table_name="dead_letter", schema="assay", postgresql_where=_CLOSED)
    op.drop_index("dead_letter_record_idx", table_name="dead_letter", schema="assay")
    op.drop_column("dead_letter", "body_digest", schema="assay")
    op.drop_column("dead_letter", "body", schema="assay")
