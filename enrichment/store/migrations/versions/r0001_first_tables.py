"""the tables as first built"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Documents merged in the order given, a later one over an earlier: how rows are folded.
    op.execute(
        "CREATE AGGREGATE assay.jsonb_merge(jsonb)"
        " (sfunc = jsonb_concat, stype = jsonb, initcond = '{}', parallel = safe)"
    )
    op.create_table(
        "api_key",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("prefix", sa.String(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("role IN ('admin', 'producer', 'reader')", name=op.f("api_key_role_known")),
        sa.PrimaryKeyConstraint("id", name=op.f("api_key_pkey")),
        sa.UniqueConstraint("hash", name=op.f("api_key_hash_key")),
        schema="assay",
    )
    op.create_table(
        "assertion",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("target", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("record_id", sa.String(), nullable=False),
        sa.Column("observation", sa.Integer(), nullable=False),
        sa.Column("plan_id", sa.BigInteger(), nullable=False),
        sa.Column("gate_id", sa.BigInteger(), nullable=False),
        sa.Column("version_type", sa.Integer(), nullable=False),
        sa.Column("version_number", sa.Numeric(), nullable=True),
        sa.Column("version_text", sa.String(), nullable=True),
        sa.Column(
            "cells", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'::jsonb"), nullable=False
        ),
        sa.Column(
            "reasons", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'::jsonb"), nullable=False
        ),
        sa.Column(
            "winners", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'::jsonb"), nullable=False
        ),
        sa.Column("payload_id", sa.BigInteger(), nullable=True),
        sa.Column("ordinal", sa.Integer(), nullable=True),
        sa.Column("job_id", sa.BigInteger(), nullable=True),
        sa.Column("staged_id", sa.BigInteger(), nullable=True),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("voided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("void_reason", sa.String(), nullable=True),
        sa.CheckConstraint("state IN ('standing', 'void')", name=op.f("assertion_state_known")),
        sa.CheckConstraint(
            "version_type IN (0, 1, 2, 3) AND (version_type IN (1, 2)) = (version_number IS NOT NULL) AND (version_type = 3) = (version_text IS NOT NULL)",
            name=op.f("assertion_version_is_typed"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("assertion_pkey")),
        schema="assay",
    )
    op.create_index(
        "assertion_key_idx",
        "assertion",
        ["target", "key"],
        unique=False,
        schema="assay",
        postgresql_where=sa.text("state = 'standing'"),
    )
    op.create_index("assertion_plan_idx", "assertion", ["plan_id"], unique=False, schema="assay")
    op.create_index(
        "assertion_standing_key",
        "assertion",
        ["target", "source", "record_id", "observation", "plan_id", "gate_id"],
        unique=True,
        schema="assay",
        postgresql_where=sa.text("state = 'standing'"),
    )
    op.create_index(
        "assertion_void_idx",
        "assertion",
        ["target", "key"],
        unique=False,
        schema="assay",
        postgresql_where=sa.text("state = 'void'"),
    )
    op.create_table(
        "column_history",
        sa.Column("target", sa.String(), nullable=False),
        sa.Column("field", sa.String(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("rows", sa.BigInteger(), nullable=False),
        sa.Column("smallest", sa.Numeric(), nullable=True),
        sa.Column("largest", sa.Numeric(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("target", "field", "version", name=op.f("column_history_pkey")),
        schema="assay",
    )
    op.create_table(
        "dead_letter",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("job_id", sa.BigInteger(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("target", sa.String(), nullable=False),
        sa.Column("target_version", sa.String(), nullable=False),
        sa.Column("record_id", sa.String(), nullable=False),
        sa.Column("stage", sa.String(), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column(
            "issues", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'[]'::jsonb"), nullable=False
        ),
        sa.Column("observation", sa.Integer(), nullable=True),
        sa.Column("payload_id", sa.BigInteger(), nullable=True),
        sa.Column("ordinal", sa.Integer(), nullable=True),
        sa.Column("cursor", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("shape_id", sa.BigInteger(), nullable=True),
        sa.Column("plan_id", sa.BigInteger(), nullable=True),
        sa.Column("gate_id", sa.BigInteger(), nullable=False),
        sa.Column("fingerprint", sa.String(), nullable=False),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("calls", sa.Integer(), server_default="0", nullable=False),
        sa.Column("replays", sa.Integer(), server_default="0", nullable=False),
        sa.Column("failed_replays", sa.Integer(), server_default="0", nullable=False),
        sa.Column("replay_job_id", sa.BigInteger(), nullable=True),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("note", sa.String(), nullable=True),
        sa.Column("announced_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(
            "state IN ('open', 'replaying', 'resolved', 'discarded', 'permanent')", name=op.f("dead_letter_state_known")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("dead_letter_pkey")),
        schema="assay",
    )
    op.create_index("dead_letter_job_idx", "dead_letter", ["job_id", "record_id"], unique=False, schema="assay")
    op.create_index(
        "dead_letter_replay_idx",
        "dead_letter",
        ["replay_job_id", "record_id"],
        unique=False,
        schema="assay",
        postgresql_where=sa.text("replay_job_id IS NOT NULL"),
    )
    op.create_index(
        "dead_letter_unannounced_idx",
        "dead_letter",
        ["id"],
        unique=False,
        schema="assay",
        postgresql_where=sa.text("announced_at IS NULL"),
    )
    op.create_table(
        "dispatcher",
        sa.Column("seat", sa.Integer(), nullable=False),
        sa.Column("epoch", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("backend_pid", sa.Integer(), nullable=True),
        sa.Column("heartbeat_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("seat = 1", name=op.f("dispatcher_one_seat")),
        sa.PrimaryKeyConstraint("seat", name=op.f("dispatcher_pkey")),
        schema="assay",
    )
    op.create_table(
        "gate",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("version", sa.String(), nullable=False),
        sa.Column("source_digest", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("gate_pkey")),
        schema="assay",
    )
    op.create_index(op.f("gate_source_idx"), "gate", ["source"], unique=False, schema="assay")
    op.create_table(
        "job",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("target", sa.String(), nullable=False),
        sa.Column("target_version", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column(
            "scope", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'::jsonb"), nullable=False
        ),
        sa.Column("dry_run", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("replay", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("priority", sa.Integer(), server_default="0", nullable=False),
        sa.Column("api_key_id", sa.BigInteger(), nullable=True),
        sa.Column("idempotency_key", sa.String(), nullable=True),
        sa.Column("body_digest", sa.String(), nullable=True),
        sa.Column("batches", sa.Integer(), server_default="0", nullable=False),
        sa.Column("error", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "state IN ('receiving', 'running', 'paused', 'blocked', 'done', 'partial', 'failed', 'cancelled')",
            name=op.f("job_state_known"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("job_pkey")),
        sa.UniqueConstraint("api_key_id", "idempotency_key", name=op.f("job_api_key_id_idempotency_key_key")),
        schema="assay",
    )
    op.create_index(
        "job_open_idx",
        "job",
        ["id"],
        unique=False,
        schema="assay",
        postgresql_where=sa.text("state IN ('receiving','running','paused','blocked')"),
    )
    op.create_table(
        "model_call",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("work_id", sa.BigInteger(), nullable=False),
        sa.Column("job_id", sa.BigInteger(), nullable=True),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("purpose", sa.String(), nullable=False),
        sa.Column("model", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("outcome", sa.String(), nullable=True),
        sa.Column("input_tokens", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("output_tokens", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("cost", sa.Numeric(), nullable=True),
        sa.Column("started_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("purpose IN ('planning', 'audit')", name=op.f("model_call_purpose_known")),
        sa.CheckConstraint(
            "state IN ('reserved', 'sent', 'settled', 'presumed', 'released')", name=op.f("model_call_state_known")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("model_call_pkey")),
        schema="assay",
    )
    op.create_index("model_call_job_idx", "model_call", ["job_id"], unique=False, schema="assay")
    op.create_index("model_call_work_idx", "model_call", ["work_id"], unique=False, schema="assay")
    op.create_table(
        "record",
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("record_id", sa.String(), nullable=False),
        sa.Column("observation", sa.Integer(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("payload_id", sa.BigInteger(), nullable=False),
        sa.Column("ordinal", sa.Integer(), nullable=False),
        sa.Column("shape_id", sa.BigInteger(), nullable=True),
        sa.Column("shape_revision", sa.Integer(), nullable=True),
        sa.PrimaryKeyConstraint("source", "record_id", name=op.f("record_pkey")),
        schema="assay",
    )
    op.create_table(
        "released_lot",
        sa.Column("plan_id", sa.BigInteger(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("rows", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("drawn", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.PrimaryKeyConstraint("plan_id", "day", name=op.f("released_lot_pkey")),
        schema="assay",
    )
    op.create_table(
        "review",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("rule", sa.String(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("target", sa.String(), nullable=False),
        sa.Column(
            "question", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'::jsonb"), nullable=False
        ),
        sa.Column("content_hash", sa.String(), nullable=False),
        sa.Column("job_id", sa.BigInteger(), nullable=True),
        sa.Column("shape_id", sa.BigInteger(), nullable=True),
        sa.Column("plan_id", sa.BigInteger(), nullable=True),
        sa.Column("staged_id", sa.BigInteger(), nullable=True),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("decision", sa.String(), nullable=True),
        sa.Column("decided_by", sa.String(), nullable=True),
        sa.Column("reason", sa.String(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("state IN ('open', 'decided', 'expired')", name=op.f("review_state_known")),
        sa.PrimaryKeyConstraint("id", name=op.f("review_pkey")),
        schema="assay",
    )
    op.create_index(
        "review_open_key",
        "review",
        ["subject", "content_hash"],
        unique=True,
        schema="assay",
        postgresql_where=sa.text("state = 'open'"),
    )
    op.create_table(
        "secret",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("value", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("secret_pkey")),
        schema="assay",
    )
    op.create_table(
        "source",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("precedence", sa.Integer(), nullable=False),
        sa.Column("settings_digest", sa.String(), nullable=False),
        sa.Column("connector", sa.String(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("source_pkey")),
        schema="assay",
    )
    op.create_table(
        "staged",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("target", sa.String(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("record_id", sa.String(), nullable=False),
        sa.Column("observation", sa.Integer(), nullable=False),
        sa.Column("plan_id", sa.BigInteger(), nullable=False),
        sa.Column("gate_id", sa.BigInteger(), nullable=False),
        sa.Column("dry_job", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column(
            "cells", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'::jsonb"), nullable=False
        ),
        sa.Column(
            "reasons", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'::jsonb"), nullable=False
        ),
        sa.Column(
            "winners", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'::jsonb"), nullable=False
        ),
        sa.Column("version", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("payload_id", sa.BigInteger(), nullable=False),
        sa.Column("ordinal", sa.Integer(), nullable=False),
        sa.Column("job_id", sa.BigInteger(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("state IN ('staged', 'merged', 'review', 'void', 'dry')", name=op.f("staged_state_known")),
        sa.PrimaryKeyConstraint("id", name=op.f("staged_pkey")),
        sa.UniqueConstraint(
            "target",
            "source",
            "record_id",
            "observation",
            "plan_id",
            "gate_id",
            "dry_job",
            name=op.f("staged_target_source_record_id_observation_plan_id_gate_id_dry_job_key"),
        ),
        schema="assay",
    )
    op.create_index(
        "staged_waiting_idx",
        "staged",
        ["plan_id", "id"],
        unique=False,
        schema="assay",
        postgresql_where=sa.text("state = 'staged'"),
    )
    op.create_table(
        "target",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("version", sa.String(), nullable=False),
        sa.Column("table_schema", sa.String(), nullable=True),
        sa.Column("table_name", sa.String(), nullable=False),
        sa.Column("existing", sa.String(), nullable=False),
        sa.Column("body", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("target_pkey")),
        schema="assay",
    )
    op.create_table(
        "target_key",
        sa.Column("target", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("folded", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("target", "key", name=op.f("target_key_pkey")),
        schema="assay",
    )
    op.create_table(
        "worker",
        sa.Column("boot_id", sa.String(), nullable=False),
        sa.Column("node", sa.String(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("pid", sa.Integer(), nullable=False),
        sa.Column("code_version", sa.String(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("heartbeat_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("dead_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("boot_id", name=op.f("worker_pkey")),
        schema="assay",
    )
    op.create_index(op.f("worker_node_idx"), "worker", ["node"], unique=False, schema="assay")
    op.create_table(
        "item",
        sa.Column("job_id", sa.BigInteger(), nullable=False),
        sa.Column("record_id", sa.String(), nullable=False),
        sa.Column("observation", sa.Integer(), nullable=False),
        sa.Column("payload_id", sa.BigInteger(), nullable=True),
        sa.Column("ordinal", sa.Integer(), nullable=True),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("code", sa.String(), nullable=True),
        sa.Column("shape_id", sa.BigInteger(), nullable=True),
        sa.Column("plan_id", sa.BigInteger(), nullable=True),
        sa.Column("staged_id", sa.BigInteger(), nullable=True),
        sa.Column("work_id", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "state IN ('in_flight', 'held', 'written', 'unchanged', 'dead', 'review', 'withdrawn', 'discarded', 'cancelled')",
            name=op.f("item_state_known"),
        ),
        sa.ForeignKeyConstraint(["job_id"], ["assay.job.id"], name=op.f("item_job_id_fkey")),
        sa.PrimaryKeyConstraint("job_id", "record_id", name=op.f("item_pkey")),
        schema="assay",
    )
    op.create_index(
        "item_held_plan_idx",
        "item",
        ["shape_id"],
        unique=False,
        schema="assay",
        postgresql_where=sa.text("state = 'held' AND staged_id IS NULL"),
    )
    op.create_index(
        "item_open_idx",
        "item",
        ["job_id", "state"],
        unique=False,
        schema="assay",
        postgresql_where=sa.text("state IN ('in_flight','held','review')"),
    )
    op.create_index(
        "item_record_idx",
        "item",
        ["record_id"],
        unique=False,
        schema="assay",
        postgresql_where=sa.text("state = 'dead'"),
    )
    op.create_index(
        "item_staged_idx",
        "item",
        ["staged_id"],
        unique=False,
        schema="assay",
        postgresql_where=sa.text("staged_id IS NOT NULL AND state IN ('held','in_flight','review')"),
    )
    op.create_table(
        "job_scope",
        sa.Column("job_id", sa.BigInteger(), nullable=False),
        sa.Column("ordinal", sa.Integer(), nullable=False),
        sa.Column("record_id", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["job_id"], ["assay.job.id"], name=op.f("job_scope_job_id_fkey")),
        sa.PrimaryKeyConstraint("job_id", "ordinal", name=op.f("job_scope_pkey")),
        schema="assay",
    )
    op.create_table(
        "payload",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("job_id", sa.BigInteger(), nullable=False),
        sa.Column("records", sa.Integer(), nullable=False),
        sa.Column("blob", sa.LargeBinary(), nullable=False),
        sa.Column("index", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["job_id"], ["assay.job.id"], name=op.f("payload_job_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("payload_pkey")),
        schema="assay",
    )
    op.create_index(op.f("payload_job_id_idx"), "payload", ["job_id"], unique=False, schema="assay")
    op.create_table(
        "shape",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column(
            "pointers", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'::jsonb"), nullable=False
        ),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("revision > 0", name=op.f("shape_revision_rises")),
        sa.ForeignKeyConstraint(["source"], ["assay.source.name"], name=op.f("shape_source_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("shape_pkey")),
        schema="assay",
    )
    op.create_index("shape_source_idx", "shape", ["source", "id"], unique=False, schema="assay")
    op.create_table(
        "work",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("stage", sa.String(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("lane", sa.String(), server_default="normal", nullable=False),
        sa.Column("fence", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("job_id", sa.BigInteger(), nullable=True),
        sa.Column("source", sa.String(), nullable=True),
        sa.Column("target", sa.String(), nullable=True),
        sa.Column("position", sa.Integer(), nullable=True),
        sa.Column("priority", sa.Integer(), server_default="0", nullable=False),
        sa.Column("dedup", sa.String(), nullable=True),
        sa.Column(
            "args", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'::jsonb"), nullable=False
        ),
        sa.Column(
            "counts", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'::jsonb"), nullable=False
        ),
        sa.Column("shape_id", sa.BigInteger(), nullable=True),
        sa.Column("plan_id", sa.BigInteger(), nullable=True),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("starts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("waits_on", sa.String(), nullable=True),
        sa.Column("wait_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("deadline", sa.DateTime(timezone=True), nullable=True),
        sa.Column("publish_seconds", sa.Float(), nullable=True),
        sa.Column("worker", sa.String(), nullable=True),
        sa.Column("error", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("kind IN ('chunk', 'plan', 'judge', 'merge', 'refold')", name=op.f("work_kind_known")),
        sa.CheckConstraint("lane IN ('normal', 'isolation')", name=op.f("work_lane_known")),
        sa.CheckConstraint(
            "status <> 'running' OR (lease_until IS NOT NULL AND worker IS NOT NULL)",
            name=op.f("work_running_is_leased"),
        ),
        sa.CheckConstraint(
            "status <> 'waiting' OR wait_until IS NOT NULL OR waits_on IS NOT NULL", name=op.f("work_waiting_says_why")
        ),
        sa.CheckConstraint(
            "status IN ('ready', 'published', 'running', 'waiting', 'done', 'dead', 'cancelled')",
            name=op.f("work_status_known"),
        ),
        sa.CheckConstraint("fence >= 0 AND starts >= 0 AND attempts >= 0", name=op.f("work_counts_rise")),
        sa.ForeignKeyConstraint(["job_id"], ["assay.job.id"], name=op.f("work_job_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("work_pkey")),
        sa.UniqueConstraint("job_id", "position", name=op.f("work_job_id_position_key")),
        schema="assay",
    )
    op.create_index(
        "work_dedup_key",
        "work",
        ["dedup"],
        unique=True,
        schema="assay",
        postgresql_where=sa.text("dedup IS NOT NULL AND status IN ('ready','published','running','waiting')"),
    )
    op.create_index(
        "work_job_open_idx",
        "work",
        ["job_id"],
        unique=False,
        schema="assay",
        postgresql_where=sa.text("status IN ('ready','published','running','waiting')"),
    )
    op.create_index(
        "work_open_idx",
        "work",
        ["status", "stage", "source"],
        unique=False,
        schema="assay",
        postgresql_where=sa.text("status IN ('ready','published','running','waiting')"),
    )
    op.create_index(
        "work_ready_idx",
        "work",
        ["kind", "priority", "id"],
        unique=False,
        schema="assay",
        postgresql_where=sa.text("status = 'ready'"),
    )
    op.create_index(
        "work_waiting_idx",
        "work",
        ["waits_on", "wait_until"],
        unique=False,
        schema="assay",
        postgresql_where=sa.text("status = 'waiting'"),
    )
    op.create_table(
        "artifact",
        sa.Column("work_id", sa.BigInteger(), nullable=False),
        sa.Column("stage", sa.String(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["work_id"], ["assay.work.id"], name=op.f("artifact_work_id_fkey")),
        sa.PrimaryKeyConstraint("work_id", "stage", name=op.f("artifact_pkey")),
        schema="assay",
    )
    op.create_table(
        "plan",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("target", sa.String(), nullable=False),
        sa.Column("target_version", sa.String(), nullable=False),
        sa.Column("shape_id", sa.BigInteger(), nullable=False),
        sa.Column("shape_revision", sa.Integer(), nullable=False),
        sa.Column("try", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column(
            "body", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'::jsonb"), nullable=False
        ),
        sa.Column(
            "refusals", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'[]'::jsonb"), nullable=False
        ),
        sa.Column(
            "evidence", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'::jsonb"), nullable=False
        ),
        sa.Column("model", sa.String(), nullable=True),
        sa.Column("prompt_version", sa.String(), nullable=True),
        sa.Column("source_digest", sa.String(), nullable=False),
        sa.Column("predecessor", sa.BigInteger(), nullable=True),
        sa.Column("work_id", sa.BigInteger(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "state IN ('probation', 'released', 'condemned', 'superseded', 'refused')", name=op.f("plan_state_known")
        ),
        sa.ForeignKeyConstraint(["shape_id"], ["assay.shape.id"], name=op.f("plan_shape_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("plan_pkey")),
        sa.UniqueConstraint(
            "source",
            "shape_id",
            "shape_revision",
            "target",
            "target_version",
            "try",
            name=op.f("plan_source_shape_id_shape_revision_target_target_version_try_key"),
        ),
        schema="assay",
    )
    op.create_index(
        "plan_in_force_idx",
        "plan",
        ["source", "target", "shape_id", "id"],
        unique=False,
        schema="assay",
        postgresql_where=sa.text("state IN ('probation','released')"),
    )
    op.create_table(
        "plan_field",
        sa.Column("plan_id", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("drawn", sa.Integer(), server_default="0", nullable=False),
        sa.Column("audited", sa.Integer(), server_default="0", nullable=False),
        sa.Column("defects", sa.Integer(), server_default="0", nullable=False),
        sa.Column("unconfirmed", sa.Integer(), server_default="0", nullable=False),
        sa.Column("unsure", sa.Integer(), server_default="0", nullable=False),
        sa.Column("misses", sa.Integer(), server_default="0", nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("state IN ('probation', 'released', 'condemned')", name=op.f("plan_field_state_known")),
        sa.ForeignKeyConstraint(["plan_id"], ["assay.plan.id"], name=op.f("plan_field_plan_id_fkey")),
        sa.PrimaryKeyConstraint("plan_id", "name", name=op.f("plan_field_pkey")),
        schema="assay",
    )
    op.create_table(
        "sample",
        sa.Column("plan_id", sa.BigInteger(), nullable=False),
        sa.Column("staged_id", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("purpose", sa.String(), nullable=False),
        sa.Column("drawn_order", sa.LargeBinary(), nullable=False),
        sa.Column("work_id", sa.BigInteger(), nullable=True),
        sa.Column(
            "verdicts", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'::jsonb"), nullable=False
        ),
        sa.Column("auditor", sa.String(), nullable=True),
        sa.Column("judged_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("state IN ('drawn', 'filed', 'judged')", name=op.f("sample_state_known")),
        sa.ForeignKeyConstraint(["plan_id"], ["assay.plan.id"], name=op.f("sample_plan_id_fkey")),
        sa.PrimaryKeyConstraint("plan_id", "staged_id", name=op.f("sample_pkey")),
        schema="assay",
    )
    op.create_index(
        "sample_drawn_idx",
        "sample",
        ["plan_id", "drawn_order"],
        unique=False,
        schema="assay",
        postgresql_where=sa.text("state = 'drawn'"),
    )
    op.create_index(
        "sample_work_idx",
        "sample",
        ["work_id"],
        unique=False,
        schema="assay",
        postgresql_where=sa.text("state = 'filed'"),
    )


def downgrade() -> None:
    op.execute("DROP AGGREGATE assay.jsonb_merge(jsonb)")
    op.drop_index("sample_work_idx", table_name="sample", schema="assay", postgresql_where=sa.text("state = 'filed'"))
    op.drop_index("sample_drawn_idx", table_name="sample", schema="assay", postgresql_where=sa.text("state = 'drawn'"))
    op.drop_table("sample", schema="assay")
    op.drop_table("plan_field", schema="assay")
    op.drop_index(
        "plan_in_force_idx",
        table_name="plan",
        schema="assay",
        postgresql_where=sa.text("state IN ('probation','released')"),
    )
    op.drop_table("plan", schema="assay")
    op.drop_table("artifact", schema="assay")
    op.drop_index("work_waiting_idx", table_name="work", schema="assay", postgresql_where=sa.text("status = 'waiting'"))
    op.drop_index("work_ready_idx", table_name="work", schema="assay", postgresql_where=sa.text("status = 'ready'"))
    op.drop_index(
        "work_open_idx",
        table_name="work",
        schema="assay",
        postgresql_where=sa.text("status IN ('ready','published','running','waiting')"),
    )
    op.drop_index(
        "work_job_open_idx",
        table_name="work",
        schema="assay",
        postgresql_where=sa.text("status IN ('ready','published','running','waiting')"),
    )
    op.drop_index(
        "work_dedup_key",
        table_name="work",
        schema="assay",
        postgresql_where=sa.text("dedup IS NOT NULL AND status IN ('ready','published','running','waiting')"),
    )
    op.drop_table("work", schema="assay")
    op.drop_index("shape_source_idx", table_name="shape", schema="assay")
    op.drop_table("shape", schema="assay")
    op.drop_index(op.f("payload_job_id_idx"), table_name="payload", schema="assay")
    op.drop_table("payload", schema="assay")
    op.drop_table("job_scope", schema="assay")
    op.drop_index(
        "item_staged_idx",
        table_name="item",
        schema="assay",
        postgresql_where=sa.text("staged_id IS NOT NULL AND state IN ('held','in_flight','review')"),
    )
    op.drop_index("item_record_idx", table_name="item", schema="assay", postgresql_where=sa.text("state = 'dead'"))
    op.drop_index(
        "item_open_idx",
        table_name="item",
        schema="assay",
        postgresql_where=sa.text("state IN ('in_flight','held','review')"),
    )
    op.drop_index(
        "item_held_plan_idx",
        table_name="item",
        schema="assay",
        postgresql_where=sa.text("state = 'held' AND staged_id IS NULL"),
    )
    op.drop_table("item", schema="assay")
    op.drop_index(op.f("worker_node_idx"), table_name="worker", schema="assay")
    op.drop_table("worker", schema="assay")
    op.drop_table("target_key", schema="assay")
    op.drop_table("target", schema="assay")
    op.drop_index(
        "staged_waiting_idx", table_name="staged", schema="assay", postgresql_where=sa.text("state = 'staged'")
    )
    op.drop_table("staged", schema="assay")
    op.drop_table("source", schema="assay")
    op.drop_table("secret", schema="assay")
    op.drop_index("review_open_key", table_name="review", schema="assay", postgresql_where=sa.text("state = 'open'"))
    op.drop_table("review", schema="assay")
    op.drop_table("released_lot", schema="assay")
    op.drop_table("record", schema="assay")
    op.drop_index("model_call_work_idx", table_name="model_call", schema="assay")
    op.drop_index("model_call_job_idx", table_name="model_call", schema="assay")
    op.drop_table("model_call", schema="assay")
    op.drop_index(
        "job_open_idx",
        table_name="job",
        schema="assay",
        postgresql_where=sa.text("state IN ('receiving','running','paused','blocked')"),
    )
    op.drop_table("job", schema="assay")
    op.drop_index(op.f("gate_source_idx"), table_name="gate", schema="assay")
    op.drop_table("gate", schema="assay")
    op.drop_table("dispatcher", schema="assay")
    op.drop_index(
        "dead_letter_unannounced_idx",
        table_name="dead_letter",
        schema="assay",
        postgresql_where=sa.text("announced_at IS NULL"),
    )
    op.drop_index(
        "dead_letter_replay_idx",
        table_name="dead_letter",
        schema="assay",
        postgresql_where=sa.text("replay_job_id IS NOT NULL"),
    )
    op.drop_index("dead_letter_job_idx", table_name="dead_letter", schema="assay")
    op.drop_table("dead_letter", schema="assay")
    op.drop_table("column_history", schema="assay")
    op.drop_index(
        "assertion_void_idx", table_name="assertion", schema="assay", postgresql_where=sa.text("state = 'void'")
    )
    op.drop_index(
        "assertion_standing_key", table_name="assertion", schema="assay", postgresql_where=sa.text("state = 'standing'")
    )
    op.drop_index("assertion_plan_idx", table_name="assertion", schema="assay")
    op.drop_index(
        "assertion_key_idx", table_name="assertion", schema="assay", postgresql_where=sa.text("state = 'standing'")
    )
    op.drop_table("assertion", schema="assay")
    op.drop_table("api_key", schema="assay")
