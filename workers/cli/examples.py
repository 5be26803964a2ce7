"""What help texts show at their ends: commands as people type them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import typer

#: Command -> lines that can be run as they stand, but for the names in them.
EXAMPLES: Final[Mapping[str, Sequence[str]]] = {
    "submit": (
        "assay submit crm company --limit 100 --dry-run",
        "assay submit crm company --estimate",
        "assay submit crm company --missing employee_count --wait",
        "assay submit pushed company --records companies.jsonl --idempotency-key monday",
    ),
    "explain": ("assay explain company Siemens employee_count", """assay explain seat '["Siemens", "Munich"]'"""),
    "report-defect": ("assay report-defect company Siemens employee_count --reason 'it is the revenue'",),
    "freeze": ("assay freeze --source crm --reason 'their export is broken'",),
    "jobs rollback": ("assay jobs rollback 17 --reason 'the wrong file'",),
    "dlq list": ("assay dlq list --job 17", "assay dlq list --code out_of_range --field founded_year"),
    "dlq replay": (
        "assay dlq replay 4 5",
        "assay dlq replay --code source_unreachable --refetch --wait",
        "assay dlq replay --source crm --dry-run",
    ),
    "dlq discard": ("assay dlq discard --job 17 --code key_missing --reason 'headings of the export'",),
    "plans approve": ("assay plans approve 3 --field city --reason 'compared with the register'",),
    "plans condemn": ("assay plans condemn 3 --field city --reason 'it is the district'",),
    "plans rollback": ("assay plans rollback 3", "assay plans rollback --job 17"),
    "plans import": ("assay plans export 3 > plan.json", "assay plans import plan.json"),
    "reviews decide": ("assay reviews show 8", "assay reviews decide 8 approve --reason 'asked the owner'"),
    "budget raise": ("assay budget raise job 17 --tokens 50000", "assay budget raise day --money 5.00"),
    "keys create": ("assay keys create nightly-import", "assay keys create ana --role admin"),
}


def show_in(app: typer.Typer, *words: str) -> None:
    """Put the examples behind the help of their commands."""
    for command in app.registered_commands:
        if lines := EXAMPLES.get(" ".join((*words, command.name or ""))):
            command.epilog = "\b\nExamples:\n" + "\n".join(f"  {line}" for line in lines)
    for group in app.registered_groups:
        if group.typer_instance is not None:
            show_in(group.typer_instance, *words, group.name or "")
