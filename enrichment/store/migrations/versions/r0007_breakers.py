"""breakers, their events, and which calls went to a second provider"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "breaker",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("model", sa.String(), nullable=False),
        sa.Column("prompt", sa.String(), nullable=False),
        sa.Column("target", sa.String(), nullable=False),
        sa.Column("target_version", sa.String(), nullable=False),
        sa.Column("state", sa.String(), server_default="closed", nullable=False),
        sa.Column(
            "windows", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'::jsonb"), nullable=False
        ),
        sa.Column("passes", sa.Integer(), server_default="0", nullable=False),
        sa.Column("opens", sa.Integer(), server_default="0", nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("lease_holder", sa.BigInteger(), nullable=True),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("offered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("shape_id", sa.BigInteger(), nullable=True),
        sa.Column("reason", sa.String(), server_default="", nullable=False),
        sa.Column("changes", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("kind IN ('quality', 'model', 'source')", name=op.f("breaker_kind_known")),
        sa.CheckConstraint(
            "state IN ('closed', 'open', 'half_open', 'forced_open', 'forced_closed')",
            name=op.f("breaker_state_known"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("breaker_pkey")),
        sa.UniqueConstraint("key", name=op.f("breaker_key_key")),
        schema="assay",
    )
    op.create_table(
        "breaker_event",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("breaker_id", sa.BigInteger(), nullable=False),
        sa.Column("before", sa.String(), nullable=False),
        sa.Column("after", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("by", sa.String(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["breaker_id"], ["assay.breaker.id"], name=op.f("breaker_event_breaker_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("breaker_event_pkey")),
        schema="assay",
    )
    op.create_index("breaker_event_breaker_idx", "breaker_event", ["breaker_id", "id"], unique=False, schema="assay")
    op.add_column(
        "model_call",
        sa.Column("fallback", sa.Boolean(), server_default="false", nullable=False),
        schema="assay",
    )
