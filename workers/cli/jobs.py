"""`assay submit` and `assay jobs`."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperGroup

from schemas.errors import UsageError
from workers.cli import rollbacks
from workers.cli.calling import AsJson, Cursor, Limit, client
from workers.cli.exits import Exit
from workers.cli.record_lines import lines_of

if TYPE_CHECKING:
    from enrichment.client import Job

_COLUMNS = (
    "id",
    "state",
    "source",
    "target",
    "counts.accepted",
    "counts.written",
    "counts.unchanged",
    "counts.held",
    "counts.review",
    "counts.dead",
    "created_at",
    "waits_for",
)
#: Seconds between two looks at the progress; longer than a job has to stay blocked to count as such.
_STEP = 4.0


class _JobsGroup(TyperGroup):
    """`assay jobs 17` is `assay jobs show 17`."""

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:  # noqa: ANN401 - types of typer's own copy of click
        return super().resolve_command(ctx, ["show", *args] if args and args[0].isdigit() else args)


jobs = typer.Typer(
    cls=_JobsGroup, invoke_without_command=True, help="List jobs; `assay jobs ID` shows one.", rich_markup_mode=None
)


def register(app: typer.Typer) -> None:
    app.command("submit")(submit)
    jobs.command("rollback")(rollbacks.rollback)
    app.add_typer(jobs, name="jobs")


def submit(  # noqa: PLR0913 - each option is an argument
    context: typer.Context,
    source: Annotated[str, typer.Argument(help="a configured source")],
    target: Annotated[str, typer.Argument(help="a configured target")],
    *,
    limit: Annotated[int | None, typer.Option(help="at most so many records", min=1)] = None,
    ids: Annotated[
        list[str] | None, typer.Option(help="only these records; repeat it, or separate by commas (,, within an id)")
    ] = None,
    missing: Annotated[str | None, typer.Option(help="only records behind rows where this field is empty")] = None,
    refresh: Annotated[bool, typer.Option("--refresh", help="also records that have not changed")] = False,
    estimate: Annotated[
        bool, typer.Option("--estimate", help="only say what it would cost: sample the source, start nothing")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="stop before anything is written; show 20 rows")] = False,
    priority: Annotated[
        int, typer.Option(help="each step doubles its share beside other jobs; none is starved", min=-10, max=10)
    ] = 0,
    records: Annotated[
        Path | None, typer.Option(help="JSON lines to send to an inline source; - reads standard input")
    ] = None,
    idempotency_key: Annotated[str | None, typer.Option(help="the same key and body give the same job")] = None,
    wait: Annotated[bool, typer.Option("--wait", help="until the job has ended")] = False,
    timeout: Annotated[float | None, typer.Option(help="seconds to wait at most", min=0)] = None,
    as_json: AsJson = False,
) -> None:
    """Ask for records of a source to be enriched into a target."""
    from workers.cli.job_told import print_job
    from workers.cli.output import print_json

    if estimate:
        from workers.cli.estimate import show_estimate

        if missing is not None:
            raise UsageError("an estimate does not know which cells are empty", hint="leave out --missing")
        sent = None if records is None else lines_of(records)
        show_estimate(context, source, target, records=sent, limit=limit, ids=split(ids), as_json=as_json)
        return
    asking = client(context, patience=60.0)
    job = asking.submit(
        source=source,
        target=target,
        records=None if records is None else lines_of(records),
        limit=limit,
        ids=split(ids),
        missing=missing,
        refresh=refresh,
        dry_run=dry_run,
        priority=priority,
        idempotency_key=idempotency_key,
    )
    # A dry run without its rows would show nothing.
    if wait or dry_run:
        if not as_json:
            typer.echo(f"job {job.id}", err=True)
        watch(job, timeout)
    if as_json:
        print_json(job.document)
    elif wait or dry_run:
        print_job(job.document)
    else:
        typer.echo(f"job {job.id} is {job.state}; see it with: assay jobs {job.id}")
    if wait or dry_run:
        raise typer.Exit(outcome(job.state))


def split(values: list[str] | None) -> list[str] | None:
    """Ids that were repeated or separated by commas. An id with a comma in it is escaped as two of them.

    Raises:
        UsageError: they name none, as a variable that is empty does, or one is no UTF-8.
    """
    if values is None:
        return None
    marked = [value.replace(",,", "\0").split(",") for value in values]
    found = [part.replace("\0", ",").strip() for parts in marked for part in parts if part.strip()]
    if not found:
        raise UsageError("--ids names no id", hint="leave it out to read all there is")
    if odd := [one for one in found if not one.isascii() and one != one.encode(errors="replace").decode()]:
        raise UsageError(f"the id {odd[0]!r} is not UTF-8", hint="give ids as the source writes them, in UTF-8")
    return found


def outcome(state: str) -> Exit:
    """Done is success; blocked waits for a person; anything else did not do everything."""
    return {"done": Exit.OK, "blocked": Exit.TRY_AGAIN}.get(state, Exit.FAILED)


def watch(job: Job, timeout: float | None) -> None:
    """Wait until it has ended or only a person can go on, and show how far it is.

    Raises:
        TransientError: it has not ended within `timeout` seconds (`timeout`); it goes on.
    """
    from schemas.errors import TransientError
    from workers.cli.progress import watching

    left, told = timeout, set[tuple[str, str]]()
    with _interruptible(job), watching(lambda: job.counts) as look:
        while left is None or left > 0:
            step = _STEP if left is None else min(_STEP, left)
            left = None if left is None else left - step
            try:
                job.wait(timeout=step)
            except TransientError as error:
                if error.code != "timeout":
                    raise
                look()
                _tell_waits(job, told)
            else:
                look()
                return
    raise TransientError(
        f"job {job.id} is {job.state} after {timeout:g} s", hint=f"it goes on; see: assay jobs {job.id}", code="timeout"
    )


def _tell_waits(job: Job, told: set[tuple[str, str]]) -> None:
    """Say, once each, what a command can help with, and what failed and is tried again.

    Whoever watches a job that stands still should not have to ask.
    """
    from workers.cli.output import short_time

    for wait in job.document.get("waits") or []:
        command = wait.get("command")
        if command is None and wait["on"] != "retry":
            continue
        if (one := (wait["on"], command or wait["says"])) not in told:
            told.add(one)
            until = f", next look {short_time(wait['until'])} UTC" if wait.get("until") else ""
            # not by click, which writes past the bar into its line
            sys.stderr.write(f"it waits for {wait['says']}{until}" + (f" -> {command}" if command else "") + "\n")


@contextmanager
def _interruptible(job: Job) -> Iterator[None]:
    """Who stops waiting with Ctrl-C is told that the job did not stop."""
    try:
        yield
    except KeyboardInterrupt:
        sys.stderr.write(f"job {job.id} goes on; see: assay jobs {job.id}; stop it: assay jobs cancel {job.id}\n")
        raise


@jobs.callback()
def listing(
    context: typer.Context,
    *,
    state: Annotated[str | None, typer.Option(help="only jobs in this state")] = None,
    source: Annotated[str | None, typer.Option(help="only of this source")] = None,
    target: Annotated[str | None, typer.Option(help="only into this target")] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
    as_json: AsJson = False,
) -> None:
    """List jobs, the newest first; `assay jobs ID` shows one."""
    from workers.cli.job_told import hint
    from workers.cli.output import print_page, print_table, tell_more

    if context.invoked_subcommand is not None:
        return
    found = client(context).list_jobs(limit=limit, cursor=cursor, state=state, source=source, target=target)
    if as_json:
        print_page(found)
    else:
        shown = [{**job, "waits_for": hint(job), "state": job["state"] + " (dry)" * job["dry_run"]} for job in found]
        print_table(shown, _COLUMNS, empty=_none(state, source, target, cursor))
        tell_more(found)


def _none(*narrowed: str | None) -> str:
    if any(one is not None for one in narrowed):
        return "no such jobs"
    return "no jobs yet; ask for one with: assay submit SOURCE TARGET"


@jobs.command("show")
def show(context: typer.Context, job: int, *, as_json: AsJson = False) -> None:
    """Show a job."""
    _print(context, client(context).job(job), as_json=as_json)


@jobs.command("cancel")
def cancel(context: typer.Context, job: int, *, as_json: AsJson = False) -> None:
    """Cancel a job; what is written stays."""
    _print(context, client(context).job(job).cancel(), as_json=as_json)


@jobs.command("pause")
def pause(context: typer.Context, job: int, *, as_json: AsJson = False) -> None:
    """Start no further chunk of a job. The audit of its plans, which serve other jobs too, goes on, and so do merges of
    what it decides.
    """
    _print(context, client(context).job(job).pause(), as_json=as_json)


@jobs.command("resume")
def resume(context: typer.Context, job: int, *, as_json: AsJson = False) -> None:
    """Go on with a paused job."""
    _print(context, client(context).job(job).resume(), as_json=as_json)


def _print(context: typer.Context, job: Job, *, as_json: bool) -> None:
    from workers.cli.job_told import print_job
    from workers.cli.output import print_json

    asked_before = context.parent is not None and bool(context.parent.params.get("as_json"))
    if as_json or asked_before:
        print_json(job.document)
    else:
        print_job(job.document)
