"""`assay plans`: what the fleet decided."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from schemas.errors import UsageError
from workers.cli.calling import AsJson, Confirm, Cursor, Limit, Reason, Yes, client
from workers.cli.condemning import ask_first, condemned_of, taken_back
from workers.cli.plan_told import print_plan
from workers.cli.rollbacks import roll_back_job, show_then_do, what_of

plans = typer.Typer(no_args_is_help=True, help="Plans: how records become rows.", rich_markup_mode=None)

_COLUMNS = ("id", "state", "source", "target", "shape", "fields_bound", "fields_released", "left_empty", "model")
Fields = Annotated[list[str] | None, typer.Option("--field", help="only this field; may be repeated")]


def register(app: typer.Typer) -> None:
    app.add_typer(plans, name="plans")


@plans.command("list")
def list_plans(
    context: typer.Context,
    *,
    source: Annotated[str | None, typer.Option(help="of this source")] = None,
    target: Annotated[str | None, typer.Option(help="into this target")] = None,
    state: Annotated[str | None, typer.Option(help="probation, released, condemned, superseded or refused")] = None,
    limit: Limit = 100,
    cursor: Cursor = None,
    as_json: AsJson = False,
) -> None:
    """List plans, the newest first."""
    from workers.cli.output import print_page, print_table, tell_more

    found = client(context).plans.list(limit=limit, cursor=cursor, source=source, target=target, state=state)
    if as_json:
        print_page(found)
    else:
        print_table([_counted(plan) for plan in found], _COLUMNS, empty="no plans yet")
        tell_more(found)


def _counted(plan: Mapping[str, Any]) -> dict[str, Any]:
    fields = plan.get("fields") or []
    return {
        **plan,
        "fields_bound": len(plan.get("bindings") or []),
        "left_empty": len(plan.get("abstained") or []),
        "fields_released": sum(field.get("state") == "released" for field in fields),
    }


@plans.command("show")
def show_plan(context: typer.Context, plan: int, *, as_json: AsJson = False) -> None:
    """Show how a plan fills each field, and where its audit stands."""
    print_plan(client(context).plans.show(plan), as_json=as_json)


@plans.command("shadow")
def shadow_plan(
    context: typer.Context,
    plan: int,
    *,
    records: Annotated[int, typer.Option(help="accepted records, and rejected ones, at most", min=1)] = 2_000,
    as_json: AsJson = False,
) -> None:
    """Judge stored records of a plan by the gate that is installed now, and tell what would differ. Writes nothing."""
    from workers.cli.output import print_json, print_table

    found = client(context).plans.shadow(plan, records=records)
    if as_json:
        print_json(found)
        return
    versions = ", ".join(f"{version} ({count:,})" for version, count in found["judged_by"].items()) or "none"
    typer.echo(f"gate {found['gate']} beside {versions}: {found['records']:,} records compared")
    if found["missing"]:
        typer.echo(f"{found['missing']:,} more are no longer stored")
    codes = ", ".join(f"{code} {count:,}" for code, count in found["codes"].items())
    typer.echo(f"records it would refuse: {found['refused']:,}" + (f" ({codes})" if codes else ""))
    typer.echo(f"records it would accept that were refused: {found['accepted']:,}\n")
    rows = [{**one, "why": ", ".join(f"{code} {n:,}" for code, n in one["reasons"].items())} for one in found["fields"]]
    print_table(rows, ("name", "same", "changed", "filled", "emptied", "why"), empty="no record was accepted by both")


@plans.command("approve")
def approve(
    context: typer.Context, plan: int, *, field: Fields = None, reason: Reason = "", as_json: AsJson = False
) -> None:
    """Release a plan, or some of its fields, on your word; a condemned plan, or condemned fields that are named, are
    taken back.
    """
    asking = client(context).plans
    before = condemned_of(asking.show(plan))
    found = asking.approve(plan, fields=field, reason=reason)
    print_plan(found, as_json=as_json)
    if not as_json:
        for line in taken_back(plan, before, condemned_of(found)):
            typer.echo(line)


@plans.command("condemn")
def condemn(
    context: typer.Context,
    plan: int,
    *,
    field: Fields = None,
    reason: Reason = "",
    yes: Yes = False,
    as_json: AsJson = False,
) -> None:
    """Withdraw what a plan, or some of its fields, asserted; its records wait for a successor. At a terminal it is
    first said what that would do.
    """
    asking = client(context, patience=60.0).plans
    if not yes:
        ask_first(asking, plan, field)
    found = asking.condemn(plan, fields=field, reason=reason)
    print_plan(found, as_json=as_json)
    if not as_json:
        named = "".join(f" --field {name}" for name in field or ())
        typer.echo(f"\nonce it is withdrawn, this takes it back: assay plans approve {plan}{named}")


@plans.command("rollback")
def rollback(
    context: typer.Context,
    plan: Annotated[int | None, typer.Argument(help="number of the plan")] = None,
    *,
    job: Annotated[int | None, typer.Option(help="what this job wrote, instead of a plan")] = None,
    field: Fields = None,
    reason: Reason = "",
    confirm: Confirm = None,
    yes: Yes = False,
    as_json: AsJson = False,
) -> None:
    """Withdraw what a plan, some of its fields, or a job ever asserted. First it is said what that would do."""
    if (plan is None) == (job is None) or (job is not None and field):
        raise UsageError(
            "name a plan, with --field or without, or a job", hint="assay plans rollback PLAN, or --job JOB"
        )
    if job is not None:
        roll_back_job(context, job, reason=reason, confirm=confirm, yes=yes, as_json=as_json)
        return
    number, asking = plan or 0, client(context, patience=60.0).plans

    def ask(token: str | None) -> Mapping[str, Any]:
        return asking.rollback(number, fields=field, reason=reason, confirm=token)

    show_then_do(ask, what_of(number, field), confirm=confirm, yes=yes, as_json=as_json)


@plans.command("export")
def export(context: typer.Context, plan: int) -> None:
    """Print a plan as a document that `import` takes."""
    typer.echo(json.dumps(client(context).plans.export(plan), ensure_ascii=False, indent=2))


@plans.command("import")
def import_plan(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="as `export` prints it; - for standard input")],
    *,
    as_json: AsJson = False,
) -> None:
    """Take a plan over from another fleet; it is audited here as any other."""
    try:
        document = json.loads(sys.stdin.read() if file == Path("-") else file.read_text(encoding="utf-8"))
    except OSError as error:
        raise UsageError(f"{file} cannot be read: {error.strerror}", hint="name a file, or -") from error
    except ValueError as error:
        raise UsageError(f"{file} holds no plan: {error}", hint="export one with: assay plans export ID") from error
    if not isinstance(document, dict):
        raise UsageError(f"{file} holds no plan", hint="export one with: assay plans export ID")
    print_plan(client(context).plans.import_plan(document), as_json=as_json)
