"""What a started server is to those who use it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

from workers.embedded.managed import ManagedProcess
from workers.embedded.ports import HOST

#: The database that Assay's URL names.
DATABASE = "assay"
#: The bootstrap superuser: makes roles and, in tests, databases. No part of the fleet knows its password.
SUPERUSER = "postgres"
#: Runs migrations and owns the database.
OWNER = "assay_owner"
#: One role per process of the deployment; what each may do is granted by the migrations.
ROLES = (
    OWNER,
    "assay_fetch",
    "assay_model",
    "assay_gate",
    "assay_upsert",
    "assay_control",
    "assay_api",
    "assay_isolated",
)
#: Taken for one transaction by a role that may: nobody logs in as it.
REFOLD = "assay_refold"
REFOLDERS = ("assay_upsert", "assay_isolated")


@dataclass(frozen=True, slots=True)
class Server:
    """A server that accepts connections. `url` carries its password and is left out of the representation.

    `attached` says that it ran already: whoever started it stops it.
    """

    name: str
    pid: int
    port: int
    url: str = field(repr=False)
    log_path: Path
    process: ManagedProcess = field(repr=False, compare=False)
    attached: bool = False

    @property
    def is_alive(self) -> bool:
        return self.process.is_alive

    def stop(self, timeout: float = 20.0) -> bool:
        """Shut it down and wait; True when that was clean within `timeout` seconds, False when it was killed.

        Either way no process of it is left, and what was committed is there at the next start.
        """
        return self.process.stop(timeout)


@dataclass(frozen=True, slots=True)
class PostgresServer(Server):
    """PostgreSQL; `url` is the owner's. `passwords` by role, `cluster` is where its data are."""

    passwords: Mapping[str, str] = field(default_factory=dict, repr=False, compare=False)
    version: str = ""
    cluster: Path = Path()

    def url_for(self, role: str, database: str = DATABASE) -> str:
        """SQLAlchemy URL of one of the roles; raises KeyError for a role that does not exist."""
        return postgres_url(role, self.passwords[role], self.port, database)


@dataclass(frozen=True, slots=True)
class RedisServer(Server):
    version: str = ""


def postgres_url(role: str, password: str, port: int, database: str = DATABASE) -> str:
    return f"postgresql+psycopg://{role}:{quote(password, safe='')}@{HOST}:{port}/{database}"


def redis_url(password: str, port: int) -> str:
    return f"redis://:{quote(password, safe='')}@{HOST}:{port}/0"
