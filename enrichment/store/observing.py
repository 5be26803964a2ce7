"""What the fleet looks like from outside, counted from the tables: for /metrics, /readyz and status.

Every statement reads partial indexes, tables that stay small, or the work table, which has one row for a whole chunk;
none reads the items of jobs that have ended.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import psycopg

from enrichment.store import revisions
from enrichment.store.database import Tx

Rows = list[dict[str, Any]]

_QUERIES: Mapping[str, str] = {
    "jobs": "SELECT state, count(*) AS n FROM job GROUP BY state",
    "works": """
        SELECT kind, stage, status, lane, count(*) AS n FROM work
        WHERE status IN ('ready', 'published', 'running', 'waiting') GROUP BY kind, stage, status, lane
    """,
    "waits": """
        SELECT coalesce(split_part(waits_on, ':', 1), 'time') AS on, count(*) AS n FROM work
        WHERE status = 'waiting' GROUP BY 1
    """,
    "oldest": """
        SELECT kind, status, extract(epoch FROM now() - min(updated_at))::float8 AS seconds FROM work
        WHERE status IN ('ready', 'published', 'running', 'waiting') GROUP BY kind, status
    """,
    "ended": """
        SELECT kind, status, count(*) AS n,
               coalesce(sum(extract(epoch FROM updated_at - created_at)), 0)::float8 AS seconds
        FROM work WHERE status IN ('done', 'dead', 'cancelled') GROUP BY kind, status
    """,
    "results": """
        SELECT coalesce(w.source, '') AS source, coalesce(w.target, '') AS target, c.key AS result, sum(c.value) AS n
        FROM work w CROSS JOIN LATERAL (
            SELECT key, value::numeric AS value FROM jsonb_each_text(w.counts) WHERE value ~ '^[0-9]{1,12}$') AS c
        GROUP BY 1, 2, 3
    """,
    "open_items": """
        SELECT j.source, j.target, i.state, count(*) AS n FROM item i JOIN job j ON j.id = i.job_id
        WHERE i.state IN ('in_flight', 'held', 'review') GROUP BY j.source, j.target, i.state
    """,
    "letters": """
        SELECT source, target, stage, code, state, count(*) AS n FROM dead_letter
        GROUP BY source, target, stage, code, state
    """,
    "calls": """
        SELECT purpose, model, state, coalesce(outcome, '') AS outcome, count(*) AS n, sum(input_tokens) AS input,
               sum(output_tokens) AS output, coalesce(sum(cost), 0) AS cost,
               coalesce(sum(extract(epoch FROM finished_at - started_at)), 0)::float8 AS seconds
        FROM model_call GROUP BY purpose, model, state, coalesce(outcome, '')
    """,
    "budgets": """
        SELECT scope, CASE WHEN scope IN ('source', 'call') THEN key ELSE '' END AS key, used_tokens, reserved_tokens,
               used_money, reserved_money FROM budget
        WHERE scope = 'source' OR key IN (to_char(now() AT TIME ZONE 'UTC', 'YYYY-MM-DD'),
                                          to_char(now() AT TIME ZONE 'UTC', 'YYYY-MM'))
    """,
    "cost_per_written": """
        SELECT b.key AS source, b.used_money / w.n AS n FROM budget b JOIN (
            SELECT source, sum((counts ->> 'written')::numeric) AS n FROM work
            WHERE counts ->> 'written' ~ '^[0-9]{1,12}$' GROUP BY source) AS w ON w.source = b.key
        WHERE b.scope = 'source' AND w.n > 0
    """,
    "breakers": "SELECT kind, key, state, 1 AS n FROM breaker WHERE state <> 'closed'",
    "transitions": """
        SELECT b.kind, e.after AS state, count(*) AS n FROM breaker_event e JOIN breaker b ON b.id = e.breaker_id
        WHERE e.before <> e.after GROUP BY b.kind, e.after
    """,
    "failovers": "SELECT model, count(*) AS n FROM model_call WHERE fallback GROUP BY model",
    "plans": "SELECT source, target, state, count(*) AS n FROM plan GROUP BY source, target, state",
    "field_fill": """
        SELECT p.source, p.target, f.name AS field,
               sum(coalesce((s.filled ->> f.name)::bigint, 0))::float8 / nullif(sum(s.rows), 0) AS n
        FROM plan p CROSS JOIN LATERAL (
            SELECT max(n.day) AS day FROM plan_sketch n WHERE n.plan_id = p.id AND n.phase <> 'reference') AS newest
        JOIN plan_sketch s ON s.plan_id = p.id AND s.day = newest.day AND s.phase <> 'reference'
        JOIN plan_field f ON f.plan_id = p.id
        WHERE p.state IN ('probation', 'released') GROUP BY p.source, p.target, f.name
    """,
    "drift": """
        SELECT p.source, p.target, d ->> 'field' AS field, d ->> 'what' AS what, count(*) AS n
        FROM plan p CROSS JOIN LATERAL jsonb_array_elements(p.evidence -> 'drift') AS d
        WHERE p.evidence ? 'drift' GROUP BY 1, 2, 3, 4
    """,
    "reviews": """
        SELECT rule, count(*) AS n, extract(epoch FROM now() - min(created_at))::float8 AS seconds FROM review
        WHERE state = 'open' GROUP BY rule
    """,
    "frozen": "SELECT source, 1 AS n FROM freezing WHERE thawed_at IS NULL",
    "retention": "SELECT what, removed AS n, kept, place > 0 AS passing, passed_at FROM retention ORDER BY what",
    "workers": """
        SELECT role, count(*) AS n FROM worker WHERE dead_at IS NULL AND heartbeat_at > now() - interval '15 seconds'
        GROUP BY role
    """,
    "dispatcher": """
        SELECT extract(epoch FROM clock_timestamp() - heartbeat_at)::float8 AS seconds FROM dispatcher WHERE seat = 1
    """,
}


def figures(tx: Tx) -> dict[str, Rows]:
    """Every figure by its name, from one snapshot for each."""
    return {name: tx.execute(query).fetchall() for name, query in _QUERIES.items()}


def is_migrated(tx: Tx) -> bool:
    """Whether the tables are those of this code."""
    try:
        with tx.transaction():
            row = tx.execute("SELECT version_num AS revision FROM alembic_version").fetchone()
    except (psycopg.errors.UndefinedTable, psycopg.errors.InvalidSchemaName):
        return False
    return row is not None and row["revision"] == revisions.newest()


def seat_age(tx: Tx) -> float | None:
    """Seconds since a dispatcher last showed that it lives; null where none ever did."""
    row = tx.execute(_QUERIES["dispatcher"]).fetchone()
    return None if row is None or row["seconds"] is None else float(row["seconds"])
