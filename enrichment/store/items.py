"""Items: each record id of a job once, by its last observation there and where that stands."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Final, NamedTuple

from enrichment.store.database import Tx, made
from enrichment.store.records import Seen


def accept(
    tx: Tx, *, job_id: int, work_id: int | None, payload_id: int, seen: Sequence[Seen], observations: Mapping[str, int]
) -> set[str]:
    """Count records as accepted by the job; gives those to go on with.

    A record id that the job has already accepted with the same observation is on its way; a newer one replaces it.
    """
    rows = tx.execute(
        """
        INSERT INTO item (job_id, record_id, observation, payload_id, ordinal, state, work_id)
        SELECT %(job)s, i.id, i.observation, %(payload)s, i.ordinal, 'in_flight', %(work)s
        FROM unnest(%(ids)s::text[], %(observations)s::int[], %(ordinals)s::int[]) AS i(id, observation, ordinal)
        ON CONFLICT (job_id, record_id) DO UPDATE
        SET observation = excluded.observation, payload_id = excluded.payload_id, ordinal = excluded.ordinal,
            state = 'in_flight', work_id = excluded.work_id, code = NULL, shape_id = NULL, plan_id = NULL,
            staged_id = NULL
        WHERE item.observation < excluded.observation
        RETURNING record_id
        """,
        {
            "job": job_id,
            "work": work_id,
            "payload": payload_id,
            "ids": [s.record_id for s in seen],
            "observations": [observations[s.record_id] for s in seen],
            "ordinals": [s.ordinal for s in seen],
        },
    ).fetchall()
    return {row["record_id"] for row in rows}


def accept_dead(tx: Tx, *, job_id: int, refused: Sequence[tuple[str, str]]) -> None:
    """Count (record id, code) pairs that were given up on before they became records."""
    tx.execute(
        """
        INSERT INTO item (job_id, record_id, observation, state, code)
        SELECT %(job)s, i.id, 0, 'dead', i.code FROM unnest(%(ids)s::text[], %(codes)s::text[]) AS i(id, code)
        ON CONFLICT (job_id, record_id) DO UPDATE SET state = 'dead', code = excluded.code
        """,
        {"job": job_id, "ids": [r[0] for r in refused], "codes": [r[1] for r in refused]},
    )


def any_dead(tx: Tx, job_id: int, *, codes: Sequence[str]) -> bool:
    """Whether the job has given up on anything for one of these reasons."""
    row = tx.execute(
        "SELECT EXISTS (SELECT 1 FROM item WHERE job_id = %s AND state = 'dead' AND code = ANY(%s)) AS there",
        (job_id, list(codes)),
    ).fetchone()
    return row is not None and bool(row["there"])


def move(
    tx: Tx, job_id: int | None, observed: Collection[tuple[str, int]], state: str, *, code: str | None = None
) -> None:
    """Items of a job that are on their way come to `state`. Without a job nothing is counted.

    observed: (record id, observation); an item that stands for a newer one meanwhile is none of the caller's
    """
    if job_id is None or not observed:
        return
    tx.execute(
        """
        UPDATE item t SET state = %(state)s, code = %(code)s
        FROM unnest(%(ids)s::text[], %(observations)s::int[]) AS i(id, observation)
        WHERE t.job_id = %(job)s AND t.record_id = i.id AND t.observation = i.observation
          AND t.state IN ('in_flight', 'held')
        """,
        {
            "job": job_id,
            "ids": [o[0] for o in observed],
            "observations": [o[1] for o in observed],
            "state": state,
            "code": code,
        },
    )


def lose_unchanged(tx: Tx, job_id: int, record_ids: Sequence[str], *, code: str) -> None:
    """Items that a job counts as unchanged are dead: what stands of them could not be written again."""
    tx.execute(
        "UPDATE item SET state = 'dead', code = %s WHERE job_id = %s AND record_id = ANY(%s) AND state = 'unchanged'",
        (code, job_id, list(record_ids)),
    )


def on_their_way(tx: Tx, job_id: int, observed: Collection[tuple[str, int]]) -> set[str]:
    """Which of these (record id, observation) have not come to an end; not those of which a newer one came."""
    rows = tx.execute(
        """
        SELECT t.record_id FROM unnest(%s::text[], %s::int[]) AS i(id, observation)
        JOIN item t ON t.job_id = %s AND t.record_id = i.id AND t.observation = i.observation
        WHERE t.state IN ('in_flight', 'held') AND NOT (t.state = 'held' AND t.staged_id IS NOT NULL)
        """,
        ([o[0] for o in observed], [o[1] for o in observed], job_id),
    ).fetchall()
    return {row["record_id"] for row in rows}


def hold_without_plan(tx: Tx, job_id: int | None, held: Sequence[tuple[str, int, int]]) -> None:
    """(record id, observation, shape id): they wait for a plan of their shape."""
    if job_id is None or not held:
        return
    tx.execute(
        """
        UPDATE item t SET state = 'held', shape_id = i.shape, staged_id = NULL, plan_id = NULL
        FROM unnest(%(ids)s::text[], %(observations)s::int[], %(shapes)s::bigint[]) AS i(id, observation, shape)
        WHERE t.job_id = %(job)s AND t.record_id = i.id AND t.observation = i.observation
          AND t.state IN ('in_flight', 'held')
        """,
        {
            "job": job_id,
            "ids": [h[0] for h in held],
            "observations": [h[1] for h in held],
            "shapes": [h[2] for h in held],
        },
    )


def attach_staged(tx: Tx, job_id: int | None, staged: Sequence[tuple[str, int, int, int, str]]) -> None:
    """(record id, observation, staged id, plan id, item state): the items now stand behind their staged rows.

    An item in flight stands behind the row that its own job has staged of its observation without being told so.
    """
    if job_id is None or not staged:
        return
    tx.execute(
        """
        UPDATE item t SET staged_id = i.staged, plan_id = i.plan, state = i.state
        FROM unnest(%(ids)s::text[], %(observations)s::int[], %(staged)s::bigint[], %(plans)s::bigint[],
                    %(states)s::text[]) AS i(id, observation, staged, plan, state)
        WHERE t.job_id = %(job)s AND t.record_id = i.id AND t.observation = i.observation
          AND t.state IN ('in_flight', 'held')
        """,
        {
            "job": job_id,
            "ids": [s[0] for s in staged],
            "observations": [s[1] for s in staged],
            "staged": [s[2] for s in staged],
            "plans": [s[3] for s in staged],
            "states": [s[4] for s in staged],
        },
    )


class Behind(NamedTuple):
    """An item that stands behind a staged row."""

    staged_id: int
    job_id: int
    record_id: str


#: The item `i` stands behind the row `s` that its own job has staged, and was not attached to it. Without statistics
#: the planner would rather read all open items of the job than one by its key: so it shall not know the state.
OWN = """
    i.job_id = s.job_id AND i.record_id = s.record_id AND i.observation = s.observation
    AND i.state || '' = 'in_flight' AND i.staged_id IS NULL
"""


_ALL_MOVED = "SELECT * FROM moved"
_MOVED_OF_REPLAYS = """
    SELECT * FROM moved WHERE job_id = ANY(ARRAY(SELECT id FROM job WHERE replay AND id IN (SELECT job_id FROM moved)))
"""


def move_staged(tx: Tx, staged_ids: Sequence[int], state: str, *, code: str | None = None) -> list[Behind]:
    """All open items, of whatever job, that stand behind these staged rows come to `state`; gives them, in order."""
    return _move_staged(tx, staged_ids, state, code=code, told=_ALL_MOVED)


def written(tx: Tx, staged_ids: Sequence[int]) -> list[Behind]:
    """The same for rows that were merged; gives only the items of replays, of which there is more to say."""
    return _move_staged(tx, staged_ids, "written", code=None, told=_MOVED_OF_REPLAYS)


def _move_staged(tx: Tx, staged_ids: Sequence[int], state: str, *, code: str | None, told: str) -> list[Behind]:
    rows = made(
        tx,
        Behind,
        f"""
        WITH own AS (
            UPDATE item i SET state = %(state)s, code = %(code)s, staged_id = s.id, plan_id = s.plan_id
            FROM staged s WHERE s.id = ANY(%(ids)s) AND {OWN} RETURNING i.staged_id, i.job_id, i.record_id),
        others AS (
            UPDATE item SET state = %(state)s, code = %(code)s
            WHERE staged_id = ANY(%(ids)s) AND state IN ('in_flight', 'held', 'review')
            RETURNING staged_id, job_id, record_id),
        moved AS (SELECT * FROM own UNION ALL SELECT * FROM others)
        {told}
        """,
        {"state": state, "code": code, "ids": list(staged_ids)},
    )
    return sorted(rows, key=lambda behind: (behind.job_id, behind.record_id))


def written_meanwhile(tx: Tx, job_id: int | None, standing: Mapping[str, int]) -> set[str]:
    """Of records that stand already (record id -> plan) those that the job waited for while they were written on
    nobody's account, as a successor does with all that its predecessor served: they count as written here, or no job
    would count them. Gives their ids.

    A record that has waited for a plan has kept its shape; what stood before that is for others to count.
    """
    if job_id is None or not standing:
        return set()
    rows = tx.execute(
        """
        UPDATE item i SET state = 'written', code = NULL, staged_id = a.staged_id, plan_id = a.plan_id
        FROM unnest(%(ids)s::text[], %(plans)s::bigint[]) AS s(record_id, plan_id), job j, assertion a
        WHERE j.id = %(job)s AND i.job_id = j.id AND i.record_id = s.record_id AND i.shape_id IS NOT NULL
          AND i.state IN ('in_flight', 'held') AND a.target = j.target AND a.source = j.source
          AND a.record_id = i.record_id AND a.observation = i.observation AND a.plan_id = s.plan_id
          AND a.state = 'standing' AND coalesce(a.job_id, 0) = 0 AND a.created_at >= j.created_at
        RETURNING i.record_id
        """,
        {"job": job_id, "ids": list(standing), "plans": list(standing.values())},
    ).fetchall()
    return {row["record_id"] for row in rows}


def attach_own(tx: Tx, plan_id: int) -> None:
    """Items that stand behind waiting rows of a plan without being told so are attached to them."""
    tx.execute(
        "UPDATE item i SET staged_id = s.id, plan_id = s.plan_id FROM staged s"
        f" WHERE s.plan_id = %s AND s.state = 'staged' AND {OWN}",
        (plan_id,),
    )


#: Rows that a job has staged of records that came once more since, with other content, before those were merged.
OUTDATED: Final = """
    SELECT s.id FROM staged s
    JOIN item m ON m.job_id = s.job_id AND m.record_id = s.record_id AND m.observation > s.observation
    WHERE s.job_id = %(job)s AND s.state = 'staged' AND s.dry_job = 0
"""


def attach_own_of_job(tx: Tx, job_id: int) -> None:
    """The same for all that a job has staged. The rows that its open items stand behind are locked first, as everybody
    locks rows before the items behind them; and so are outdated ones.
    """
    tx.execute(
        f"""
        SELECT count(*) FROM (
            SELECT 1 FROM staged WHERE id IN (
                SELECT i.staged_id FROM item i
                WHERE i.job_id = %(job)s AND i.staged_id IS NOT NULL AND i.state IN ('in_flight', 'held', 'review')
                UNION
                SELECT s.id FROM item i JOIN staged s
                    ON s.record_id = i.record_id AND s.observation = i.observation AND s.job_id = i.job_id
                WHERE i.job_id = %(job)s AND i.state = 'in_flight' AND i.staged_id IS NULL AND s.state = 'staged'
                UNION {OUTDATED})
            ORDER BY id FOR UPDATE) AS locked
        """,
        {"job": job_id},
    )
    tx.execute(
        f"""
        UPDATE item i SET staged_id = s.id, plan_id = s.plan_id FROM job j, staged s
        WHERE j.id = %s AND i.job_id = j.id AND s.target = j.target AND s.source = j.source AND s.dry_job = 0
          AND s.state = 'staged' AND {OWN}
        """,
        (job_id,),
    )


def return_staged(tx: Tx, plan_id: int, *, shape_id: int) -> None:
    """Items behind rows of a fallen plan that were not merged wait for the next plan of their shape."""
    attach_own(tx, plan_id)
    tx.execute(
        """
        UPDATE item i SET state = 'held', code = NULL, shape_id = %s, staged_id = NULL, plan_id = NULL
        FROM staged s WHERE s.plan_id = %s AND s.state IN ('staged', 'review') AND i.staged_id = s.id
          AND i.state IN ('in_flight', 'held', 'review')
        """,
        (shape_id, plan_id),
    )


def counts(tx: Tx, job_id: int) -> dict[str, int]:
    rows = tx.execute("SELECT state, count(*) AS n FROM item WHERE job_id = %s GROUP BY state", (job_id,)).fetchall()
    return {row["state"]: int(row["n"]) for row in rows}


def accepted(tx: Tx, job_id: int) -> int:
    row = tx.execute("SELECT count(*) AS n FROM item WHERE job_id = %s", (job_id,)).fetchone()
    return 0 if row is None else int(row["n"])
