"""What may be removed: slices of old rows of which nothing needs any, in id order, a bounded number each time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import psycopg

from enrichment.store import advisory
from enrichment.store.advisory import Lock
from enrichment.store.database import Tx
from schemas.states import Retained

#: Payload ids of one partition, and partitions that are made ahead of the newest id: together more chunks than a
#: producer may be ahead of the fleet.
SPAN = 16_384
AHEAD = 8


@dataclass(frozen=True, slots=True)
class Slice:
    """What was done of one slice. place: the last id looked at, 0 where the pass is at its end."""

    removed: int
    kept: int
    place: int


@dataclass(frozen=True, slots=True)
class Pass:
    """How far a pass has come. rested: seconds since the last whole one ended, null before the first."""

    place: int
    rested: float | None


def alone(tx: Tx) -> bool:
    """Whether nobody else removes anything before this transaction ends."""
    return advisory.is_free(tx, Lock.RETENTION)


def begun(tx: Tx, what: Retained) -> Pass:
    row = tx.execute(
        """
        INSERT INTO retention (what) VALUES (%s) ON CONFLICT (what) DO UPDATE SET touched_at = now()
        RETURNING place, extract(epoch FROM now() - passed_at)::float8 AS rested
        """,
        (what,),
    ).fetchone()
    assert row is not None  # noqa: S101 - INSERT ... RETURNING gives a row or raises
    return Pass(int(row["place"]), row["rested"])


def note(tx: Tx, what: Retained, done: Slice) -> None:
    """Count what was removed, in the transaction that removes it, and where to go on."""
    tx.execute(
        """
        UPDATE retention SET place = %(place)s, removed = removed + %(removed)s, touched_at = now(),
               keeping = CASE WHEN %(place)s = 0 THEN 0 ELSE keeping + %(kept)s END,
               kept = CASE WHEN %(place)s = 0 THEN keeping + %(kept)s ELSE kept END,
               passed_at = CASE WHEN %(place)s = 0 THEN now() ELSE passed_at END
        WHERE what = %(what)s
        """,
        {"what": what, "place": done.place, "removed": done.removed, "kept": done.kept},
    )


def remove_payloads(tx: Tx, *, days: int, after: int, limit: int) -> Slice:
    """Payloads that nothing has needed for so long. What is needed now begins its time anew, at most once a day."""
    rows = tx.execute(
        """
        SELECT id, needed_at < now() - make_interval(days => %(days)s) AS old,
               needed_at < now() - interval '1 day' AS stale
        FROM payload WHERE id > %(after)s ORDER BY id LIMIT %(limit)s
        """,
        {"days": days, "after": after, "limit": limit},
    ).fetchall()
    stale = [row["id"] for row in rows if row["stale"] or row["old"]]
    needed = {row["id"] for row in tx.execute(_NEEDED, {"ids": stale}).fetchall()} if stale else set()
    tx.execute("UPDATE payload SET needed_at = now() WHERE id = ANY(%s)", (sorted(needed),))
    old = [row["id"] for row in rows if row["old"]]
    removed = tx.execute("DELETE FROM payload WHERE id = ANY(%s)", ([one for one in old if one not in needed],))
    place = rows[-1]["id"] if len(rows) == limit else 0
    return Slice(removed.rowcount, len(old) - removed.rowcount, place)


#: Of these payloads those that hold a record which is on its way, held, staged, to be audited, in review, or in a dead
#: letter that may still be replayed: as the record was seen there, and as it was seen first in this form, which is
#: where replays look.
_NEEDED = """
    WITH waiting AS MATERIALIZED (
        SELECT i.payload_id, j.source, i.record_id, i.staged_id FROM item i JOIN job j ON j.id = i.job_id
        WHERE i.state IN ('in_flight', 'held', 'review')),
    unread AS MATERIALIZED (
        SELECT payload_id, source, record_id FROM staged WHERE state = 'staged'
        UNION ALL
        SELECT s.payload_id, s.source, s.record_id FROM waiting w JOIN staged s ON s.id = w.staged_id
        UNION ALL
        SELECT s.payload_id, s.source, s.record_id FROM sample a JOIN staged s ON s.id = a.staged_id
        WHERE a.state IN ('drawn', 'filed')
        UNION ALL
        SELECT s.payload_id, s.source, s.record_id FROM planted p JOIN staged s ON s.id = p.staged_id
        WHERE p.state = 'sent'
        UNION ALL
        SELECT s.payload_id, s.source, s.record_id FROM review r JOIN staged s ON s.id = r.staged_id
        WHERE r.state = 'open'),
    lost AS MATERIALIZED (
        SELECT payload_id, source, record_id FROM dead_letter WHERE state IN ('open', 'replaying')),
    named AS (
        SELECT payload_id, source, record_id FROM waiting
        UNION SELECT payload_id, source, record_id FROM unread
        UNION SELECT payload_id, source, record_id FROM lost)
    SELECT payload_id AS id FROM named WHERE payload_id = ANY(%(ids)s)
    UNION
    SELECT r.payload_id FROM named n JOIN record r ON r.source = n.source AND r.record_id = n.record_id
    WHERE r.payload_id = ANY(%(ids)s)
"""


def remove_staged(tx: Tx, *, days: int, after: int, limit: int) -> Slice:
    """Rows that were merged, voided or only shown; not those that an audit looked at, whose verdicts name them."""
    rows = tx.execute(
        """
        SELECT id, created_at < now() - make_interval(days => %(days)s) AS old FROM staged
        WHERE id > %(after)s ORDER BY id LIMIT %(limit)s
        """,
        {"days": days, "after": after, "limit": limit},
    ).fetchall()
    old = [row["id"] for row in rows if row["old"]]
    removed = tx.execute(
        """
        WITH idle AS MATERIALIZED (
            SELECT s.id FROM staged s
            WHERE s.id = ANY(%(ids)s) AND s.state IN ('merged', 'void', 'dry')
              AND NOT EXISTS (SELECT 1 FROM sample a WHERE a.plan_id = s.plan_id AND a.staged_id = s.id)
              AND NOT EXISTS (SELECT 1 FROM planted p WHERE p.plan_id = s.plan_id AND p.staged_id = s.id)
              AND NOT EXISTS (SELECT 1 FROM review r WHERE r.staged_id = s.id AND r.state = 'open')
              AND NOT EXISTS (SELECT 1 FROM item i WHERE i.staged_id = s.id
                              AND i.state IN ('in_flight', 'held', 'review'))
            ORDER BY s.id FOR UPDATE OF s SKIP LOCKED)
        DELETE FROM staged s USING idle WHERE s.id = idle.id
        """,
        {"ids": old},
    ).rowcount
    # ids rise with time: behind a slice without an old row there is none
    place = rows[-1]["id"] if len(rows) == limit and old else 0
    return Slice(removed, len(old) - removed, place)


def remove_texts(tx: Tx, *, days: int, limit: int) -> int:
    """Texts of letters that nobody has been able to replay for so long; what the letter says of them stays."""
    return tx.execute(
        """
        UPDATE dead_letter SET body = NULL WHERE id IN (
            SELECT id FROM dead_letter
            WHERE body IS NOT NULL AND state IN ('resolved', 'discarded', 'permanent')
              AND updated_at < now() - make_interval(days => %s)
            ORDER BY updated_at LIMIT %s FOR UPDATE SKIP LOCKED)
        """,
        (days, limit),
    ).rowcount


def remove_withdrawn(tx: Tx, *, days: int, limit: int) -> Slice:
    """Ledger entries that were withdrawn so long ago; standing ones are never removed."""
    row = tx.execute("SELECT assay.remove_withdrawn(%s, %s) AS removed", (days, limit)).fetchone()
    removed = 0 if row is None else int(row["removed"])
    return Slice(removed, 0, int(removed == limit))


def stored(tx: Tx, payload_ids: Sequence[int]) -> set[int]:
    """Which of these payloads are still there."""
    rows = tx.execute("SELECT id FROM payload WHERE id = ANY(%s)", (list(payload_ids),)).fetchall()
    return {row["id"] for row in rows}


def tend_partitions(tx: Tx) -> tuple[int, int]:
    """Make partitions of payloads ahead and drop those that are empty and passed; gives how many of each.

    While others hold what this needs it waits for two seconds at most, and is done another time.
    """
    try:
        with tx.transaction():
            row = tx.execute(
                "SELECT assay.extend_payload(%(span)s::bigint, %(ahead)s) AS made,"
                " assay.drop_empty_payload(%(span)s::bigint) AS dropped",
                {"span": SPAN, "ahead": AHEAD},
            ).fetchone()
    except psycopg.errors.LockNotAvailable:
        return 0, 0
    assert row is not None  # noqa: S101 - a SELECT without FROM gives one row
    return int(row["made"]), int(row["dropped"])
