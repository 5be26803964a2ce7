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
        """The configuration that was named or lies here; else the one that the data directory was last run with.

        Raises:
            ConfigurationError: anything in it is wrong.
        """
        from workers.settings import load_settings

        data_dir = Path(self.environ.get("ASSAY_DATA_DIR", ".assay")).absolute()
        last = self._remembered(data_dir)
        if last is None:
            return load_settings(self.config, self.environ)
        return load_settings(last, {**self.environ, "ASSAY_DATA_DIR": str(data_dir)})

    def standing(self) -> Settings:
        """As `standing_read`, where only the data directory matters."""
        return self.standing_read()[0]

    def standing_read(self) -> tuple[Settings, bool]:
        """As `settings`, and whether they could be read. What runs can be looked at and stopped also where its
        configuration is wrong by now: then it is said what is wrong, and only the data directory is known.

        Raises:
            ConfigurationError: anything in it is wrong, and no fleet was ever started over its data directory.
        """
        from schemas.errors import ConfigurationError
        from workers.settings import load_settings
        from workers.up.places import Places

        try:
            return self.settings(), True
        except ConfigurationError as error:
            data_dir = self._named_directory()
            if not Places(data_dir).home.is_dir():
                raise
            typer.echo(f"the configuration is wrong, the next `assay up` will be refused: {error.message}", err=True)
            # In a folder of Assay's own: the data directory may be the one in which the wrong file lies.
            return load_settings(None, {"ASSAY_DATA_DIR": str(data_dir)}, folder=Places(data_dir).home), False

    def _named_directory(self) -> Path:
        """The data directory that a configuration names, whatever else is wrong with it; a variable goes before it."""
        from workers.settings.loading import FILE_NAME, VARIABLE, named_directory

        file = self.config or Path(self.environ.get(VARIABLE) or FILE_NAME)
        said = self.environ.get("ASSAY_DATA_DIR")
        return (file.parent / Path(said).expanduser() if said else named_directory(file)).resolve()

    def _remembered(self, data_dir: Path) -> Path | None:
        from workers.settings.loading import FILE_NAME, VARIABLE
        from workers.up.places import remembered

        if self.config is not None or self.environ.get(VARIABLE) or Path(FILE_NAME).exists():
            return None
        return remembered(data_dir)


def invocation(context: typer.Context) -> Invocation:
    """What the options of the program said."""
    found = context.find_object(Invocation)
    return found if found is not None else Invocation()
