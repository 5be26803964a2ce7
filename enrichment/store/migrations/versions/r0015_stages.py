"""work stands at a stage that its kind has"""

from __future__ import annotations

from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_check_constraint(
        op.f("work_stage_fits_kind"),
        "work",
        "stage = kind OR kind = 'chunk' AND stage IN ('fetch', 'map', 'gate', 'audit', 'upsert')",
        schema="assay",
    )


def downgrade() -> None:
    op.drop_constraint(op.f("work_stage_fits_kind"), "work", schema="assay")
