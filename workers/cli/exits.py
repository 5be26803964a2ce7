"""Exit codes, in one table: what a script may rely on. The numbers above 1 are those of sysexits.h."""

from __future__ import annotations

import shutil
import textwrap
from enum import IntEnum

from schemas.errors import (
    AssayError,
    ConfigurationError,
    ConflictError,
    NotFoundError,
    TransientError,
    UsageError,
    WaitingError,
)


class Exit(IntEnum):
    OK = 0
    FAILED = 1
    USAGE = 2
    UNAVAILABLE = 69
    TRY_AGAIN = 75
    REFUSED = 77
    CONFIGURATION = 78
    INTERRUPTED = 130


MEANINGS = {
    Exit.OK: "done",
    Exit.FAILED: "failed; or finished, but not with everything: a job that ended partial, a check that found a fault",
    Exit.USAGE: "asked wrongly: an unknown option, a record, job or plan that does not exist",
    Exit.UNAVAILABLE: "what is needed does not run or cannot be reached",
    Exit.TRY_AGAIN: (
        "not now: the fleet is starting, a limit was reached, a wait was cut off, a decision of a person is missing; an"
        " evaluation was inconclusive"
    ),
    Exit.REFUSED: "the API key is missing, revoked, or not allowed to do this",
    Exit.CONFIGURATION: "the configuration or this machine has to be mended first",
    Exit.INTERRUPTED: "interrupted by Ctrl-C",
}

_UNAVAILABLE = frozenset({"not_running", "source_unreachable", "database", "broker"})
_REFUSED = frozenset({"unauthorized", "unauthenticated", "forbidden"})


def exit_of(error: AssayError) -> Exit:
    """The exit code that tells a script what kind of error it was."""
    if error.code in _REFUSED:
        return Exit.REFUSED
    match error:
        case NotFoundError() | ConflictError() | UsageError():
            return Exit.USAGE
        case ConfigurationError():
            return Exit.CONFIGURATION
        case TransientError() if error.code in _UNAVAILABLE:
            return Exit.UNAVAILABLE
        case TransientError() | WaitingError():
            return Exit.TRY_AGAIN
        case _:
            return Exit.FAILED


#: Columns that help takes at most, and those by which it indents what stands at its end.
_HELP_COLUMNS = 80
_HELP_INDENT = 2


def table(columns: int | None = None) -> str:
    """The table as help shows it, in lines that a terminal of so many columns does not break within a word."""
    width = min(columns or shutil.get_terminal_size().columns, _HELP_COLUMNS) - _HELP_INDENT
    return "\n".join(
        textwrap.fill(meaning, width, initial_indent=f"{code.value:>5}  ", subsequent_indent=" " * 7)
        for code, meaning in MEANINGS.items()
    )
