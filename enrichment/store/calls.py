"""What is asked of a model: reserved before it is sent, settled after it, presumed spent when nobody came back."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from enrichment.store.database import Tx


def reserve(
    tx: Tx,
    *,
    work_id: int,
    job_id: int | None,
    source: str,
    purpose: str,
    model: str,
    input_tokens: int,
    output_tokens: int,
) -> int:
    """Note a request that is about to be sent, at its worst-case size."""
    row = tx.execute(
        "INSERT INTO model_call (work_id, job_id, source, purpose, model, state, input_tokens, output_tokens)"
        " VALUES (%s, %s, %s, %s, %s, 'sent', %s, %s) RETURNING id",
        (work_id, job_id, source, purpose, model, input_tokens, output_tokens),
    ).fetchone()
    assert row is not None  # noqa: S101 - INSERT ... RETURNING gives a row or raises
    return int(row["id"])


def settle(
    tx: Tx,
    call_id: int,
    *,
    state: str,
    outcome: str,
    input_tokens: int | None,
    output_tokens: int | None,
    cost: Decimal | None,
) -> None:
    """Settle by what was used; null token counts leave the worst case standing."""
    tx.execute(
        "UPDATE model_call SET state = %s, outcome = %s, input_tokens = coalesce(%s, input_tokens),"
        " output_tokens = coalesce(%s, output_tokens), cost = %s, finished_at = now() WHERE id = %s",
        (state, outcome, input_tokens, output_tokens, cost, call_id),
    )


def presume_lost(tx: Tx, *, seconds: float) -> int:
    """Requests that were sent and never settled count as spent in full."""
    return tx.execute(
        "UPDATE model_call SET state = 'presumed', outcome = 'lost', finished_at = now()"
        " WHERE state = 'sent' AND started_at < now() - make_interval(secs => %s)",
        (seconds,),
    ).rowcount


def presume_of(tx: Tx, work_id: int) -> int:
    """Requests of work that was lost with its worker: nobody will settle them, so they count as spent in full."""
    return tx.execute(
        "UPDATE model_call SET state = 'presumed', outcome = 'lost', finished_at = now()"
        " WHERE work_id = %s AND state = 'sent'",
        (work_id,),
    ).rowcount


def failed_today(tx: Tx, work_id: int) -> int:
    """Calls of a piece of work that ended without an answer within a day."""
    row = tx.execute(
        "SELECT count(*) AS n FROM model_call WHERE work_id = %s AND state IN ('presumed', 'released')"
        " AND started_at > now() - interval '1 day'",
        (work_id,),
    ).fetchone()
    return 0 if row is None else int(row["n"])


@dataclass(frozen=True, slots=True)
class Spent:
    """What was used or is presumed used. `scope`: day and fleet (a month) of all sources in UTC, or one source ever."""

    scope: str
    source: str | None
    calls: int
    input_tokens: int
    output_tokens: int
    cost: Decimal | None


def spent(tx: Tx) -> list[Spent]:
    """Of this day, of this month, and of each source; calls that were given back count nothing."""
    rows = tx.execute(
        """
        WITH counted AS (
            SELECT source, input_tokens, output_tokens, cost, started_at FROM model_call WHERE state <> 'released'
        ), scoped AS (
            SELECT 'day' AS scope, NULL::text AS source, input_tokens, output_tokens, cost FROM counted
            WHERE started_at >= date_trunc('day', now(), 'UTC')
            UNION ALL
            SELECT 'fleet', NULL, input_tokens, output_tokens, cost FROM counted
            WHERE started_at >= date_trunc('month', now(), 'UTC')
            UNION ALL
            SELECT 'source', source, input_tokens, output_tokens, cost FROM counted
        )
        SELECT scope, source, count(*) AS calls, sum(input_tokens)::bigint AS input_tokens,
               sum(output_tokens)::bigint AS output_tokens, sum(cost) AS cost
        FROM scoped GROUP BY scope, source ORDER BY scope, source
        """
    ).fetchall()
    return [Spent(**row) for row in rows]
