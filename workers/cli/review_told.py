"""A question as people read it: who asks, what is asked with all that an answer needs, and the answers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import typer

from workers.cli.output import is_short, print_fields, print_laid_out, print_table
from workers.cli.plan_told import print_bindings, print_left

#: What is said first of a question, in this order.
_FIRST: Final = ("meaning", "message", "hint", "field", "fields", "key", "record_id")


def print_question(review: Mapping[str, Any]) -> None:
    question, answers = review.get("question") or {}, review.get("answers") or {}
    print_fields(review, [name for name in review if name not in {"question", "answers"}])
    if question:
        typer.echo("\nit asks:")
        names = [name for name in _FIRST if name in question]
        names += [name for name in question if name not in names]
        if short := [name for name in names if is_short(question[name])]:
            print_fields(question, short)
        for name in names:
            if name not in short:
                typer.echo(f"\n{name.replace('_', ' ')}:")
                _print_part(name, question[name])
    if answers and review.get("state") == "open":
        typer.echo(f"\nanswer with: assay reviews decide {review['id']} ANSWER --reason …, where ANSWER is one of")
        print_fields(answers, list(answers))


def _print_part(name: str, part: Any) -> None:  # noqa: ANN401 - JSON
    """What takes more than a line."""
    if name == "plan" and "bindings" in part:
        print_bindings(part["bindings"])
        print_left(part.get("abstained") or [])
    elif name == "binding":
        print_bindings([part])
    elif name == "bindings":
        print_bindings(part.values())
    elif name == "diff":
        rows = [{"field": field, **cells} for field, cells in part.items()]
        print_table(rows, ("field", "now", "new"), empty="")
    else:
        print_laid_out(part)
