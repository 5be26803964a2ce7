"""Budgets as they are shown: per scope its cap, what is used and what is reserved."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from enrichment.store import budgets, jobs, registry
from enrichment.store.database import Tx
from schemas.budget import Amount, Cap, Caps, Scope, Standing
from schemas.errors import NotFoundError, UsageError, nearest

#: Counters that are looked at for one listing.
_MOST = 10_000


def views(tx: Tx, caps: Caps) -> list[dict[str, Any]]:
    """Today, this month, every source and every open job; the cap of a single call first where there is one. Where a
    scope is capped also those that have used nothing: their cap may be what they wait for.
    """
    found = budgets.standings(tx, limit=_MOST, capped=[scope for scope in Scope if caps.of(scope) != Cap()])
    calls = [one for one in found if one.scope is Scope.CALL] or [Standing(Scope.CALL, "any")]
    rest = [one for one in found if one.scope is not Scope.CALL]
    return [view(caps, one) for one in [*calls, *rest]]


def view(caps: Caps, standing: Standing) -> dict[str, Any]:
    cap = standing.cap(caps.of(standing.scope))
    return {
        "scope": str(standing.scope),
        "key": standing.key,
        "calls": standing.calls,
        "tokens": {"cap": cap.tokens, "used": standing.used.tokens, "reserved": standing.reserved.tokens},
        "money": {
            "cap": None if cap.money is None else exact(cap.money),
            "used": exact(standing.used.money),
            "reserved": exact(standing.reserved.money),
        },
        "ends_in": None if standing.ends_in is None else round(standing.ends_in),
    }


def exact(amount: Decimal) -> str:
    text = format(amount, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def raise_cap(
    tx: Tx, caps: Caps, scope: str, key: str | None, *, tokens: int = 0, money: Decimal = Decimal(0)
) -> dict[str, Any]:
    """Add to a cap and wake what waits on it; `key` names the job or the source.

    Raises:
        UsageError: no such scope, nothing to add, a cap that is not set, or a key too many or too few.
        NotFoundError: no such job, or no such source.
    """
    if scope not in set(Scope):
        raise UsageError(f"there is no budget {scope!r}", hint=f"one of: {', '.join(Scope)}")
    of = Scope(scope)
    named = of in {Scope.JOB, Scope.SOURCE}
    if named != (key is not None):
        raise UsageError(
            f"the budget of a {scope} needs its {'id' if of is Scope.JOB else 'name'}"
            if named
            else f"the budget {scope} has no key",
            hint=f"assay budget raise {scope}{f' {scope.upper()}' if named else ''} --tokens N",
        )
    if not money.is_finite() or tokens < 0 or money < 0 or not (tokens or money):
        raise UsageError("a budget is raised by more than 0", hint="name --tokens N or --money M")
    configured = caps.of(of)
    for unit, by, cap in (("tokens", tokens, configured.tokens), ("money", money, configured.money)):
        if by and cap is None:
            raise UsageError(f"budget.{scope} has no cap of {unit}", hint=f"set budget.{scope}.{unit} in assay.toml")
    if of is Scope.JOB and key is not None:
        if not key.isdigit():
            raise NotFoundError(f"there is no job {key}", hint="list them with: assay jobs")
        jobs.get(tx, int(key))
    if of is Scope.SOURCE and key is not None and key not in (known := registry.names(tx)[0]):
        raise NotFoundError(
            f"there is no source {key!r}{nearest(key, known)}", hint="name one of assay.toml; assay budget lists them"
        )
    return view(caps, budgets.raise_cap(tx, of, key, Amount(tokens, money)))
