"""`assay reviews`: what the fleet asks of a person."""

from __future__ import annotations

import json
from contextlib import nullcontext
from pathlib import Path
from typing import Annotated, TextIO

import typer

from schemas.errors import UsageError
from workers.cli.calling import AsJson, Cursor, Limit, Reason, client

reviews = typer.Typer(no_args_is_help=True, help="Reviews: what only a person can decide.", rich_markup_mode=None)

_COLUMNS = ("id", "state", "subject", "rule", "rows", "source", "target", "created_at", "asks")


def register(app: typer.Typer) -> None:
    app.add_typer(reviews, name="reviews")


@reviews.command("list")
def list_reviews(
    context: typer.Context,
    *,
    state: Annotated[str, typer.Option(help="open, decided or expired")] = "open",
    limit: Limit = 100,
    cursor: Cursor = None,
    each: Annotated[bool, typer.Option("--each", help="also those that the answer to another one settles")] = False,
    as_json: AsJson = False,
) -> None:
    """List questions, the newest first; `rows` says how many rows an answer is for."""
    from workers.cli.output import print_page, print_table, tell_more

    found = client(context).reviews.list(state=state, limit=limit, cursor=cursor, each=each)
    if as_json:
        print_page(found)
    else:
        shown = [{**one, "asks": (one.get("question") or {}).get("meaning")} for one in found]
        print_table(shown, _COLUMNS, empty="nothing to decide", widest=100)
        tell_more(found)


@reviews.command("show")
def show_review(context: typer.Context, review: int, *, as_json: AsJson = False) -> None:
    """Show a question and what is needed to answer it."""
    from workers.cli.output import print_json
    from workers.cli.review_told import print_question

    found = client(context).reviews.show(review)
    if as_json:
        print_json(found)
    else:
        print_question(found)


@reviews.command("decide")
def decide(
    context: typer.Context,
    review: int,
    decision: Annotated[str, typer.Argument(help="one of the answers that the question names")],
    *,
    content_hash: Annotated[str | None, typer.Option(help="answer only if it still asks about this content")] = None,
    reason: Reason = "",
    as_eval: Annotated[Path | None, typer.Option(help="add the decision to this file of eval cases")] = None,
    as_json: AsJson = False,
) -> None:
    """Answer a question, once. Without --content-hash it is answered as it is asked now."""
    from workers.cli.output import print_fields, print_json

    asking = client(context).reviews
    # An answer is given once: a file that cannot be written is found before.
    with nullcontext() if as_eval is None else _cases(as_eval) as cases:
        seen = content_hash or asking.show(review)["content_hash"]
        found = asking.decide(review, decision, content_hash=seen, reason=reason or None)
        if cases is not None:
            cases.write(json.dumps(asking.eval_case(review), ensure_ascii=False) + "\n")
    if as_json:
        print_json(found)
    else:
        print_fields(found, ("id", "state", "decision", "subject", "rule"))


@reviews.command("export-eval")
def export_eval(context: typer.Context, review: int) -> None:
    """Print a decision as an eval case, one line of a file that `assay eval` takes."""
    typer.echo(json.dumps(client(context).reviews.eval_case(review), ensure_ascii=False))


def _cases(file: Path) -> TextIO:
    """
    Raises:
        UsageError: it cannot be written.
    """
    try:
        return file.open("a", encoding="utf-8")
    except OSError as error:
        raise UsageError(f"{file} cannot be written: {error.strerror}", hint="name a file for eval cases") from error
