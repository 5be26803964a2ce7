"""What is asked of a model: reserved, marked as sent, settled after it, presumed spent when nobody came back.

Every change of a call's state changes the counters of the budgets that it counts in, in the same transaction.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from enrichment.store import budgets
from enrichment.store.budgets import Change
from enrichment.store.database import Tx
from schemas.budget import Amount

_OPEN = ("reserved", "sent")
#: Their amounts count as used, and they as calls.
_USED = ("settled", "presumed")


@dataclass(frozen=True, slots=True)
class NewCall:
    """A request at its worst case. `cost` is null where no price is known; `seconds` until a reservation expires."""

    work_id: int
    job_id: int | None
    source: str
    purpose: str
    model: str
    input_tokens: int
    output_tokens: int
    cost: Decimal | None = None
    seconds: float = 60.0
    fallback: bool = False


def reserve(tx: Tx, new: NewCall) -> int:
    """Note a request before it is sent; gives its id. The caller has locked the counters and found room."""
    row = tx.execute(
        f"""
        INSERT INTO model_call (work_id, job_id, source, purpose, model, fallback, state, input_tokens, output_tokens,
                                cost, expires_at)
        VALUES (%s, %s, %s, %s, %s, %s, 'reserved', %s, %s, %s, now() + make_interval(secs => %s)) RETURNING {_COLUMNS}
        """,
        (
            new.work_id,
            new.job_id,
            new.source,
            new.purpose,
            new.model,
            new.fallback,
            new.input_tokens,
            new.output_tokens,
            new.cost,
            new.seconds,
        ),
    ).fetchone()
    assert row is not None  # noqa: S101 - INSERT ... RETURNING gives a row or raises
    budgets.apply(tx, _changes(row, to="reserved", amount=_amount(row), before=None))
    return int(row["id"])


def mark_sent(tx: Tx, call_id: int, *, seconds: float) -> bool:
    """The request goes out and is given up after `seconds`; false where its reservation has expired meanwhile."""
    return (
        tx.execute(
            "UPDATE model_call SET state = 'sent', expires_at = now() + make_interval(secs => %s)"
            " WHERE id = %s AND state = 'reserved'",
            (seconds, call_id),
        ).rowcount
        == 1
    )


def settle(
    tx: Tx,
    call_id: int,
    *,
    state: str,
    outcome: str,
    input_tokens: int | None = None,
    output_tokens: int | None = None,
    cost: Decimal | None = None,
) -> None:
    """Settle by what was used; null for the tokens leaves the worst case standing. A settled call stays as it is.

    What was presumed spent is settled by the truth where its sender lived after all.
    """
    rows = tx.execute(
        f"SELECT {_COLUMNS} FROM model_call WHERE id = %s AND state IN ('reserved', 'sent', 'presumed') FOR UPDATE",
        (call_id,),
    ).fetchall()
    used = None if input_tokens is None or output_tokens is None else (input_tokens, output_tokens, cost)
    _end(tx, rows, state=state, outcome=outcome, used=used)


def presume_of(tx: Tx, work_id: int) -> int:
    """Requests of work that was lost with its worker: nobody will settle them.

    What was sent counts as spent in full, what was only reserved is given back.
    """
    return _abandon(tx, "work_id = %s", (work_id,))


def expire(tx: Tx) -> int:
    """The same for requests whose time is over."""
    return _abandon(tx, "expires_at < now()", ())


def _abandon(tx: Tx, condition: str, params: Sequence[Any]) -> int:
    rows = tx.execute(
        f"SELECT {_COLUMNS} FROM model_call WHERE state IN ('reserved', 'sent') AND {condition} ORDER BY id FOR UPDATE",
        params,
    ).fetchall()
    _end(tx, [r for r in rows if r["state"] == "sent"], state="presumed", outcome="lost", used=None)
    _end(tx, [r for r in rows if r["state"] == "reserved"], state="released", outcome="expired", used=(0, 0, None))
    return len(rows)


_COLUMNS = """
    id, job_id, source, state, input_tokens, output_tokens, cost,
    to_char(started_at AT TIME ZONE 'UTC', 'YYYY-MM-DD') AS day,
    to_char(started_at AT TIME ZONE 'UTC', 'YYYY-MM') AS month
"""


def _amount(row: dict[str, Any]) -> Amount:
    return Amount(row["input_tokens"] + row["output_tokens"], row["cost"] or Decimal(0))


def _end(
    tx: Tx,
    rows: Sequence[dict[str, Any]],
    *,
    state: str,
    outcome: str,
    used: tuple[int, int, Decimal | None] | None,
) -> None:
    changes: list[Change] = []
    for row in rows:
        after = _amount(row) if used is None else Amount(used[0] + used[1], used[2] or Decimal(0))
        changes += _changes(row, to=state, amount=after, before=row["state"])
    if not rows:
        return
    assignments = "" if used is None else ", input_tokens = %(input)s, output_tokens = %(output)s, cost = %(cost)s"
    tx.execute(
        f"UPDATE model_call SET state = %(state)s, outcome = %(outcome)s, finished_at = now(){assignments}"
        " WHERE id = ANY(%(ids)s)",
        {
            "state": state,
            "outcome": outcome,
            "ids": [row["id"] for row in rows],
            **({} if used is None else dict(zip(("input", "output", "cost"), used, strict=True))),
        },
    )
    budgets.apply(tx, changes)


def _changes(row: dict[str, Any], *, to: str, amount: Amount, before: str | None) -> list[Change]:
    """What leaving one state at the row's amount and entering another at `amount` means for each counter."""
    left = _amount(row)
    used = Amount(
        amount.tokens * (to in _USED) - left.tokens * (before in _USED),
        amount.money * (to in _USED) - left.money * (before in _USED),
    )
    reserved = Amount(
        amount.tokens * (to in _OPEN) - left.tokens * (before in _OPEN),
        amount.money * (to in _OPEN) - left.money * (before in _OPEN),
    )
    calls = (to in _USED) - (before in _USED)
    keys = {"day": row["day"], "fleet": row["month"], "job": row["job_id"], "source": row["source"]}
    return [Change(scope, str(key), calls, used, reserved) for scope, key in keys.items() if key is not None]


def failed_today(tx: Tx, work_id: int, *, names: Collection[str] = ()) -> int:
    """Calls of a piece of work that were sent and ended without an answer within a day.

    What failed before a person vouched for the model, by closing its breaker, counts no more; nor does what a model
    failed that is none of `names`, where any are given: it is not asked any more.
    """
    row = tx.execute(
        """
        SELECT count(*) AS n FROM model_call c WHERE work_id = %(work)s AND state IN ('presumed', 'released')
           AND outcome NOT IN ('expired', 'not_sent') AND started_at > now() - interval '1 day'
           AND (cardinality(%(names)s::text[]) = 0 OR model = ANY(%(names)s))
           AND NOT EXISTS (
               SELECT 1 FROM breaker b JOIN breaker_event e ON e.breaker_id = b.id
               WHERE b.kind = 'model' AND b.model = CASE WHEN c.fallback THEN 'fallback/' ELSE '' END || c.model
                 AND e.after = 'forced_closed' AND e.created_at > c.started_at)
        """,
        {"work": work_id, "names": sorted(names)},
    ).fetchone()
    return 0 if row is None else int(row["n"])
