"""Rows that stood before Assay, or that others edited, and how many of them a plan has changed."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from enrichment.store.database import Tx
from schemas.target import Target


def first_of(tx: Tx, plan_ids: Collection[int]) -> set[int]:
    """Those of these plans before which no plan of their source and target has earned its release.

    One of which a person has yet to say whether it may write has not.
    """
    if not plan_ids:
        return set()
    rows = tx.execute(
        """
        SELECT p.id FROM plan p WHERE p.id = ANY(%s) AND NOT EXISTS (
            SELECT 1 FROM plan b WHERE b.source = p.source AND b.target = p.target AND b.id < p.id
              AND b.state IN ('released', 'superseded')
              AND NOT EXISTS (SELECT 1 FROM review r WHERE r.subject = 'existing:' || b.id AND r.state = 'open'))
        """,
        (sorted(plan_ids),),
    ).fetchall()
    return {row["id"] for row in rows}


def changed(tx: Tx, target: Target, staged_ids: Sequence[int], *, shown: int) -> dict[int, list[dict[str, Any]]]:
    """Plan id -> one entry for each row of before that these staged rows change; the first `shown` say how.

    A cell that the baseline holds is changed only where the target lets sources replace it. A row that the plan has
    changed already is not counted again.
    """
    rows = tx.execute(
        """
        SELECT DISTINCT ON (s.plan_id, s.key) s.plan_id, s.key, b.cells AS now, s.cells AS new
        FROM staged s JOIN assertion b ON b.target = s.target AND b.key = s.key AND b.source = 'baseline'
         AND b.state = 'standing'
        WHERE s.id = ANY(%(ids)s) AND EXISTS (
          SELECT 1 FROM jsonb_each(s.cells) AS c(name, value)
          WHERE NOT b.cells ? c.name OR (%(replaces)s AND b.cells -> c.name IS DISTINCT FROM c.value))
          AND NOT EXISTS (
            SELECT 1 FROM assertion a WHERE a.target = s.target AND a.key = s.key AND a.plan_id = s.plan_id
              AND a.state = 'standing' AND NOT a.staged_id = ANY(%(ids)s))
        ORDER BY s.plan_id, s.key
        """,
        {"ids": list(staged_ids), "replaces": target.existing == "replace"},
    ).fetchall()
    found: dict[int, list[dict[str, Any]]] = {}
    for row in rows:
        of_plan = found.setdefault(row["plan_id"], [])
        told = {"key": row["key"], "now": row["now"], "new": row["new"]}
        of_plan.append(told if len(of_plan) < shown else {"key": row["key"]})
    return found


def count(tx: Tx, plan_id: int, rows: int) -> int:
    """Add to the rows that a plan has changed; gives them all. Others that change some wait until the commit."""
    row = tx.execute(
        "INSERT INTO existing_change (plan_id, rows) VALUES (%s, %s)"
        " ON CONFLICT (plan_id) DO UPDATE SET rows = existing_change.rows + excluded.rows RETURNING rows",
        (plan_id, rows),
    ).fetchone()
    return 0 if row is None else int(row["rows"])
