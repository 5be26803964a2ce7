"""Asking a person before something is done that cannot be taken back easily."""

from __future__ import annotations

import sys
from typing import NoReturn

import typer

from workers.cli.exits import Exit


def agreed(question: str, *, yes: bool, needed: bool = True) -> bool:
    """Ask a person at a terminal; a script has to say yes by itself where that is `needed`."""
    if yes:
        return True
    if not is_person():
        return not needed
    return typer.confirm(question, err=True)


def is_person() -> bool:
    """Whether somebody can be asked."""
    return sys.stdin is not None and sys.stdin.isatty()


def undone(confirm: object) -> NoReturn:
    """End with what has to be added so that exactly what was shown is done, where that needs a token. A script learns
    of it by the exit code.
    """
    how = "" if confirm is None else f"; to do exactly this add: --confirm {confirm}"
    typer.echo(f"nothing was done{how}", err=True)
    raise typer.Exit(Exit.TRY_AGAIN)
