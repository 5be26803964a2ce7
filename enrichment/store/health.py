"""Questions that a check of the fleet asks: clocks, signs of life, what stands still, what grows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from enrichment.store.database import Tx


@dataclass(frozen=True, slots=True)
class StalledQueue:
    """Published work of one stage and lane that nobody claims; `seconds` is the age of the oldest."""

    stage: str
    lane: str
    works: int
    seconds: float


@dataclass(frozen=True, slots=True)
class LetterCounts:
    open: int
    last_hour: int
    hour_before: int


def clock(tx: Tx) -> float:
    """The database's time, in seconds since 1970."""
    return float(_one(tx, "SELECT extract(epoch FROM clock_timestamp()) AS value"))


def takes_writes(tx: Tx) -> bool:
    """Whether this session may write: a standby, and a server that was set so, only let read."""
    return bool(_one(tx, "SELECT current_setting('transaction_read_only') = 'off' AS value"))


def seat_age(tx: Tx) -> float | None:
    """Seconds since a dispatcher last showed that it lives; null where none ever did."""
    age = _one(tx, "SELECT extract(epoch FROM clock_timestamp() - max(heartbeat_at)) AS value FROM dispatcher")
    return None if age is None else float(age)


def busy_stages(tx: Tx) -> frozenset[str]:
    """The stages of which there is work that somebody could do now."""
    rows = tx.execute("SELECT DISTINCT stage FROM work WHERE status IN ('ready', 'published', 'running')").fetchall()
    return frozenset(row["stage"] for row in rows)


def stalled_queues(tx: Tx, *, seconds: float) -> list[StalledQueue]:
    rows = tx.execute(
        """
        SELECT stage, lane, count(*) AS works,
               extract(epoch FROM now() - min(updated_at))::float8 AS seconds
        FROM work WHERE status = 'published' AND updated_at < now() - make_interval(secs => %s)
        GROUP BY stage, lane ORDER BY stage, lane
        """,
        (seconds,),
    ).fetchall()
    return [StalledQueue(**row) for row in rows]


@dataclass(frozen=True, slots=True)
class Abandoned:
    """Records of a job that count as on their way though no open work has them; `work` is what was ended by hand."""

    job: int
    records: int
    work: int | None


def abandoned(tx: Tx) -> list[Abandoned]:
    """What a work row that somebody edited leaves: work that ends by itself drops its artifacts."""
    rows = tx.execute(
        """
        SELECT i.job_id AS job, count(*) AS records,
               (SELECT max(w.id) FROM work w JOIN artifact a ON a.work_id = w.id
                WHERE w.job_id = i.job_id AND w.status IN ('done', 'dead', 'cancelled')) AS work
        FROM item i JOIN job j ON j.id = i.job_id
        WHERE i.state = 'in_flight' AND j.state NOT IN ('cancelled', 'paused') AND NOT EXISTS (
            SELECT 1 FROM work w WHERE w.job_id = i.job_id AND w.kind = 'chunk'
              AND w.status IN ('ready', 'published', 'running', 'waiting'))
        GROUP BY i.job_id ORDER BY i.job_id
        """
    ).fetchall()
    return [Abandoned(**row) for row in rows]


@dataclass(frozen=True, slots=True)
class SpentBudget:
    """A budget (`source:crm`) that work waits on; `until` is the end of its period, null where it has none."""

    budget: str
    works: int
    until: datetime | None


def spent_budgets(tx: Tx) -> list[SpentBudget]:
    rows = tx.execute(
        """
        SELECT substr(waits_on, length('budget:') + 1) AS budget, count(*) AS works, min(wait_until) AS until
        FROM work WHERE status = 'waiting' AND waits_on LIKE 'budget:%%' GROUP BY waits_on ORDER BY waits_on
        """
    ).fetchall()
    return [SpentBudget(**row) for row in rows]


def letters_by_age(tx: Tx) -> LetterCounts:
    row = tx.execute(
        """
        SELECT count(*) FILTER (WHERE state = 'open') AS open,
               count(*) FILTER (WHERE created_at > now() - interval '1 hour') AS last_hour,
               count(*) FILTER (WHERE created_at > now() - interval '2 hours'
                                AND created_at <= now() - interval '1 hour') AS hour_before
        FROM dead_letter
        """
    ).fetchone()
    assert row is not None  # noqa: S101 - an aggregate gives one row
    return LetterCounts(**row)


def named_by_open_jobs(tx: Tx) -> list[tuple[int, str, str]]:
    """(job, source, target) of every job that has not ended."""
    rows = tx.execute(
        "SELECT id, source, target FROM job WHERE state IN ('receiving', 'running', 'paused', 'blocked') ORDER BY id"
    ).fetchall()
    return [(row["id"], row["source"], row["target"]) for row in rows]


def sources_of_targets(tx: Tx) -> dict[str, list[str]]:
    """Target -> the sources for which plans were made that fill it."""
    rows = tx.execute("SELECT target, array_agg(DISTINCT source) AS sources FROM plan GROUP BY target").fetchall()
    return {row["target"]: list(row["sources"]) for row in rows}


def _one(tx: Tx, query: str) -> Any:  # noqa: ANN401 - one value of the query's own type
    row = tx.execute(query).fetchone()
    return None if row is None else row["value"]
