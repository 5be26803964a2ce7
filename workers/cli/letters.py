"""`assay dlq`: what was given up on, tried again or given up for good."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any

import typer

from workers.cli.calling import AsJson, Confirm, Cursor, Limit, Reason, Yes, client

if TYPE_CHECKING:
    from enrichment.client import Job as RunningJob

dlq = typer.Typer(no_args_is_help=True, help="Dead letters: records that were given up on.", rich_markup_mode=None)

#: What is shown below the other fields of a letter, each in a form of its own.
_APART = frozenset({"issues", "record", "text"})
_COLUMNS = ("id", "state", "code", "stage", "source", "target", "record_id", "job", "replays", "created_at")

Ids = Annotated[list[int] | None, typer.Argument(help="letters; else those that the filters find")]
Job = Annotated[int | None, typer.Option(help="of this job")]
Source = Annotated[str | None, typer.Option(help="of this source")]
Target = Annotated[str | None, typer.Option(help="into this target")]
Stage = Annotated[str | None, typer.Option(help="given up in this stage")]
Code = Annotated[str | None, typer.Option(help="with this reason code")]
Field = Annotated[str | None, typer.Option(help="with an issue of this field")]
State = Annotated[str | None, typer.Option(help="open, replaying, resolved, discarded or permanent")]
Everything = Annotated[bool, typer.Option("--all", help="all open letters")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="say what would happen and do nothing")]


def register(app: typer.Typer) -> None:
    app.add_typer(dlq, name="dlq")


@dlq.command("list")
def listing(  # noqa: PLR0913 - each option is an argument
    context: typer.Context,
    *,
    job: Job = None,
    source: Source = None,
    target: Target = None,
    stage: Stage = None,
    code: Code = None,
    field: Field = None,
    state: State = None,
    limit: Limit = 100,
    cursor: Cursor = None,
    as_json: AsJson = False,
) -> None:
    """List dead letters, the newest first."""
    from workers.cli.output import print_page, print_table, tell_more

    filters = {
        "job": job,
        "source": source,
        "target": target,
        "stage": stage,
        "code": code,
        "field": field,
        "state": state,
    }
    found = client(context).dead_letters.list(limit=limit, cursor=cursor, **filters)
    if as_json:
        print_page(found)
    else:
        print_table(found, _COLUMNS, empty="no dead letters")
        tell_more(found)


@dlq.command("show")
def show(context: typer.Context, letter: int, *, as_json: AsJson = False) -> None:
    """Show a dead letter with its issues, and the record or text behind it."""
    from workers.cli.output import print_json

    found = client(context).dead_letters.show(letter)
    if as_json:
        print_json(found)
    else:
        print_letter(found)


def print_letter(letter: Mapping[str, Any]) -> None:
    """What is known of a letter; then, issue by issue, what stood where it arose; then the record as a whole."""
    from workers.cli.output import print_document, print_fields, print_text

    print_fields(letter, [name for name in letter if name not in _APART])
    for number, issue in enumerate(letter["issues"], start=1):
        typer.echo(f"\nissue {number} of {len(letter['issues'])}:")
        print_fields(_told(issue), list(issue))
    if letter.get("record") is not None:
        typer.echo("\nthe record:")
        print_document(letter["record"])
    if letter.get("text") is not None:
        typer.echo("\nwhat stood there:")
        print_text(letter["text"])


def _told(issue: Mapping[str, Any]) -> dict[str, Any]:
    paths, texts = issue.get("paths"), issue.get("source_text")
    shown = dict(issue)
    if paths is not None:
        shown["paths"] = ", ".join(paths) or None
    if texts is not None and len(texts) <= 1:
        shown["source_text"] = texts[0] if texts else None
    return shown


@dlq.command("stats")
def stats(
    context: typer.Context,
    *,
    job: Job = None,
    source: Source = None,
    target: Target = None,
    state: State = None,
    as_json: AsJson = False,
) -> None:
    """Count dead letters by stage, code, shape and field, each with an example."""
    from workers.cli.output import print_json, print_table

    found = client(context).dead_letters.stats(job=job, source=source, target=target, state=state)
    if as_json:
        print_json(found)
        return
    rows = found.get("items", [])
    print_table(rows, list(rows[0]) if rows else [], empty="no dead letters")


@dlq.command("replay")
def replay(  # noqa: PLR0913 - each option is an argument
    context: typer.Context,
    ids: Ids = None,
    *,
    job: Job = None,
    source: Source = None,
    target: Target = None,
    stage: Stage = None,
    code: Code = None,
    field: Field = None,
    everything: Everything = False,
    refetch: Annotated[bool, typer.Option("--refetch", help="ask the source again")] = False,
    dry_run: DryRun = False,
    wait: Annotated[bool, typer.Option("--wait", help="until the jobs that try again have ended")] = False,
    confirm: Confirm = None,
    yes: Yes = False,
    as_json: AsJson = False,
) -> None:
    """Try dead letters again, as new jobs over their stored payloads."""
    from workers.cli.asking import agreed, undone
    from workers.cli.job_told import print_job
    from workers.cli.jobs import outcome
    from workers.cli.output import many, print_json

    letters = client(context).dead_letters
    filters = _filters(job=job, source=source, target=target, stage=stage, code=code, field=field)
    asked: dict[str, Any] = {"ids": ids, "everything": everything, "refetch": refetch, **filters}
    would = done = letters.replay(**asked, dry_run=True)
    token = confirm or would.get("confirm")
    what = f"{would.get('replayable')} of {many(would.get('matched'), 'letter')} can be tried again. Go on?"
    go_on = not dry_run and (confirm is not None or agreed(what, yes=yes, needed=token is not None))
    ended: list[RunningJob] = []
    if go_on:
        done = letters.replay(**asked, confirm=token)
        ended = done.wait() if wait else []
    if as_json:
        print_json(done)
    else:
        _tell_replay(done)
        for one in ended:
            print_job(one.document)
    if not go_on and not dry_run:
        undone(token)
    if ended:
        raise typer.Exit(max(outcome(one.state) for one in ended))


def _tell_replay(done: dict[str, Any]) -> None:
    from workers.cli.output import many, print_table

    typer.echo(f"{done.get('replayable')} of {many(done.get('matched'), 'letter')}; jobs: {_listed(done.get('jobs'))}")
    if done.get("refused"):
        print_table(done["refused"], list(done["refused"][0]), empty="")


@dlq.command("discard")
def discard(  # noqa: PLR0913 - each option is an argument
    context: typer.Context,
    ids: Ids = None,
    *,
    reason: Reason,
    job: Job = None,
    source: Source = None,
    target: Target = None,
    stage: Stage = None,
    code: Code = None,
    field: Field = None,
    everything: Everything = False,
    dry_run: DryRun = False,
    confirm: Confirm = None,
    yes: Yes = False,
    as_json: AsJson = False,
) -> None:
    """Give dead letters up for good; their job counts them as discarded."""
    from workers.cli.asking import agreed, undone
    from workers.cli.output import many, print_fields, print_json

    letters = client(context).dead_letters
    filters = _filters(job=job, source=source, target=target, stage=stage, code=code, field=field)
    asked: dict[str, Any] = {"ids": ids, "everything": everything, "reason": reason, **filters}
    would = done = letters.discard(**asked, dry_run=True)
    token = confirm or would.get("confirm")
    what = f"{many(would.get('matched'), 'letter')} would be discarded. Go on?"
    go_on = not dry_run and (confirm is not None or agreed(what, yes=yes, needed=token is not None))
    if go_on:
        done = letters.discard(**asked, confirm=token)
    if as_json:
        print_json(done)
    else:
        print_fields(done, [name for name in done if name != "confirm"])
    if not go_on and not dry_run:
        undone(token)


@dlq.command("reopen")
def reopen(context: typer.Context, letter: int, *, reason: Reason, as_json: AsJson = False) -> None:
    """Give a permanent or discarded letter another chance."""
    from workers.cli.output import print_fields, print_json

    found = client(context).dead_letters.reopen(letter, reason=reason)
    if as_json:
        print_json(found)
    else:
        print_fields(found, ("id", "state", "code"))


def _filters(**given: object) -> dict[str, Any]:
    return {name: value for name, value in given.items() if value is not None}


def _listed(jobs: object) -> str:
    return ", ".join(map(str, jobs)) if isinstance(jobs, list) and jobs else "none"
