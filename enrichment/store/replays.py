"""What a replay asks of the tables: what has changed since a letter was written, and what became of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from enrichment.members import Member
from enrichment.store.database import Tx
from enrichment.store.letter_filter import MEANT, Filter
from enrichment.store.letters import REPLAYS_ALLOWED
from enrichment.store.plans import PREFERRED
from enrichment.store.refused_again import OF_PLACE, PAGE
from schemas.codes import Code

#: Open letters of a job that are looked at to say how they can be tried again.
LOOKED_AT = 10_000


@dataclass(frozen=True, slots=True)
class Candidate:
    """A letter that is meant, and which of its causes are as they were.

    place:   whether it is of a place in the source, and of no record
    member:  its record as last seen, where a payload of it is stored
    changed: of `payload`, `plan`, `gate` and `target` those that are others now
    """

    id: int
    state: str
    source: str
    target: str
    record_id: str
    place: bool
    code: str
    cursor: Mapping[str, Any] | None
    updated_at: datetime
    member: Member | None
    changed: frozenset[str]


def candidates(
    tx: Tx, meant: Filter, *, versions: Mapping[str, str], after: int, limit: int, lock: bool
) -> list[Candidate]:
    """Letters in id order, the next `limit` after an id. `versions` are the targets' versions now.

    The gate's row covers the operations, their libraries and the settings of the source. Locked letters cannot go to
    another replay before this transaction ends.
    """
    rows = tx.execute(
        f"""
        SELECT d.id, d.state, d.source, d.target, d.record_id, {OF_PLACE} AS place, d.code, d.cursor, d.updated_at,
               r.observation, s.id AS payload_id, r.ordinal,
               r.observation IS NULL OR d.observation IS NULL OR r.observation <> d.observation AS other_payload,
               g.id IS DISTINCT FROM d.gate_id AS other_gate,
               v.version IS DISTINCT FROM d.target_version AS other_target,
               d.plan_id IS NOT NULL AND (p.id IS DISTINCT FROM d.plan_id OR EXISTS (
                   SELECT 1 FROM plan_field f WHERE f.plan_id = d.plan_id AND f.state = 'condemned'
                   AND f.decided_at > d.updated_at)) AS other_plan
        FROM dead_letter d
        LEFT JOIN record r ON r.source = d.source AND r.record_id = d.record_id
        LEFT JOIN payload s ON s.id = r.payload_id
        LEFT JOIN unnest(%(targets)s::text[], %(versions)s::text[]) AS v(name, version) ON v.name = d.target
        LEFT JOIN LATERAL (SELECT max(id) AS id FROM gate WHERE gate.source = d.source) AS g ON true
        LEFT JOIN LATERAL (
            SELECT id FROM plan WHERE plan.source = d.source AND plan.target = d.target
              AND plan.target_version = v.version AND plan.state IN ('probation', 'released') AND plan.shape_id =
                  coalesce(CASE WHEN r.observation = d.observation THEN r.shape_id END, d.shape_id)
            ORDER BY {PREFERRED} LIMIT 1) AS p ON true
        WHERE {MEANT} AND d.id > %(after)s ORDER BY d.id LIMIT %(limit)s {"FOR UPDATE OF d" if lock else ""}
        """,
        {
            **meant.params(),
            "targets": list(versions),
            "versions": list(versions.values()),
            "after": after,
            "limit": limit,
        },
    ).fetchall()
    return [_candidate(row) for row in rows]


def _candidate(row: Mapping[str, Any]) -> Candidate:
    stored = row["payload_id"] is not None
    causes = ("payload", "plan", "gate", "target")
    return Candidate(
        id=row["id"],
        state=row["state"],
        source=row["source"],
        target=row["target"],
        record_id=row["record_id"],
        place=row["place"],
        code=row["code"],
        cursor=row["cursor"],
        updated_at=row["updated_at"],
        member=Member(row["record_id"], row["observation"], row["payload_id"], row["ordinal"]) if stored else None,
        changed=frozenset(cause for cause in causes if row[f"other_{cause}"]),
    )


def ways(tx: Tx, job_id: int) -> dict[str, int] | None:
    """How many of a job's open letters, and of those that it tried again, can be tried from their payloads (`replay`),
    only by asking the source again (`refetch`), or only by submitting their records anew (`resubmit`); `prospect` says
    it of one letter.

    Looks at `LOOKED_AT` of them at most; null where there are none.
    """
    row = tx.execute(
        """
        SELECT count(*) FILTER (WHERE d.stored) AS replay,
               count(*) FILTER (WHERE NOT d.stored AND NOT d.lost) AS refetch,
               count(*) FILTER (WHERE NOT d.stored AND d.lost) AS resubmit
        FROM (SELECT s.id IS NOT NULL AND d.code <> %(not_found)s AS stored,
                     d.code = %(double)s OR c.connector = 'inline' AS lost
              FROM dead_letter d
              LEFT JOIN record r ON r.source = d.source AND r.record_id = d.record_id
              LEFT JOIN payload s ON s.id = r.payload_id
              LEFT JOIN source c ON c.name = d.source
              WHERE (d.job_id = %(job)s OR d.replay_job_id = %(job)s) AND d.state = 'open' LIMIT %(most)s) AS d
        HAVING count(*) > 0
        """,
        {"job": job_id, "most": LOOKED_AT, "not_found": Code.NOT_FOUND, "double": Code.DUPLICATE_KEY},
    ).fetchone()
    return None if row is None else {way: int(row[way]) for way in ("replay", "refetch", "resubmit")}


def missing_ids(tx: Tx, ids: Sequence[int]) -> list[int]:
    """Which of these are no letters at all."""
    rows = tx.execute(
        "SELECT i.id FROM unnest(%s::bigint[]) AS i(id)"
        " WHERE NOT EXISTS (SELECT 1 FROM dead_letter d WHERE d.id = i.id) ORDER BY i.id",
        (list(ids),),
    ).fetchall()
    return [row["id"] for row in rows]


@dataclass(frozen=True, slots=True)
class Unsettled:
    """A letter whose replay has ended without a word on it; `item_state` is where its record stands there."""

    letter_id: int
    record_id: str
    place: bool
    item_state: str | None


def unsettled(tx: Tx, job_id: int) -> list[Unsettled]:
    rows = tx.execute(
        f"""
        SELECT d.id, d.record_id, {OF_PLACE} AS place, i.state FROM dead_letter d
        LEFT JOIN item i ON i.job_id = d.replay_job_id AND i.record_id = d.record_id
        WHERE d.replay_job_id = %s AND d.state = 'replaying' ORDER BY d.id FOR UPDATE OF d
        """,
        (job_id,),
    ).fetchall()
    return [Unsettled(row["id"], row["record_id"], row["place"], row["state"]) for row in rows]


def count_failed(tx: Tx, letter_ids: Sequence[int]) -> None:
    """Replays that came to nothing: the letters are open again, or permanent after too many."""
    tx.execute(
        """
        UPDATE dead_letter SET failed_replays = failed_replays + 1, updated_at = now(),
               state = CASE WHEN failed_replays + 1 >= %s THEN 'permanent' ELSE 'open' END
        WHERE id = ANY(%s) AND state = 'replaying'
        """,
        (REPLAYS_ALLOWED, list(letter_ids)),
    )


def open_again(tx: Tx, letter_ids: Sequence[int]) -> None:
    """Replays that were withdrawn or cancelled: nothing was learnt, so that nothing counts against the letters."""
    tx.execute(
        "UPDATE dead_letter SET state = 'open', updated_at = now() WHERE id = ANY(%s) AND state = 'replaying'",
        (list(letter_ids),),
    )


def forgive(tx: Tx, job_ids: Sequence[int]) -> None:
    """Jobs whose lost pages have all been read again have not failed any more."""
    if not job_ids:
        return
    tx.execute(
        """
        UPDATE job j SET error = NULL WHERE j.id = ANY(%(jobs)s) AND j.error IS NOT NULL
          AND EXISTS (SELECT 1 FROM dead_letter d WHERE d.job_id = j.id AND starts_with(d.record_id, %(page)s))
          AND NOT EXISTS (SELECT 1 FROM dead_letter d WHERE d.job_id = j.id AND starts_with(d.record_id, %(page)s)
                          AND d.state <> 'resolved')
        """,
        {"jobs": list(job_ids), "page": PAGE},
    )
