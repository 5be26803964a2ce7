"""The unprivileged user that PostgreSQL runs as when Assay was started as root, and what that user can reach."""

from __future__ import annotations

import os
import pwd
import subprocess
from dataclasses import dataclass
from pathlib import Path

from schemas.errors import ConfigurationError

#: Tried in this order; the first that the machine has is taken.
UNPRIVILEGED_USERS = ("postgres", "nobody")


@dataclass(frozen=True, slots=True)
class Account:
    """A user to drop to: without supplementary groups, so that only `uid` and `gid` count."""

    name: str
    uid: int
    gid: int


def account_for(cluster: Path | None) -> Account | None:
    """The user to run PostgreSQL as; None means the one who runs Assay.

    An existing cluster keeps its owner, so that a user account that appears or vanishes later changes nothing.

    Raises:
        ConfigurationError: started as root and there is no other user (`no_account`), or started as a user who does
            not own the cluster (`not_owner`).
    """
    owner = cluster.stat().st_uid if cluster is not None and cluster.exists() else None
    if os.geteuid() != 0:
        if owner is not None and owner != os.geteuid():
            raise ConfigurationError(
                f"the PostgreSQL data in {cluster} belongs to another user (uid {owner})",
                hint="start Assay as that user or as root, or choose another --data-dir",
                code="not_owner",
            )
        return None
    if owner:
        try:
            entry = pwd.getpwuid(owner)
        except KeyError as error:
            raise ConfigurationError(
                f"the PostgreSQL data in {cluster} belongs to uid {owner}, which this machine does not know",
                hint="give it to a user of this machine with chown -R, for example to nobody",
                code="no_account",
            ) from error
        return Account(entry.pw_name, entry.pw_uid, entry.pw_gid)
    for name in UNPRIVILEGED_USERS:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        if entry.pw_uid != 0:
            return Account(entry.pw_name, entry.pw_uid, entry.pw_gid)
    raise ConfigurationError(
        "PostgreSQL refuses to run as root and this machine has no unprivileged user to run it as",
        hint="add a user called postgres (useradd --system postgres), or start Assay as an ordinary user",
        code="no_account",
    )


def can(account: Account, test: str, path: Path) -> bool:
    """Whether `account` passes `test` (-r, -w or -x of the shell) on the path, as the kernel sees it.

    Asked of the kernel by becoming that user: mode bits alone know nothing of access lists, of mount options or of
    the directories above.

    Raises:
        ConfigurationError: this process may not become another user (`cannot_drop`).
    """
    try:
        done = subprocess.run(  # noqa: S603 - fixed program; the path is an argument, never part of the script
            ["/bin/sh", "-c", 'test "$1" "$2"', "sh", test, str(path)],
            user=account.uid,
            group=account.gid,
            extra_groups=[],
            cwd="/",
            env={},
            check=False,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
    except (OSError, subprocess.SubprocessError) as error:
        raise cannot_drop(account, str(error)) from error
    return done.returncode == 0


def cannot_drop(account: Account, reason: str) -> ConfigurationError:
    return ConfigurationError(
        f"PostgreSQL refuses to run as root, and this process may not become the user {account.name}: {reason}",
        hint="start Assay as an ordinary user, or give the container the capabilities SETUID, SETGID and CHOWN",
        code="cannot_drop",
    )
