"""`assay eval`: labelled cases put to the configured model, or to the offline one where none is configured."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final, NamedTuple

import typer

from schemas.errors import TransientError, UsageError
from workers.cli.calling import AsJson
from workers.cli.exits import Exit
from workers.cli.invocation import invocation

if TYPE_CHECKING:
    from enrichment.evals import Case, Evaluation, Task
    from enrichment.model.client import Model
    from enrichment.store.database import Database
    from workers.settings import Settings

_BAR: Final = 0.9
_EXITS: Final = {"pass": Exit.OK, "inconclusive": Exit.TRY_AGAIN, "fail": Exit.FAILED}
_COLUMNS = ("task", "model", "verdict", "cases", "interval", "bar", "prompt", "gate")
#: Seconds between two lines of progress where there is no terminal.
_LINE_SECONDS = 10.0


def register(app: typer.Typer) -> None:
    app.command("eval")(evaluate_models)


def evaluate_models(
    context: typer.Context,
    *,
    cases: Annotated[list[Path] | None, typer.Option(help="files or folders of cases; else those of Assay")] = None,
    trials: Annotated[int, typer.Option(help="how often each case is asked", min=1, max=100)] = 3,
    bar: Annotated[float, typer.Option(help="share of cases that must pass", min=0.0, max=1.0)] = _BAR,
    model: Annotated[
        list[str] | None, typer.Option(help="only this model of [model] or [model.fallback]; may be repeated")
    ] = None,
    task: Annotated[str | None, typer.Option(help="only map_fields or audit_cells")] = None,
    stored: Annotated[bool, typer.Option("--stored", help="show what was found before, and ask nothing")] = False,
    keep: Annotated[bool, typer.Option("--keep/--no-keep", help="store the verdict, if the database runs")] = True,
    as_json: AsJson = False,
) -> None:
    """Score the models on labelled cases. A case passes when all its trials do; the verdict is that of its interval.

    Workers refuse a model whose last verdict with today's prompt is `fail`.
    """
    from enrichment.evals import load_cases, shipped_cases
    from workers.asked_models import evaluated_models, evaluated_replacements

    settings = invocation(context).settings()
    if stored:
        _show_stored(settings, as_json=as_json)
        return
    chosen = load_cases(cases) if cases else shipped_cases()
    there = (evaluated_models(settings), evaluated_replacements(settings))
    asked = [
        _Asked(one_task, name, second=second)
        for second, models in zip((False, True), there, strict=True)
        for one_task, name in models
        if (task is None or task == one_task) and (not model or name in model) and _of(chosen, one_task)
    ]
    if not asked:
        known = ", ".join(sorted({f"{name} ({one_task})" for models in there for one_task, name in models}))
        raise UsageError("no model is asked by this", hint=f"there are {known}, for tasks that have cases")
    found = _evaluated(settings, chosen, asked, trials=trials, bar=bar)
    # Cases of a user say nothing about the prompt that Assay's own cases were written for.
    noted = _stored(settings, found) if keep and not cases else []
    _show([one.document() for one in found], noted, as_json=as_json)
    worst = max((_EXITS[one.verdict.value] for one in found), key=[Exit.OK, Exit.TRY_AGAIN, Exit.FAILED].index)
    if worst != Exit.OK:
        raise typer.Exit(worst)


def _of(cases: Sequence[Case], task: str) -> int:
    return sum(case.task == task for case in cases)


class _Asked(NamedTuple):
    """A model and what is asked of it; `second`: it is the second provider's."""

    task: Task
    model: str
    second: bool


def _evaluated(
    settings: Settings, cases: Sequence[Case], asked: Sequence[_Asked], *, trials: int, bar: float
) -> list[Evaluation]:
    """One after the other, each asked at its own provider."""
    from enrichment.evals import evaluate

    limits: dict[str, Any] = {}
    if settings.model is not None:
        limits = {"max_output_tokens": settings.model.max_output_tokens, "timeout": settings.model.timeout}
    total = trials * sum(_of(cases, one.task) for one in asked)
    with ExitStack() as doors, _progress(total) as step:
        door = {second: doors.enter_context(_door(settings, second=second)) for second in {a.second for a in asked}}
        return [
            evaluate(
                cases,
                door[one.second],
                task=one.task,
                model=one.model,
                trials=trials,
                bar=bar,
                on_trial=lambda case, name=one.model: step(f"{name}: {case}"),  # type: ignore[misc]  # mypy knows no default of a lambda
                **limits,
            )
            for one in asked
        ]


@contextmanager
def _door(settings: Settings, *, second: bool) -> Iterator[Model]:
    """A provider of the configuration; else an offline one of our own, which needs no fleet."""
    from enrichment.model.client import Model
    from workers.composition import provider_key

    if settings.model is not None and (configured := settings.model.fallback if second else settings.model) is not None:
        door = Model(configured.base_url, provider_key(configured))
        try:
            yield door
        finally:
            door.close()
        return
    command = [sys.executable, "-m", "workers.offline_model", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603 - our own module
        try:
            line = process.stdout.readline() if process.stdout is not None else ""
            if not line:
                raise TransientError("the offline model did not start", hint="see above; then try again")
            door = Model(line.split()[-1], "offline")
            try:
                yield door
            finally:
                door.close()
        finally:
            process.terminate()


@contextmanager
def _progress(total: int) -> Iterator[Callable[[str], None]]:
    if sys.stderr.isatty():
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

        columns = (BarColumn(), MofNCompleteColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
        with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
            shown = bar.add_task("", total=total)
            yield lambda what: bar.update(shown, advance=1, description=what)
        return
    state = {"done": 0, "said": time.monotonic()}

    def step(what: str) -> None:
        state["done"] += 1
        if time.monotonic() - state["said"] >= _LINE_SECONDS:
            state["said"] = time.monotonic()
            sys.stderr.write(f"{state['done']} of {total} answers ({what})\n")
            sys.stderr.flush()

    yield step


@contextmanager
def _database(settings: Settings) -> Iterator[Database]:
    from enrichment.store import migration
    from enrichment.store.database import Database
    from workers.addresses import database_url

    url = database_url(settings, "owner")
    migration.check_current(url)
    database = Database(url, application="assay eval", size=1)
    try:
        yield database
    finally:
        database.close()


def _stored(settings: Settings, found: Sequence[Evaluation]) -> list[int]:
    """Ids of the rows; none, with the reason on stderr, where there is no database to keep them in."""
    from enrichment.store import evaluations, wakings

    try:
        with _database(settings) as database, database.transaction() as tx:
            for one in found:
                wakings.wake(tx, f"evaluation:{one.model}")
            return [evaluations.add(tx, one.document()) for one in found]
    except TransientError as error:
        if error.code != "not_running":
            raise
        sys.stderr.write("not stored: no database runs here (assay up --detach starts one)\n")
        return []


def _show_stored(settings: Settings, *, as_json: bool) -> None:
    from enrichment.store import evaluations
    from workers.cli.output import print_page

    with _database(settings) as database, database.transaction() as tx:
        rows = evaluations.listed(tx, limit=50)
    documents = [evaluations.document(row) for row in rows]
    if as_json:
        print_page(documents)
        return
    _show(documents, [], as_json=False)


def _show(documents: Sequence[dict[str, Any]], stored: Sequence[int], *, as_json: bool) -> None:
    from workers.cli.output import print_json, print_table

    if as_json:
        ids: Sequence[int | None] = stored or [None for _ in documents]
        print_json({"evaluations": [{**one, "stored": id_} for one, id_ in zip(documents, ids, strict=True)]})
        return
    lines = [
        {
            **one,
            "cases": f"{one['passed']} of {one['cases']}",
            "interval": f"{one['lower']:.3f} to {one['upper']:.3f}",
            "bar": f"{one['bar']:g}",
            "prompt": one["versions"]["prompt"],
            "gate": one["versions"]["gate"],
        }
        for one in documents
    ]
    print_table(lines, _COLUMNS, empty="no evaluation is stored; run: assay eval")
    for one in documents:
        for case in one["results"]:
            if case["faults"]:
                typer.echo(f"\n{one['model']}  {case['id']}  {case['passed']} of {case['trials']}: {case['story']}")
                for fault in case["faults"]:
                    typer.echo(f"  {fault}")
