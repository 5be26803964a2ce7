"""indexes that begin with what tells most, and room for new versions of rows beside the old ones"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

#: Tables whose rows are updated again and again in columns of no index.
_TABLES = ("record", "target_key")
_STANDING = sa.text("state = 'standing'")
_BEFORE = "staged_target_source_record_id_observation_plan_id_gate_id_dry_job_key"


def upgrade() -> None:
    for table in _TABLES:
        op.execute(f"ALTER TABLE assay.{table} SET (fillfactor = 70)")
    _index(
        (_BEFORE, "staged_once_key"),
        ["record_id", "observation", "plan_id", "gate_id", "dry_job", "source", "target"],
        ["record_id", "source", "target", "observation", "plan_id", "gate_id"],
    )


def downgrade() -> None:
    _index(
        ("staged_once_key", _BEFORE),
        ["target", "source", "record_id", "observation", "plan_id", "gate_id", "dry_job"],
        ["target", "source", "record_id", "observation", "plan_id", "gate_id"],
    )
    for table in _TABLES:
        op.execute(f"ALTER TABLE assay.{table} RESET (fillfactor)")


def _index(names: tuple[str, str], staged: list[str], standing: list[str]) -> None:
    """names: of the constraint on staged rows, before and after."""
    before, after = (op.f(name) for name in names)
    op.drop_constraint(before, "staged", schema="assay", type_="unique")
    op.create_unique_constraint(after, "staged", staged, schema="assay")
    op.drop_index("assertion_standing_key", table_name="assertion", schema="assay", postgresql_where=_STANDING)
    op.create_index(
        "assertion_standing_key", "assertion", standing, unique=True, schema="assay", postgresql_where=_STANDING
    )
