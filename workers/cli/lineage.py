"""`assay explain` and `assay audit report`: where a value came from, and how far it can be trusted."""

from __future__ import annotations

from typing import Annotated

import typer

from workers.cli.calling import AsJson, client

audit = typer.Typer(no_args_is_help=True, help="The audit: an independent second look.", rich_markup_mode=None)


def register(app: typer.Typer) -> None:
    app.command("explain")(explain)
    app.add_typer(audit, name="audit")


def explain(
    context: typer.Context,
    target: Annotated[str, typer.Argument(help="a configured target")],
    key: Annotated[str, typer.Argument(help="the row's identity; of several fields a JSON list")],
    field: Annotated[str | None, typer.Argument(help="one cell; else all of the row")] = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Show where a cell's value came from, or why it is empty."""
    from workers.cli.explained import print_cell
    from workers.cli.output import print_json, print_page, print_table

    found = client(context).explain(target, key, field)
    if as_json:
        print_json(found) if field is not None else print_page(found)
    elif field is None:
        cells = [{**cell, "paths": ", ".join(cell.get("paths") or []) or None} for cell in found]
        print_table(cells, ("field", "value", "reason", "source_text", "paths", "plan"), empty="nothing is known of it")
    else:
        print_cell(found)


@audit.command("report")
def report(context: typer.Context, *, as_json: AsJson = False) -> None:
    """Say, per target and source, how many of the cells written are wrong at most; unknown where none was audited."""
    from workers.cli.audit_report import print_audit
    from workers.cli.output import print_json

    found = client(context).audit_report()
    if as_json:
        print_json(found)
        return
    print_audit(found.get("items") or [])
