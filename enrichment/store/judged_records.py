"""What the gate once said of records under a plan, with where each record lies."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from enrichment.store.database import Tx


@dataclass(frozen=True, slots=True)
class JudgedRecord:
    """code: why it was rejected, null where it was accepted. gate: the version that judged it."""

    record_id: str
    observation: int
    payload_id: int
    ordinal: int
    gate: str
    cells: Mapping[str, Any]
    reasons: Mapping[str, str]
    code: str | None


def newest(tx: Tx, plan_id: int, *, limit: int) -> list[JudgedRecord]:
    """The last word on each record, at most `limit` accepted and as many rejected ones, the newest first."""
    rows = tx.execute(
        """
        WITH said AS (
          (SELECT s.id, s.source, s.record_id, s.observation, s.payload_id, s.ordinal, s.gate_id, s.cells, s.reasons,
                  NULL AS code, s.created_at
           FROM staged s WHERE s.plan_id = %(plan)s AND s.state <> 'void' ORDER BY s.id DESC LIMIT %(limit)s)
          UNION ALL
          (SELECT d.id, d.source, d.record_id, d.observation, d.payload_id, d.ordinal, d.gate_id, '{}', '{}', d.code,
                  d.created_at
           FROM dead_letter d
           WHERE d.plan_id = %(plan)s AND d.stage = 'gate' AND d.payload_id IS NOT NULL AND d.ordinal IS NOT NULL
           ORDER BY d.id DESC LIMIT %(limit)s))
        SELECT * FROM (
          SELECT DISTINCT ON (s.record_id, s.observation) s.record_id, coalesce(s.observation, 0) AS observation,
                 s.payload_id, s.ordinal, coalesce(g.version, 'unknown') AS gate, s.cells, s.reasons, s.code,
                 s.created_at
          FROM said s LEFT JOIN gate g ON g.id = s.gate_id
          ORDER BY s.record_id, s.observation, s.gate_id DESC, s.created_at DESC, s.id DESC) AS last
        ORDER BY created_at DESC, record_id
        """,
        {"plan": plan_id, "limit": limit},
    ).fetchall()
    return [JudgedRecord(**{name: row[name] for name in JudgedRecord.__slots__}) for row in rows]
