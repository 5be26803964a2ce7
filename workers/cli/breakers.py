"""`assay breakers`: what is stopped and why, and a person's word on it; and `assay report-defect`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

import typer

from workers.cli.calling import AsJson, Confirm, Cursor, Limit, Yes, client

breakers = typer.Typer(
    no_args_is_help=True, help="Breakers: what stops work after failures, for the whole fleet.", rich_markup_mode=None
)
_COLUMNS = ("id", "key", "state", "reason", "until", "waiting")

Number = Annotated[int, typer.Argument(help="number of the breaker, as `list` shows it")]
Reason = Annotated[str, typer.Option(help="why; kept with the breaker")]
Minutes = Annotated[int, typer.Option("--minutes", help="how long this word holds", min=1, max=10_080)]


def register(app: typer.Typer) -> None:
    app.add_typer(breakers, name="breakers")
    app.command("report-defect")(report_defect)


@breakers.command("list")
def list_breakers(
    context: typer.Context, *, limit: Limit = 100, cursor: Cursor = None, as_json: AsJson = False
) -> None:
    """List breakers, the newest first; what never failed has none."""
    from workers.cli.output import print_page, print_table, tell_more

    found = client(context).breakers.list(limit=limit, cursor=cursor)
    if as_json:
        print_page(found)
    else:
        print_table(found, _COLUMNS, empty="nothing has failed")
        tell_more(found)


@breakers.command("show")
def show(context: typer.Context, breaker: Number, *, as_json: AsJson = False) -> None:
    """Show a breaker and what it went through."""
    from workers.cli.output import print_table

    found = client(context).breakers.show(breaker)
    _print(found, as_json=as_json)
    if not as_json:
        typer.echo("")
        print_table(found.get("events") or [], ("created_at", "before", "after", "reason", "by"), empty="")


@breakers.command("open")
def force_open(
    context: typer.Context, breaker: Number, *, reason: Reason, minutes: Minutes = 60, as_json: AsJson = False
) -> None:
    """Stop the work of a key for a time."""
    _print(client(context).breakers.open(breaker, reason=reason, seconds=60 * minutes), as_json=as_json)


@breakers.command("close")
def force_close(
    context: typer.Context,
    breaker: Number,
    *,
    reason: Reason,
    minutes: Minutes = 60,
    confirm: Confirm = None,
    yes: Yes = False,
    as_json: AsJson = False,
) -> None:
    """Let the work of a key pass for a time, whatever comes of it. First it is said what that lets through.

    Without a terminal and without --yes or --confirm nothing is done.
    """
    from workers.cli.asking import agreed, undone
    from workers.cli.output import many

    asking = client(context).breakers
    found = asking.close(breaker, reason=reason, seconds=60 * minutes, confirm=confirm)
    if not found.get("done"):
        rows, works = many(found.get("rows"), "staged row"), many(found.get("waiting"), "work")
        typer.echo(f"{rows} and {works} of {found.get('key')} would go on", err=True)
        if agreed("Go on?", yes=yes):
            found = asking.close(breaker, reason=reason, seconds=60 * minutes, confirm=found.get("confirm"))
    _print(found, as_json=as_json)
    if not found.get("done"):
        undone(found.get("confirm"))


def _print(found: Mapping[str, Any], *, as_json: bool) -> None:
    from workers.cli.output import print_fields, print_json

    if as_json:
        print_json(found)
    else:
        print_fields(found, [name for name in (*_COLUMNS, "failed", "passes", "opens") if name in found])


def report_defect(
    context: typer.Context,
    target: Annotated[str, typer.Argument(help="a configured target")],
    key: Annotated[str, typer.Argument(help="the row's identity; of several fields a JSON list")],
    field: Annotated[str, typer.Argument(help="the field whose value is wrong")],
    *,
    reason: Annotated[str, typer.Option(help="what is wrong; kept with the plan")] = "",
    as_json: AsJson = False,
) -> None:
    """Say that a written value is wrong: it is withdrawn, and counts as a confirmed defect of its plan."""
    from workers.cli.output import print_fields, print_json

    found = client(context).breakers.report_defect(target, key, field, reason=reason)
    if as_json:
        print_json(found)
    else:
        print_fields(found, ("target", "key", "field", "plan", "state", "defects", "breaker"))
