"""Sketches of what records looked like under a plan."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Final

from psycopg.types.json import Jsonb

from enrichment.audit.drift import Moved, Sketch, together
from enrichment.store.database import Tx

#: Days for which it is kept what records looked like.
_DAYS: Final = 30


def add(tx: Tx, sketches: Mapping[int, Sketch]) -> None:
    """Append one per plan, in one statement; nobody waits for anybody."""
    if sketches:
        tx.execute(
            "INSERT INTO plan_sketch (plan_id, day, rows, filled, bins)"
            " SELECT i.plan, (now() AT TIME ZONE 'UTC')::date, i.rows, i.filled::jsonb, i.bins::jsonb"
            " FROM unnest(%s::bigint[], %s::bigint[], %s::text[], %s::text[]) AS i(plan, rows, filled, bins)",
            (
                list(sketches),
                [one.rows for one in sketches.values()],
                [json.dumps(dict(one.filled)) for one in sketches.values()],
                [json.dumps(dict(one.bins)) for one in sketches.values()],
            ),
        )


def waiting_rows(tx: Tx, plan_id: int) -> int:
    """Records that were sketched and not compared yet."""
    row = tx.execute(
        "SELECT coalesce(sum(rows), 0) AS n FROM plan_sketch WHERE plan_id = %s AND phase = 'new'", (plan_id,)
    ).fetchone()
    return 0 if row is None else int(row["n"])


def reference(tx: Tx, plan_id: int) -> Sketch:
    rows = tx.execute(
        "SELECT rows, filled, bins FROM plan_sketch WHERE plan_id = %s AND phase = 'reference'", (plan_id,)
    ).fetchall()
    return together(Sketch(**row) for row in rows)


def take(tx: Tx, plan_id: int) -> Sketch:
    """What was not compared yet; it is laid together, by day, with what was. The plan's row is locked.

    Days long past are forgotten: only the newest one is ever looked at.
    """
    rows = tx.execute(
        "DELETE FROM plan_sketch WHERE plan_id = %s AND phase = 'new' RETURNING day, rows, filled, bins", (plan_id,)
    ).fetchall()
    tx.execute(
        "DELETE FROM plan_sketch WHERE plan_id = %s AND phase = 'past' AND day < (now() AT TIME ZONE 'UTC')::date - %s",
        (plan_id, _DAYS),
    )
    found: dict[date, list[Sketch]] = {}
    for row in rows:
        found.setdefault(row.pop("day"), []).append(Sketch(**row))
    for day, some in found.items():
        past = tx.execute(
            "DELETE FROM plan_sketch WHERE plan_id = %s AND phase = 'past' AND day = %s RETURNING rows, filled, bins",
            (plan_id, day),
        ).fetchall()
        _put(tx, plan_id, together([*some, *(Sketch(**row) for row in past)]), phase="past", day=day)
    return together(one for some in found.values() for one in some)


def set_reference(tx: Tx, plan_id: int, sketch: Sketch) -> None:
    """From now on what comes is compared with this."""
    tx.execute("DELETE FROM plan_sketch WHERE plan_id = %s AND phase = 'reference'", (plan_id,))
    _put(tx, plan_id, sketch, phase="reference", day=None)


def note_moved(tx: Tx, plan_id: int, found: Sequence[Moved]) -> None:
    """Keep findings with the plan, the newest last."""
    told = [
        {
            "field": m.field,
            "what": m.what,
            "before": round(m.before, 4),
            "now": round(m.now, 4),
            "chance": m.chance,
            "level": m.level,
        }
        for m in found
    ]
    tx.execute(
        """
        UPDATE plan SET evidence = evidence || jsonb_build_object('drift', coalesce(evidence -> 'drift', '[]'::jsonb) ||
            (SELECT jsonb_agg(m || jsonb_build_object('at', now())) FROM jsonb_array_elements(%s::jsonb) AS m))
        WHERE id = %s
        """,
        (Jsonb(told), plan_id),
    )


def _put(tx: Tx, plan_id: int, one: Sketch, *, phase: str, day: date | None) -> None:
    tx.execute(
        "INSERT INTO plan_sketch (plan_id, day, phase, rows, filled, bins)"
        " VALUES (%s, coalesce(%s::date, (now() AT TIME ZONE 'UTC')::date), %s, %s, %s, %s)",
        (plan_id, day, phase, one.rows, Jsonb(dict(one.filled)), Jsonb({n: dict(b) for n, b in one.bins.items()})),
    )
