"""The audit's sample: staged rows drawn, taken by judge work, judged."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from psycopg.types.json import Jsonb

from enrichment.store.database import Tx


@dataclass(frozen=True, slots=True)
class Candidate:
    """A staged row that may be drawn: which fields it fills, and where its record lies."""

    staged_id: int
    record_id: str
    fields: frozenset[str]
    observation: int = 0
    payload_id: int = 0
    ordinal: int = 0


_OR_MERGED = """
    (s.state = 'staged' OR (s.state = 'merged' AND EXISTS (SELECT 1 FROM payload p WHERE p.id = s.payload_id)))
"""


def undrawn(
    tx: Tx, plan_id: int, *, staged_ids: Sequence[int] | None, fields: Sequence[str], limit: int
) -> list[Candidate]:
    """Staged rows of a plan that fill one of `fields` and were not drawn yet; of `staged_ids` where given.

    Merged ones too where such a field was decided once and is on probation again: that is the look back. It begins with
    the newest, since what is wrong there now may not have been so before.
    """
    params = {
        "plan": plan_id,
        "ids": None if staged_ids is None else list(staged_ids),
        "fields": list(fields),
        "limit": limit,
    }
    again = tx.execute(
        "SELECT 1 FROM plan_field WHERE plan_id = %(plan)s AND name = ANY(%(fields)s) AND state = 'probation'"
        " AND decided_at IS NOT NULL LIMIT 1",
        params,
    ).fetchone()
    # Not one condition for both: the rows that wait have an index of their own.
    # Of a row that was merged long ago retention may have taken the record: nothing is left to compare it with.
    states, order = ("s.state = 'staged'", "s.id") if again is None else (_OR_MERGED, "s.id DESC")
    rows = tx.execute(
        f"""
        SELECT s.id, s.record_id, s.observation, s.payload_id, s.ordinal,
               ARRAY(SELECT jsonb_object_keys(s.cells)) AS fields
        FROM staged s
        WHERE s.plan_id = %(plan)s AND {states} AND s.cells ?| %(fields)s::text[]
          AND (%(ids)s::bigint[] IS NULL OR s.id = ANY(%(ids)s))
          AND NOT EXISTS (SELECT 1 FROM sample a WHERE a.plan_id = s.plan_id AND a.staged_id = s.id)
        ORDER BY {order} LIMIT %(limit)s
        """,
        params,
    ).fetchall()
    return [
        Candidate(
            row["id"],
            row["record_id"],
            frozenset(row["fields"]),
            row["observation"],
            row["payload_id"],
            row["ordinal"],
        )
        for row in rows
    ]


def draw(tx: Tx, drawn: Mapping[int, Sequence[tuple[int, bytes]]], *, purpose: str) -> Counter[int]:
    """File (staged id, keyed hash) pairs under their plans; gives, by plan, how many were not drawn before."""
    filed = [(plan_id, staged_id, place) for plan_id, rows in drawn.items() for staged_id, place in rows]
    rows = tx.execute(
        "INSERT INTO sample (plan_id, staged_id, state, purpose, drawn_order)"
        " SELECT i.plan, i.id, 'drawn', %s, i.place"
        " FROM unnest(%s::bigint[], %s::bigint[], %s::bytea[]) AS i(plan, id, place)"
        " ON CONFLICT DO NOTHING RETURNING plan_id",
        (purpose, [f[0] for f in filed], [f[1] for f in filed], [f[2] for f in filed]),
    ).fetchall()
    return Counter(row["plan_id"] for row in rows)


def taken(tx: Tx, work_id: int) -> list[int]:
    """Staged ids that a judge work has before it."""
    rows = tx.execute(
        "SELECT staged_id FROM sample WHERE work_id = %s AND state = 'filed' ORDER BY drawn_order", (work_id,)
    ).fetchall()
    return [row["staged_id"] for row in rows]


def take(tx: Tx, plan_id: int, *, work_id: int, limit: int) -> list[int]:
    """The next rows drawn, for one judge work; gives their staged ids."""
    rows = tx.execute(
        """
        WITH next AS MATERIALIZED (
            SELECT plan_id, staged_id FROM sample WHERE plan_id = %(plan)s AND state = 'drawn'
            ORDER BY drawn_order LIMIT %(limit)s FOR UPDATE SKIP LOCKED)
        UPDATE sample s SET state = 'filed', work_id = %(work)s FROM next
        WHERE s.plan_id = next.plan_id AND s.staged_id = next.staged_id
        RETURNING s.staged_id
        """,
        {"work": work_id, "plan": plan_id, "limit": limit},
    ).fetchall()
    return [row["staged_id"] for row in rows]


def judged(
    tx: Tx, plan_id: int, verdicts: Mapping[int, Mapping[str, str]], *, work_id: int, auditor: str
) -> dict[int, Mapping[str, str]]:
    """Store staged id -> field -> verdict, of rows that the work still has before it; gives those.

    A row that was drawn anew meanwhile is somebody else's: what was said of it was asked before its plan's new test.
    """
    own = set(taken(tx, work_id))
    found = {staged_id: words for staged_id, words in verdicts.items() if staged_id in own}
    tx.cursor().executemany(
        "UPDATE sample SET state = 'judged', verdicts = %s, auditor = %s, judged_at = now()"
        " WHERE plan_id = %s AND staged_id = %s AND state = 'filed' AND work_id = %s",
        [(Jsonb(dict(words)), auditor, plan_id, staged_id, work_id) for staged_id, words in found.items()],
    )
    return found


def leave(tx: Tx, plan_id: int, staged_ids: Sequence[int]) -> None:
    """Rows that nobody can judge any more say nothing, and nobody waits for them."""
    if staged_ids:
        tx.execute(
            "UPDATE sample SET state = 'judged', verdicts = '{}', judged_at = now()"
            " WHERE plan_id = %s AND staged_id = ANY(%s) AND state = 'filed'",
            (plan_id, list(staged_ids)),
        )


def overrule(tx: Tx, plan_id: int, fields: Sequence[str]) -> None:
    """What auditors found wrong with these fields counts no more: a person says otherwise. Counts stay as they are."""
    tx.execute(
        """
        UPDATE sample SET verdicts = (
            SELECT coalesce(jsonb_object_agg(v.name, v.word), '{}'::jsonb) FROM jsonb_each(verdicts) AS v(name, word)
            WHERE NOT (v.name = ANY(%(fields)s) AND v.word <@ '["defect", "refuted", "unconfirmed"]'::jsonb))
        WHERE plan_id = %(plan)s AND state = 'judged' AND verdicts ?| %(fields)s::text[]
        """,
        {"plan": plan_id, "fields": list(fields)},
    )


def judge_again(tx: Tx, plan_id: int) -> list[Candidate]:
    """Rows that were judged and still wait are drawn again, as if nobody had looked, and so are all that somebody is
    looking at: that answer will come too late. Gives all that are drawn.
    """
    tx.execute(
        """
        UPDATE sample a SET state = 'drawn', work_id = NULL, verdicts = '{}', auditor = NULL, judged_at = NULL
        FROM staged s WHERE s.id = a.staged_id AND a.plan_id = %s AND a.purpose <> 'person'
          AND (a.state = 'filed' OR (a.state = 'judged' AND s.state = 'staged'))
        """,
        (plan_id,),
    )
    rows = tx.execute(
        """
        SELECT s.id, s.record_id, ARRAY(SELECT jsonb_object_keys(s.cells)) AS fields
        FROM sample a JOIN staged s ON s.id = a.staged_id WHERE a.plan_id = %s AND a.state = 'drawn'
        """,
        (plan_id,),
    ).fetchall()
    return [Candidate(row["id"], row["record_id"], frozenset(row["fields"])) for row in rows]


def of_rows(tx: Tx, staged: Mapping[int, int]) -> dict[int, dict[str, Any]]:
    """Staged id -> verdicts, for judged ones of staged id -> plan id."""
    rows = tx.execute(
        "SELECT a.staged_id, a.verdicts FROM unnest(%s::bigint[], %s::bigint[]) AS i(staged, plan)"
        " JOIN sample a ON a.plan_id = i.plan AND a.staged_id = i.staged WHERE a.state = 'judged'",
        (list(staged), list(staged.values())),
    ).fetchall()
    return {row["staged_id"]: row["verdicts"] for row in rows}


def reported(tx: Tx, plan_id: int, staged_id: int, verdicts: Mapping[str, str], *, by: str) -> None:
    """A person's word on a row, beside what was said of its other cells."""
    tx.execute(
        "INSERT INTO sample (plan_id, staged_id, state, purpose, drawn_order, verdicts, auditor, judged_at)"
        " VALUES (%s, %s, 'judged', 'person', ''::bytea, %s, %s, now())"
        " ON CONFLICT (plan_id, staged_id) DO UPDATE"
        " SET state = 'judged', verdicts = excluded.verdicts, auditor = excluded.auditor, judged_at = now()",
        (plan_id, staged_id, Jsonb(dict(verdicts)), by),
    )


def pending(tx: Tx, plan_id: int) -> int:
    """Rows drawn or filed that no verdict has come for."""
    row = tx.execute(
        "SELECT count(*) AS n FROM sample WHERE plan_id = %s AND state IN ('drawn', 'filed')", (plan_id,)
    ).fetchone()
    return 0 if row is None else int(row["n"])


def looked_at(tx: Tx, plan_id: int) -> int:
    """Rows that auditors judged or have before them."""
    row = tx.execute(
        "SELECT count(*) AS n FROM sample WHERE plan_id = %s AND state IN ('filed', 'judged')", (plan_id,)
    ).fetchone()
    return 0 if row is None else int(row["n"])


def drawn_counts(tx: Tx, plan_ids: Sequence[int]) -> Counter[int]:
    """By plan the rows that are drawn and that no judge work has taken yet."""
    rows = tx.execute(
        "SELECT plan_id, count(*) AS n FROM sample WHERE plan_id = ANY(%s) AND state = 'drawn' GROUP BY plan_id",
        (list(plan_ids),),
    ).fetchall()
    return Counter({row["plan_id"]: row["n"] for row in rows})


def newest_job(tx: Tx, plan_id: int) -> int | None:
    """The job on whose account the rest of a plan's sample is judged."""
    row = tx.execute(
        "SELECT max(s.job_id) AS id FROM sample a JOIN staged s ON s.id = a.staged_id"
        " WHERE a.plan_id = %s AND a.state = 'drawn' AND s.job_id <> 0",
        (plan_id,),
    ).fetchone()
    return None if row is None else row["id"]


def doubted(tx: Tx, plan_id: int, field: str, *, limit: int) -> dict[int, str]:
    """Staged id -> verdict of judged rows in which a field was not found to be right, the newest first."""
    rows = tx.execute(
        """
        SELECT staged_id, verdicts ->> %(field)s AS verdict FROM sample
        WHERE plan_id = %(plan)s AND state = 'judged'
          AND verdicts ->> %(field)s IN ('defect', 'refuted', 'unconfirmed', 'unsure', 'miss')
        ORDER BY judged_at DESC, staged_id LIMIT %(limit)s
        """,
        {"plan": plan_id, "field": field, "limit": limit},
    ).fetchall()
    return {row["staged_id"]: row["verdict"] for row in rows}
