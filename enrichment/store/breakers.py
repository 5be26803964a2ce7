"""Breakers in the database: each change happens under a lock on the key's row, with its event and its wakings."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg.types.json import Jsonb

from enrichment.breaking.keys import Key
from enrichment.breaking.machine import PASSING, Breaker, State
from enrichment.model.failures import FAILING, QUOTA
from enrichment.store import wakings
from enrichment.store.database import Tx, notify
from schemas.errors import NotFoundError


@dataclass(frozen=True, slots=True)
class Kept:
    """A breaker as it is stored. `changes` counts its transitions, `waiting` the work that waits on it."""

    id: int
    key: Key
    breaker: Breaker
    shape_id: int | None
    changes: int
    updated_at: datetime
    waiting: int = 0


_COLUMNS = (
    "id, kind, source, model, prompt, target, target_version, state, windows, passes, opens, until, lease_holder,"
    " lease_until, shape_id, reason, changes, updated_at"
)
_WAITING = f"""
    (SELECT count(*) FROM work w WHERE w.status = 'waiting' AND (w.waits_on = 'breaker:' || b.key
        OR (b.kind = 'model' AND b.state IN ('open', 'half_open') AND w.waits_on = '{QUOTA}'))) AS waiting
"""
PASSING_STATES = [str(state) for state in PASSING]
TO_TEND = "until <= now() OR (state = 'half_open' AND (lease_until <= now() OR lease_holder IS NULL))"
FORGOTTEN = """
    w.status = 'waiting' AND w.waits_on LIKE 'breaker:%%' AND NOT EXISTS (
        SELECT 1 FROM breaker b WHERE 'breaker:' || b.key = w.waits_on AND NOT b.state = ANY(%(passing)s))
"""


def _kept(row: dict[str, Any]) -> Kept:
    lease = None if row["lease_holder"] is None else (row["lease_holder"], row["lease_until"])
    return Kept(
        id=row["id"],
        key=Key(*(row[name] for name in ("kind", "source", "model", "prompt", "target", "target_version"))),
        breaker=Breaker(
            kind=row["kind"],
            state=State(row["state"]),
            windows={name: tuple(bool(one) for one in seen) for name, seen in row["windows"].items()},
            passes=row["passes"],
            opens=row["opens"],
            until=row["until"],
            lease=lease,
            reason=row["reason"],
        ),
        shape_id=row["shape_id"],
        changes=row["changes"],
        updated_at=row["updated_at"],
        waiting=row.get("waiting", 0),
    )


def passing(tx: Tx, key: Key) -> bool:
    """Whether nothing stops this key, as far as can be seen without a lock: what most calls ask, and all they ask."""
    row = tx.execute(
        "SELECT 1 FROM breaker WHERE key = %s AND (NOT state = ANY(%s) OR until <= now())", (key.text, PASSING_STATES)
    ).fetchone()
    return row is None


def untroubled(tx: Tx, key: Key, windows: Iterable[str]) -> bool:
    """Whether the key is closed and remembers no failure in these windows: a success changes nothing there."""
    row = tx.execute(
        "SELECT 1 FROM breaker WHERE key = %s AND (state <> 'closed' OR windows ?| %s::text[])",
        (key.text, sorted(set(windows))),
    )
    return row.fetchone() is None


def change(
    tx: Tx,
    key: Key,
    made: Callable[[Breaker, datetime], Breaker],
    *,
    by: str | None = None,
    shape_id: int | None = None,
) -> tuple[Breaker, Breaker]:
    """Put what `made` gives for (breaker, the database's time) in its place; gives it before and after.

    A transition is an event; one that lets work go on wakes all that waits on the key.
    """
    tx.execute(
        "INSERT INTO breaker (key, kind, source, model, prompt, target, target_version)"
        " VALUES (%s, %s, %s, %s, %s, %s, %s) ON CONFLICT (key) DO NOTHING",
        (key.text, key.kind, key.source, key.model, key.prompt, key.target, key.target_version),
    )
    row = tx.execute(f"SELECT {_COLUMNS} FROM breaker WHERE key = %s FOR UPDATE", (key.text,)).fetchone()
    assert row is not None  # noqa: S101 - it was there or has just been inserted, and none is ever deleted
    kept = _kept(row)
    # Asked after the lock: what was waited for may have taken its time.
    after = made(kept.breaker, _clock(tx))
    if after != kept.breaker or shape_id is not None:
        _save(tx, kept, after, by=by, shape_id=shape_id)
    return kept.breaker, after


def _clock(tx: Tx) -> datetime:
    row = tx.execute("SELECT clock_timestamp() AS now").fetchone()
    assert row is not None  # noqa: S101 - one row
    now: datetime = row["now"]
    return now


def _save(tx: Tx, kept: Kept, after: Breaker, *, by: str | None, shape_id: int | None) -> None:
    before = kept.breaker
    changed = after.state != before.state
    tx.execute(
        """
        UPDATE breaker SET state = %(state)s, windows = %(windows)s, passes = %(passes)s, opens = %(opens)s,
               until = %(until)s, lease_holder = %(holder)s, lease_until = %(lease)s, reason = %(reason)s,
               offered_at = CASE WHEN %(holder)s::bigint IS NULL THEN NULL ELSE offered_at END,
               shape_id = coalesce(%(shape)s, shape_id), changes = changes + %(changed)s, updated_at = now()
        WHERE id = %(id)s
        """,
        {
            "id": kept.id,
            "state": after.state,
            "windows": Jsonb({name: [int(one) for one in seen] for name, seen in after.windows.items()}),
            "passes": after.passes,
            "opens": after.opens,
            "until": after.until,
            "holder": None if after.lease is None else after.lease[0],
            "lease": None if after.lease is None else after.lease[1],
            "reason": after.reason,
            "shape": shape_id,
            "changed": int(changed or by is not None),
        },
    )
    if changed or by is not None:
        tx.execute(
            'INSERT INTO breaker_event (breaker_id, before, after, reason, "by") VALUES (%s, %s, %s, %s, %s)',
            (kept.id, before.state, after.state, after.reason, by),
        )
        notify(tx)
    closes = after.state in PASSING and before.state not in PASSING
    if closes:
        wakings.wake(tx, kept.key.waits_on)
    if kept.key.kind == "model" and (closes or (by is not None and after.state in PASSING)):
        wakings.wake(tx, FAILING)
        wakings.wake(tx, QUOTA)


def stopped(tx: Tx, keys: Iterable[Key]) -> list[Key]:
    """Those of the keys that do not let work pass. Their rows are shared until the commit: none opens meanwhile.

    They are locked in the order of keys, as whoever changes several does; a database sorts their texts otherwise.
    """
    by_text = {key.text: key for key in sorted(set(keys))}
    rows = tx.execute(
        "SELECT b.key, b.state FROM unnest(%s::text[]) WITH ORDINALITY AS k(key, place) JOIN breaker b ON b.key = k.key"
        " ORDER BY k.place FOR SHARE OF b",
        (list(by_text),),
    ).fetchall()
    return [by_text[row["key"]] for row in rows if row["state"] not in PASSING]


def listing(tx: Tx, *, after: int | None = None, limit: int = 100, open_only: bool = False) -> list[Kept]:
    """The newest first; `after` is the id of the last one seen."""
    rows = tx.execute(
        f"""
        SELECT {_COLUMNS}, {_WAITING} FROM breaker b
        WHERE (%(after)s::bigint IS NULL OR id < %(after)s) AND (NOT %(open)s OR state <> 'closed')
        ORDER BY id DESC LIMIT %(limit)s
        """,
        {"after": after, "limit": limit, "open": open_only},
    ).fetchall()
    return [_kept(row) for row in rows]


def get(tx: Tx, breaker_id: int) -> Kept:
    """
    Raises:
        NotFoundError: there is no such breaker.
    """
    row = tx.execute(f"SELECT {_COLUMNS}, {_WAITING} FROM breaker b WHERE id = %s", (breaker_id,)).fetchone()
    if row is None:
        raise NotFoundError(f"there is no breaker {breaker_id}", hint="list them with: assay breakers list")
    return _kept(row)


def events(tx: Tx, breaker_id: int, *, limit: int = 50) -> list[dict[str, Any]]:
    """The newest first."""
    return tx.execute(
        'SELECT id, before, after, reason, "by", created_at FROM breaker_event WHERE breaker_id = %s'
        " ORDER BY id DESC LIMIT %s",
        (breaker_id, limit),
    ).fetchall()


def to_tend(tx: Tx) -> list[Kept]:
    """Breakers that time may change, or that want a probe; nobody else is tending them."""
    rows = tx.execute(
        f"""
        SELECT {_COLUMNS}, 0 AS waiting FROM breaker b WHERE {TO_TEND}
        ORDER BY key FOR UPDATE SKIP LOCKED
        """
    ).fetchall()
    return [_kept(row) for row in rows]


def offer(tx: Tx, kept: Kept, *, seconds: float) -> bool:
    """Whether it is time to wake or file a probe: not again before `seconds`, in which the last one may come."""
    return (
        tx.execute(
            "UPDATE breaker SET offered_at = now() WHERE id = %s"
            " AND coalesce(offered_at <= now() - make_interval(secs => %s), true)",
            (kept.id, seconds),
        ).rowcount
        == 1
    )


def forget_shape(tx: Tx, key: str) -> None:
    """Nothing is left to ask about the last shape that was refused."""
    tx.execute("UPDATE breaker SET shape_id = NULL WHERE key = %s", (key,))


def wake_one(tx: Tx, key: Key, *, kinds: Sequence[str] | None, waits_on: str | None = None) -> bool:
    """Make the work that has waited longest on the key ready, as a probe; of `kinds` where given."""
    woken = tx.execute(
        """
        UPDATE work SET status = 'ready', waits_on = NULL, wait_until = NULL, updated_at = now()
        WHERE id = (SELECT id FROM work WHERE status = 'waiting' AND waits_on = %(on)s
                      AND (%(kinds)s::text[] IS NULL OR kind = ANY(%(kinds)s))
                    ORDER BY updated_at, id LIMIT 1 FOR UPDATE SKIP LOCKED)
        """,
        {"on": waits_on or key.waits_on, "kinds": None if kinds is None else list(kinds)},
    ).rowcount
    if woken:
        notify(tx)
    return woken == 1


def wake_forgotten(tx: Tx) -> int:
    """Work that began to wait at the moment its breaker closed, so that nobody woke it."""
    return tx.execute(
        f"UPDATE work w SET status = 'ready', waits_on = NULL, wait_until = NULL, updated_at = now() WHERE {FORGOTTEN}",
        {"passing": PASSING_STATES},
    ).rowcount


def quarantined(tx: Tx, plan_ids: Sequence[int]) -> int:
    """Staged rows of these plans."""
    row = tx.execute(
        "SELECT count(*) AS n FROM staged WHERE plan_id = ANY(%s) AND state = 'staged'", (list(plan_ids),)
    ).fetchone()
    return 0 if row is None else int(row["n"])


def unseen_rows(tx: Tx, plan_id: int, *, limit: int) -> list[tuple[int, str]]:
    """(staged id, record id) of staged rows that no audit has drawn yet."""
    rows = tx.execute(
        "SELECT s.id, s.record_id FROM staged s WHERE s.plan_id = %s AND s.state = 'staged' AND NOT EXISTS ("
        " SELECT 1 FROM sample a WHERE a.plan_id = s.plan_id AND a.staged_id = s.id) ORDER BY s.id LIMIT %s",
        (plan_id, limit),
    ).fetchall()
    return [(row["id"], row["record_id"]) for row in rows]
