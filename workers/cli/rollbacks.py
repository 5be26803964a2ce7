"""Un-writing from the command line: what it would do is shown, and done once a person said yes to exactly that."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Any

import typer

from workers.cli.calling import AsJson, Confirm, Cursor, Limit, Reason, Yes, client

compensations = typer.Typer(
    invoke_without_command=True,
    help="What un-writing did to rows, in the order in which it was committed.",
    rich_markup_mode=None,
)


def register(app: typer.Typer) -> None:
    app.add_typer(compensations, name="compensations")


def roll_back_job(
    context: typer.Context, job: int, *, reason: str, confirm: str | None, yes: bool, as_json: bool
) -> None:
    found = client(context, patience=60.0).job(job)
    show_then_do(
        lambda token: found.rollback(reason=reason, confirm=token),
        f"job {job}",
        confirm=confirm,
        yes=yes,
        as_json=as_json,
    )


def rollback(
    context: typer.Context,
    job: int,
    *,
    reason: Reason = "",
    confirm: Confirm = None,
    yes: Yes = False,
    as_json: AsJson = False,
) -> None:
    """Withdraw what a job wrote; nothing is tried again. First it is said what that would do."""
    roll_back_job(context, job, reason=reason, confirm=confirm, yes=yes, as_json=as_json)


def show_then_do(
    ask: Callable[[str | None], Mapping[str, Any]], what: str, *, confirm: str | None, yes: bool, as_json: bool
) -> None:
    """Without a terminal and without --yes or --confirm nothing is done: this cannot be taken back easily."""
    from workers.cli.asking import agreed, undone
    from workers.cli.output import print_json

    found = ask(confirm)
    if confirm is None:
        if not as_json:
            typer.echo(f"{what}: {told(found)}", err=True)
        if agreed("Withdraw it?", yes=yes):
            found = ask(found.get("confirm"))
    if as_json:
        print_json(found)
    elif found.get("done"):
        typer.echo(f"{what} is being withdrawn: {told(found)}")
    if not found.get("done"):
        undone(found.get("confirm"))


def what_of(plan: int, fields: Sequence[str] | None) -> str:
    return f"{', '.join(fields)} of plan {plan}" if fields else f"plan {plan}"


def told(found: Mapping[str, Any]) -> str:
    from workers.cli.output import many

    about = "" if found.get("exact", True) else "about "
    return (
        f"{many(found.get('assertions'), 'assertion')}; of {about}{many(found.get('rows'), 'row')}:"
        f" {found.get('changed')} to change, {found.get('deleted')} to go, {found.get('untouched')} to stay as they are"
    )


@compensations.callback()
def listing(
    context: typer.Context,
    *,
    after: Annotated[int, typer.Option(help="the last id that was seen", min=0)] = 0,
    target: Annotated[str | None, typer.Option(help="rows of this target only")] = None,
    limit: Limit = 100,
    cursor: Cursor = None,
    as_json: AsJson = False,
) -> None:
    """Read compensation events, the oldest first."""
    from workers.cli.output import print_page, print_table, tell_more

    found = client(context).list_compensations(after=after, target=target, limit=limit, cursor=cursor)
    if as_json:
        print_page(found)
    else:
        columns = ("id", "target", "key", "change", "before", "after", "reason", "plan", "job")
        print_table(found, columns, empty="nothing was taken back")
        tell_more(found)
