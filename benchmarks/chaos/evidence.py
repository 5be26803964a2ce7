"""What a fleet's tables hold after a schedule that failed, for whoever looks for the cause."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

import psycopg

from benchmarks.chaos.ground import Ground

#: What tells of one schedule: its work, and what its jobs, plans and calls came to.
_ASKED: Final[Mapping[str, str]] = {
    "now": "SELECT now()",
    "work": "SELECT * FROM work WHERE id > %(before)s ORDER BY id",
    "jobs": "SELECT * FROM job ORDER BY id DESC LIMIT 4",
    "items": "SELECT job_id, state, code, count(*), min(record_id) FROM item"
    " WHERE job_id IN (SELECT id FROM job ORDER BY id DESC LIMIT 4) GROUP BY 1, 2, 3 ORDER BY 1, 2",
    "letters": "SELECT * FROM dead_letter ORDER BY id DESC LIMIT 20",
    "calls": "SELECT * FROM model_call ORDER BY id DESC LIMIT 60",
    "plans": "SELECT id, source, state, revision FROM plan ORDER BY id DESC LIMIT 8",
    "workers": "SELECT * FROM worker ORDER BY started_at DESC LIMIT 60",
    "budgets": "SELECT * FROM budget",
    "sessions": "SELECT pid, application_name, state, state_change, wait_event, left(query, 100) AS query"
    " FROM pg_stat_activity WHERE datname = current_database()",
}


def tables(ground: Ground) -> list[str]:
    return list(_lines(ground))


def _lines(ground: Ground) -> Iterator[str]:
    for name, sql in _ASKED.items():
        yield f"--- {name}"
        try:
            for row in ground.rows(sql, before=ground.before):
                yield str({column: str(value) for column, value in row.items() if value is not None})
        except psycopg.Error as error:
            yield repr(error)
    yield "--- when the model was asked"
    yield from (f"{at:.3f} {model}" for model, at in ground.outside.reached[-60:])
