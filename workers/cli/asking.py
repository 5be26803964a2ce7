"""Asking a person before something is done that cannot be taken back easily."""

from __future__ import annotations

import sys

import typer


def agreed(question: str, *, yes: bool) -> bool:
    """Ask a person at a terminal; a script that got here meant what it said."""
    if yes or not sys.stdin.isatty():
        return True
    return typer.confirm(f"{question}. Go on?", err=True)
