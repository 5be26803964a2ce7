"""`assay explain` of one cell as people read it: where its value came from, and what stood there before."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import typer

from enrichment.readings import reading
from workers.cli.output import print_fields, print_table, short_time

_FIELDS = (
    "target",
    "key",
    "field",
    "value",
    "reason",
    "source_text",
    "source",
    "record_id",
    "paths",
    "ops",
    "plan",
    "job",
    "verdict",
    "audit",
    "written_at",
)
_PAST = ("value", "state", "source", "record", "observation", "version", "plan", "job", "written_at", "withdrawn")


def print_cell(cell: Mapping[str, Any]) -> None:
    """What is known of a cell; then its other assertions under their titles, the newest first."""
    shown = {
        **cell,
        "paths": ", ".join(cell.get("paths") or []) or None,
        "ops": reading(None, cell.get("ops")) or None,
        "audit": _audit(cell.get("audit")),
    }
    print_fields(shown, _FIELDS)
    if issue := cell.get("issue"):
        typer.echo(f"\nrejected: {_issue(issue)}")
    if where := cell.get("where"):
        typer.echo(f"\nnot in the table: {_where(where)}")
    if proposed := cell.get("proposed"):
        typer.echo(f"\n{proposed['source']} says otherwise: {proposed['value']}")
    if history := cell.get("history"):
        typer.echo("\nwhat else was asserted of this cell, the newest first:")
        print_table([_past(one) for one in history], _PAST, empty="")


def _audit(audit: Mapping[str, Any] | None) -> str | None:
    if audit is None:
        return None
    state = "on probation" if audit.get("state") == "probation" else audit.get("state")
    told = f"the field is {state}" if state else "the field was never tested"
    told += f": {audit['audited']:,} cells audited, {audit['defects']:,} found wrong"
    if audit.get("verdict"):
        told += f"; this cell is {audit['verdict']} by {audit['auditor']}, {short_time(audit['judged_at'])}"
    if (planted := audit.get("planted", 0)) and 2 * audit["seen"] < planted:
        # Whatever it supported: it would have supported anything.
        told += f"; that auditor is blind: of {planted:,} known defects it saw {audit['seen']:,}"
    return told


def _issue(issue: Mapping[str, Any]) -> str:
    of = f"{issue['field']}: " if issue.get("field") else ""
    return f"{of}{issue.get('rule')}" + (f" ({issue['message']})" if issue.get("message") else "")


def _where(where: Mapping[str, Any]) -> str:
    told = f"record {where['record_id']} of {where['source']} is {str(where['state']).replace('_', ' ')}"
    told += f" ({where['code']})" if where.get("code") else ""
    for name, command in (("letter", "assay dlq show"), ("review", "assay reviews show"), ("job", "assay jobs")):
        if where.get(name):
            return f"{told}; see: {command} {where[name]}"
    return told


def _past(entry: Mapping[str, Any]) -> dict[str, Any]:
    withdrawn = " ".join(
        part for part in (short_time(entry.get("voided_at")), str(entry.get("void_reason") or "")) if part
    )
    return {**entry, "record": entry.get("record_id"), "withdrawn": withdrawn or None}
