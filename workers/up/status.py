"""`assay status`: what runs, and where it can be reached."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field

from schemas.errors import TransientError
from schemas.json_types import Json
from workers.addresses import broker_url, database_url
from workers.embedded.files import read_json
from workers.embedded.processes import is_running
from workers.flower import known_flower_password
from workers.offline_names import SMALL
from workers.settings import Settings
from workers.up.places import Places
from workers.up.record import FleetRecord, read_record


@dataclass(frozen=True, slots=True)
class ServiceStatus:
    name: str
    pid: int | None
    state: str
    url: str | None
    restarts: int = 0


@dataclass(frozen=True, slots=True)
class FleetStatus:
    """Addresses can be used as they are: they carry the passwords that the owner of the data directory may know.

    changed: parts of the configuration that are not what the running fleet was started with
    """

    state: str
    services: tuple[ServiceStatus, ...]
    database: str | None = field(repr=False)
    broker: str | None = field(repr=False)
    api: str | None
    model: str | None
    model_name: str
    offline: bool
    flower_user: str
    flower_password: str | None = field(repr=False)
    changed: tuple[str, ...] = ()

    @property
    def serves(self) -> bool:
        """Whether everything runs."""
        return self.state == "running" and all(one.state == "running" for one in self.services)

    def document(self) -> dict[str, Json]:
        return {
            "state": self.state,
            "services": [asdict(one) for one in self.services],
            "database": {"url": self.database},
            "broker": {"url": self.broker},
            "api": {"url": self.api},
            "model": {"url": self.model, "name": self.model_name, "offline": self.offline},
            "configuration": {"changed": list(self.changed)},
            "flower": {
                "url": next((one.url for one in self.services if one.name == "flower"), None),
                "user": self.flower_user,
                "password": self.flower_password,
            },
        }


def runs_all_roles(settings: Settings) -> bool:
    """Whether `assay up` runs the fleet on this machine: nothing else starts embedded servers."""
    embedded = settings.database.address is None or settings.broker.address is None
    return embedded or any(one.name == "model" for one in fleet_status(settings).services)


def fleet_status(settings: Settings, *, is_read: bool = True) -> FleetStatus:
    """Look at the record of the supervisor, and at whether what it says is still so.

    is_read: whether these are the settings that were written; others say nothing of what has changed
    """
    places = Places(settings.data_dir)
    record = read_record(places.record)
    services = tuple(
        ServiceStatus(seen.name, seen.pid, seen.state, seen.url, seen.restarts)
        for seen in (one.seen() for one in record.services.values())
    )
    runs = {one.name for one in services if one.state == "running"}
    endpoint = read_json(places.endpoint).get("url")
    model = settings.model
    return FleetStatus(
        state=_state(record),
        services=services,
        database=_database(settings, runs),
        broker=_broker(settings, runs),
        api=next((one.url for one in services if one.name == "api"), None) or (str(endpoint) if endpoint else None),
        model=model.base_url if model is not None else _of(services, "offline-model"),
        model_name=model.small if model is not None else SMALL,
        offline=settings.offline,
        flower_user=settings.flower.user,
        flower_password=known_flower_password(settings),
        changed=_changed(record, settings) if is_read else (),
    )


def _state(record: FleetRecord) -> str:
    if record.is_supervised:
        return record.phase
    left = any(one.identity is not None and is_running(one.identity) for one in record.services.values())
    return "unsupervised" if left else "stopped"


def _changed(record: FleetRecord, settings: Settings) -> tuple[str, ...]:
    noted = record.configuration if record.is_supervised else None
    return () if noted is None else noted.changed(settings)


def _of(services: tuple[ServiceStatus, ...], name: str) -> str | None:
    return next((one.url for one in services if one.name == name), None)


def _database(settings: Settings, runs: set[str]) -> str | None:
    configured = settings.database.address is not None
    if not configured and "postgres" not in runs:
        return None
    try:
        url = database_url(settings, "owner")
    except TransientError:
        # it ended between the two looks, or is starting again
        return None
    # as every client of PostgreSQL takes it; the driver's name is SQLAlchemy's own way
    return url.replace("postgresql+psycopg://", "postgresql://", 1)


def _broker(settings: Settings, runs: set[str]) -> str | None:
    configured = settings.broker.address is not None
    try:
        return broker_url(settings) if configured or "redis" in runs else None
    except TransientError:
        return None


def masked(url: str | None) -> str:
    """An address without its password, for a terminal."""
    if url is None:
        return "-"
    before, at, after = url.rpartition("@")
    return f"{before.rpartition(':')[0]}:***@{after}" if at and ":" in before.partition("://")[2] else url
