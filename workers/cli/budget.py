"""`assay budget`: what models have cost, and what they may."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Annotated, Any

import typer

from schemas.errors import UsageError
from workers.cli.calling import AsJson, client

budget = typer.Typer(
    invoke_without_command=True,
    help="Show caps, what is used of them and what is reserved; `assay budget raise` adds to one.",
    rich_markup_mode=None,
)
_COLUMNS = (
    "scope",
    "key",
    "calls",
    "tokens_used",
    "tokens_reserved",
    "tokens_cap",
    "money_used",
    "money_reserved",
    "money_cap",
    "ends_in",
)


def register(app: typer.Typer) -> None:
    app.add_typer(budget, name="budget")


@budget.callback()
def show(context: typer.Context, *, as_json: AsJson = False) -> None:
    """Show per call, job, source, UTC day and month (fleet) what is used, reserved and allowed."""
    from workers.cli.output import print_page, print_table

    if context.invoked_subcommand is not None:
        return
    found = client(context).budgets.list()
    if as_json:
        print_page(found)
    else:
        print_table([_row(one) for one in found], _COLUMNS, empty="nothing was spent")


@budget.command("raise")
def raise_cap(
    context: typer.Context,
    scope: Annotated[str, typer.Argument(help="call, job, source, day or fleet")],
    key: Annotated[str | None, typer.Argument(help="of a job its id, of a source its name")] = None,
    *,
    tokens: Annotated[int, typer.Option(help="so many more tokens", min=0)] = 0,
    money: Annotated[str, typer.Option(help="so much more money")] = "0",
    as_json: AsJson = False,
) -> None:
    """Add to a cap; what waits on it goes on. A day's or the fleet's is raised for the current day or month."""
    from workers.cli.output import print_fields, print_json

    found: Mapping[str, Any] = client(context).budgets.raise_cap(scope, key, tokens=tokens, money=_amount(money))
    if as_json:
        print_json(found)
    else:
        print_fields(_row(found), _COLUMNS)
        for line in still_used_up(found):
            typer.echo(line, err=True)


def still_used_up(budget: Mapping[str, Any]) -> list[str]:
    """Of what a raised cap still is too low for, since more than it was used or reserved before."""
    told = []
    for unit in ("tokens", "money"):
        amounts = {what: Decimal(str(n)) for what, n in (budget.get(unit) or {}).items() if n is not None}
        taken = amounts.get("used", Decimal()) + amounts.get("reserved", Decimal())
        if (cap := amounts.get("cap")) is not None and taken >= cap:
            told.append(f"it is still used up: {taken:,} of {cap:,} {unit}; add more than {taken - cap:,}")
    return told


def _row(budget: Mapping[str, Any]) -> dict[str, Any]:
    """Tokens and money side by side, each under its own name; what has no end holds until it is raised."""
    from workers.cli.job_told import duration

    amounts = {f"{unit}_{what}": n for unit in ("tokens", "money") for what, n in (budget.get(unit) or {}).items()}
    left = budget.get("ends_in")
    return {**budget, **amounts, "ends_in": None if left is None else duration(float(left))}


def _amount(text: str) -> Decimal:
    try:
        return Decimal(text)
    except InvalidOperation:
        raise UsageError(f"{text!r} is no amount of money", hint="write it as 12.50") from None
