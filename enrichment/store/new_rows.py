"""Rows that the gate accepts are staged: by COPY where none of them is there, else each as what is there lets it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from operator import itemgetter
from typing import Any, Final, NamedTuple, TypedDict

import orjson
import psycopg

from enrichment.store.database import Tx, made


class NewStaged(TypedDict):
    """One accepted row. Documents are JSON text; PostgreSQL's text of `cells` is byte for byte what was digested."""

    plan_id: int
    record_id: str
    observation: int
    key: str
    cells: str
    reasons: str
    winners: str
    version: str | None
    payload_id: int
    ordinal: int
    digest: str


_OWN: Final = tuple(NewStaged.__annotations__)


class StagedId(NamedTuple):
    """`job_id`: of the job that staged it first; 0 for none."""

    id: int
    plan_id: int
    record_id: str
    state: str
    job_id: int


def add(
    tx: Tx,
    rows: Sequence[NewStaged],
    *,
    target: str,
    source: str,
    job_id: int,
    dry_job: int,
) -> list[StagedId]:
    """Stage rows of a target and source under the gate in force.

    One that is there is shared; one that was merged or voided is staged anew.

    In record order, so that jobs over the same records cannot deadlock.
    """
    rows = sorted(rows, key=lambda r: r["record_id"])
    params = {
        "target": target,
        "source": source,
        "dry": dry_job,
        "state": "dry" if dry_job else "staged",
        "job": job_id,
    }
    gate_id, ids = _room(tx, rows, params)
    if ids:
        try:
            with tx.transaction():
                return _copy(tx, ids, rows, params, gate_id)
        except psycopg.errors.UniqueViolation:
            pass  # one of them is there, which the first did not tell
    return _share(tx, rows, params)


def _room(tx: Tx, rows: Sequence[NewStaged], params: Mapping[str, Any]) -> tuple[int, list[int]]:
    """The gate in force, and an id for each row; none where the first row is staged already, since then most are."""
    first = rows[0]
    found = tx.execute(
        """
        WITH gate_now AS (SELECT coalesce(max(id), 0) AS id FROM gate WHERE source = %(source)s)
        SELECT g.id AS gate_id, nextval('staged_id_seq') AS id FROM gate_now g, generate_series(1, %(rows)s)
        WHERE NOT EXISTS (
            SELECT 1 FROM staged s WHERE s.record_id = %(record)s AND s.observation = %(observation)s
              AND s.plan_id = %(plan)s AND s.gate_id = g.id AND s.dry_job = %(dry)s AND s.source = %(source)s
              AND s.target = %(target)s)
        """,
        {
            **params,
            "rows": len(rows),
            "record": first["record_id"],
            "observation": first["observation"],
            "plan": first["plan_id"],
        },
    ).fetchall()
    return (found[0]["gate_id"], [row["id"] for row in found]) if found else (0, [])


def _copy(
    tx: Tx, ids: Sequence[int], rows: Sequence[NewStaged], params: Mapping[str, Any], gate_id: int
) -> list[StagedId]:
    """Rows of which none is there: by COPY, a third cheaper than to insert them.

    Raises:
        UniqueViolation: one of them is there.
    """
    target, source, dry, state, job = (params[name] for name in ("target", "source", "dry", "state", "job"))
    statement = f"COPY staged (id, gate_id, target, source, dry_job, state, job_id, {', '.join(_OWN)}) FROM STDIN"
    own = itemgetter(*_OWN)
    with tx.cursor().copy(statement) as copy:
        for staged_id, row in zip(ids, rows, strict=True):
            copy.write_row((staged_id, gate_id, target, source, dry, state, job, *own(row)))
    return [
        StagedId(staged_id, row["plan_id"], row["record_id"], state, job)
        for staged_id, row in zip(ids, rows, strict=True)
    ]


def _share(tx: Tx, rows: Sequence[NewStaged], params: Mapping[str, Any]) -> list[StagedId]:
    """Rows of which some may be there: those are locked in the order of their ids first, as merges lock them."""
    tx.execute(
        """
        SELECT FROM staged WHERE id IN (
            SELECT s.id FROM unnest(%(records)s::text[], %(observations)s::int[], %(plans)s::bigint[])
                             AS r(record_id, observation, plan_id)
            JOIN staged s ON s.record_id = r.record_id AND s.observation = r.observation AND s.plan_id = r.plan_id
             AND s.dry_job = %(dry)s AND s.source = %(source)s AND s.target = %(target)s)
        ORDER BY id FOR UPDATE
        """,
        {
            **params,
            "records": [row["record_id"] for row in rows],
            "observations": [row["observation"] for row in rows],
            "plans": [row["plan_id"] for row in rows],
        },
    )
    return made(
        tx,
        StagedId,
        """
        INSERT INTO staged (target, source, record_id, observation, plan_id, gate_id, dry_job, state, key, cells,
                            reasons, winners, version, payload_id, ordinal, job_id, digest)
        SELECT %(target)s, %(source)s::text, r.record_id, r.observation, r.plan_id,
               (SELECT coalesce(max(id), 0) FROM gate WHERE source = %(source)s::text), %(dry)s, %(state)s, r.key,
               r.cells::jsonb, r.reasons::jsonb, r.winners::jsonb, r.version::jsonb, r.payload_id, r.ordinal, %(job)s,
               r.digest
        FROM json_to_recordset(%(rows)s::json)
             AS r(plan_id bigint, record_id text, observation int, key text, cells text, reasons text, winners text,
                  version text, payload_id bigint, ordinal int, digest text)
        ON CONFLICT (target, source, record_id, observation, plan_id, gate_id, dry_job) DO UPDATE
        SET (state, key, cells, reasons, winners, version, payload_id, ordinal, job_id, digest) = (
            SELECT x.* FROM (VALUES (
                'staged', excluded.key, excluded.cells, excluded.reasons, excluded.winners, excluded.version,
                excluded.payload_id, excluded.ordinal, excluded.job_id, excluded.digest)) AS x
            WHERE staged.state IN ('merged', 'void')
            UNION ALL
            SELECT staged.state, staged.key, staged.cells, staged.reasons, staged.winners, staged.version,
                   staged.payload_id, staged.ordinal, staged.job_id, staged.digest
            WHERE staged.state NOT IN ('merged', 'void'))
        RETURNING id, plan_id, record_id, state, job_id
        """,
        {**params, "rows": orjson.dumps(rows).decode()},
    )
