"""Lots: what released plans merge in a day, of which a sample is looked at, and what was found in it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from enrichment.store.database import Tx


def grow(tx: Tx, rows: Mapping[int, int]) -> dict[int, tuple[int, int]]:
    """Count the rows that released plans are about to merge today; gives (rows, drawn) of the day by plan.

    The lots stay locked, in the order of their plans.
    """
    found = tx.execute(
        """
        INSERT INTO released_lot (plan_id, day, rows)
        SELECT i.plan, (now() AT TIME ZONE 'UTC')::date, i.rows
        FROM unnest(%s::bigint[], %s::bigint[]) AS i(plan, rows) ORDER BY i.plan
        ON CONFLICT (plan_id, day) DO UPDATE SET rows = released_lot.rows + excluded.rows
        RETURNING plan_id, rows, drawn
        """,
        (list(rows), list(rows.values())),
    ).fetchall()
    return {row["plan_id"]: (int(row["rows"]), int(row["drawn"])) for row in found}


def came_after(tx: Tx, plan_id: int, staged_ids: Sequence[int], *, needed: int) -> list[int]:
    """Those of these rows that were merged and that the plan's test does not speak of: they came after what it was
    drawn from, and nobody drew them.

    An even sample reaches twice as far as its middle, here with a quarter more for chance. Only the first rows tell, as
    many as a test needs: later ones stand in for those that nobody could judge, fill fields that few records do, or
    are of another test.
    """
    rows = tx.execute(
        """
        WITH drawn AS (
            SELECT staged_id FROM sample WHERE plan_id = %(plan)s AND purpose = 'probation'
            ORDER BY staged_id LIMIT %(needed)s),
        test AS (
            SELECT min(staged_id) AS first, max(staged_id) AS last,
                   percentile_disc(0.5) WITHIN GROUP (ORDER BY staged_id) AS middle
            FROM drawn)
        SELECT s.id FROM staged s, test
        WHERE s.id = ANY(%(ids)s) AND s.state = 'merged'
          AND s.id > coalesce(least(test.last, test.first + (test.middle - test.first) * 5 / 2), 0)
          AND NOT EXISTS (SELECT 1 FROM sample a WHERE a.plan_id = %(plan)s AND a.staged_id = s.id)
        ORDER BY s.id
        """,
        {"plan": plan_id, "ids": list(staged_ids), "needed": needed},
    ).fetchall()
    return [row["id"] for row in rows]


def count_drawn(tx: Tx, drawn: Mapping[int, int]) -> None:
    """Count the rows that were drawn, by plan, of lots that are locked."""
    tx.execute(
        "UPDATE released_lot l SET drawn = l.drawn + i.drawn FROM unnest(%s::bigint[], %s::bigint[]) AS i(plan, drawn)"
        " WHERE l.plan_id = i.plan AND l.day = (now() AT TIME ZONE 'UTC')::date",
        (list(drawn), list(drawn.values())),
    )


def count_wrong(tx: Tx, plan_id: int, staged_ids: Sequence[int], *, whole: bool) -> None:
    """Count rows in which a defect was confirmed today against the plan's lot: all of them where the plan is released
    as a `whole`, else those that were drawn, or told of by a person, as merged ones.
    """
    if staged_ids:
        tx.execute(
            """
            INSERT INTO released_lot (plan_id, day, wrong)
            SELECT %(plan)s, (now() AT TIME ZONE 'UTC')::date, count(*) FROM sample
            WHERE plan_id = %(plan)s AND staged_id = ANY(%(ids)s)
              AND (%(whole)s OR purpose IN ('released', 'person'))
            HAVING count(*) > 0
            ON CONFLICT (plan_id, day) DO UPDATE SET wrong = released_lot.wrong + excluded.wrong
            """,
            {"plan": plan_id, "ids": list(staged_ids), "whole": whole},
        )


def accepted(tx: Tx, plan_ids: Sequence[int]) -> dict[int, list[bool]]:
    """By plan whether no defect was found, day by day, of its newest lots; today's only once one was found."""
    rows = tx.execute(
        """
        SELECT i.plan, newest.wrong = 0 AS accepted
        FROM unnest(%s::bigint[]) AS i(plan) CROSS JOIN LATERAL (
          SELECT day, wrong FROM released_lot
          WHERE plan_id = i.plan AND (wrong > 0 OR (drawn > 0 AND day < (now() AT TIME ZONE 'UTC')::date))
          ORDER BY day DESC LIMIT 60) AS newest
        ORDER BY i.plan, newest.day
        """,
        (list(plan_ids),),
    ).fetchall()
    found: dict[int, list[bool]] = {plan_id: [] for plan_id in plan_ids}
    for row in rows:
        found[row["plan"]].append(row["accepted"])
    return found
