"""The composition root: settings become a context, a database and an application, for one role in one process."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import structlog
from celery import Celery

from enrichment.account import Account
from enrichment.asking import Asking, Asks, Guard, Models, Price
from enrichment.breaking.calls import CallBreakers, FailingOver
from enrichment.compiled_plans import CompiledPlans
from enrichment.context import Context, Tuning
from enrichment.freezing import Thawed
from enrichment.retaining import Retention
from enrichment.store import secrets_table
from enrichment.store.database import Database
from schemas.budget import Cap, Caps, Scope
from schemas.errors import ConfigurationError
from schemas.rate import Rate
from schemas.source import Auth
from tasks import announcing, stages
from tasks.celery_app import create_app
from tasks.queues import ROLES
from workers.addresses import Addresses
from workers.asked_models import replacements
from workers.offline_names import AUDITOR, LARGE, SECOND, SMALL
from workers.settings import Settings
from workers.settings.model_sections import Model as ModelSettings
from workers.settings.model_sections import ModelFallback
from workers.settings.model_sections import Price as PriceSettings
from workers.targets import load_targets
from workers.up.configuration import REMEDY

if TYPE_CHECKING:
    from enrichment.rates.paced_fetch import Pacing
    from enrichment.rates.redis_limiter import RedisLimiter

_log = structlog.get_logger()

#: Connections that one process may hold: one per thread that runs a stage, one for the leases.
_SPARE_CONNECTIONS = 2
#: Roles that draw samples, and so have to know by which key.
SAMPLING = frozenset({"gate", "model", "upsert", "isolated"})
#: Roles whose stages are simply run again where a crash of the server took their last commits.
_REPEATABLE = frozenset({"fetch", "gate", "upsert"})


def secret_of(
    environ: Mapping[str, str], *, started_by_up: Callable[[], bool] = lambda: False
) -> Callable[[Auth], str]:
    """A reader of credentials, from the environment or a file at the moment of use.

    `started_by_up`: whether this process has the environment of `assay up`; asked where a credential is missing.
    """

    def read(auth: Auth) -> str:
        if auth.env is not None:
            value = environ.get(auth.env)
        else:
            value = Path(auth.file).read_text().strip() if auth.file else None
        if not value:
            hint = "set it for the worker of the role fetch"
            if auth.env is not None and started_by_up():
                hint = f"export it before `assay up`: {REMEDY}"
            raise ConfigurationError(f"the credential {auth.env or auth.file!r} is not set", hint=hint)
        return value

    return read


def _is_of_up(settings: Settings) -> bool:
    # where the servers are is put together from what stands in this module
    from workers.up.status import runs_all_roles

    return runs_all_roles(settings)


def concurrency(settings: Settings, role: str) -> int:
    """Threads or processes of one worker of a role."""
    configured = getattr(settings.workers, role, None)
    return configured or ROLES[role].concurrency if role in ROLES else 1


def build_app(addresses: Addresses, *, prefork: bool = False) -> Celery:
    """The Celery application with every task, but no runtime yet."""
    app = create_app(addresses.broker, prefork=prefork)
    stages.register(app)
    announcing.register(app)
    return app


def build_context(settings: Settings, addresses: Addresses, *, role: str, connections: int) -> Context:
    """What the stages of a role are handed in this process.

    Raises:
        ConfigurationError: a target cannot be loaded, a model's key is missing.
    """
    database = Database(
        addresses.database,
        application=f"assay {role}",
        size=connections + _SPARE_CONNECTIONS,
        repeats=True,
        durable=role not in _REPEATABLE,
    )
    may_ask = role in {"model", "isolated"}
    audit_key = b""
    if role in SAMPLING:
        with database.transaction() as tx:
            audit_key = secrets_table.audit_key(tx)
    return Context(
        database=database,
        sources=settings.sources,
        targets=load_targets(settings),
        plans=CompiledPlans(),
        asking=build_asking(settings, addresses, database) if may_ask else None,
        secrets=secret_of(os.environ, started_by_up=lambda: _is_of_up(settings)),
        roots=tuple(settings.files.roots),
        audit_key=audit_key,
        tuning=tuning(settings),
        pacing=build_pacing(settings, addresses, database) if role in {"fetch", "isolated"} else None,
    )


def tuning(settings: Settings) -> Tuning:
    return Tuning(
        chunk_size=settings.work.chunk_size,
        chunk_growth=settings.work.chunk_growth,
        held_cap=settings.work.held_cap,
        rows_per_audit=settings.work.rows_per_audit_request,
    )


def retention(settings: Settings) -> Retention:
    said = settings.retention
    payloads, staged, withdrawn = (
        None if kept == "forever" else kept for kept in (said.payloads, said.staged, said.withdrawn)
    )
    return Retention(payloads, staged, withdrawn)


def build_asking(settings: Settings, addresses: Addresses, database: Database) -> Asks:
    """The fleet's way to its model: the configured one, else the offline model, named for what it is."""
    from enrichment.model.client import Model
    from enrichment.rates.model_guard import ModelRates

    if settings.model is None:
        if addresses.model is None:
            raise ConfigurationError(
                "no model is configured", hint="add [model], or start the offline model by assay up"
            )
        offline = models_of(settings)
        return Asking(Model(addresses.model, "offline"), offline, _guards(settings, database, offline))
    configured = settings.model
    models = models_of(settings)
    limiter = build_limiter(settings, addresses, database)

    def guards(models: Models, own: ModelSettings | ModelFallback) -> list[Guard]:
        rate = Rate(own.requests_per_minute, own.tokens_per_minute, in_flight=own.max_in_flight)
        return [*_guards(settings, database, models), ModelRates(limiter, rate, _log)]

    model = Model(configured.base_url, model_key(settings))
    model.prepare()
    first = Asking(model, models, guards(models, configured))
    second = configured.fallback
    if second is None or second.fail_over == "never":
        return first
    other = fallback_models_of(models, configured, second)
    return FailingOver(
        first,
        Asking(
            Model(second.base_url, provider_key(second)),
            other,
            guards(other, second),
            fallback=True,
        ),
        database,
        names=replacements(configured, second),
        tell=_tell_of_failing_over,
    )


def models_of(settings: Settings) -> Models:
    """The configured models with their prices, else the offline ones, which cost nothing."""
    configured = settings.model
    if configured is None:
        return Models(SMALL, LARGE, AUDITOR, SECOND, offline=True)
    return Models(
        small=configured.small,
        large=configured.large,
        auditor=configured.auditor,
        second=configured.second_auditor,
        names=configured.names,
        prices=_prices(configured.prices),
        max_output_tokens=configured.max_output_tokens,
        timeout=configured.timeout,
    )


def fallback_models_of(first: Models, told: ModelSettings, second: ModelFallback) -> Models:
    """The models of the second provider, at its prices."""
    return replace(
        first,
        small=second.small,
        large=second.large,
        auditor=second.auditor,
        second=second.second_auditor,
        prices=_prices(told.fallback_prices),
    )


def _prices(told: Mapping[str, PriceSettings]) -> dict[str, Price]:
    return {name: Price(price.input, price.output) for name, price in told.items()}


def _guards(settings: Settings, database: Database, models: Models) -> list[Guard]:
    """What a call passes first, in this order: a stopped one reserves nothing and uses up no rate."""
    from enrichment.evals.guard import Evaluated

    account = Account(database, caps(settings), models.prices, models.names)
    return [Thawed(database), Evaluated(database), CallBreakers(database), account]


def _tell_of_failing_over(model: str, other: str, work: int, reason: str) -> None:
    _log.warning("model.failing_over", model=model, to=other, work=work, reason=reason)


def build_limiter(settings: Settings, addresses: Addresses, database: Database) -> RedisLimiter:
    """The fleet's limiter, in the Redis of `limits.url`, else in the broker's."""
    from enrichment.rates.redis_limiter import RedisLimiter
    from enrichment.store.rates import NotedUses

    return RedisLimiter(settings.limits.address or addresses.broker, NotedUses(database), _log)


def build_pacing(settings: Settings, addresses: Addresses, database: Database) -> Pacing:
    """The rates of source hosts."""
    from enrichment.rates.paced_fetch import Pacing, host_rates

    return Pacing(build_limiter(settings, addresses, database), host_rates(settings.sources))


def caps(settings: Settings) -> Caps:
    """What `[budget]` allows."""
    said = {scope: getattr(settings.budget, scope) for scope in Scope}
    return Caps(**{str(scope): Cap(cap.tokens, cap.money) for scope, cap in said.items()})


def model_key(settings: Settings) -> str:
    """As `provider_key`, of the first provider; the offline model needs none."""
    return "" if settings.model is None else provider_key(settings.model)


def provider_key(configured: ModelSettings | ModelFallback) -> str:
    """The key that a provider asks for; empty where it needs none.

    Raises:
        ConfigurationError: the variable that should hold the key is not set.
    """
    section = "model.fallback" if isinstance(configured, ModelFallback) else "model"
    if configured.api_key_file is not None:
        return configured.api_key_file.read_text().strip()
    if configured.api_key_env is None:
        return ""
    key = os.environ.get(configured.api_key_env)
    if not key:
        raise ConfigurationError(
            f"{section}.api_key_env names {configured.api_key_env}, which is not set",
            hint=f"set it for the worker of the role model, or name a file by {section}.api_key_file",
        )
    return key
