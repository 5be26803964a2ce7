"""Dead letters: written where something is given up on, found again, replayed, discarded."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from psycopg.types.json import Jsonb

from enrichment.store import refused_again, registry
from enrichment.store.database import Tx, notify
from enrichment.store.letter_filter import MEANT, Filter
from enrichment.store.refused_again import Refused
from schemas.errors import NotFoundError

#: Replays that may fail under changed causes before a letter is permanent.
REPLAYS_ALLOWED = 2


@dataclass(frozen=True, slots=True)
class NewLetter:
    """What is given up on.

    issues: field, rule, message; none quotes record content
    body:   the beginning of a text that never became a record
    """

    record_id: str
    code: str
    issues: Sequence[Mapping[str, Any]]
    observation: int | None = None
    payload_id: int | None = None
    ordinal: int | None = None
    cursor: Mapping[str, Any] | None = None
    shape_id: int | None = None
    plan_id: int | None = None
    body: bytes | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Letter:
    """A letter without the text that it may keep: only who asks for that reads it."""

    id: int
    job_id: int
    source: str
    target: str
    target_version: str
    record_id: str
    stage: str
    code: str
    issues: Sequence[Mapping[str, Any]]
    observation: int | None
    payload_id: int | None
    ordinal: int | None
    cursor: Mapping[str, Any] | None
    shape_id: int | None
    plan_id: int | None
    gate_id: int
    fingerprint: str
    attempts: int
    calls: int
    replays: int
    failed_replays: int
    replay_job_id: int | None
    state: str
    note: str | None
    created_at: datetime
    updated_at: datetime


_COLUMNS = (
    "id, job_id, source, target, target_version, record_id, stage, code, issues, observation, payload_id, ordinal,"
    " cursor, shape_id, plan_id, gate_id, fingerprint, attempts, calls, replays, failed_replays, replay_job_id, state,"
    " note, created_at, updated_at"
)


def add(
    tx: Tx,
    letters: Sequence[NewLetter],
    *,
    job_id: int,
    source: str,
    target: str,
    target_version: str,
    stage: str,
    attempts: int,
) -> None:
    """Write letters in the transaction that gives up.

    A record that fails in a replay returns to the letter that was replayed, with one failed replay more; after two
    under changed causes the letter is permanent. What else a replay gives up on again keeps the letter it has.
    """
    if not letters:
        return
    gate_id = registry.gate_in_force(tx, source)
    returned = {
        row["record_id"]
        for row in tx.execute(
            """
            UPDATE dead_letter d SET code = i.code, issues = i.issues::jsonb, stage = %(stage)s, plan_id = i.plan_id,
                   shape_id = i.shape_id, gate_id = %(gate)s, failed_replays = failed_replays + 1,
                   attempts = d.attempts + %(attempts)s, announced_at = NULL, confirmed_at = NULL, updated_at = now(),
                   target_version = %(version)s, fingerprint = i.fingerprint,
                   observation = coalesce(i.observation, d.observation),
                   payload_id = coalesce(i.payload, d.payload_id), ordinal = coalesce(i.ordinal, d.ordinal),
                   body = coalesce(i.body, d.body), body_digest = coalesce(i.digest, d.body_digest),
                   state = CASE WHEN failed_replays + 1 >= %(allowed)s THEN 'permanent' ELSE 'open' END
            FROM unnest(%(ids)s::text[], %(codes)s::text[], %(issues)s::text[], %(plans)s::bigint[],
                        %(shapes)s::bigint[], %(fingerprints)s::text[], %(observations)s::int[], %(payloads)s::bigint[],
                        %(ordinals)s::int[], %(bodies)s::bytea[], %(digests)s::bytea[])
                 AS i(record_id, code, issues, plan_id, shape_id, fingerprint, observation, payload, ordinal, body,
                      digest)
            WHERE d.replay_job_id = %(job)s AND d.record_id = i.record_id AND d.state = 'replaying'
            RETURNING d.record_id
            """,
            {
                "stage": stage,
                "gate": gate_id,
                "attempts": attempts,
                "version": target_version,
                "allowed": REPLAYS_ALLOWED,
                "job": job_id,
                "ids": [n.record_id for n in letters],
                "codes": [n.code for n in letters],
                "issues": [_text(n.issues) for n in letters],
                "plans": [n.plan_id for n in letters],
                "shapes": [n.shape_id for n in letters],
                "fingerprints": [fingerprint(source, target, stage, n.code, n.issues) for n in letters],
                "observations": [n.observation for n in letters],
                "payloads": [n.payload_id for n in letters],
                "ordinals": [n.ordinal for n in letters],
                "bodies": [n.body for n in letters],
                "digests": [refused_again.digest(n.body) for n in letters],
            },
        ).fetchall()
    }
    others = [
        Refused(n.record_id, n.code, n.observation, n.cursor, n.issues, n.body)
        for n in letters
        if n.record_id not in returned
    ]
    has_letter = returned | refused_again.known(tx, others, job_id=job_id, source=source, target=target)
    tx.cursor().executemany(
        """
        INSERT INTO dead_letter (job_id, source, target, target_version, record_id, stage, code, issues, observation,
                                 payload_id, ordinal, cursor, body, body_digest, shape_id, plan_id, gate_id,
                                 fingerprint, attempts, state)
        VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, 'open')
        """,
        [
            (
                job_id,
                source,
                target,
                target_version,
                n.record_id,
                stage,
                n.code,
                Jsonb(list(n.issues)),
                n.observation,
                n.payload_id,
                n.ordinal,
                None if n.cursor is None else Jsonb(dict(n.cursor)),
                n.body,
                refused_again.digest(n.body),
                n.shape_id,
                n.plan_id,
                gate_id,
                fingerprint(source, target, stage, n.code, n.issues),
                attempts,
            )
            for n in letters
            if n.record_id not in has_letter
        ],
    )
    notify(tx)


def fingerprint(source: str, target: str, stage: str, code: str, issues: Sequence[Mapping[str, Any]]) -> str:
    """The same for all that failed for the same reason."""
    named = sorted({f"{issue.get('field')}:{issue.get('rule')}" for issue in issues})
    return hashlib.sha256("|".join((source, target, stage, code, *named)).encode()).hexdigest()[:12]


def get(tx: Tx, letter_id: int) -> Letter:
    """
    Raises:
        NotFoundError: there is no such letter.
    """
    row = tx.execute(f"SELECT {_COLUMNS} FROM dead_letter WHERE id = %s", (letter_id,)).fetchone()
    if row is None:
        raise NotFoundError(f"there is no dead letter {letter_id}", hint="list them with: assay dlq list")
    return Letter(**row)


def body(tx: Tx, letter_id: int) -> bytes | None:
    """The beginning of the text that stood there, where it never became a record."""
    row = tx.execute("SELECT body FROM dead_letter WHERE id = %s", (letter_id,)).fetchone()
    return None if row is None else row["body"]


def listing(tx: Tx, meant: Filter, *, after: int | None, limit: int) -> list[Letter]:
    """Newest first; `after` is the id of the last one seen."""
    rows = tx.execute(
        f"SELECT {_COLUMNS} FROM dead_letter d WHERE {MEANT} AND (%(after)s::bigint IS NULL OR id < %(after)s)"
        " ORDER BY id DESC LIMIT %(limit)s",
        {**meant.params(), "after": after, "limit": limit},
    ).fetchall()
    return [Letter(**row) for row in rows]


def claim_for_replay(tx: Tx, ids: Sequence[int], *, job_id: int) -> list[Letter]:
    """Take open letters for a replay job; each goes to one replay only, whoever asks at the same time."""
    rows = tx.execute(
        f"""
        UPDATE dead_letter SET state = 'replaying', replays = replays + 1, replay_job_id = %s, updated_at = now()
        WHERE id = ANY(%s) AND state = 'open' RETURNING {_COLUMNS}
        """,
        (job_id, list(ids)),
    ).fetchall()
    return [Letter(**row) for row in rows]


def unannounced(tx: Tx, *, limit: int) -> list[dict[str, Any]]:
    """Letters that Flower has not been told of; marked as told in this transaction."""
    return tx.execute(
        """
        WITH n AS MATERIALIZED (
            SELECT id FROM dead_letter WHERE announced_at IS NULL ORDER BY id LIMIT %s FOR UPDATE SKIP LOCKED)
        UPDATE dead_letter d SET announced_at = now() FROM n WHERE d.id = n.id RETURNING d.id, d.stage, d.code
        """,
        (limit,),
    ).fetchall()


def confirm(tx: Tx, letter_id: int) -> Letter:
    """The announcement was consumed."""
    tx.execute("UPDATE dead_letter SET confirmed_at = now() WHERE id = %s", (letter_id,))
    return get(tx, letter_id)


def _text(issues: Sequence[Mapping[str, Any]]) -> str:

    return json.dumps(list(issues))
