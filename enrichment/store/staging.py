"""Staged rows: accepted by the gate, not yet merged."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from enrichment.store.database import Tx, made
from schemas import FORMAT


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


def record_ids(tx: Tx, ids: Sequence[int]) -> dict[int, str]:
    """Id -> record id of these rows."""
    return dict(made(tx, _two, "SELECT id, record_id FROM staged WHERE id = ANY(%s)", (list(ids),)))


def _two(first: int, second: str) -> tuple[int, str]:
    return first, second


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
    """(id, verdicts) of staged rows that fill one of these undecided fields, or that a verdict holds back; not of those
    that a person has spoken for, in each such field.
    """
    rows = tx.execute(
        """
        SELECT s.id, coalesce(a.verdicts, '{}'::jsonb) AS verdicts
        FROM staged s LEFT JOIN sample a ON a.plan_id = s.plan_id AND a.staged_id = s.id
        WHERE s.plan_id = %(plan)s AND s.state = 'staged'
          AND (coalesce(a.purpose, '') <> 'person' OR EXISTS (
               SELECT 1 FROM unnest(%(fields)s::text[]) AS f(name)
               WHERE s.cells ? f.name AND coalesce(a.verdicts ->> f.name, '') NOT IN ('supported', 'defect')))
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
