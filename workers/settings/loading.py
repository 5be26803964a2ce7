"""From `assay.toml`, the environment and secret files to one frozen `Settings`."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote, urlsplit, urlunsplit

from pydantic import ValidationError

from schemas.errors import ConfigurationError, Problem
from schemas.source import FileSource, HttpSource, Source, SqlSource
from workers.settings.checks import check
from workers.settings.complaints import complaints
from workers.settings.environment import Table, is_of_variable, overlay
from workers.settings.sections import Settings

FILE_NAME: Final = "assay.toml"
VARIABLE: Final = "ASSAY_CONFIG"
#: `sqlite:///path`; in memory is none, nor is a URI of SQLite's own.
_SQLITE: Final = re.compile(
    r"(?P<scheme>sqlite(?:\+\w+)?:///)(?!:memory:|file:)(?P<path>[^?]+)(?P<query>.*)", re.DOTALL
)


def load_settings(path: Path | None, environ: Mapping[str, str], *, folder: Path | None = None) -> Settings:
    """Load the configuration named by `path`, else by ASSAY_CONFIG, else `assay.toml` in `folder` (default: here).

    Only the last may be missing: then everything is embedded and only variables speak.

    Raises:
        ConfigurationError: anything is wrong; every finding at once, each with its key and a remedy.
    """
    here = (folder or Path.cwd()).resolve()
    named = path or (Path(environ[VARIABLE]) if environ.get(VARIABLE) else None)
    file = here / (named or FILE_NAME)
    document = _read(file, required=named is not None)
    table, origins, problems = overlay(document or {}, environ)
    problems += [
        Problem(key, "is set by where the file lies", "leave it out")
        for key in ("base", "file")
        if table.pop(key, None)
    ]
    base = file.parent.resolve()
    if spoilt := [Problem(key, "holds U+0000, which nothing takes", "write it again") for key in _spoilt(table)]:
        # whatever reads it would break on it
        raise ConfigurationError.of(str(file), [*problems, *spoilt])
    _name_sources(table, problems)
    _read_secrets(table, base, problems)
    try:
        settings = Settings.model_validate({**table, "base": base, "file": file if document is not None else None})
    except ValidationError as error:
        problems += complaints(error, Settings, origins)
    else:
        settings = _placed(settings)
        problems += check(settings)
        if not problems:
            return settings
    of_variables = document is None or all(is_of_variable(problem) for problem in problems)
    subject = "the environment" if of_variables else str(file)
    raise ConfigurationError.of(subject, problems)


def _read(file: Path, *, required: bool) -> Table | None:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"), parse_float=Decimal)
    except FileNotFoundError:
        if required:
            raise ConfigurationError(
                f"{file}: there is no such file", hint=f"name it with --config, {VARIABLE}, or as ./{FILE_NAME}"
            ) from None
        return None
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{file}: cannot be read: {error}", hint="mend the file or its permissions") from error
    except tomllib.TOMLDecodeError as error:
        raise ConfigurationError(f"{file}: is no valid TOML: {error}", hint="mend the file there") from error


def named_directory(file: Path) -> Path:
    """The data directory as a file of configuration names it; the default where it names none or cannot be read."""
    default = Settings.model_fields["data_dir"].default
    try:
        named = tomllib.loads(file.read_text(encoding="utf-8")).get("data_dir", default)
    except (OSError, ValueError):
        named = default
    return file.parent / Path(str(named)).expanduser()


def _spoilt(value: object, where: str = "") -> Iterator[str]:
    """The keys under which a text holds U+0000."""
    if isinstance(value, str) and "\0" in value:
        yield where
    members = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, member in members:
        yield from _spoilt(member, f"{where}.{name}" if where else str(name))


def _name_sources(table: Table, problems: list[Problem]) -> None:
    sources = table.get("sources")
    for name, source in sources.items() if isinstance(sources, dict) else ():
        if not isinstance(source, dict):
            continue
        if "name" in source:
            problems.append(Problem(f"sources.{name}.name", "unknown key", f"a source is named by its key, {name}"))
        source["name"] = name


def _read_secrets(table: Table, base: Path, problems: list[Problem]) -> None:
    """Put what `url_file` and `password_file` hold into `url`, once, so that nothing later reads them."""
    for section in ("database", "broker", "limits"):
        settings = table.get(section)
        if not isinstance(settings, dict):
            continue
        for key in ("url_file", "password_file"):
            if not isinstance(name := settings.get(key), str):
                continue
            try:
                secret = (base / name).read_text(encoding="utf-8").strip()
            except (OSError, UnicodeDecodeError) as error:
                reason = error.strerror if isinstance(error, OSError) else "no UTF-8"
                problems.append(Problem(f"{section}.{key}", f"{base / name} cannot be read: {reason}", "mend the file"))
                continue
            _put(settings, section, key, secret, problems)


def _put(settings: Table, section: str, key: str, secret: str, problems: list[Problem]) -> None:
    where = f"{section}.{key}"
    if not secret:
        problems.append(Problem(where, "the file is empty", "write the secret into it"))
    elif key == "url_file" and "url" in settings:
        problems.append(Problem(where, "stands beside url", "keep one of the two"))
    elif key == "url_file":
        settings["url"] = secret
    elif not isinstance(url := settings.get("url"), str):
        problems.append(Problem(where, "needs url, which it completes", f"set {section}.url without a password"))
    else:
        settings["url"] = _with_password(url, secret)


def _with_password(url: str, password: str) -> str:
    parts = urlsplit(url)
    user, at, host = parts.netloc.rpartition("@")
    name = user.partition(":")[0] if at else ""
    return urlunsplit(parts._replace(netloc=f"{name}:{quote(password, safe='')}@{host}"))


def _placed(settings: Settings) -> Settings:
    """Make every path absolute, from the folder of `assay.toml`."""
    base = settings.base

    def absolute(path: Path | None) -> Path | None:
        return None if path is None else (base / path.expanduser()).resolve()

    def update(section: Any, **paths: Path | None) -> Any:  # noqa: ANN401 - gives back what it was given
        return section.model_copy(update={k: absolute(v) for k, v in paths.items()})

    model = settings.model and update(settings.model, api_key_file=settings.model.api_key_file)
    if model is not None and (fallback := model.fallback) is not None:
        placed = update(fallback, api_key_file=fallback.api_key_file)
        model = model.model_copy(update={"fallback": placed})
    return settings.model_copy(
        update={
            "data_dir": absolute(settings.data_dir),
            "model": model,
            "targets": {n: update(t, json_schema=t.json_schema) for n, t in settings.targets.items()},
            "sources": {n: _absolute_source(s, base) for n, s in settings.sources.items()},
            "flower": update(settings.flower, password_file=settings.flower.password_file),
            "sentry": update(settings.sentry, dsn_file=settings.sentry.dsn_file),
            "files": settings.files.model_copy(
                update={"roots": tuple(absolute(root) for root in settings.files.roots) or (base,)}
            ),
        }
    )


def _absolute_file(url: str, base: Path) -> str:
    """The address of a database, of which a file of SQLite begins at that folder, too."""
    named = _SQLITE.fullmatch(url)
    return url if named is None else f"{named['scheme']}{base / named['path']}{named['query']}"


def _absolute_source(source: Source, base: Path) -> Source:
    """Paths of a source, its secrets among them, begin at the folder of `assay.toml`, as every other path does."""
    if isinstance(source, FileSource):
        return source.model_copy(update={"path": str(base / source.path)})
    if isinstance(source, HttpSource) and source.auth is not None and source.auth.file is not None:
        auth = source.auth.model_copy(update={"file": str(base / source.auth.file)})
        return source.model_copy(update={"auth": auth})
    if isinstance(source, SqlSource):
        source = source.model_copy(update={"url": _absolute_file(source.url, base)})
    if isinstance(source, SqlSource) and source.password is not None and source.password.file is not None:
        password = source.password.model_copy(update={"file": str(base / source.password.file)})
        return source.model_copy(update={"password": password})
    return source
