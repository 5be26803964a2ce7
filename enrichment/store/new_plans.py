"""Plans as they are stored first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from psycopg.types.json import Jsonb

from enrichment.store import plan_fields
from enrichment.store.database import Tx
from enrichment.store.plan_fields import FieldRow
from schemas import FORMAT
from schemas.plan import PlanBody


@dataclass(frozen=True, slots=True)
class NewPlan:
    source: str
    target: str
    target_version: str
    shape_id: int
    shape_revision: int
    state: str
    body: PlanBody
    refusals: Sequence[Mapping[str, Any]]
    evidence: Mapping[str, Any]
    model: str | None
    prompt_version: str | None
    source_digest: str
    predecessor: int | None
    work_id: int | None


def add(tx: Tx, new: NewPlan, fields: Sequence[FieldRow]) -> int:
    """Store a plan with the probation of its bound fields. Its try number follows the last one of its revision."""
    row = tx.execute(
        """
        INSERT INTO plan (source, target, target_version, shape_id, shape_revision, "try", state, body, refusals,
                          evidence, model, prompt_version, source_digest, predecessor, work_id, format)
        SELECT %(source)s::text, %(target)s::text, %(version)s::text, %(shape)s::bigint, %(revision)s::int,
               1 + coalesce((SELECT max("try") FROM plan WHERE source = %(source)s::text AND target = %(target)s::text
                             AND target_version = %(version)s::text AND shape_id = %(shape)s::bigint
                             AND shape_revision = %(revision)s::int), 0),
               %(state)s, %(body)s, %(refusals)s, %(evidence)s, %(model)s, %(prompt)s, %(digest)s, %(before)s::bigint,
               %(work)s::bigint, %(format)s
        RETURNING id
        """,
        {
            "source": new.source,
            "target": new.target,
            "version": new.target_version,
            "shape": new.shape_id,
            "revision": new.shape_revision,
            "state": new.state,
            "body": Jsonb(new.body.model_dump(mode="json")),
            "refusals": Jsonb(list(new.refusals)),
            "evidence": Jsonb(dict(new.evidence)),
            "model": new.model,
            "prompt": new.prompt_version,
            "digest": new.source_digest,
            "before": new.predecessor,
            "work": new.work_id,
            "format": FORMAT,
        },
    ).fetchone()
    assert row is not None  # noqa: S101 - INSERT ... RETURNING gives a row or raises
    plan_id = int(row["id"])
    plan_fields.add(tx, plan_id, fields)
    return plan_id
