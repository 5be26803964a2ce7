"""`assay audit report` as people read it: the sentence first, then how it is known, then field by field."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from typing import Any

import typer

from enrichment.audit import statements
from workers.cli.output import print_table

_WIDTH = 100
_COLUMNS = ("field", "cells written", "looked at", "found wrong", "wrong at most", "filled of what the source states")
_LEGEND = (
    "An observation is a record as its source had it at one time; one that changed since counts once more, with its"
    " cells. Cells found wrong were taken out again. 'Wrong at most' holds for each field by itself with 95 %"
    " confidence. The last column says how much of what the source states was filled, as far as the empty cells that"
    " were looked at tell; what is missing there is a gap, not an error."
)


def print_audit(items: Sequence[Mapping[str, Any]]) -> None:
    """One block per target and source."""
    if not items:
        typer.echo("unknown: nothing was audited")
    for entry in items:
        typer.echo(_heading(entry))
        _paragraph(f"{entry['statement']}.")
        for line in statements.explained(entry):
            _paragraph(line)
        if (untold := statements.not_told_apart(entry)) is not None:
            _paragraph(untold)
        for line in statements.moved(entry):
            _paragraph(line)
        typer.echo("")
        print_table([_row(field) for field in entry["fields"]], _COLUMNS, empty="no field was audited")
        typer.echo("")
    if any(entry["fields"] for entry in items):
        _paragraph(_LEGEND, indent="")


def _heading(entry: Mapping[str, Any]) -> str:
    # what stands in the ledger is counted: a row may be the fold of several observations, and of several sources
    many = "observation of a record" if entry["rows"] == 1 else "observations of records"
    return f"{entry['target']} from {entry['source']}: {entry['rows']:,} {many}, {entry['cells']:,} cells written"


def _row(field: Mapping[str, Any]) -> dict[str, str]:
    share = field["wrong_at_most"]
    told = (
        field["name"],
        f"{field['cells']:,}",
        f"{field['audited']:,}",
        f"{field['defects']:,}",
        "unknown" if share is None else statements.at_most(share),
        statements.interval(field["coverage"]),
    )
    return dict(zip(_COLUMNS, told, strict=True))


def _paragraph(text: str, *, indent: str = "  ") -> None:
    typer.echo(textwrap.fill(text, _WIDTH, initial_indent=indent, subsequent_indent=indent, break_on_hyphens=False))
