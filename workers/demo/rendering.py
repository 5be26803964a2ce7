"""The report as a person reads it: 80 columns are enough, and nothing is said by colour alone."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any, Final

from rich.box import SIMPLE_HEAD
from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from enrichment.readings import reading
from workers.demo.report import Document, Report

_QUIET: Final = "dim"
_HEAD: Final = "bold"
_GOOD: Final = "green"
_BAD: Final = "bold red"
#: Characters of a value out of a source that are shown.
_LONGEST: Final = 160


def render(report: Report, console: Console) -> None:
    """Print the whole report."""
    for part in (
        _summary(report),
        _fill(report),
        *(_plan(plan) for plan in report.in_force),
        _letters(report),
        *(_explained(one) for one in report.explained),
        _addresses(report),
        _next(report),
    ):
        console.print(part)
        console.print()


def _summary(report: Report) -> RenderableType:
    job, counts = report.job, report.job["counts"]
    ends = {name: n for name, n in report.ends.items() if n or name in {"written", "unchanged", "dead"}}
    said = " + ".join(f"{name.replace('_', ' ')} {n:,}" for name, n in ends.items())
    verdict = Text(" (adds up)", _GOOD) if report.adds_up else Text(f" (is {sum(report.ends.values()):,})", _BAD)
    calls, tokens = job["calls"], job["tokens"]
    rate = counts["accepted"] / report.seconds.run if report.seconds.run else 0.0
    lines = [
        ("conservation", Text(f"accepted {counts['accepted']:,} = {said}") + verdict),
        ("job", Text(f"{job['id']}: {job['source']} into {job['target']}, {job['state']}")),
        ("rows", Text(f"{report.fill.rows:,} in table {job['target']}, {len(report.fill.filled)} columns")),
        ("shapes", Text(f"{report.shapes}, plans in force {len(report.in_force)}; bindings by {_origins(report)}")),
        (
            "model calls",
            Text(
                f"planning {calls['planning']}, audit {calls['audit']}; "
                f"tokens {tokens['input']:,} in, {tokens['output']:,} out; "
                f"cost {job['cost'] if job['cost'] is not None else 'none'}"
                f"{', ' + job['cost_per_written'] + ' a written record' if job.get('cost_per_written') else ''}"
            ),
        ),
        ("model", Text(report.model)),
        ("time", Text(f"set-up {report.seconds.set_up:.1f} s, run {report.seconds.run:.1f} s ({rate:,.0f} records/s)")),
    ]
    if report.changed:
        lines.append(("changed", Text("; ".join(_plain(one) for one in report.changed))))
    return Group(_title("Assay demo"), _pairs(lines))


def _origins(report: Report) -> str:
    return ", ".join(f"{origin} {n}" for origin, n in sorted(report.origins.items())) or "nobody"


def _fill(report: Report) -> RenderableType:
    table = _table("field", ">filled", ">share", "left empty, and why")
    for name, filled in report.fill.filled.items():
        reasons = ", ".join(f"{one.reason} {one.cells:,}" for one in report.empty if one.field == name)
        share = f"{filled / report.fill.rows:.1%}" if report.fill.rows else "-"
        table.add_row(name, f"{filled:,}", share, Text(reasons, _QUIET))
    return Group(_title("Fill per field"), table)


def _plan(plan: Document) -> RenderableType:
    table = _table("field", "read from", "by", "audit")
    states = {one["name"]: one for one in plan["fields"]}
    for binding in plan["bindings"]:
        name = binding["target"]
        table.add_row(name, _reading(binding["alternatives"]), binding["origin"], _audit(states.get(name)))
    for one in plan["abstained"]:
        table.add_row(one["target"], Text(f"left empty: {one['reason']}", _QUIET), "", "")
    return Group(_title(f"Plan {plan['id']} of shape {plan['shape']}: {plan['state']} (audit: wrong/looked at)"), table)


def _reading(alternatives: Sequence[Document]) -> Text:
    return Text("\n").join(
        Text("else " if place else "") + Text(reading(one["paths"], one["ops"]))
        for place, one in enumerate(alternatives)
    )


def _audit(field: Document | None) -> Text:
    if field is None:
        return Text("-")
    style = {"released": _GOOD, "condemned": _BAD}.get(field["state"], "yellow")
    return Text(field["state"], style) + Text(f" {field['defects']}/{field['audited']}", _QUIET)


def _letters(report: Report) -> RenderableType:
    if not report.letters:
        return Group(_title("Dead letters"), _indented(Text("none")))
    table = _table("code", ">count", "example")
    for group in report.letters:
        example = group.example
        issue = next((one["message"] for one in example["issues"]), "")
        table.add_row(
            group.code, f"{group.count:,}", f"{example['id']}: {_plain(example['record_id'])}: {_plain(issue)}"
        )
    return Group(_title("Dead letters"), table)


def _explained(cell: Document) -> RenderableType:
    value = cell["value"]
    lines = [
        ("value", Text(f"empty: {cell['reason']}" if value is None else _plain(value), _HEAD) + _about(cell)),
        ("source text", Text(_plain(cell["source_text"]))),
        ("read by", Text(reading(cell["paths"], cell["ops"]) or "-")),
        ("plan", Text(f"{_plain(cell['plan'])}, bound by {_plain(cell['origin'])}; job {_plain(cell['job'])}")),
        ("gate", Text(_plain(cell["verdict"]))),
        ("audit", Text(_looked_at(cell["audit"]))),
        ("written", Text(_plain(cell["written_at"]))),
    ]
    return Group(_title(f"One cell: {_plain(cell['key'])}, {cell['field']}"), _pairs(lines))


def _about(cell: Document) -> Text:
    return Text(" (the source says about)", _QUIET) if cell["approximate"] else Text()


def _looked_at(audit: Document | None) -> str:
    if audit is None:
        return "-"
    verdict = f"this cell was found {audit['verdict']}" if audit["verdict"] else "this cell was not in the sample"
    return f"{verdict}; the field is {audit['state']}, {audit['defects']} wrong of {audit['audited']} looked at"


def _addresses(report: Report) -> RenderableType:
    lines = [(name, Text(url)) for name, url in report.urls.items()]
    return Group(_title(f"Addresses (while the fleet runs; Flower asks for {report.login})"), _pairs(lines))


def _next(report: Report) -> RenderableType:
    lines: list[RenderableType] = []
    for one in report.next:
        lines += [Text(one.command, _HEAD), Padding(Text(one.shows, _QUIET), (0, 0, 0, 4))]
    return Group(_title("What to type next"), _indented(Group(*lines)))


def _title(text: str) -> Text:
    return Text(text, f"{_HEAD} cyan")


def _indented(what: RenderableType) -> RenderableType:
    return Padding(what, (0, 0, 0, 2))


def _pairs(lines: Iterable[tuple[str, Text]]) -> RenderableType:
    grid = Table.grid(padding=(0, 2))
    grid.add_column(style=_QUIET, no_wrap=True)
    grid.add_column(overflow="fold")
    for name, text in lines:
        grid.add_row(name, text)
    return _indented(grid)


def _table(*columns: str) -> Table:
    table = Table(box=SIMPLE_HEAD, pad_edge=False, show_edge=False, header_style=_QUIET, padding=(0, 1, 0, 0))
    for column in columns:
        right = column.startswith(">")
        table.add_column(column.lstrip(">"), justify="right" if right else "left", overflow="fold", no_wrap=right)
    return table


def _plain(value: Any) -> str:  # noqa: ANN401 - any JSON value
    """A value on one line; what a source wrote must not move the cursor or colour the terminal."""
    if value is None:
        return "-"
    text = f"{value:f}" if isinstance(value, Decimal) else str(value)
    text = "".join(c if c.isprintable() else " " for c in text)
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
