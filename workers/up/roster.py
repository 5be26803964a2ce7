"""Every service of the embedded fleet, as they are started; they are stopped in the order of `STOPPING`."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

from enrichment.store import fleet
from enrichment.store.database import Database
from workers.embedded import PostgresOptions, RedisOptions, start_postgres, start_redis
from workers.embedded.managed import ManagedProcess, Program
from workers.embedded.ports import HOST, is_free
from workers.node_names import node_name
from workers.settings import Settings
from workers.settings.sections import Api, Flower
from workers.up.keeper import Process, Service
from workers.up.places import Places
from workers.up.ports import ServicePort, taken
from workers.up.probes import seat_beats, told
from workers.up.programs import program

WORKERS: Final = ("fetch", "model", "gate", "upsert", "control", "isolated")
#: Each row ends together, before the next one is asked to.
STOPPING: Final = (("dispatcher",), WORKERS, ("api",), ("flower",), ("offline-model",), ("redis",), ("postgres",))
USUAL_MODEL_PORT: Final = 8461


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What all services are made from; `database` speaks as the owner."""

    settings: Settings
    environ: Mapping[str, str]
    database: Database

    @property
    def places(self) -> Places:
        return Places(self.settings.data_dir)


def servers(settings: Settings) -> list[Service]:
    """PostgreSQL and Redis, where none is configured."""
    places, found = Places(settings.data_dir), []
    if settings.database.address is None:
        found.append(_postgres(settings, places))
    if settings.broker.address is None:
        found.append(_redis(settings, places))
    return found


def _postgres(settings: Settings, places: Places) -> Service:
    urls: list[str] = []

    def start() -> Process:
        # Once the others know its port it keeps it.
        port = None if not urls else int(urls[0].rpartition(":")[2].partition("/")[0])
        options = PostgresOptions(origin=settings.embedded, port=port)
        server = start_postgres(places.data_dir, options, attach=True)
        urls[:] = [f"postgresql://{HOST}:{server.port}/"]
        return server.process

    return Service(
        name="postgres",
        start=start,
        is_ready=lambda process: process.is_alive,
        url=lambda: urls[0] if urls else None,
        ready_seconds=330.0,
        stop_seconds=20.0,
    )


def _redis(settings: Settings, places: Places) -> Service:
    ports: list[int] = []

    def start() -> Process:
        server = start_redis(settings.data_dir, RedisOptions(port=ports[0] if ports else None), attach=True)
        ports[:] = [server.port]
        return server.process

    del places
    return Service(
        name="redis",
        start=start,
        is_ready=lambda process: process.is_alive,
        url=lambda: f"redis://{HOST}:{ports[0]}/" if ports else None,
        ready_seconds=130.0,
    )


def offline_model(around: Surroundings) -> Service:
    """The offline model on a port of its own. It is told no secret and needs none."""
    places = around.places
    port = ServicePort("offline-model", configured=None, usual=USUAL_MODEL_PORT, file=places.ports)

    def start() -> Process:
        arguments = ["--host", HOST, "--port", str(port.take()), "--endpoint-file", str(places.model_endpoint)]
        started = program("offline-model", arguments, around.settings, around.environ, module="workers.offline_model")
        return ManagedProcess.start(started)

    return Service(
        name="offline-model",
        start=start,
        is_ready=lambda process: port.serves(process.identity.pid, f"http://{HOST}:{port.number}", "/healthz"),
        url=lambda: None if port.number is None else f"http://{HOST}:{port.number}/v1",
        stop_seconds=5.0,
    )


def dispatcher(around: Surroundings) -> Service:
    beats = seat_beats(around.database)
    return Service(
        name="dispatcher",
        start=_starting(around, "dispatcher", ["dispatcher"]),
        is_ready=lambda _: beats(),
        stop_seconds=8.0,
    )


def worker(around: Surroundings, role: str) -> Service:
    """One worker process of a role. When it ends by itself its boots are declared dead, and their work comes back."""
    node = node_of(around.settings, role)
    ready = around.places.ready_file_of(role)
    start = _starting(around, role, ["worker", role, "--node", node, "--ready-file", str(ready)])

    def started_anew() -> Process:
        ready.unlink(missing_ok=True)
        return start()

    def declare_dead() -> None:
        with around.database.transaction() as tx:
            fleet.declare_dead(tx, node)

    return Service(
        name=role,
        start=started_anew,
        is_ready=lambda _: told(ready),
        on_end=declare_dead,
        # Stages that run are let end; what takes longer is taken back by its lease.
        stop_seconds=25.0,
    )


def node_of(settings: Settings, role: str) -> str:
    """The node's name of a role. Fleets that share a database from one machine differ by their data directory."""
    name = node_name(role, isolated=False)
    if settings.database.address is None:
        return name
    return f"{name}.{hashlib.sha256(str(settings.data_dir).encode()).hexdigest()[:4]}"


def api(around: Surroundings) -> Service:
    return _web(around, "api", around.settings.api, health="/healthz")


def flower(around: Surroundings) -> Service:
    return _web(around, "flower", around.settings.flower, health="/healthcheck")


def _web(around: Surroundings, name: str, section: Api | Flower, *, health: str) -> Service:
    configured = section.port if "port" in section.model_fields_set else None
    port = ServicePort(name, configured=configured, usual=section.port, file=around.places.ports)

    def url() -> str | None:
        host = HOST if section.host in {"0.0.0.0", "::", "localhost"} else section.host  # noqa: S104 - compared, not bound
        shown = f"[{host}]" if ":" in host else host
        return None if port.number is None else f"http://{shown}:{port.number}"

    def start() -> Process:
        arguments = [name, "--host", section.host, "--port", str(port.take())]
        return ManagedProcess.start(program(name, arguments, around.settings, around.environ))

    return Service(
        name=name,
        start=start,
        is_ready=lambda process: port.serves(process.identity.pid, url() or "", health),
        url=url,
        stop_seconds=10.0,
    )


def require_ports(settings: Settings) -> None:
    """Look at the configured ports before anything is started.

    Raises:
        ConfigurationError: one is taken (`port_taken`).
    """
    for name, section in (("api", settings.api), ("flower", settings.flower)):
        if "port" in section.model_fields_set and not is_free(section.port):
            raise taken(name, section.port)


def _starting(around: Surroundings, name: str, arguments: Sequence[str]) -> Callable[[], Process]:
    started: Program = program(name, arguments, around.settings, around.environ)
    return partial(ManagedProcess.start, started)


def services(around: Surroundings) -> list[list[Service]]:
    """Everything but the servers of the data, in rows that start together: first what work has to wait for."""
    model = [offline_model(around)] if around.settings.offline else []
    first = [dispatcher(around), *(worker(around, role) for role in WORKERS[:4]), *model]
    return [first, [api(around), *(worker(around, role) for role in WORKERS[4:]), flower(around)]]
