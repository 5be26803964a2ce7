"""What was said before the command: which configuration, which data directory, which API and key."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from workers.settings import Settings


@dataclass(frozen=True, slots=True)
class Invocation:
    config: Path | None = None
    data_dir: Path | None = None
    url: str | None = None
    key: str | None = None

    @property
    def environ(self) -> Mapping[str, str]:
        """The environment, with --data-dir in it as the variable that would have said the same."""
        given = {} if self.data_dir is None else {"ASSAY_DATA_DIR": str(self.data_dir.expanduser().absolute())}
        return {**os.environ, **given}

    def settings(self) -> Settings:
        """
        Raises:
            ConfigurationError: anything in it is wrong.
        """
        from workers.settings import load_settings

        return load_settings(self.config, self.environ)


def invocation(context: typer.Context) -> Invocation:
    """What the options of the program said."""
    found = context.find_object(Invocation)
    return found if found is not None else Invocation()
