"""tables that every record passes are analysed by samples of three thousand rows, not of thirty thousand"""

from __future__ import annotations

from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

#: Ten common values and ten bounds of a column are plenty for plans that their indexes settle. The largest number of
#: a table's columns decides how many rows are read and sorted, so it is set for all that have not none (0019).
_COLUMNS = {
    "staged": (
        "id target source record_id observation plan_id gate_id dry_job state key payload_id ordinal job_id created_at"
    ),
    "assertion": (
        "id target key source record_id observation plan_id gate_id version_type version_number version_text payload_id"
        " ordinal job_id staged_id state created_at voided_at void_reason"
    ),
    "item": "job_id record_id observation payload_id ordinal state code work_id shape_id plan_id staged_id",
    "record": "source record_id observation digest payload_id ordinal structure shape_id shape_revision",
    "target_key": "target key folded top",
}


def upgrade() -> None:
    _sample(10)


def downgrade() -> None:
    _sample(-1)


def _sample(values: int) -> None:
    for table, columns in _COLUMNS.items():
        for column in columns.split():
            op.execute(f"ALTER TABLE assay.{table} ALTER COLUMN {column} SET STATISTICS {values}")
