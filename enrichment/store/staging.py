"""Staged rows: accepted by the gate, not yet merged."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import Any, Final, NamedTuple, TypedDict

import orjson
import psycopg

from enrichment.store.database import Tx, made
from schemas import FORMAT


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


class Locked(NamedTuple):
    """A staged row as a merge takes it, which hardly ever looks into its cells: those of hundreds are not carried over.

    `intact`: its key and cells are what the gate wrote.
    """

    id: int
    source: str
    record_id: str
    observation: int
    plan_id: int
    key: str
    payload_id: int
    ordinal: int
    state: str
    intact: bool


@dataclass(frozen=True, slots=True)
class StagedRow:
    """A staged row with what it says."""

    id: int
    source: str
    record_id: str
    observation: int
    plan_id: int
    key: str
    cells: Mapping[str, Any]
    reasons: Mapping[str, str]
    payload_id: int
    ordinal: int
    job_id: int
    state: str


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
    """Rows of which some may be there."""
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


def lock(tx: Tx, ids: Sequence[int]) -> list[Locked]:
    """Lock rows, in order."""
    return made(
        tx,
        Locked,
        """
        SELECT id, source, record_id, observation, plan_id, key, payload_id, ordinal, state,
               md5(key || cells::text) = digest
        FROM staged WHERE id = ANY(%s) ORDER BY id FOR UPDATE
        """,
        (list(ids),),
    )


def read(tx: Tx, ids: Sequence[int]) -> list[StagedRow]:
    """In order."""
    return made(
        tx,
        StagedRow,
        "SELECT id, source, record_id, observation, plan_id, key, cells, reasons, payload_id, ordinal, job_id, state"
        " FROM staged WHERE id = ANY(%s) ORDER BY id",
        (list(ids),),
    )


def record_ids(tx: Tx, ids: Sequence[int]) -> list[tuple[int, str]]:
    """(id, record id) of these rows."""
    rows = tx.execute("SELECT id, record_id FROM staged WHERE id = ANY(%s)", (list(ids),)).fetchall()
    return [(row["id"], row["record_id"]) for row in rows]


def plans_of(tx: Tx, ids: Sequence[int]) -> list[int]:
    """The plans of these rows, in order."""
    rows = tx.execute(
        "SELECT DISTINCT plan_id FROM staged WHERE id = ANY(%s) ORDER BY plan_id", (list(ids),)
    ).fetchall()
    return [row["plan_id"] for row in rows]


def empty_cells(tx: Tx, ids: Sequence[int], fields: Mapping[str, str]) -> None:
    """Empty fields of rows, each with its reason. The digest follows, but for a row that does not match it."""
    if not fields or not ids:
        return
    tx.execute(
        """
        UPDATE staged s SET cells = s.cells - %(fields)s::text[],
               digest = CASE WHEN s.digest = md5(s.key || s.cells::text)
                             THEN md5(s.key || (s.cells - %(fields)s::text[])::text) ELSE 'tampered' END,
               reasons = s.reasons || (
                   SELECT coalesce(jsonb_object_agg(f.name, f.reason), '{}'::jsonb)
                   FROM unnest(%(fields)s::text[], %(reasons)s::text[]) AS f(name, reason) WHERE s.cells ? f.name)
        WHERE s.id = ANY(%(ids)s) AND s.cells ?| %(fields)s::text[]
        """,
        {"ids": list(ids), "fields": list(fields), "reasons": list(fields.values())},
    )


def set_state(tx: Tx, ids: Sequence[int], state: str) -> None:
    tx.execute("UPDATE staged SET state = %s WHERE id = ANY(%s)", (state, list(ids)))


def mergeable(
    tx: Tx,
    plan_id: int,
    *,
    undecided: Sequence[str],
    condemned: Sequence[str],
    risky: Sequence[str],
    limit: int,
    after: int = 0,
    among: Sequence[int] | None = None,
) -> list[int]:
    """Staged rows of a plan, in id order, each of whose filled cells is of a decided field or audited and supported.

    A cell of a condemned field does not hold its row: it is emptied first. One of a `risky` undecided field holds it
    even where an audit supports it, unless a person vouched for the row.
    """
    chosen = "" if among is None else "AND s.id = ANY(%(among)s)"
    rows = tx.execute(
        f"""
        SELECT s.id FROM staged s LEFT JOIN sample a ON a.plan_id = s.plan_id AND a.staged_id = s.id
        WHERE s.plan_id = %(plan)s AND s.state = 'staged' AND s.id > %(after)s {chosen}
          AND NOT EXISTS (
            SELECT 1 FROM jsonb_object_keys(s.cells) AS f(name)
            WHERE (f.name = ANY(%(undecided)s) AND coalesce(a.verdicts ->> f.name, '') NOT IN ('supported', 'defect'))
               OR (f.name = ANY(%(undecided)s) AND f.name = ANY(%(risky)s) AND a.verdicts ->> f.name = 'supported'
                   AND a.purpose <> 'person')
               OR (NOT f.name = ANY(%(condemned)s) AND a.verdicts ->> f.name IN ('unconfirmed', 'refuted')))
        ORDER BY s.id LIMIT %(limit)s
        """,
        {
            "plan": plan_id,
            "undecided": list(undecided),
            "condemned": list(condemned),
            "risky": list(risky),
            "after": after,
            "among": None if among is None else list(among),
            "limit": limit,
        },
    ).fetchall()
    return [row["id"] for row in rows]


def undecidable(tx: Tx, plan_id: int, *, fields: Sequence[str], limit: int) -> list[tuple[int, dict[str, str]]]:
    """(id, verdicts) of staged rows that fill one of these undecided fields, or that a verdict holds back."""
    rows = tx.execute(
        """
        SELECT s.id, coalesce(a.verdicts, '{}'::jsonb) AS verdicts
        FROM staged s LEFT JOIN sample a ON a.plan_id = s.plan_id AND a.staged_id = s.id
        WHERE s.plan_id = %(plan)s AND s.state = 'staged' AND coalesce(a.purpose, '') <> 'person'
          AND (s.cells ?| %(fields)s::text[] OR EXISTS (
               SELECT 1 FROM jsonb_each_text(a.verdicts) AS v(name, word) WHERE v.word IN ('unconfirmed', 'refuted')))
        ORDER BY s.id LIMIT %(limit)s
        """,
        {"plan": plan_id, "fields": list(fields), "limit": limit},
    ).fetchall()
    return [(row["id"], row["verdicts"]) for row in rows]


def lock_waiting(tx: Tx, plan_id: int) -> None:
    """Rows are locked before the items behind them, as everybody does."""
    tx.execute(
        "SELECT count(*) FROM (SELECT 1 FROM staged WHERE plan_id = %s AND state IN ('staged', 'review')"
        " ORDER BY id FOR UPDATE) AS mine",
        (plan_id,),
    )


def void_waiting(tx: Tx, plan_id: int) -> None:
    """Rows of a plan that fell before they were merged."""
    tx.execute("UPDATE staged SET state = 'void' WHERE plan_id = %s AND state IN ('staged', 'review')", (plan_id,))


def plans_with_rows(tx: Tx) -> list[int]:
    """Plans that have staged rows. Those of a newer release are its to move."""
    rows = tx.execute(
        "SELECT p.id FROM plan p WHERE p.format <= %s"
        " AND EXISTS (SELECT 1 FROM staged s WHERE s.plan_id = p.id AND s.state = 'staged')",
        (FORMAT,),
    ).fetchall()
    return [row["id"] for row in rows]


def waiting_count(tx: Tx, plan_id: int, *, at_most: int) -> int:
    row = tx.execute(
        "SELECT count(*) AS n FROM (SELECT 1 FROM staged WHERE plan_id = %s AND state = 'staged' LIMIT %s) AS few",
        (plan_id, at_most),
    ).fetchone()
    return 0 if row is None else int(row["n"])


def dry_rows(tx: Tx, job_id: int, *, limit: int) -> list[dict[str, Any]]:
    """Rows that a dry run would have written."""
    return tx.execute(
        "SELECT record_id, key, cells, reasons FROM staged WHERE dry_job = %s ORDER BY id LIMIT %s", (job_id, limit)
    ).fetchall()
