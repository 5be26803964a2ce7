"""The command line. Everything that takes time to import is imported by the command that needs it."""

from __future__ import annotations

from workers.cli.program import main

__all__ = ["main"]
