"""What the database needs before the fleet may start: tables, rights, the configuration, and keys for its owner."""

from __future__ import annotations

import secrets as entropy
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from enrichment.gate.compiled import check_target
from enrichment.gate.version import gate_version
from enrichment.store import fleet, grants, made_again, migration, obstacles, registry, secrets_table, target_table
from enrichment.store.database import Database, Tx
from schemas.errors import ConfigurationError
from schemas.target import Target
from workers.embedded.files import read_json, write_json
from workers.keys import digest_of, make_key
from workers.settings import Settings
from workers.targets import load_targets

#: The key that the command line uses on this machine. It is not the administrator's own.
LOCAL_KEY = "local endpoint file"


@dataclass(frozen=True, slots=True)
class Prepared:
    """`missing_roles`: database roles that do not exist, so that nothing was granted to them."""

    revision: str
    missing_roles: tuple[str, ...]

    def remark(self) -> str | None:
        """What a person should know of it."""
        if not self.missing_roles:
            return None
        return f"nothing was granted to {', '.join(self.missing_roles)}: the database has no such roles"


@dataclass(frozen=True, slots=True)
class Keys:
    """`local` is for the endpoint file; `administrator` is given once, at the first start."""

    local: str = field(repr=False)
    administrator: str | None = field(default=None, repr=False)


def prepare(settings: Settings, url: str) -> Prepared:
    """Migrate, write the configuration, make the targets' tables, and grant. All of it can be repeated.

    Raises:
        ConfigurationError: the database or a target is not as it has to be.
        TransientError: the database cannot be reached.
    """
    revision = migration.migrate(url)
    database = Database(url, application="assay migrate", size=1)
    try:
        targets = _prepare_tables(settings, database)
        with database.transaction() as tx:
            missing = grants.issue(tx, targets.values())
    finally:
        database.close()
    return Prepared(revision, missing)


def _prepare_tables(settings: Settings, database: Database) -> Mapping[str, Target]:
    """Write sources, targets and gates as configured, and make the tables that are Assay's to make."""
    targets = load_targets(settings)
    for target in targets.values():
        check_target(target)
    with database.transaction() as tx:
        # Who writes to a table would wait for it below, and be waited for behind that.
        registry.let_writers_end(tx, settings.sources.values())
        for target in targets.values():
            _ensure(tx, target, embedded=settings.database.address is None)
        registry.sync(tx, settings.sources.values(), targets.values(), gate_version=gate_version())
        for target in targets.values():
            made_again.sync(tx, target_table.resolve(tx, target))
        seed = settings.work.seed.get_secret_value().encode() if settings.work.seed else entropy.token_bytes(32)
        secrets_table.keep_audit_key(tx, seed, replace=settings.work.seed is not None)
    return targets


def _ensure(tx: Tx, target: Target, *, embedded: bool) -> None:
    """
    Raises:
        ConfigurationError: the table is not as the target needs it, and what a person can do.
    """
    try:
        target_table.ensure(tx, target)
        obstacles.require_writable(tx, target_table.resolve(tx, target))
    except ConfigurationError as error:
        if not embedded:
            raise
        # Its database runs only beside a fleet, which this keeps from starting.
        way = f"to reach the embedded database for that, start without [targets.{target.name}]"
        raise ConfigurationError(error.message, hint=f"{error.hint}; {way}", code=error.code) from error


def keys_of(url: str, endpoint: Path) -> Keys:
    """The endpoint file's key, made anew where it is lost or revoked; at the first start also an administrator's."""
    database = Database(url, application="assay up", size=1)
    known = read_json(endpoint).get("api_key")
    try:
        with database.transaction() as tx:
            rows = fleet.keys(tx)
            first = not any(row.role == "admin" and row.name != LOCAL_KEY for row in rows)
            administrator = make_key(tx, name="administrator", role="admin").text if first else None
            if isinstance(known, str) and fleet.key_by_digest(tx, digest_of(known)) is not None:
                return Keys(known, administrator)
            for row in rows:
                if row.name == LOCAL_KEY and row.revoked_at is None:
                    fleet.revoke_key(tx, row.id)
            return Keys(make_key(tx, name=LOCAL_KEY, role="admin").text, administrator)
    finally:
        database.close()


def write_endpoint(endpoint: Path, url: str, key: str) -> None:
    """Tell clients on this machine where the API is and with which key; readable by their owner only."""
    write_json(endpoint, {"url": url, "api_key": key})
