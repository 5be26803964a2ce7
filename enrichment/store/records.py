"""Payloads, and the records in them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple

from psycopg.rows import args_row

from enrichment.store.database import Tx, made

#: Records that are read at once where there may be millions.
_SLICE: Final = 10_000


class Seen(NamedTuple):
    """One record of a payload as it is noted: its place, and what its content and its structure digest to."""

    record_id: str
    digest: bytes
    ordinal: int
    structure: bytes | None


class Member(NamedTuple):
    """One record that a stage works on. `shape_id` is its stored assignment, null before the first.

    `structure` is the digest of its structure, null where fetch did not note it.
    """

    record_id: str
    observation: int
    payload_id: int
    ordinal: int
    shape_id: int | None
    structure: bytes | None = None


def add_payload(tx: Tx, *, job_id: int, source: str, records: int, blob: bytes, index: bytes) -> int:
    row = tx.execute(
        "INSERT INTO payload (job_id, source, records, blob, index) VALUES (%s, %s, %s, %s, %s) RETURNING id",
        (job_id, source, records, blob, index),
    ).fetchone()
    assert row is not None  # noqa: S101 - INSERT ... RETURNING gives a row or raises
    return int(row["id"])


def payload(tx: Tx, payload_id: int) -> tuple[bytes, bytes] | None:
    """The blob and the index of a payload; null once retention has taken it."""
    # As text each byte would be two, written by the server and read again here.
    row = tx.execute("SELECT blob, index FROM payload WHERE id = %s", (payload_id,), binary=True).fetchone()
    return None if row is None else (bytes(row["blob"]), bytes(row["index"]))


def observe(tx: Tx, source: str, seen: Sequence[Seen], payload_id: int) -> dict[str, int]:
    """Number the observations: a record's rises when its digest differs from the last one seen.

    A record of unchanged structure keeps its shape, but where an older shape has grown, which may contain it by now.
    Rows are locked in record order, so that overlapping chunks cannot deadlock.
    """
    ordered = sorted(seen, key=lambda s: s.record_id.encode())
    ids = [s.record_id for s in ordered]
    risen = made(
        tx,
        _two,
        """
        INSERT INTO record (source, record_id, observation, digest, payload_id, ordinal, structure)
        SELECT %(source)s, i.id, 1, i.digest, %(payload)s, i.ordinal, i.structure
        FROM unnest(%(ids)s::text[], %(digests)s::bytea[], %(ordinals)s::int[], %(structures)s::bytea[]) WITH ORDINALITY
             AS i(id, digest, ordinal, structure, place) ORDER BY i.place
        ON CONFLICT (source, record_id) DO UPDATE
        SET observation = record.observation + 1, digest = excluded.digest, payload_id = excluded.payload_id,
            ordinal = excluded.ordinal, structure = excluded.structure,
            (shape_id, shape_revision) = (
                SELECT record.shape_id, record.shape_revision
                WHERE record.structure = excluded.structure AND record.shape_id <= coalesce(
                    (SELECT min(id) FROM shape WHERE source = %(source)s AND revision > 1), record.shape_id))
        WHERE record.digest <> excluded.digest
        RETURNING record_id, observation
        """,
        {
            "source": source,
            "payload": payload_id,
            "ids": ids,
            "digests": [s.digest for s in ordered],
            "ordinals": [s.ordinal for s in ordered],
            "structures": [s.structure for s in ordered],
        },
    )
    found: dict[str, int] = dict(risen)
    if unchanged := [record_id for record_id in ids if record_id not in found]:
        found.update(
            made(
                tx,
                _two,
                "SELECT record_id, observation FROM record WHERE source = %s AND record_id = ANY(%s)",
                (source, unchanged),
            )
        )
    return found


def _two(first: str, second: int) -> tuple[str, int]:
    return first, second


def members(tx: Tx, source: str, record_ids: Sequence[str]) -> dict[str, Member]:
    """The records as last seen."""
    rows = made(
        tx,
        Member,
        "SELECT record_id, observation, payload_id, ordinal, shape_id, structure FROM record"
        " WHERE source = %s AND record_id = ANY(%s)",
        (source, list(record_ids)),
    )
    return {row.record_id: row for row in rows}


def store_assignments(tx: Tx, source: str, assigned: Sequence[tuple[str, int, int, int]]) -> None:
    """Remember (record id, observation, shape id, revision), so that a record keeps its shape.

    In record order, as `observe` locks them: a fetch of the same records may be under way.
    """
    assigned = sorted(assigned, key=lambda a: a[0].encode())
    tx.execute(
        """
        WITH mine AS MATERIALIZED (
            SELECT r.record_id, i.shape, i.revision
            FROM unnest(%(ids)s::text[], %(observations)s::int[], %(shapes)s::bigint[], %(revisions)s::int[])
                 WITH ORDINALITY AS i(id, observation, shape, revision, place)
            JOIN record r ON r.source = %(source)s AND r.record_id = i.id AND r.observation = i.observation
            ORDER BY i.place FOR NO KEY UPDATE OF r)
        UPDATE record r SET shape_id = mine.shape, shape_revision = mine.revision
        FROM mine WHERE r.source = %(source)s AND r.record_id = mine.record_id
        """,
        {
            "source": source,
            "ids": [a[0] for a in assigned],
            "observations": [a[1] for a in assigned],
            "shapes": [a[2] for a in assigned],
            "revisions": [a[3] for a in assigned],
        },
    )


def of_shape(tx: Tx, *, source: str, shape_id: int, since_revision: int, limit: int | None) -> list[Member]:
    """Records assigned to a shape at a revision later than `since_revision`, newest payloads first."""
    rows = tx.execute(
        """
        SELECT record_id, observation, payload_id, ordinal, shape_id FROM record
        WHERE source = %s AND shape_id = %s AND shape_revision > %s ORDER BY payload_id DESC, ordinal LIMIT %s
        """,
        (source, shape_id, since_revision, limit),
    ).fetchall()
    return [Member(**row) for row in rows]


def one_of_each_structure(tx: Tx, *, source: str, shape_id: int, after: int, limit: int) -> list[Member]:
    """Of each structure that records of a shape have, one of its newest payload; those of the newest payloads first,
    behind the `after` first ones.
    """
    rows = tx.execute(
        """
        WITH newest AS (
            -- one pass without a sort, whatever the number of records: a text that begins with the payload
            SELECT max(to_char(payload_id, 'FM0000000000000000000') || record_id COLLATE "C") AS place
            FROM record WHERE source = %(source)s AND shape_id = %(shape)s GROUP BY structure
            ORDER BY place DESC OFFSET %(after)s LIMIT %(limit)s)
        SELECT r.record_id, r.observation, r.payload_id, r.ordinal, r.shape_id, r.structure
        FROM newest JOIN record r ON r.source = %(source)s AND r.record_id = substr(newest.place, 20)
        ORDER BY newest.place DESC
        """,
        {"source": source, "shape": shape_id, "after": after, "limit": limit},
    ).fetchall()
    return [Member(**row) for row in rows]


def of_structures(tx: Tx, *, source: str, shape_id: int, structures: Sequence[bytes], each: int) -> list[Member]:
    """Records of a shape that have one of these structures, at most so many of each, the newest payloads first."""
    rows = tx.execute(
        """
        SELECT record_id, observation, payload_id, ordinal, shape_id, structure FROM (
            SELECT *, row_number() OVER (PARTITION BY structure ORDER BY payload_id DESC, ordinal) AS place
            FROM record WHERE source = %s AND shape_id = %s AND structure = ANY(%s)) AS placed
        WHERE place <= %s ORDER BY payload_id DESC, ordinal
        """,
        (source, shape_id, list(structures), each),
    ).fetchall()
    return [Member(**row) for row in rows]


def first_of_shape(tx: Tx, *, source: str, shape_id: int, since_revision: int, limit: int) -> list[Member]:
    """As `of_shape`, but those first whose payloads are the oldest that are still stored."""
    rows = tx.execute(
        """
        SELECT record_id, observation, payload_id, ordinal, shape_id FROM record
        WHERE source = %s AND shape_id = %s AND shape_revision > %s AND payload_id >= (SELECT min(id) FROM payload)
        ORDER BY payload_id, ordinal LIMIT %s
        """,
        (source, shape_id, since_revision, limit),
    ).fetchall()
    return [Member(**row) for row in rows]


#: The staged row `s` waits, or is written. What a person withdrew with its job, and nothing wrote since, is not written
#: again unless somebody asks for it.
_WRITTEN_OR_WAITING: Final = """
    (s.dry_job = 0 AND (s.state = 'staged' OR (s.state = 'merged' AND NOT (
        EXISTS (
            SELECT 1 FROM assertion v WHERE v.target = s.target AND v.key = s.key AND v.state = 'void'
              AND v.void_reason = 'withdrawn' AND v.source = s.source AND v.record_id = s.record_id
              AND v.observation = s.observation)
        AND NOT EXISTS (
            SELECT 1 FROM assertion a WHERE a.target = s.target AND a.source = s.source AND a.record_id = s.record_id
              AND a.observation = s.observation AND a.state = 'standing')))))
"""
_TO_MAP_AGAIN: Final = f"""
    SELECT record_id, observation, payload_id, ordinal, shape_id FROM record r
    WHERE source = %(source)s AND shape_id = %(shape)s AND shape_revision > %(since)s AND EXISTS (
        SELECT 1 FROM staged s WHERE s.target = %(target)s AND s.source = r.source AND s.record_id = r.record_id
          AND s.observation = r.observation AND {_WRITTEN_OR_WAITING})
      AND (%(besides)s::bigint IS NULL OR NOT EXISTS (
        SELECT 1 FROM staged s WHERE s.target = %(target)s AND s.source = r.source AND s.record_id = r.record_id
          AND s.observation = r.observation AND s.dry_job = 0 AND s.plan_id = %(besides)s))
    ORDER BY payload_id DESC, ordinal LIMIT %(limit)s
"""
_UNDER_PLAN: Final = f"""
    SELECT r.record_id, r.observation, r.payload_id, r.ordinal, r.shape_id
    FROM staged s JOIN record r ON r.source = s.source AND r.record_id = s.record_id
     AND r.observation = s.observation
    WHERE s.plan_id = %(plan)s AND {_WRITTEN_OR_WAITING}
    GROUP BY r.source, r.record_id ORDER BY r.payload_id, r.ordinal
"""


def to_map_again(
    tx: Tx,
    *,
    source: str,
    target: str,
    shape_id: int,
    since_revision: int,
    limit: int | None = None,
    besides: int | None = None,
) -> Iterator[list[Member]]:
    """As `of_shape`, but only records of which an earlier plan has a row for this target, written or on its way; slice
    by slice.

    Others were never meant to be written there: by a dry run, or for another target, or they were given up since, or
    withdrawn.
    `besides`: a plan that has had the rest.
    """
    return _slices(
        tx,
        _TO_MAP_AGAIN,
        {
            "source": source,
            "target": target,
            "shape": shape_id,
            "since": since_revision,
            "limit": limit,
            "besides": besides,
        },
    )


def under_plan(tx: Tx, plan_id: int) -> Iterator[list[Member]]:
    """Records whose last observation a plan has staged, not only for show, and that were not withdrawn, in the order of
    their place, slice by slice.
    """
    return _slices(tx, _UNDER_PLAN, {"plan": plan_id})


def _slices(tx: Tx, query: str, params: Mapping[str, Any]) -> Iterator[list[Member]]:
    """What a statement finds, asked once: to look for each slice anew would read all that is staged each time."""
    with tx.cursor("slices", row_factory=args_row(_place)) as cursor:
        cursor.execute(query.encode(), params)
        while some := cursor.fetchmany(_SLICE):
            yield some


def _place(record_id: str, observation: int, payload_id: int, ordinal: int, shape_id: int | None) -> Member:
    return Member(record_id, observation, payload_id, ordinal, shape_id)
