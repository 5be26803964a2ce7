"""`assay demo`."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from workers.cli.exits import Exit
from workers.cli.invocation import invocation

if TYPE_CHECKING:
    from workers.demo.report import Report

#: Columns where nobody says how wide the output is.
_COLUMNS = 100


def demo(
    context: typer.Context,
    *,
    as_json: Annotated[bool, typer.Option("--json", help="print the report as one JSON object")] = False,
    change: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            metavar="NAME:/POINTER=VALUE",
            help="first change a company at the demo's API; without =VALUE take the change back; may be repeated",
        ),
    ] = None,
) -> None:
    """Enrich 1,837 listed companies on this machine, with embedded servers and the offline model, and report."""
    from rich.console import Console

    from workers.demo.live import Progress
    from workers.demo.rendering import render
    from workers.demo.run import run_demo

    def show(report: Report) -> None:
        if as_json:
            sys.stdout.write(json.dumps(report.document(), ensure_ascii=False, default=str) + "\n")
        else:
            render(report, Console(width=None if sys.stdout.isatty() else _COLUMNS))
        sys.stdout.flush()

    said = invocation(context)
    data_dir = Path(said.environ.get("ASSAY_DATA_DIR") or ".assay").absolute()
    progress = Progress(Console(stderr=True))
    report = run_demo(data_dir, os.environ, progress, changes=change or (), on_report=show)
    if not report.succeeded:
        raise typer.Exit(Exit.FAILED)
