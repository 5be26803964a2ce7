"""What a replay meets beside the letters that it tries again: it reads pages, which hold more than it was sent for.

What is refused there again has its letter already and gets no second one; what is read there without a complaint
needs its older letter no more.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from enrichment.store.database import Tx
from schemas.codes import OF_PAGES, Code

#: Letters of whole pages are named by where their reading stood; what is read is told by their cursor alone.
PAGE = "#page:"
#: A condition on `dead_letter d`: it is of a place in its source (`#page:3`), where no record could be read.
#: An id may begin like one (`#1001`): that of a record which was read, which is a double, or which was asked for by it.
OF_PLACE = f"""
    (starts_with(d.record_id, '#') AND d.observation IS NULL
     AND d.code NOT IN ('{Code.NOT_FOUND}', '{Code.DUPLICATE_KEY}'))
"""


@dataclass(frozen=True, slots=True)
class Refused:
    """What a replay gives up on; `body` is the beginning of a text that never became a record."""

    record_id: str
    code: str
    observation: int | None
    cursor: Mapping[str, Any] | None
    issues: Sequence[Mapping[str, Any]] = ()
    body: bytes | None = field(default=None, repr=False)


def digest(body: bytes | None) -> bytes | None:
    """What tells a text that was kept from another one."""
    return None if body is None else hashlib.sha256(body).digest()


def known(tx: Tx, refused: Sequence[Refused], *, job_id: int, source: str, target: str) -> set[str]:
    """Which of these have their letter already, for the same reason. None where the job is no replay.

    Where another text stands at a place by now, an open letter says so; a closed one was about something else. Each
    ends in the job as its letter stands: discarded, or dead as `refused` has been counted.
    """
    if not refused or not _is_replay(tx, job_id):
        return set()
    pages = [one for one in refused if one.record_id.startswith(PAGE)]
    places = [one for one in refused if not one.record_id.startswith(PAGE)]
    meant = {"source": source, "target": target}
    found = [*_known_places(tx, places, meant), *_known_pages(tx, pages, meant)]
    same = {row["record_id"] for row in found}
    found += _other_texts(tx, [one for one in places if one.body is not None and one.record_id not in same], meant)
    tx.execute(
        "UPDATE item SET state = 'discarded' WHERE job_id = %s AND record_id = ANY(%s) AND state = 'dead'",
        (job_id, [row["record_id"] for row in found if row["discarded"]]),
    )
    return {row["record_id"] for row in found}


def _is_replay(tx: Tx, job_id: int) -> bool:
    row = tx.execute("SELECT replay FROM job WHERE id = %s", (job_id,)).fetchone()
    return row is not None and bool(row["replay"])


def _known_places(tx: Tx, places: Sequence[Refused], meant: Mapping[str, str]) -> list[dict[str, Any]]:
    if not places:
        return []
    return tx.execute(
        """
        SELECT i.record_id, bool_and(d.state = 'discarded') AS discarded
        FROM unnest(%(ids)s::text[], %(codes)s::text[], %(observations)s::int[], %(digests)s::bytea[])
             AS i(record_id, code, observation, digest)
        JOIN dead_letter d ON d.record_id = i.record_id AND d.code = i.code
          -- another observation, or another text at a place, is other content, which nobody has looked at yet
          AND d.observation IS NOT DISTINCT FROM i.observation
          AND (d.body_digest IS NULL OR i.digest IS NULL OR d.body_digest = i.digest)
        WHERE d.source = %(source)s AND d.target = %(target)s AND d.state <> 'resolved' GROUP BY i.record_id
        """,
        {
            **meant,
            "ids": [one.record_id for one in places],
            "codes": [one.code for one in places],
            "observations": [one.observation for one in places],
            "digests": [digest(one.body) for one in places],
        },
    ).fetchall()


def _other_texts(tx: Tx, places: Sequence[Refused], meant: Mapping[str, str]) -> list[dict[str, Any]]:
    """Open letters of these places are about what stands there now."""
    if not places:
        return []
    return tx.execute(
        """
        WITH met AS MATERIALIZED (
            SELECT d.id, i.body, i.digest, i.issues, i.cursor
            FROM unnest(%(ids)s::text[], %(codes)s::text[], %(bodies)s::bytea[], %(digests)s::bytea[],
                        %(issues)s::text[], %(cursors)s::text[]) AS i(record_id, code, body, digest, issues, cursor)
            JOIN dead_letter d ON d.record_id = i.record_id AND d.code = i.code AND d.observation IS NULL
            WHERE d.source = %(source)s AND d.target = %(target)s AND d.state IN ('open', 'replaying')
            ORDER BY d.id FOR UPDATE OF d)
        UPDATE dead_letter d SET body = met.body, body_digest = met.digest, issues = met.issues::jsonb,
               cursor = coalesce(met.cursor::jsonb, d.cursor), updated_at = now()
        FROM met WHERE d.id = met.id RETURNING d.record_id, false AS discarded
        """,
        {
            **meant,
            "ids": [one.record_id for one in places],
            "codes": [one.code for one in places],
            "bodies": [one.body for one in places],
            "digests": [digest(one.body) for one in places],
            "issues": [json.dumps(list(one.issues)) for one in places],
            "cursors": [None if one.cursor is None else json.dumps(dict(one.cursor)) for one in places],
        },
    ).fetchall()


def _known_pages(tx: Tx, pages: Sequence[Refused], meant: Mapping[str, str]) -> list[dict[str, Any]]:
    if not pages:
        return []
    return tx.execute(
        """
        SELECT i.record_id, bool_and(d.state = 'discarded') AS discarded
        FROM unnest(%(ids)s::text[], %(codes)s::text[], %(cursors)s::text[]) AS i(record_id, code, cursor)
        JOIN dead_letter d ON starts_with(d.record_id, %(page)s) AND d.code = i.code AND d.cursor = i.cursor::jsonb
        WHERE d.source = %(source)s AND d.target = %(target)s AND d.state <> 'resolved' GROUP BY i.record_id
        """,
        {
            **meant,
            "page": PAGE,
            "ids": [one.record_id for one in pages],
            "codes": [one.code for one in pages],
            "cursors": [json.dumps(dict(one.cursor or {})) for one in pages],
        },
    ).fetchall()


def pages_lost(tx: Tx, job_id: int) -> list[str]:
    """Where the reading of a job met a page that could not be read, in whole or from some place on."""
    rows = tx.execute(
        "SELECT record_id FROM item WHERE job_id = %s AND state IN ('dead', 'discarded') AND code = ANY(%s)",
        (job_id, sorted(OF_PAGES)),
    ).fetchall()
    return [row["record_id"] for row in rows]


def read_without_complaint(tx: Tx, job_id: int) -> list[tuple[int, str]]:
    """(id, place) of open letters older than a replay that lie where it has read, and of which it says nothing.

    It read from where it began to the end of the source: what lies on or behind a cursor that it came past was read.
    """
    rows = tx.execute(
        f"""
        WITH this AS (SELECT id, source, target, created_at FROM job WHERE id = %(job)s),
        read AS MATERIALIZED (
            SELECT args -> 'cursor' AS cursor, position FROM work
            WHERE job_id = %(job)s AND kind = 'chunk' AND position IS NOT NULL),
        older AS (
            SELECT d.id, d.record_id,
                   CASE WHEN starts_with(d.record_id, %(page)s) THEN d.cursor -> 'cursor' ELSE d.cursor END AS cursor
            FROM dead_letter d JOIN this ON d.source = this.source AND d.target = this.target
            JOIN job lost ON lost.id = d.job_id
            WHERE d.state = 'open' AND {OF_PLACE} AND d.updated_at < this.created_at
              AND NOT EXISTS (SELECT 1 FROM item i WHERE i.job_id = this.id AND i.record_id = d.record_id)
              -- a page of ids that were asked for is no place in the listing
              AND NOT (starts_with(d.record_id, %(page)s) AND lost.scope ? 'scoped'))
        SELECT o.id, o.record_id FROM older o
        WHERE EXISTS (SELECT 1 FROM read r WHERE r.cursor = o.cursor OR (r.position = 0 AND r.cursor IS NULL))
        ORDER BY o.id
        """,
        {"job": job_id, "page": PAGE},
    ).fetchall()
    return [(row["id"], row["record_id"]) for row in rows]


def take_over(tx: Tx, letter_ids: Sequence[int], *, job_id: int) -> None:
    """Letters become those of a replay that has read their places; who replays them at this moment keeps them."""
    tx.execute(
        """
        UPDATE dead_letter SET state = 'replaying', replay_job_id = %s, updated_at = now()
        WHERE id IN (
            SELECT id FROM dead_letter WHERE id = ANY(%s) AND state = 'open' ORDER BY id FOR UPDATE SKIP LOCKED)
        """,
        (job_id, list(letter_ids)),
    )
