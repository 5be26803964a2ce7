"""What a plan, some of its fields, or a job still assert: in slices to withdraw, and what would become of the rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from psycopg import sql

from enrichment.store import advisory, ledger
from enrichment.store.advisory import Named
from enrichment.store.database import Tx
from enrichment.store.target_table import TargetTable

#: Assertions over which consequences are counted exactly; of more, these are taken for all.
COUNTED = 200_000

#: The assertions of a plan that stand, or those of them that fill one of some fields.
_OF_PLAN = """
    SELECT id, key FROM assertion
    WHERE plan_id = %(plan)s AND target = %(target)s AND state = 'standing' AND id > %(after)s
      AND (%(until)s::bigint IS NULL OR id <= %(until)s)
      AND (%(fields)s::text[] IS NULL OR cells ?| %(fields)s)
      AND (%(staged)s::bigint[] IS NULL OR staged_id = ANY(%(staged)s))
    ORDER BY id LIMIT %(limit)s
"""
#: What stands of the observations that a job wrote: its own, and what a later plan of ours made of the same records
#: on nobody's account. What another job asserted by itself stays.
_OF_JOB = """
    SELECT a.id, a.key FROM item i JOIN assertion a
        ON a.target = %(target)s AND a.source = %(source)s AND a.record_id = i.record_id
       AND a.observation = i.observation AND a.state = 'standing'
       AND (a.job_id = %(job)s OR coalesce(a.job_id, 0) = 0)
    WHERE i.job_id = %(job)s AND i.state = 'written'
"""
#: Whether a standing assertion `a` of the target is among all that is to be withdrawn, of which only a part is counted.
_GOES_WITH_PLAN = "a.plan_id = %(plan)s AND (%(fields)s::text[] IS NULL OR a.cells ?| %(fields)s)"
_GOES_WITH_JOB = """
    a.source = %(source)s AND (a.job_id = %(job)s OR coalesce(a.job_id, 0) = 0) AND EXISTS (
        SELECT 1 FROM item i WHERE i.job_id = %(job)s AND i.record_id = a.record_id AND i.observation = a.observation
          AND i.state = 'written')
"""


@dataclass(frozen=True, slots=True)
class Slice:
    """A part of what is to be withdrawn: assertions with their keys, and where the next part begins; null at the end.

    `first` and `last` bound the record ids of a job's slice.
    """

    ids: tuple[int, ...]
    keys: tuple[str, ...]
    last: str | int | None


@dataclass(frozen=True, slots=True)
class Consequences:
    """What withdrawing would do. rows: rows concerned; changed, deleted and untouched are their parts.

    `exact` is false where so many assertions are concerned that the parts are those of the first COUNTED, scaled up.
    """

    assertions: int
    rows: int
    changed: int
    deleted: int
    untouched: int
    last: int
    exact: bool = True


def of_plan(
    tx: Tx,
    target: str,
    plan_id: int,
    *,
    fields: Sequence[str] | None,
    after: int,
    limit: int | None,
    until: int | None = None,
    staged: Sequence[int] | None = None,
) -> Slice:
    """In the order of their ids; those that fill one of `fields` where given, and of some staged rows.

    until: the last one of the slice, where it was read before
    """
    params = _plan_params(target, plan_id, fields, after=after, limit=limit)
    own = {"until": until, "staged": None if staged is None else list(staged)}
    rows = tx.execute(_OF_PLAN, {**params, **own}).fetchall()
    return Slice(tuple(row["id"] for row in rows), tuple(row["key"] for row in rows), rows[-1]["id"] if rows else None)


def of_job(tx: Tx, target: str, source: str, job_id: int, *, after: str, limit: int, until: str | None = None) -> Slice:
    """In the order of its record ids; at most `limit` records that it counts as written.

    until: the last one of the slice, where it was read before
    """
    params = {"target": target, "source": source, "job": job_id, "after": after, "limit": limit}
    if until is None:
        end = tx.execute(
            "SELECT max(record_id) AS last FROM (SELECT record_id FROM item WHERE job_id = %(job)s"
            " AND record_id > %(after)s AND state = 'written' ORDER BY record_id LIMIT %(limit)s) AS few",
            params,
        ).fetchone()
        until = None if end is None else end["last"]
    if until is None:
        return Slice((), (), None)
    rows = tx.execute(
        _OF_JOB + " AND i.record_id > %(after)s AND i.record_id <= %(last)s ORDER BY a.id",
        {**params, "last": until},
    ).fetchall()
    return Slice(tuple(row["id"] for row in rows), tuple(row["key"] for row in rows), until)


def of_moved(tx: Tx, target: str, source: str, record_id: str, *, to: str, until: tuple[int, int], limit: int) -> Slice:
    """What a record still asserts under other keys than the one it has moved to.

    `until`: observation and plan of the move. What is newer may be its next move, and stands.
    """
    rows = tx.execute(
        "SELECT id, key FROM assertion WHERE target = %s AND source = %s AND record_id = %s AND key <> %s"
        " AND (observation, plan_id) <= (%s, %s) AND state = 'standing' ORDER BY id LIMIT %s",
        (target, source, record_id, to, *until, limit),
    ).fetchall()
    return Slice(tuple(row["id"] for row in rows), tuple(row["key"] for row in rows), None)


def consequences_of_plan(tx: Tx, table: TargetTable, plan_id: int, *, fields: Sequence[str] | None) -> Consequences:
    """What becomes of rows when a plan, or fields of it, assert nothing any more. Reads only."""
    params = _plan_params(table.target.name, plan_id, fields, after=0, limit=COUNTED)
    total = tx.execute(
        "SELECT count(*) AS n, coalesce(max(id), 0) AS last FROM assertion WHERE plan_id = %(plan)s"
        " AND target = %(target)s AND state = 'standing' AND (%(fields)s::text[] IS NULL OR cells ?| %(fields)s)",
        params,
    ).fetchone()
    return _consequences(tx, table, _OF_PLAN, _GOES_WITH_PLAN, params, total or {"n": 0, "last": 0})


def consequences_of_job(tx: Tx, table: TargetTable, source: str, job_id: int) -> Consequences:
    """What becomes of rows when what a job wrote is withdrawn. Reads only."""
    params = {"target": table.target.name, "source": source, "job": job_id, "fields": None}
    total = tx.execute(
        f"SELECT count(*) AS n, coalesce(max(id), 0) AS last FROM ({_OF_JOB}) AS doomed", params
    ).fetchone()
    doomed = f"{_OF_JOB} ORDER BY a.id LIMIT {COUNTED}"
    return _consequences(tx, table, doomed, _GOES_WITH_JOB, params, total or {"n": 0, "last": 0})


def _plan_params(
    target: str, plan_id: int, fields: Sequence[str] | None, *, after: int, limit: int | None
) -> dict[str, object]:
    return {
        "target": target,
        "plan": plan_id,
        "fields": None if fields is None else list(fields),
        "staged": None,
        "until": None,
        "after": after,
        "limit": limit,
    }


def _consequences(
    tx: Tx, table: TargetTable, doomed: str, goes: str, params: dict[str, object], total: dict[str, int]
) -> Consequences:
    """doomed: the assertions that are counted, by which rows are found; goes: what of these rows is withdrawn in all"""
    row = tx.execute(
        sql.SQL(
            """
            WITH doomed AS MATERIALIZED ({doomed}),
            concerned AS MATERIALIZED (SELECT DISTINCT key FROM doomed),
            standing AS MATERIALIZED (
                SELECT a.*, CASE WHEN ({goes}) IS NOT TRUE THEN a.cells
                                 WHEN %(fields)s::text[] IS NOT NULL THEN a.cells - %(fields)s::text[] END AS kept
                -- Key by key: a plan made while nothing is known of a young table seeks each among all that stands.
                FROM concerned c CROSS JOIN LATERAL (
                    SELECT * FROM assertion o WHERE o.target = %(target)s AND o.key = c.key AND o.state = 'standing'
                    OFFSET 0) AS a
            ),
            before AS (
                SELECT a.key, {before} AS cells
                FROM (SELECT DISTINCT ON (key, source, record_id, observation) * FROM standing
                      ORDER BY key, source, record_id, observation, plan_id DESC, gate_id DESC, id DESC) AS a
                LEFT JOIN source s ON s.name = a.source GROUP BY a.key
            ),
            afterwards AS (
                SELECT a.key, {after} AS cells
                FROM (SELECT DISTINCT ON (key, source, record_id, observation) * FROM standing WHERE kept IS NOT NULL
                      ORDER BY key, source, record_id, observation, plan_id DESC, gate_id DESC, id DESC) AS a
                LEFT JOIN source s ON s.name = a.source GROUP BY a.key
            )
            SELECT (SELECT count(*) FROM doomed) AS assertions, count(*) AS rows,
                   count(*) FILTER (WHERE w.key IS NULL) AS deleted,
                   count(*) FILTER (WHERE w.key IS NOT NULL AND b.cells IS DISTINCT FROM w.cells) AS changed
            FROM before b LEFT JOIN afterwards w ON w.key = b.key
            """
        ).format(
            doomed=sql.SQL(doomed),
            goes=sql.SQL(goes),
            before=ledger.merged(table, "a.cells"),
            after=ledger.merged(table, "a.kept"),
        ),
        params,
    ).fetchone() or {"assertions": 0, "rows": 0, "deleted": 0, "changed": 0}
    counted = row["assertions"]
    scale = total["n"] / counted if counted else 1.0
    rows, changed, deleted = (round(row[name] * scale) for name in ("rows", "changed", "deleted"))
    return Consequences(
        assertions=total["n"],
        rows=rows,
        changed=changed,
        deleted=deleted,
        untouched=rows - changed - deleted,
        last=total["last"],
        exact=counted == total["n"],
    )


def settled_jobs(tx: Tx, *, source: str, target: str, since_plan: int | None) -> list[int]:
    """Jobs that may count a withdrawn record as written; not those that had ended before the plan was made."""
    rows = tx.execute(
        """
        SELECT id FROM job WHERE source = %(source)s AND target = %(target)s AND NOT dry_run
          AND (finished_at IS NULL OR finished_at >= coalesce(
               (SELECT created_at FROM plan WHERE id = %(plan)s), '-infinity'::timestamptz))
        """,
        {"source": source, "target": target, "plan": since_plan},
    ).fetchall()
    return [row["id"] for row in rows]


def may_count(tx: Tx, *, source: str, target: str) -> bool:
    """Whether records may be counted by what stands of them: until this transaction ends no item falls back, so that
    whoever withdraws finds those that count on it. False where items are falling back just now.
    """
    return advisory.may_share_named(tx, Named.COUNTING, f"{source}:{target}")


def let_counts_end(tx: Tx, *, source: str, target: str) -> None:
    """Before items fall back: who counts on what stood has committed, and nobody begins to."""
    advisory.hold_named(tx, Named.COUNTING, f"{source}:{target}")


def fall_back(
    tx: Tx, assertion_ids: Sequence[int], *, jobs: Sequence[int], shape_id: int | None, held: bool
) -> list[int]:
    """Items that count an observation as written or unchanged of which nothing stands any more.

    With `held` they wait for the next plan of the shape, but for those of cancelled jobs; else, and those, they end as
    withdrawn. Gives the jobs whose state is to be computed anew.
    """
    rows = tx.execute(
        """
        WITH fallen AS (
            SELECT DISTINCT a.source, a.target, a.record_id, a.observation FROM assertion a
            WHERE a.id = ANY(%(ids)s) AND NOT EXISTS (
                SELECT 1 FROM assertion o WHERE o.target = a.target AND o.source = a.source
                  AND o.record_id = a.record_id AND o.observation = a.observation AND o.state = 'standing')
        )
        UPDATE item i SET state = CASE WHEN %(held)s AND j.state <> 'cancelled' THEN 'held' ELSE 'withdrawn' END,
               code = NULL, shape_id = coalesce(%(shape)s, i.shape_id), staged_id = NULL, plan_id = NULL
        FROM fallen f, job j
        WHERE j.id = ANY(%(jobs)s) AND i.job_id = j.id AND i.record_id = f.record_id
          AND i.observation = f.observation AND i.state IN ('written', 'unchanged')
        RETURNING i.job_id
        """,
        {"ids": list(assertion_ids), "jobs": list(jobs), "shape": shape_id, "held": held},
    ).fetchall()
    return sorted({row["job_id"] for row in rows})


def withdraw_items(tx: Tx, job_id: int, *, after: str, last: str) -> None:
    """A job's written records between two record ids end as withdrawn."""
    tx.execute(
        "UPDATE item SET state = 'withdrawn', code = NULL, staged_id = NULL, plan_id = NULL"
        " WHERE job_id = %s AND record_id > %s AND record_id <= %s AND state = 'written'",
        (job_id, after, last),
    )
