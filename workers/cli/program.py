"""The program: its commands, the options that all of them share, and what becomes of errors."""

from __future__ import annotations

import codecs
import errno
import io
import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Final, TextIO

import typer

from schemas import FORMAT, VERSION
from schemas.errors import AssayError, ConfigurationError, UsageError
from workers.cli import (
    breakers,
    budget,
    evals,
    examples,
    fleet,
    freezes,
    jobs,
    keys,
    letters,
    lineage,
    plans,
    processes,
    reviews,
    rollbacks,
)
from workers.cli.exits import Exit, exit_of, table
from workers.cli.invocation import Invocation
from workers.demo.command import demo

_ESCAPED: Final = "assay.escaped"

_HELP = """Fill a table from many sources, with a language model that plans and code that checks.

`assay demo` shows it; `assay up` starts the fleet of this folder's assay.toml.
"""

app = typer.Typer(
    name="assay",
    help=_HELP,
    epilog="Exit codes:\n\n\b\n" + table(),
    no_args_is_help=True,
    add_completion=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command("demo")(demo)
for part in (
    fleet,
    jobs,
    letters,
    plans,
    reviews,
    rollbacks,
    lineage,
    evals,
    budget,
    breakers,
    freezes,
    keys,
    processes,
):
    part.register(app)
examples.show_in(app)

#: Options of the program that may also stand behind the command.
_SHARED = ("--config", "--data-dir", "--url", "--key")


def _tell_version(asked: bool) -> None:
    if asked:
        typer.echo(f"assay {VERSION} (work and plans of format {FORMAT})")
        raise typer.Exit


@app.callback()
def _program(
    context: typer.Context,
    config: Annotated[Path | None, typer.Option(help="the configuration; else ASSAY_CONFIG, else ./assay.toml")] = None,
    data_dir: Annotated[Path | None, typer.Option(help="the data directory; else data_dir, else .assay")] = None,
    url: Annotated[
        str | None, typer.Option(envvar="ASSAY_URL", help="the API; else the one of the data directory")
    ] = None,
    key: Annotated[str | None, typer.Option(envvar="ASSAY_API_KEY", help="its key; better in the variable")] = None,
    _version: Annotated[
        bool, typer.Option("--version", is_eager=True, callback=_tell_version, help="say which release this is")
    ] = False,
) -> None:
    context.obj = Invocation(config, data_dir, url, key)


def hoisted(arguments: Sequence[str]) -> list[str]:
    """Move the shared options before the command, wherever they stand; what follows `--` stays as it is."""
    shared: list[str] = []
    rest: list[str] = []
    remaining = list(arguments)
    while remaining:
        word = remaining.pop(0)
        if word == "--":
            return [*shared, *rest, word, *remaining]
        if word in _SHARED and remaining:
            shared += [word, remaining.pop(0)]
        elif word.partition("=")[0] in _SHARED and "=" in word:
            shared.append(word)
        else:
            rest.append(word)
    return [*shared, *rest]


def main() -> None:
    """Run the command line of this process; ends it with one of the documented exit codes."""
    # Started with a closed output (`>&-`), a process has none; nobody wants to see what would stand there.
    sys.stdout = sys.stdout or _nowhere()
    sys.stderr = sys.stderr or _nowhere()
    codecs.register_error(_ESCAPED, _escaped)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors=_ESCAPED)
    code = run(sys.argv[1:])
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        # Whoever read has seen enough, as `| head` does: no trace of that at the end.
        _give_up_output()
    except OSError as error:
        code = _full(error)
    sys.exit(code)


def _escaped(error: UnicodeError) -> tuple[str, int]:
    """What the terminal's encoding has no character for, as JSON writes it: a document stays the same document."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    return json.dumps(error.object[error.start : error.end])[1:-1], error.end


def _nowhere() -> TextIO:
    return os.fdopen(os.open(os.devnull, os.O_WRONLY), "w", encoding="utf-8")


def _give_up_output() -> None:
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _full(error: OSError) -> Exit:
    """What was to be read could not be written down."""
    if error.errno != errno.ENOSPC:
        raise error
    _give_up_output()
    complain(ConfigurationError("the output cannot be written: no space is left", hint="make room where it goes"))
    return Exit.CONFIGURATION


def run(arguments: Sequence[str]) -> int:
    """Run one command and give its exit code. Errors on purpose are told with their hint and without a traceback."""
    try:
        app(args=hoisted(arguments), prog_name="assay")
    except AssayError as error:
        complain(error)
        return exit_of(error)
    except SystemExit as stop:
        return stop.code if isinstance(stop.code, int) else Exit.OK
    except UnicodeEncodeError as error:
        if sys.getfilesystemencoding() == "utf-8":
            odd = [one for one in arguments if one != one.encode(errors="replace").decode()]
            if not odd:
                raise
            complain(UsageError(f"{odd[0]!r} is not UTF-8", hint="names and ids are written in UTF-8"))
            return Exit.USAGE
        message = f"a path cannot be written in {error.encoding}, which this environment says that file names are in"
        complain(ConfigurationError(message, hint="set LC_ALL=C.UTF-8, or leave out PYTHONUTF8=0"))
        return Exit.CONFIGURATION
    except OSError as error:
        return _full(error)
    return Exit.OK


def complain(error: AssayError) -> None:
    sys.stderr.write(f"error: {error.message}\n")
    if error.hint:
        sys.stderr.write(f"hint: {error.hint}\n")
