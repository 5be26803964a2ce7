"""Counts of the audit over plans, for its report."""

from __future__ import annotations

from typing import Final

from enrichment.audit.report import Drifted, FieldCounts, Untold
from enrichment.store.database import Tx

#: Standing assertions of a plan that are opened to see which fields they fill; of more, these speak for all.
_OPENED: Final = 20_000


def of_fields(tx: Tx) -> list[FieldCounts]:
    """Per plan and field. Those of a fallen plan are condemned; what was never tested and fell is left out."""
    rows = tx.execute(
        """
        WITH standing AS (
          SELECT plan_id, count(*) AS n FROM assertion WHERE state = 'standing' AND source <> 'baseline'
          GROUP BY plan_id),
        filled AS (
          SELECT s.plan_id, k.name, count(*)::numeric * s.n / least(s.n, %(opened)s) AS n
          FROM standing s
          CROSS JOIN LATERAL (
            SELECT a.cells FROM assertion a WHERE a.plan_id = s.plan_id AND a.state = 'standing'
            LIMIT %(opened)s) AS opened
          CROSS JOIN LATERAL jsonb_object_keys(jsonb_strip_nulls(opened.cells)) AS k(name)
          GROUP BY s.plan_id, k.name, s.n),
        told AS (
          SELECT a.plan_id, v.name, count(*) AS n
          FROM sample a CROSS JOIN LATERAL jsonb_each_text(a.verdicts) AS v(name, word)
          WHERE a.state = 'judged' AND v.word IN ('supported', 'refuted', 'miss') GROUP BY a.plan_id, v.name),
        field AS (
          SELECT f.*, p.target, p.source,
                 CASE WHEN p.state NOT IN ('probation', 'released', 'superseded') THEN 'condemned'
                      WHEN f.state = 'probation' AND f.decided_at IS NOT NULL THEN 'reopened'
                      ELSE f.state END AS stands
          FROM plan_field f JOIN plan p ON p.id = f.plan_id)
        SELECT f.plan_id, f.target, f.source, f.name, f.stands AS state, f.audited, f.defects, f.unconfirmed, f.unsure,
               f.misses, coalesce(round(c.n), 0)::bigint AS cells,
               greatest(coalesce(s.n, 0) - coalesce(round(c.n), 0), 0)::bigint AS empty,
               greatest(coalesce(t.n, 0) - (f.audited - f.defects - f.unconfirmed), f.misses)::bigint AS empty_audited
        FROM field f LEFT JOIN standing s ON s.plan_id = f.plan_id
             LEFT JOIN filled c ON c.plan_id = f.plan_id AND c.name = f.name
             LEFT JOIN told t ON t.plan_id = f.plan_id AND t.name = f.name
        WHERE f.stands <> 'condemned' OR f.audited > 0
        ORDER BY f.target, f.source, f.name, f.plan_id
        """,
        {"opened": _OPENED},
    ).fetchall()
    return [FieldCounts(**row) for row in rows]


def untold(tx: Tx) -> list[Untold]:
    """The bindings of plans in use, or once in use, that no sampled record could tell from a rival."""
    rows = tx.execute(
        """
        SELECT p.id AS plan_id, p.target, p.source, e.name,
               jsonb_path_query_first(p.body, '$.bindings[*] ? (@.target == $name).alternatives[0].paths',
                                      jsonb_build_object('name', e.name)) AS paths,
               e.one -> 'untold' AS rivals
        FROM plan p CROSS JOIN LATERAL jsonb_each(p.evidence -> 'bindings') AS e(name, one)
        WHERE p.state IN ('probation', 'released', 'superseded') AND jsonb_array_length(e.one -> 'untold') > 0
        ORDER BY p.id, e.name
        """
    ).fetchall()
    return [Untold(**{**row, "paths": tuple(row["paths"]), "rivals": tuple(row["rivals"])}) for row in rows]


def drifted(tx: Tx) -> list[Drifted]:
    """What has moved at sources under plans that were released, the oldest first."""
    rows = tx.execute(
        """
        SELECT p.id AS plan_id, p.target, p.source, d.one ->> 'field' AS name, d.one ->> 'what' AS what,
               (d.one ->> 'before')::float AS before, (d.one ->> 'now')::float AS now,
               (d.one ->> 'chance')::float AS chance, (d.one ->> 'level')::float AS level, d.one ->> 'at' AS at,
               coalesce(f.state, 'unknown') AS state
        FROM plan p CROSS JOIN LATERAL jsonb_array_elements(p.evidence -> 'drift') AS d(one)
        LEFT JOIN plan_field f ON f.plan_id = p.id AND f.name = d.one ->> 'field'
        WHERE p.evidence ? 'drift' ORDER BY d.one ->> 'at', p.id, d.one ->> 'field'
        """
    ).fetchall()
    return [Drifted(**row) for row in rows]


def standing_rows(tx: Tx) -> dict[tuple[str, str], int]:
    """(target, source) -> assertions that stand."""
    rows = tx.execute(
        "SELECT target, source, count(*) AS n FROM assertion WHERE state = 'standing' AND source <> 'baseline'"
        " GROUP BY target, source"
    ).fetchall()
    return {(row["target"], row["source"]): int(row["n"]) for row in rows}
