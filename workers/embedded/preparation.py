"""Find the PostgreSQL data of a data directory, or make them."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from schemas.errors import ConfigurationError
from workers.embedded.accounts import Account, account_for, can
from workers.embedded.binaries import Origin, postgres_installation
from workers.embedded.cluster import Cluster, recorded_major, refold_statements
from workers.embedded.homes import Home
from workers.embedded.locks import Claim, DirectoryLock, claim
from workers.embedded.placement import SHARED_ROOT, new_cluster_directory, reachable_programs


@dataclass(frozen=True, slots=True, kw_only=True)
class PostgresOptions:
    """`origin`: the wheel's programs or those on PATH. `port`: None for any free one. `settings` override ours."""

    origin: Origin = "wheel"
    port: int | None = None
    settings: Mapping[str, str] = field(default_factory=dict)
    shared_root: Path = SHARED_ROOT


def cluster_path(home: Home) -> Path:
    """Where the data are, or will be if they can lie inside of the data directory."""
    # joining an absolute path, that of data outside of the data directory, gives that path
    return home.path / str(home.read().get("cluster") or "cluster")


def prepared_cluster(home: Home, passwords: Mapping[str, str], options: PostgresOptions) -> Cluster:
    """The data of `home` with programs that can run them; made if there are none. The roles have these passwords.

    The caller holds the lock. Data that are made but not finished are never found: a start that is cut off leaves
    nothing behind that the next one would take for data.
    """
    path = cluster_path(home)
    made = _is_made(home, path)
    _refuse_shared(home, path)
    cluster = _existing(path, options) if made else _new(home, options, passwords)
    # the passwords, and what else `provision` would do today
    wanted = json.dumps([passwords, refold_statements()], sort_keys=True)
    digest = hashlib.sha256(wanted.encode()).hexdigest()
    if made and home.read().get("provisioned") != digest:
        cluster.provision(passwords)
    home.note(
        home=str(home.path),
        provisioned=digest,
        major=cluster.installation.major,
        version=cluster.installation.version,
        binary=str(cluster.installation.postgres),
        account=None if cluster.account is None else cluster.account.name,
    )
    return cluster


def discard_postgres(data_dir: Path) -> None:
    """Delete the data of a stopped PostgreSQL, also where they lie outside of the data directory.

    Raises:
        ConfigurationError: it runs (`held`).
    """
    path = data_dir.absolute() / "postgres"
    if not path.is_dir():
        return
    home = Home(path)
    request = Claim(name="PostgreSQL", lock_path=home.lock, pid_file=home.pid_file, orphans=list)
    claimed = claim(request, attach=False, timeout=10.0)
    if isinstance(claimed, DirectoryLock):
        with claimed:
            state = home.read()
            for place in (cluster_path(home), home.path / str(state.get("unfinished") or "cluster.new")):
                shutil.rmtree(place, ignore_errors=True)
            shutil.rmtree(path)


def _is_made(home: Home, path: Path) -> bool:
    if recorded_major(path) is not None:
        return True
    if path.exists() or "cluster" in home.read():
        raise ConfigurationError(
            f"the PostgreSQL data in {path} are gone, though {home.path} says that they are there",
            hint=f"put them back, or remove {home.path} to begin with an empty database",
            code="data_missing",
        )
    return False


def _refuse_shared(home: Home, path: Path) -> None:
    """Refuse data outside of the data directory that belong to one of which it is a copy: both would write there."""
    noted = home.read().get("home")
    if path.parent == home.path or not isinstance(noted, str) or not Path(noted).is_dir():
        return
    original = Home(Path(noted))
    if not original.path.samefile(home.path) and cluster_path(original) == path:
        raise ConfigurationError(
            f"the PostgreSQL data in {path} are those of {original.path.parent}, of which {home.path.parent} is a copy",
            hint=f"use that data directory, or remove {home.path} to begin with an empty database; data come along "
            "with a copy where every user may pass through to the data directory",
            code="held",
        )


def _existing(path: Path, options: PostgresOptions) -> Cluster:
    account = account_for(path)
    if account is not None and path.stat().st_uid == 0:
        _give(path, account)
    if account is not None and not (can(account, "-w", path) and can(account, "-x", path)):
        raise ConfigurationError(
            f"started as root, PostgreSQL runs as the user {account.name}, who does not reach {path}",
            hint="move the data directory to where every user may pass through, or start Assay as an ordinary user",
            code="not_writable",
        )
    installation = postgres_installation(options.origin, major=recorded_major(path))
    # A killed server leaves this file behind, and PostgreSQL refuses to start while the pid in it belongs to any
    # process of this user. We hold the lock that every process of the last run inherited, so none of them is left.
    (path / "postmaster.pid").unlink(missing_ok=True)
    return Cluster(path, reachable_programs(installation, account, shared_root=options.shared_root), account)


def _give(path: Path, account: Account) -> None:
    """Hand data that a copy made by root left to root back to the user who runs PostgreSQL."""
    for folder, _, files in os.walk(path):
        os.chown(folder, account.uid, account.gid)
        for name in files:
            os.chown(Path(folder, name), account.uid, account.gid, follow_symlinks=False)


def _new(home: Home, options: PostgresOptions, passwords: Mapping[str, str]) -> Cluster:
    """Make new data beside their final place and move them there when they are complete."""
    account = account_for(None)
    installation = postgres_installation(options.origin)
    installation = reachable_programs(installation, account, shared_root=options.shared_root)
    shutil.rmtree(home.path / str(home.read().get("unfinished") or "cluster.new"), ignore_errors=True)
    unfinished = new_cluster_directory(home.path / "cluster.new", account, shared_root=options.shared_root)
    home.note(unfinished=str(unfinished))
    try:
        Cluster(unfinished, installation, account).initialise(passwords)
    except BaseException:
        shutil.rmtree(unfinished, ignore_errors=True)
        raise
    inside = unfinished.parent == home.path
    path = home.path / "cluster" if inside else unfinished
    if inside:
        unfinished.rename(path)
    home.note(cluster="cluster" if inside else str(path), unfinished=None)
    return Cluster(path, installation, account)
