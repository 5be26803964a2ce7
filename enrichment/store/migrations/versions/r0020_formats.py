"""plans whose rows an older release would merge without finding the items behind them"""

from __future__ import annotations

from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Since this release an item in flight need not name the row that it stands behind.
    op.execute("UPDATE assay.plan SET format = 2 WHERE format < 2")


def downgrade() -> None:
    # Only of a fleet that stands still: its items in flight are told where they stand, as the older release expects.
    op.execute(
        """
        UPDATE assay.item i SET staged_id = s.id, plan_id = s.plan_id FROM assay.staged s
        WHERE s.state = 'staged' AND i.job_id = s.job_id AND i.record_id = s.record_id
          AND i.observation = s.observation AND i.state = 'in_flight' AND i.staged_id IS NULL
        """
    )
    op.execute("UPDATE assay.plan SET format = 1")
    op.execute("UPDATE assay.work SET format = 1")
