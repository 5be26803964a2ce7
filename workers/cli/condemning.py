"""Condemning plans from the command line, and taking that back."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import typer

from workers.cli.rollbacks import told, what_of

if TYPE_CHECKING:
    from enrichment.client.decisions import Plans


def ask_first(asking: Plans, plan: int, fields: Sequence[str] | None) -> None:
    """Show a person what withdrawing it would do to rows, and end where that is not wanted. A script is not asked."""
    from workers.cli.asking import agreed, is_person, undone

    if not is_person():
        return
    fallen = condemned_of(asking.show(plan))
    left = None if fields is None else [name for name in fields if name not in fallen]
    if left == []:
        return
    typer.echo(f"{what_of(plan, left)}: {told(asking.rollback(plan, fields=left))}", err=True)
    if not agreed("Condemn it?", yes=False):
        undone(None)


def condemned_of(plan: Mapping[str, Any]) -> list[str]:
    return [one["name"] for one in plan.get("fields") or () if one["state"] == "condemned"]


def taken_back(plan: int, before: Sequence[str], after: Sequence[str]) -> Iterator[str]:
    """What approving did to the fields that were condemned."""
    if back := [name for name in before if name not in after]:
        yield f"\ntaken back: {', '.join(back)}; their records go back through"
    if after:
        named = " ".join(f"--field {name}" for name in after)
        them = "it" if len(after) == 1 else "them"
        yield f"\nleft condemned: {', '.join(after)}; this takes {them} back: assay plans approve {plan} {named}"
