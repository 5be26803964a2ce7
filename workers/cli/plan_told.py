"""A plan as people read it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import typer

from enrichment.readings import reading


def print_plan(plan: Mapping[str, Any], *, as_json: bool) -> None:
    """A plan with how each field is filled, where its audit stands, and what speaks for it."""
    from workers.cli.output import print_fields, print_json

    if as_json:
        print_json(plan)
        return
    print_fields(plan, [name for name in ("id", "state", "source", "target", "shape", "model") if name in plan])
    typer.echo("")
    print_bindings(plan.get("bindings") or [], plan.get("fields") or [])
    _print_evidence(plan.get("evidence") or {})
    _print_shadow(plan.get("shadow"))
    for one in plan.get("drift") or []:
        told = "records that fill it" if one["what"] == "fill" else "values that lie elsewhere"
        typer.echo(f"\n{one['field']} has moved: {told} {one['before']:.0%} before, {one['now']:.0%} at {one['at']}")
    print_left(plan.get("abstained") or [])
    recall = plan.get("recall") or {}
    if recall.get("planted"):
        by_fault = ", ".join(f"{one['fault']} {one['seen']}/{one['planted']}" for one in recall["faults"])
        typer.echo(
            f"\nthe auditor saw {recall['seen']} of {recall['planted']} planted defects"
            f" (recall {recall['at_least']:.2f} to {recall['at_most']:.2f}): {by_fault}"
        )


def print_bindings(bindings: Iterable[Mapping[str, Any]], fields: Iterable[Mapping[str, Any]] = ()) -> None:
    """How each field is filled, and where its audit stands, as far as that is known."""
    from workers.cli.output import print_table

    standing = {field["name"]: field for field in fields}
    columns = ["field", "from", "origin"]
    if standing:
        columns += ["state", "audited", "defects"]
    # looked at, and not decided: where there are any, audited and defects do not tell what was done
    if any(field.get("unsure") for field in standing.values()):
        columns.append("unsure")
    rows = [
        {
            **standing.get(binding["target"], {}),
            "field": binding["target"],
            "from": " | ".join(reading(one.get("paths"), one.get("ops")) for one in binding["alternatives"]),
            "origin": binding.get("origin"),
        }
        for binding in bindings
    ]
    print_table(rows, columns, empty="no field is bound", widest=200)


def print_left(abstained: Sequence[Mapping[str, Any]]) -> None:
    if abstained:
        typer.echo("\nleft empty: " + ", ".join(f"{one['target']} ({one['reason']})" for one in abstained))


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
