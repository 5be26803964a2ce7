"""Counters of budgets. Their rows are locked in one order everywhere, so that reservations never wait in a circle."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from enrichment.store import wakings
from enrichment.store.database import Tx
from schemas.budget import NOTHING, Amount, Scope, Standing

_KEYS = """
    SELECT k.scope, k.key FROM (VALUES
        ('call', 'any'), ('day', to_char(%(at)s::timestamptz AT TIME ZONE 'UTC', 'YYYY-MM-DD')),
        ('fleet', to_char(%(at)s::timestamptz AT TIME ZONE 'UTC', 'YYYY-MM')), ('job', %(job)s::text),
        ('source', %(source)s::text)) AS k(scope, key)
    WHERE k.key IS NOT NULL
"""
_COLUMNS = """
    scope, key, coalesce(calls, 0) AS calls, coalesce(used_tokens, 0) AS used_tokens,
    coalesce(used_money, 0) AS used_money, coalesce(reserved_tokens, 0) AS reserved_tokens,
    coalesce(reserved_money, 0) AS reserved_money, coalesce(raised_tokens, 0) AS raised_tokens,
    coalesce(raised_money, 0) AS raised_money,
    CASE scope
        WHEN 'day' THEN extract(epoch FROM date_trunc('day', now(), 'UTC') + interval '1 day' - now())
        WHEN 'fleet' THEN extract(epoch FROM (date_trunc('month', now() AT TIME ZONE 'UTC') + interval '1 month')
                                             AT TIME ZONE 'UTC' - now())
    END::float8 AS ends_in
"""


def _standing(row: dict[str, Any]) -> Standing:
    return Standing(
        scope=Scope(row["scope"]),
        key=row["key"],
        used=Amount(row["used_tokens"], row["used_money"]),
        reserved=Amount(row["reserved_tokens"], row["reserved_money"]),
        raised=Amount(row["raised_tokens"], row["raised_money"]),
        ends_in=row["ends_in"],
        calls=row["calls"],
    )


def lock(tx: Tx, *, job_id: int | None, source: str) -> list[Standing]:
    """The counters that a call of this moment counts in, made where missing and locked until the commit."""
    params = {"at": "now", "job": job_id, "source": source}
    keys = tx.execute(f"{_KEYS} ORDER BY 1, 2", params).fetchall()
    named = {"scopes": [k["scope"] for k in keys], "keys": [k["key"] for k in keys]}
    tx.execute(
        "INSERT INTO budget (scope, key) SELECT * FROM unnest(%(scopes)s::text[], %(keys)s::text[]) ORDER BY 1, 2"
        " ON CONFLICT DO NOTHING",
        named,
    )
    rows = tx.execute(
        f"SELECT {_COLUMNS} FROM budget WHERE (scope, key) IN"
        " (SELECT * FROM unnest(%(scopes)s::text[], %(keys)s::text[])) ORDER BY scope, key FOR UPDATE",
        named,
    ).fetchall()
    return [_standing(row) for row in rows]


@dataclass(frozen=True, slots=True)
class Change:
    """What a call's next state adds to the counters that it counts in; amounts may be negative."""

    scope: str
    key: str
    calls: int = 0
    used: Amount = NOTHING
    reserved: Amount = NOTHING


def apply(tx: Tx, changes: Sequence[Change]) -> None:
    """Add changes to their counters, and wake what waited for reserved room where some of it is free again."""
    if not changes:
        return
    params = {
        "scopes": [c.scope for c in changes],
        "keys": [c.key for c in changes],
        "calls": [c.calls for c in changes],
        "used_tokens": [c.used.tokens for c in changes],
        "used_money": [c.used.money for c in changes],
        "reserved_tokens": [c.reserved.tokens for c in changes],
        "reserved_money": [c.reserved.money for c in changes],
    }
    tx.execute(
        "SELECT 1 FROM budget WHERE (scope, key) IN (SELECT * FROM unnest(%(scopes)s::text[], %(keys)s::text[]))"
        " ORDER BY scope, key FOR UPDATE",
        params,
    )
    tx.execute(
        """
        UPDATE budget b SET calls = b.calls + d.calls, used_tokens = b.used_tokens + d.used_tokens,
               used_money = b.used_money + d.used_money, reserved_tokens = b.reserved_tokens + d.reserved_tokens,
               reserved_money = b.reserved_money + d.reserved_money
        FROM (SELECT scope, key, sum(calls) AS calls, sum(used_tokens) AS used_tokens, sum(used_money) AS used_money,
                     sum(reserved_tokens) AS reserved_tokens, sum(reserved_money) AS reserved_money
              FROM unnest(%(scopes)s::text[], %(keys)s::text[], %(calls)s::bigint[], %(used_tokens)s::bigint[],
                          %(used_money)s::numeric[], %(reserved_tokens)s::bigint[], %(reserved_money)s::numeric[])
                   AS c(scope, key, calls, used_tokens, used_money, reserved_tokens, reserved_money)
              GROUP BY scope, key) AS d
        WHERE b.scope = d.scope AND b.key = d.key
        """,
        params,
    )
    freed = {waiting_for_room(c.scope, c.key) for c in changes if c.reserved.tokens < 0}
    wakings.wake_any(tx, sorted(freed))


def waiting_on(scope: str, key: str) -> str:
    """What work waits on whose budget is used up."""
    return f"budget:{scope}:{key}"


def waiting_for_room(scope: str, key: str) -> str:
    """What work waits on that others' reservations stand in the way of."""
    return f"room:{scope}:{key}"


def raise_cap(tx: Tx, scope: Scope, key: str | None, by: Amount) -> Standing:
    """Add to a cap and wake what waits on it. Null for `key` is the current day or month, or every call."""
    row = tx.execute(
        f"""
        INSERT INTO budget AS b (scope, key, raised_tokens, raised_money)
        SELECT k.scope, k.key, %(tokens)s, %(money)s FROM ({_KEYS}) AS k WHERE k.scope = %(scope)s
        ON CONFLICT (scope, key) DO UPDATE SET raised_tokens = b.raised_tokens + excluded.raised_tokens,
                                               raised_money = b.raised_money + excluded.raised_money
        RETURNING {_COLUMNS}
        """,
        {"at": "now", "job": key, "source": key, "scope": scope, "tokens": by.tokens, "money": by.money},
    ).fetchone()
    assert row is not None  # noqa: S101 - INSERT ... RETURNING gives a row or raises
    wakings.wake_any(tx, [waiting_on(scope, row["key"]), waiting_for_room(scope, row["key"])])
    return _standing(row)


def standings(tx: Tx, *, limit: int, capped: Collection[Scope]) -> list[Standing]:
    """Counters in force, by scope and key: every source, this day and month, and jobs that have not ended. Of scopes
    that are `capped` also those in which nothing was counted yet: a cap that lets no call through leaves no counter.
    """
    rows = tx.execute(
        f"""
        WITH open AS (
            SELECT id, source FROM job WHERE state IN ('receiving', 'running', 'paused', 'blocked')
        ), now_in_force AS (
            SELECT 'day' AS scope, to_char(now() AT TIME ZONE 'UTC', 'YYYY-MM-DD') AS key
            UNION ALL SELECT 'fleet', to_char(now() AT TIME ZONE 'UTC', 'YYYY-MM')
            UNION ALL SELECT 'job', id::text FROM open
            UNION ALL SELECT DISTINCT 'source', source FROM open
        ), shown AS (
            SELECT scope, key FROM now_in_force WHERE scope = ANY(%(capped)s)
            UNION SELECT scope, key FROM budget WHERE scope IN ('source', 'call')
            UNION SELECT scope, key FROM budget JOIN now_in_force USING (scope, key)
        )
        SELECT {_COLUMNS} FROM shown LEFT JOIN budget USING (scope, key) ORDER BY scope, key LIMIT %(limit)s
        """,
        {"limit": limit, "capped": sorted(capped)},
    ).fetchall()
    return [_standing(row) for row in rows]
