"""`assay freeze` and `assay thaw`: the kill switch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

import typer

from workers.cli.calling import AsJson, client

_COLUMNS = ("source", "reason", "by", "since")

Source = Annotated[str | None, typer.Option(help="only this source; default: the whole fleet")]


def register(app: typer.Typer) -> None:
    app.command("freeze")(freeze)
    app.command("thaw")(thaw)


def freeze(
    context: typer.Context,
    *,
    reason: Annotated[str, typer.Option(help="why; shown wherever somebody asks why nothing moves")],
    source: Source = None,
    as_json: AsJson = False,
) -> None:
    """Stop all writing to targets and all calls of models, at once. Fetching and checking go on; nothing is lost."""
    _print(client(context).freezes.freeze(reason=reason, source=source), as_json=as_json)


def thaw(context: typer.Context, *, source: Source = None, as_json: AsJson = False) -> None:
    """Let what was frozen go on."""
    _print(client(context).freezes.thaw(source=source), as_json=as_json)


def _print(found: Sequence[Mapping[str, Any]], *, as_json: bool) -> None:
    from workers.cli.output import print_page, print_table

    if as_json:
        print_page(found)
    else:
        shown = [{**one, "source": one["source"] or "(the whole fleet)"} for one in found]
        print_table(shown, _COLUMNS, empty="nothing is frozen")
