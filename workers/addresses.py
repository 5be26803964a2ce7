"""Where the servers are: as configured, else those that `assay up` runs in the data directory."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from schemas.errors import TransientError
from workers.embedded import OWNER, running_postgres, running_redis
from workers.settings import Settings
from workers.up.places import Places

#: The database role of each process of the fleet; `migrate`, `doctor` and `keys` speak as the owner.
DATABASE_ROLES: Final = {
    "fetch": "assay_fetch",
    "model": "assay_model",
    "gate": "assay_gate",
    "upsert": "assay_upsert",
    "control": "assay_control",
    "dispatcher": "assay_control",
    "isolated": "assay_isolated",
    "api": "assay_api",
    "owner": OWNER,
}

#: Seconds that the offline model may take to say where it answers.
_MODEL_SECONDS: Final = 30.0


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where the servers are, configured or embedded."""

    database: str
    broker: str
    model: str | None = None


def database_url(settings: Settings, role: str) -> str:
    """The database as a role logs in to it (SQLAlchemy URL); a configured address names its own role.

    Raises:
        TransientError: the embedded server does not run (`not_running`).
    """
    if settings.database.address is not None:
        return settings.database.address
    server = running_postgres(settings.data_dir)
    if server is None:
        raise not_running(settings.data_dir, "database")
    return server.url_for(DATABASE_ROLES[role])


def broker_url(settings: Settings) -> str:
    """
    Raises:
        TransientError: the embedded server does not run (`not_running`).
    """
    if settings.broker.address is not None:
        return settings.broker.address
    server = running_redis(settings.data_dir)
    if server is None:
        raise not_running(settings.data_dir, "broker")
    return server.url


def offline_model_url(settings: Settings) -> str | None:
    """Where the offline model answers; null where another one is configured or it was never started."""
    if not settings.offline:
        return None
    try:
        return Places(settings.data_dir).model_endpoint.read_text(encoding="utf-8").strip() or None
    except OSError:
        return None


def addresses_of(settings: Settings, role: str) -> Addresses:
    """Everything that one process of a role has to know.

    Raises:
        TransientError: an embedded server does not run (`not_running`).
    """
    return Addresses(database_url(settings, role), broker_url(settings), _model_url(settings, role))


def _model_url(settings: Settings, role: str) -> str | None:
    """Those who ask a model wait for the offline one, which starts beside them and may be slower at its first start."""
    ends = time.monotonic() + (_MODEL_SECONDS if role in {"model", "isolated"} and settings.offline else 0.0)
    while (url := offline_model_url(settings)) is None and time.monotonic() < ends:
        time.sleep(0.1)
    return url


def not_running(data_dir: Path, what: str) -> TransientError:
    return TransientError(
        f"the embedded {what} of {data_dir} does not run",
        hint=f"start it with: assay up --detach; or set [{what}] url, or name another --data-dir",
        code="not_running",
    )
