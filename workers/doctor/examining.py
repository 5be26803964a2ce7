"""All checks in order; what cannot be asked is said to be unknown, and the rest goes on."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from enrichment.store import health
from enrichment.store.database import Database
from schemas.errors import AssayError
from tasks import brokers
from workers.addresses import broker_url, database_url, offline_model_url
from workers.asked_models import evaluated_models, evaluated_replacements
from workers.doctor import machine, rabbit, reading, servers, work
from workers.doctor.finding import Finding, odd, unknown, well, wrong
from workers.settings import Settings
from workers.targets import load_targets
from workers.up.configuration import REMEDY, advice
from workers.up.status import fleet_status

if TYPE_CHECKING:
    from workers.cli.invocation import Invocation


def examine(said: Invocation) -> list[Finding]:
    """Look at everything. Nothing is changed, and nothing is sent to a model but a question for its name."""
    findings = [machine.python()]
    try:
        settings = said.settings()
        targets = load_targets(settings)
    except AssayError as error:
        return [*findings, wrong("settings", error.message, error.hint)]
    findings.append(well("settings", str(settings.file or "no assay.toml here: everything is embedded")))
    findings += [
        *machine.disk(settings),
        *machine.files(settings),
        *machine.secrets(settings),
        *machine.ports(settings),
    ]
    findings += reading.sources(settings)
    if len(targets) == 1:
        findings += reading.precedences(settings, dict.fromkeys(targets, settings.sources))
    findings += _supervisor(settings)
    findings += _asked("broker", lambda: _broker(settings))
    findings.append(servers.model(settings, _offline_model(settings)))
    findings += servers.proxies()
    try:
        url = database_url(settings, "owner")
    except AssayError as error:
        return [*findings, unknown("database", error.message, error.hint)]
    current = servers.revision(url)
    findings.append(current)
    if current.level != "well":
        return findings
    database = Database(url, application="assay doctor", size=1)
    try:
        with database.transaction() as tx:
            filling = health.sources_of_targets(tx)
        findings += [servers.writes(database), servers.clock(database)]
        findings += [work.dispatcher(database), *work.workers(database)]
        findings += [*work.queues(database), work.letters(database), *work.names(database, settings, targets)]
        if len(targets) > 1:
            findings += reading.precedences(settings, {name: filling.get(name, ()) for name in targets})
        findings += [
            *work.abandoned(database),
            *work.stopped(database),
            *work.spent(database),
            *work.frozen(database),
            *work.tables(database, targets),
            *work.evaluated(
                database, [*evaluated_models(settings), *evaluated_replacements(settings)], offline=settings.offline
            ),
        ]
    except AssayError as error:
        findings.append(wrong("database", error.message, error.hint))
    finally:
        database.close()
    return findings


def _broker(settings: Settings) -> Iterator[Finding]:
    url = broker_url(settings)
    if brokers.speaks_amqp(url):
        yield from rabbit.broker(url)
    else:
        yield from servers.redis_server("broker", url)
        yield from servers.fleets(url)
    if settings.limits.address is not None:
        yield from servers.redis_server("limits", settings.limits.address)


def _offline_model(settings: Settings) -> str | None:
    """Where it answers; null where it does not run, though the file that says where outlives it."""
    states = {one.state for one in fleet_status(settings).services if one.name == "offline-model"}
    return offline_model_url(settings) if states <= {"running"} else None


def _asked(check: str, ask: Callable[[], Iterator[Finding]]) -> list[Finding]:
    try:
        return [*ask()]
    except AssayError as error:
        return [unknown(check, error.message, error.hint)]


def _supervisor(settings: Settings) -> Iterator[Finding]:
    found = fleet_status(settings)
    if found.state == "unsupervised":
        yield wrong("fleet", "`assay up` was killed and its services still run", "assay up --detach, or assay down")
    for one in found.services:
        if found.state == "running" and one.state != "running":
            yield wrong("fleet", f"{one.name} is {one.state}", f"see {settings.data_dir / 'logs' / one.name}.log")
        elif found.state == "running" and one.restarts:
            yield Finding("fleet", "odd", f"{one.name} was started again {one.restarts} times", "see its log")
    if found.changed:
        yield odd("settings", f"the configuration {advice(found.changed)}", f"to use it: {REMEDY}")
    settled = all(one.state in {"running", "stopped", "gone"} for one in found.services)
    if found.state in {"stopped", "running"} and settled:
        yield well("fleet", f"{found.state} here")
