"""items without a foreign key: looking up the job once a record was the dearest part of accepting one"""

from __future__ import annotations

from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_constraint(op.f("item_job_id_fkey"), "item", schema="assay", type_="foreignkey")


def downgrade() -> None:
    op.create_foreign_key(
        op.f("item_job_id_fkey"),
        "item",
        "job",
        ["job_id"],
        ["id"],
        source_schema="assay",
        referent_schema="assay",
    )
