"""no statistics over documents, which nothing is planned by; tables that only grow are looked at less often"""

from __future__ import annotations

from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

#: Comparing documents to find common ones is most of what analysing these tables costs, and no query asks for it.
_DOCUMENTS = {
    "staged": ("cells", "reasons", "winners", "version", "digest"),
    "assertion": ("cells", "reasons", "winners"),
}
#: Every record passes these. What a plan has to know of them is settled by their indexes.
_GROWING = ("staged", "assertion", "item", "record", "target_key")


def upgrade() -> None:
    for table, columns in _DOCUMENTS.items():
        for column in columns:
            op.execute(f"ALTER TABLE assay.{table} ALTER COLUMN {column} SET STATISTICS 0")
    for table in _GROWING:
        op.execute(f"ALTER TABLE assay.{table} SET (autovacuum_analyze_scale_factor = 0.5)")


def downgrade() -> None:
    for table, columns in _DOCUMENTS.items():
        for column in columns:
            op.execute(f"ALTER TABLE assay.{table} ALTER COLUMN {column} SET STATISTICS -1")
    for table in _GROWING:
        op.execute(f"ALTER TABLE assay.{table} RESET (autovacuum_analyze_scale_factor)")
