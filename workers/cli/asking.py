"""Asking a person before something is done that cannot be taken back easily."""

from __future__ import annotations

import sys

import typer

#: As the API: more than so many are only done by who has seen what they are.
UNCONFIRMED = 100


def agreed(question: str, *, yes: bool, many: int = 0) -> bool:
    """Ask a person at a terminal. A script meant what it said, but for more than it may have thought of."""
    if yes:
        return True
    if not sys.stdin.isatty():
        return many <= UNCONFIRMED
    return typer.confirm(f"{question}. Go on?", err=True)


def undone(confirm: object) -> str:
    """What to do so that exactly what was shown is done."""
    return f"nothing was done; to do exactly this add: --confirm {confirm}"
