"""Which dead letters are meant, and how many there are of each sort."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from enrichment.store.database import Tx


@dataclass(frozen=True, slots=True)
class Filter:
    """Which letters are meant; null means any.

    job_id: the job that gave the record up, or the last one that tried it again
    """

    ids: Sequence[int] | None = None
    state: str | None = None
    job_id: int | None = None
    source: str | None = None
    target: str | None = None
    stage: str | None = None
    code: str | None = None
    field: str | None = None
    record_id: str | None = None
    plan_id: int | None = None
    shape_id: int | None = None
    fingerprint: str | None = None
    since: datetime | None = None
    until: datetime | None = None

    def params(self) -> dict[str, Any]:
        return {
            "ids": None if self.ids is None else list(self.ids),
            "state": self.state,
            "job": self.job_id,
            "source": self.source,
            "target": self.target,
            "stage": self.stage,
            "code": self.code,
            "field": self.field,
            "record": self.record_id,
            "plan": self.plan_id,
            "shape": self.shape_id,
            "fingerprint": self.fingerprint,
            "since": self.since,
            "until": self.until,
        }


#: A condition on `dead_letter d` that `Filter.params` fills.
MEANT = """
    (%(ids)s::bigint[] IS NULL OR d.id = ANY(%(ids)s)) AND (%(state)s::text IS NULL OR d.state = %(state)s)
    AND (%(job)s::bigint IS NULL OR d.job_id = %(job)s OR d.replay_job_id = %(job)s)
    AND (%(source)s::text IS NULL OR d.source = %(source)s)
    AND (%(target)s::text IS NULL OR d.target = %(target)s) AND (%(stage)s::text IS NULL OR d.stage = %(stage)s)
    AND (%(code)s::text IS NULL OR d.code = %(code)s)
    AND (%(field)s::text IS NULL OR d.issues @> jsonb_build_array(jsonb_build_object('field', %(field)s::text)))
    AND (%(record)s::text IS NULL OR d.record_id = %(record)s) AND (%(plan)s::bigint IS NULL OR d.plan_id = %(plan)s)
    AND (%(shape)s::bigint IS NULL OR d.shape_id = %(shape)s)
    AND (%(fingerprint)s::text IS NULL OR d.fingerprint = %(fingerprint)s)
    AND (%(since)s::timestamptz IS NULL OR d.created_at >= %(since)s)
    AND (%(until)s::timestamptz IS NULL OR d.created_at < %(until)s)
"""


def stats(tx: Tx, meant: Filter) -> list[dict[str, Any]]:
    """Counts by stage, code, shape and field of the first issue, with one example each."""
    return tx.execute(
        f"""
        SELECT stage, code, shape_id AS shape, issues -> 0 ->> 'field' AS field, state, count(*) AS letters,
               min(id) AS example, min(created_at) AS first_seen, max(created_at) AS last_seen
        FROM dead_letter d WHERE {MEANT}
        GROUP BY stage, code, shape_id, issues -> 0 ->> 'field', state ORDER BY letters DESC, stage, code
        """,
        meant.params(),
    ).fetchall()


def have_code(tx: Tx, code: str) -> bool:
    """Whether any letter has this code."""
    return tx.execute("SELECT 1 FROM dead_letter WHERE code = %s LIMIT 1", (code,)).fetchone() is not None
