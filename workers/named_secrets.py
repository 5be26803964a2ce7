"""Secrets that the configuration names and does not hold: who may know each, and whether it is there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from schemas.errors import ConfigurationError, Problem
from schemas.source import HttpSource, SqlSource
from workers.settings import Settings

_READERS: Final = frozenset({"fetch", "isolated"})
_ASKERS: Final = frozenset({"model", "isolated"})
_CONSOLE: Final = frozenset({"flower"})
_OF_SOURCES: Final = "sources."


@dataclass(frozen=True, slots=True)
class NamedSecret:
    """`where`: the key that names it, up to `env` or `file`; `roles`: the services that may know it."""

    where: str
    env: str | None
    file: Path | None
    roles: frozenset[str]

    def lacks(self, environ: Mapping[str, str], *, of_up: bool = False) -> Problem | None:
        """What is wrong with it, in a process with this environment, or (`of_up`) with all that `assay up` starts with
        its own; null where it is there.
        """
        if self.env is not None and not environ.get(self.env):
            remedy = f"set {self.env} for the {self._who()}" + (": export it before `assay up`" if of_up else "")
            return Problem(f"{self.where}env", f"the variable {self.env} is not set", remedy)
        if self.env is None and self.file is not None and not self._is_readable(self.file):
            return Problem(f"{self.where}file", f"{self.file} cannot be read, or is empty", "write the secret into it")
        return None

    def _who(self) -> str:
        return " and ".join(f"role {role}" for role in sorted(self.roles, reverse=True))

    @staticmethod
    def _is_readable(file: Path) -> bool:
        try:
            return bool(file.read_bytes().strip())
        except OSError:
            return False


def named_secrets(settings: Settings) -> Iterator[NamedSecret]:
    """All of them; those of the database and the broker were read with the settings."""
    base = settings.base
    for name, source in settings.sources.items():
        if isinstance(source, HttpSource) and (auth := source.auth) is not None:
            yield NamedSecret(f"{_OF_SOURCES}{name}.auth.", auth.env, _below(base, auth.file), _READERS)
        if isinstance(source, SqlSource) and (word := source.password) is not None:
            yield NamedSecret(f"{_OF_SOURCES}{name}.password.", word.env, _below(base, word.file), _READERS)
    if (model := settings.model) is not None:
        yield NamedSecret("model.api_key_", model.api_key_env, model.api_key_file, _ASKERS)
        if (second := model.fallback) is not None:
            file = _below(base, second.api_key_file)
            yield NamedSecret("model.fallback.api_key_", second.api_key_env, file, _ASKERS)
    yield NamedSecret("flower.password_", settings.flower.password_env, settings.flower.password_file, _CONSOLE)


def _below(base: Path, file: Path | str | None) -> Path | None:
    return None if file is None else base / file


def missing_secrets(settings: Settings, environ: Mapping[str, str], *, role: str | None = None) -> list[Problem]:
    """What processes of a role, or all that `assay up` starts, would fail for; a second provider that is never asked
    needs none.
    """
    fallback = None if settings.model is None else settings.model.fallback
    unused = {"model.fallback.api_key_"} if fallback is not None and fallback.fail_over == "never" else set()
    named = (one for one in named_secrets(settings) if one.where not in unused and (role is None or role in one.roles))
    return [problem for one in named if (problem := one.lacks(environ, of_up=role is None)) is not None]


def require_secrets(settings: Settings, environ: Mapping[str, str], *, role: str | None = None) -> list[Problem]:
    """Gives what is missing of single sources: it concerns their jobs alone, and must not keep all others waiting.

    Raises:
        ConfigurationError: another secret that the configuration names is not there; all of them at once.
    """
    missing = missing_secrets(settings, environ, role=role)
    if problems := [one for one in missing if not one.where.startswith(_OF_SOURCES)]:
        raise ConfigurationError.of(str(settings.file or "the environment"), problems)
    return missing
