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
from workers.cli.rollbacks import roll_back_job, show_then_do, what_of
from workers.readings import reading

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
    _print_plan(client(context).plans.show(plan), as_json=as_json)


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
    _print_plan(found, as_json=as_json)
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
    _print_plan(found, as_json=as_json)
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
    except (OSError, ValueError) as error:
        raise UsageError(f"{file} holds no plan: {error}", hint="export one with: assay plans export ID") from error
    if not isinstance(document, dict):
        raise UsageError(f"{file} holds no plan", hint="export one with: assay plans export ID")
    _print_plan(client(context).plans.import_plan(document), as_json=as_json)


def _print_plan(plan: Mapping[str, Any], *, as_json: bool) -> None:
    from workers.cli.output import print_fields, print_json, print_table

    if as_json:
        print_json(plan)
        return
    print_fields(plan, [name for name in ("id", "state", "source", "target", "shape", "model") if name in plan])
    fields = {field["name"]: field for field in plan.get("fields") or []}
    rows = [
        {
            "field": binding["target"],
            "from": " | ".join(reading(one.get("paths"), one.get("ops")) for one in binding["alternatives"]),
            "origin": binding.get("origin"),
            **{name: fields.get(binding["target"], {}).get(name) for name in ("state", "audited", "defects")},
        }
        for binding in plan.get("bindings") or []
    ]
    typer.echo("")
    print_table(rows, ("field", "from", "origin", "state", "audited", "defects"), empty="no field is bound", widest=200)
    _print_evidence(plan.get("evidence") or {})
    _print_shadow(plan.get("shadow"))
    for one in plan.get("drift") or []:
        told = "records that fill it" if one["what"] == "fill" else "values that lie elsewhere"
        typer.echo(f"\n{one['field']} has moved: {told} {one['before']:.0%} before, {one['now']:.0%} at {one['at']}")
    left = plan.get("abstained") or []
    if left:
        typer.echo("\nleft empty: " + ", ".join(f"{one['target']} ({one['reason']})" for one in left))
    recall = plan.get("recall") or {}
    if recall.get("planted"):
        by_fault = ", ".join(f"{one['fault']} {one['seen']}/{one['planted']}" for one in recall["faults"])
        typer.echo(
            f"\nthe auditor saw {recall['seen']} of {recall['planted']} planted defects"
            f" (recall {recall['at_least']:.2f} to {recall['at_most']:.2f}): {by_fault}"
        )


def _print_shadow(shadow: Mapping[str, Any] | None) -> None:
    """Say how a successor compares with the plan in force, over stored records."""
    if shadow is None:
        return
    filled = {one["name"]: one["filled"] for one in shadow["fields"] if one["filled"]}
    gains = ", ".join(f"{name} in {count:,}" for name, count in filled.items()) or "nothing"
    typer.echo(f"\nbeside the plan before it, over {shadow['records']:,} stored records: it newly fills {gains}")
    for told in shadow["unexplained"]:
        typer.echo(f"  not explained: {told}")


def _print_evidence(evidence: Mapping[str, Any]) -> None:
    """Say what speaks for and against each binding, and which of them no record tells from another source."""
    for name, one in evidence.items():
        typer.echo(f"\n{name}: weight of evidence {one['weight']:.2f}")
        for heard in one["signals"]:
            typer.echo(f"  {heard['signal'].replace('_', ' '):<15}{heard['value']:+.2f}  {heard['words']}")
        for rival in one["rivals"]:
            told = f"gives another value in {rival['differs']} of {rival['common']} records"
            typer.echo(f"  rival {rival['path']} (weight {rival['weight']:.2f}) {told}")
    untold = {name: one["untold"] for name, one in evidence.items() if one.get("untold")}
    if untold:
        named = ", ".join(f"{name} (or {', '.join(paths)})" for name, paths in untold.items())
        typer.echo(f"\nno sampled record tells these from another source: {named}")
