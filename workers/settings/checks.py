"""What no single key shows: settings that contradict each other, or that could not work."""

from __future__ import annotations

import re
import zoneinfo
from collections.abc import Iterator
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from schemas.errors import Problem, UsageError
from schemas.pointer import tokens
from schemas.source import FORMATS, Auth, FileSource, HttpSource, Source, SqlSource
from workers.settings.model_sections import Model, ModelFallback
from workers.settings.sections import Settings

_DATABASE_SCHEMES: Final = ("postgresql", "postgresql+psycopg", "postgres")
_BROKER_SCHEMES: Final = ("redis", "rediss", "amqp", "amqps")
_LIMITER_SCHEMES: Final = ("redis", "rediss")
_LOOPBACK: Final = re.compile(r"127\.\d+\.\d+\.\d+|::1|localhost")


def check(settings: Settings) -> list[Problem]:
    """Find everything that is wrong across keys. Reads no file and opens no connection."""
    return [
        *_addresses(settings),
        *_money(settings),
        *_retention(settings),
        *_targets(settings),
        *(
            problem
            for name, source in settings.sources.items()
            for problem in (
                *_source(f"sources.{name}", source, settings),
                *_second_opinion(f"sources.{name}", source, settings),
            )
        ),
        *_second_look(settings),
        *_console(settings),
        *_variables(settings),
    ]


def _addresses(settings: Settings) -> Iterator[Problem]:
    for key, address, schemes in (
        ("database.url", settings.database.address, _DATABASE_SCHEMES),
        ("broker.url", settings.broker.address, _BROKER_SCHEMES),
        ("limits.url", settings.limits.address, _LIMITER_SCHEMES),
    ):
        if address is not None and urlsplit(address).scheme not in schemes:
            yield Problem(key, "is of a kind that is not supported", f"begin it with {schemes[0]}://")
    broker = settings.broker.address
    if broker is not None and urlsplit(broker).scheme not in _LIMITER_SCHEMES and settings.limits.address is None:
        yield Problem("limits.url", "is missing: rates are kept in Redis, and the broker is none", "set limits.url")


def _money(settings: Settings) -> Iterator[Problem]:
    """A cap in money holds only where every model that may be called has a price. The offline model costs nothing."""
    capped = settings.budget.capped_in_money
    if settings.model is None or not capped:
        return
    model = settings.model
    first, second = set(model.own_names) - model.prices.keys(), set(model.fallback_names) - model.fallback_prices.keys()
    for section, name in [("model", name) for name in sorted(first)] + [
        ("model.fallback", name) for name in sorted(second - first)
    ]:
        yield Problem(
            f"budget.{capped[0]}.money",
            f"caps money, but the model {name!r} has no price",
            f'set {section}.prices."{name}" = {{ input = ..., output = ... }}, or drop the cap',
        )


def _retention(settings: Settings) -> Iterator[Problem]:
    """What a field that is restored writes again is found by the staged rows of stored records."""
    kept = settings.retention
    if kept.staged != "forever" and (kept.payloads == "forever" or kept.staged < kept.payloads):
        yield Problem(
            "retention.staged",
            "is shorter than retention.payloads, whose records are found again by their staged rows",
            "raise it, or lower retention.payloads",
        )


def _targets(settings: Settings) -> Iterator[Problem]:
    for name, target in settings.targets.items():
        if (target.model is None) == (target.json_schema is None):
            yield Problem(
                f"targets.{name}",
                "names both model and json_schema" if target.model else "names neither model nor json_schema",
                "name exactly one of them",
            )


def _source(where: str, source: Source, settings: Settings) -> Iterator[Problem]:
    for key in ("key", "version", "records"):
        try:
            tokens(getattr(source, key) or "")
        except UsageError as error:
            yield Problem(f"{where}.{key}", error.message, error.hint)
    if source.key == "":
        yield Problem(f"{where}.key", "points at the whole record", "point at the field that identifies a record")
    for sign, currency in source.currency_hints.items():
        if not re.fullmatch(r"[A-Z]{3}", currency):
            yield Problem(
                f"{where}.currency_hints", f"{sign!r} is given no ISO 4217 code", 'write it as { "$" = "USD" }'
            )
    if source.time_zone is not None and not _zone(source.time_zone):
        yield Problem(f"{where}.time_zone", "names no time zone", "write it as Europe/Berlin")
    if isinstance(source, HttpSource):
        yield from _http(where, source)
    if isinstance(source, FileSource):
        yield from _file(where, source, settings)
    if isinstance(source, SqlSource):
        yield from _sql(where, source)


def _second_opinion(of: str, source: Source, settings: Settings) -> Iterator[Problem]:
    """One model twice is one opinion; so are the offline model's two names, behind which stands one matcher."""
    where = f"{of}.second_opinion"
    if not source.second_opinion:
        return
    if settings.model is None:
        yield Problem(where, "needs two models, and the offline one is one matcher under two names", "set [model]")
        return
    told: list[Model | ModelFallback] = [settings.model]
    if (other := settings.model.fallback) is not None and other.fail_over != "never":
        told.append(other)
    for name in sorted({models.small for models in told} & {models.large for models in told}):
        yield Problem(
            where,
            f"needs two models, but {name!r} is the small one and the large one",
            "name another model as model.large, or leave second_opinion out",
        )


def _second_look(settings: Settings) -> Iterator[Problem]:
    """What an auditor confirms of its own is confirmed by nobody."""
    model = settings.model
    for where, told in (("model", model), ("model.fallback", model.fallback if model else None)):
        if told is not None and told.second_auditor == told.auditor:
            yield Problem(
                f"{where}.second_auditor",
                f"is {told.auditor!r}, which is the auditor: a second look needs another model",
                "name another model, or leave it out: then large looks again where it differs, else a person",
            )


def _zone(name: str) -> bool:
    try:
        zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True


def _http(where: str, source: HttpSource) -> Iterator[Problem]:
    for key, url in (("url", source.url), ("item_url", source.item_url)):
        if url is not None and not (urlsplit(url).scheme in {"http", "https"} and urlsplit(url).hostname):
            yield Problem(f"{where}.{key}", "is no http address", "begin it with https://")
        if url is not None and "@" in urlsplit(url).netloc:
            yield Problem(f"{where}.{key}", "holds credentials", "name them in auth, from a variable or a file")
    if source.item_url is not None and "{id}" not in source.item_url:
        yield Problem(f"{where}.item_url", "has no place for the id", "write {id} where it belongs")
    if source.auth is not None:
        yield from _auth(f"{where}.auth", source.auth)


def _auth(where: str, auth: Auth) -> Iterator[Problem]:
    if (auth.env is None) == (auth.file is None):
        yield Problem(where, "takes its value from exactly one place", "set env or file, not both and not neither")


def _file(where: str, source: FileSource, settings: Settings) -> Iterator[Problem]:
    path = Path(source.path)
    resolved = (settings.base / path).resolve()
    if not any(resolved.is_relative_to(root) for root in settings.files.roots):
        yield Problem(f"{where}.path", "lies outside the allowed folders", "add its folder to files.roots")
    if source.format is None and path.suffix.lower() not in FORMATS:
        yield Problem(f"{where}.path", "has a suffix that names no format", "set format")


def _sql(where: str, source: SqlSource) -> Iterator[Problem]:
    try:
        parts = urlsplit(source.url)
    except ValueError:
        parts = urlsplit("")
    if not parts.scheme:
        yield Problem(f"{where}.url", "is no address of a database", "write dialect+driver://user@host/name")
    if ":" in parts.netloc.rpartition("@")[0] or "password=" in parts.query.lower():
        yield Problem(f"{where}.url", "holds a password", "name it in password, from a variable or a file")
    if source.password is not None and (source.password.env is None) == (source.password.file is None):
        yield Problem(f"{where}.password", "takes its value from exactly one place", "set env or file")
    if not source.ordered_by:
        yield Problem(f"{where}.order_by", "is missing, and key is not one column", "name columns that tell rows apart")
    if source.rate is not None:
        yield Problem(f"{where}.rate", "is kept for http sources only", "leave it out")


def _console(settings: Settings) -> Iterator[Problem]:
    flower = settings.flower
    if flower.password_env is not None and flower.password_file is not None:
        yield Problem("flower.password_file", "stands beside password_env", "keep one of the two")
    if not _LOOPBACK.fullmatch(flower.host) and flower.password_env is None and flower.password_file is None:
        yield Problem("flower.host", "is reachable from outside without a password", "set flower.password_file")
    if flower.port == settings.api.port:
        yield Problem("flower.port", "is the port of the API", "choose another")


def _variables(settings: Settings) -> Iterator[Problem]:
    """A shell writes $NAME for what a variable holds; here it is named."""
    model = settings.model
    named: list[tuple[str, str | None]] = [
        ("model.api_key_env", model.api_key_env if model else None),
        ("model.fallback.api_key_env", model.fallback.api_key_env if model and model.fallback else None),
        ("flower.password_env", settings.flower.password_env),
        ("sentry.dsn_env", settings.sentry.dsn_env),
    ]
    for name, source in settings.sources.items():
        if isinstance(source, HttpSource) and source.auth is not None:
            named.append((f"sources.{name}.auth.env", source.auth.env))
        if isinstance(source, SqlSource) and source.password is not None:
            named.append((f"sources.{name}.password.env", source.password.env))
    for where, variable in named:
        if variable is not None and variable.startswith("$"):
            yield Problem(where, "is the name of a variable, which has no $", "write it without $")
