"""What the open parts of jobs wait on, as the tables say it: work, records that are held, questions. Read only."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from enrichment.store.database import Tx


@dataclass(frozen=True, slots=True)
class WaitingWork:
    """Work of one kind that waits on one thing. `own`: it was filed for this job; else the job only needs it too."""

    job: int
    own: bool
    kind: str
    stage: str
    waits_on: str | None
    shape: int | None
    plan: int | None
    works: int
    records: int | None
    since: datetime
    until: datetime | None
    error: Mapping[str, Any] | None


@dataclass(frozen=True, slots=True)
class HeldRecords:
    """Records of a job that wait for a plan of their shape, or, `staged`, for the audit of their plan."""

    job: int
    staged: bool
    shape: int | None
    plan: int | None
    records: int


@dataclass(frozen=True, slots=True)
class Asked:
    """An open question for a person. `records` of the job stand behind it where it is about rows, else null."""

    job: int
    id: int
    rule: str
    subject: str
    shape: int | None
    plan: int | None
    questions: int
    records: int | None
    since: datetime


@dataclass(frozen=True, slots=True)
class Unclaimed:
    """Work that nobody dispatches (`published` false) or that no worker takes."""

    job: int
    published: bool
    stage: str
    works: int
    since: datetime


def of_work(tx: Tx, job_ids: Sequence[int]) -> list[WaitingWork]:
    """Work that waits, and what is tried again after the database did not take it: nearly all of such an attempt is to
    wait for what somebody else holds.
    """
    rows = tx.execute(
        """
        SELECT j.id AS job, coalesce(w.job_id = j.id, false) AS own, w.kind, w.stage, w.waits_on, w.shape_id AS shape,
               w.plan_id AS plan, count(*) AS works,
               sum((w.counts ->> 'fetched')::bigint) FILTER (WHERE w.kind = 'chunk')::bigint AS records,
               min(w.updated_at) AS since, min(w.wait_until) FILTER (WHERE w.status = 'waiting') AS until,
               (array_agg(w.error ORDER BY w.id))[1] AS error
        FROM job j JOIN work w
          ON (w.status = 'waiting'
              OR (w.status IN ('ready', 'published', 'running') AND w.error ->> 'code' = 'database'))
         AND (w.job_id = j.id OR (w.kind <> 'chunk' AND w.source = j.source AND w.target = j.target))
        WHERE j.id = ANY(%s) GROUP BY 1, 2, 3, 4, 5, 6, 7 ORDER BY 1, min(w.id)
        """,
        (list(job_ids),),
    ).fetchall()
    return [WaitingWork(**row) for row in rows]


def of_records(tx: Tx, job_ids: Sequence[int]) -> list[HeldRecords]:
    rows = tx.execute(
        """
        SELECT job_id AS job, staged_id IS NOT NULL AS staged, plan_id AS plan, count(*) AS records,
               CASE WHEN staged_id IS NULL THEN shape_id END AS shape
        FROM item WHERE job_id = ANY(%s) AND state = 'held' GROUP BY 1, 2, 3, 5 ORDER BY 1, 2, 3, 5
        """,
        (list(job_ids),),
    ).fetchall()
    return [HeldRecords(**row) for row in rows]


def of_questions(tx: Tx, job_ids: Sequence[int]) -> list[Asked]:
    """Questions about rows that these jobs wait for, counted by their rule; all others of their sources one by one."""
    rows = tx.execute(
        """
        SELECT i.job_id AS job, min(r.id) AS id, r.rule, 'row' AS subject, NULL::bigint AS shape, r.plan_id AS plan,
               count(DISTINCT r.asks) AS questions, count(DISTINCT i.record_id) AS records, min(r.created_at) AS since
        FROM item i JOIN review r ON r.staged_id = i.staged_id AND r.state = 'open'
        WHERE i.job_id = ANY(%(jobs)s) AND i.state IN ('review', 'held') GROUP BY i.job_id, r.rule, r.plan_id
        UNION ALL
        SELECT j.id, r.id, r.rule, r.subject, r.shape_id, r.plan_id, 1, NULL, r.created_at
        FROM job j JOIN review r ON r.source = j.source AND r.target = j.target AND r.state = 'open'
         AND r.staged_id IS NULL
        WHERE j.id = ANY(%(jobs)s) ORDER BY 1, 2
        """,
        {"jobs": list(job_ids)},
    ).fetchall()
    return [Asked(**row) for row in rows]


def unclaimed(tx: Tx, job_ids: Sequence[int], *, seconds: float) -> list[Unclaimed]:
    """Work of these jobs that has been ready, or published, for so long; ready work may also wait for its turn."""
    rows = tx.execute(
        """
        SELECT job_id AS job, status = 'published' AS published, stage, count(*) AS works, min(updated_at) AS since
        FROM work WHERE job_id = ANY(%s) AND status IN ('ready', 'published')
          AND updated_at < now() - make_interval(secs => %s)
        GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
        """,
        (list(job_ids), seconds),
    ).fetchall()
    return [Unclaimed(**row) for row in rows]


def not_found(tx: Tx, job_ids: Sequence[int], *, few: int) -> dict[int, tuple[int, list[str]]]:
    """Job id -> how many of the record ids that it names its source did not have, and the first few of them."""
    rows = tx.execute(
        """
        SELECT job_id, count(*) AS n, (array_agg(record_id ORDER BY record_id COLLATE "C"))[1:%s] AS ids
        FROM item WHERE job_id = ANY(%s) AND state = 'dead' AND code = 'not_found' GROUP BY job_id
        """,
        (few, list(job_ids)),
    ).fetchall()
    return {row["job_id"]: (int(row["n"]), list(row["ids"])) for row in rows}


def refused_counts(tx: Tx, job_id: int) -> dict[str, int]:
    """Code -> records that a job gave up on for it, the commonest first."""
    rows = tx.execute(
        "SELECT code, count(*) AS n FROM item WHERE job_id = %s AND state = 'dead' GROUP BY code ORDER BY n DESC, code",
        (job_id,),
    ).fetchall()
    return {row["code"]: int(row["n"]) for row in rows}


def refused(tx: Tx, job_id: int, *, limit: int) -> list[dict[str, Any]]:
    """Records that a job gave up on, by their code."""
    return tx.execute(
        "SELECT record_id, code FROM item WHERE job_id = %s AND state = 'dead' ORDER BY record_id LIMIT %s",
        (job_id, limit),
    ).fetchall()
