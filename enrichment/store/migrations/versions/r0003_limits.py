"""counters of budgets, and when each rate was last used"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_ZERO = sa.text("0")


def upgrade() -> None:
    op.create_table(
        "budget",
        sa.Column("scope", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        *(sa.Column(name, sa.BigInteger(), server_default=_ZERO, nullable=False) for name in ("calls", "used_tokens")),
        sa.Column("used_money", sa.Numeric(), server_default=_ZERO, nullable=False),
        sa.Column("reserved_tokens", sa.BigInteger(), server_default=_ZERO, nullable=False),
        sa.Column("reserved_money", sa.Numeric(), server_default=_ZERO, nullable=False),
        sa.Column("raised_tokens", sa.BigInteger(), server_default=_ZERO, nullable=False),
        sa.Column("raised_money", sa.Numeric(), server_default=_ZERO, nullable=False),
        sa.CheckConstraint("scope IN ('call', 'job', 'source', 'day', 'fleet')", name=op.f("budget_scope_known")),
        sa.PrimaryKeyConstraint("scope", "key", name=op.f("budget_pkey")),
        schema="assay",
    )
    op.create_table(
        "rate_use",
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("used_until", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("rate_use_pkey")),
        schema="assay",
    )
    op.add_column("model_call", sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True), schema="assay")
    op.create_index(
        "model_call_open_idx",
        "model_call",
        ["expires_at"],
        schema="assay",
        postgresql_where=sa.text("state IN ('reserved','sent')"),
    )
    # Calls that were settled before there were counters: a cap that is set today holds for what was spent today.
    op.execute(
        """
        UPDATE assay.model_call SET state = 'presumed', outcome = 'lost', finished_at = now()
        WHERE state IN ('reserved', 'sent')
        """
    )
    op.execute(
        """
        INSERT INTO assay.budget (scope, key, calls, used_tokens, used_money)
        SELECT k.scope, k.key, count(*), sum(c.input_tokens + c.output_tokens), coalesce(sum(c.cost), 0)
        FROM assay.model_call c CROSS JOIN LATERAL (VALUES
            ('day', to_char(c.started_at AT TIME ZONE 'UTC', 'YYYY-MM-DD')),
            ('fleet', to_char(c.started_at AT TIME ZONE 'UTC', 'YYYY-MM')),
            ('job', c.job_id::text), ('source', c.source)) AS k(scope, key)
        WHERE c.state <> 'released' AND k.key IS NOT NULL GROUP BY k.scope, k.key
        """
    )
