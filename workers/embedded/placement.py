"""Where the PostgreSQL data and programs can lie so that the unprivileged user reaches them.

Started by an ordinary user everything lies where it is: the data in the data directory, the programs in the wheel.
Started as root PostgreSQL runs as another user, and that user often cannot reach them: a checkout below /root is
closed to everybody else, and so is a virtual environment there. Opening those directories would be wrong, so

- data that the user cannot reach go to a directory of their own below /var/lib/assay, and the data directory notes
  where. /tmp and /var/tmp are no place for them: both are swept of files that have not been touched for a while;
- programs that the user cannot run are copied to /var/lib/assay/programs, named by their content, so that all data
  directories share a copy and a new version gets its own.

Whether something can be reached is asked of the kernel as that user. What lies below /var/lib/assay belongs to root,
except for the data.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import secrets
import shutil
import tempfile
from pathlib import Path

from schemas.errors import ConfigurationError
from workers.embedded.accounts import Account, can
from workers.embedded.binaries import PostgresInstallation
from workers.embedded.failures import explained
from workers.embedded.files import make_directory

SHARED_ROOT = Path("/var/lib/assay")


def new_cluster_directory(preferred: Path, account: Account | None, *, shared_root: Path = SHARED_ROOT) -> Path:
    """Make an empty directory for new data that `account` owns and reaches: the preferred one, or one below the root.

    Raises:
        ConfigurationError: neither place can be written or reached (`not_writable`).
    """
    if account is None:
        make_directory(preferred, mode=0o700)
        return preferred
    if _owned_and_reached(preferred, account):
        return preferred
    digest = hashlib.sha256(os.fsencode(preferred.resolve())).hexdigest()[:8]
    own = _shared(shared_root) / f"postgres-{digest}-{secrets.token_hex(4)}"
    if _owned_and_reached(own, account):
        return own
    raise ConfigurationError(
        f"started as root, PostgreSQL runs as the user {account.name}, who reaches neither {preferred} nor {own}",
        hint="choose a --data-dir that every user may pass through, start Assay as an ordinary user, or give the "
        "container the capability CHOWN",
        code="not_writable",
    )


def _owned_and_reached(directory: Path, account: Account) -> bool:
    make_directory(directory, mode=0o700)
    with contextlib.suppress(PermissionError):
        os.chown(directory, account.uid, account.gid)
        if can(account, "-w", directory) and can(account, "-x", directory):
            return True
    directory.rmdir()
    return False


def reachable_programs(
    installation: PostgresInstallation, account: Account | None, *, shared_root: Path = SHARED_ROOT
) -> PostgresInstallation:
    """The same programs where `account` can run them: where they are, or a copy.

    Raises:
        ConfigurationError: the copy cannot be written (`not_writable`).
        TerminalError: the disk is full (`disk_full`).
    """
    if account is None or _can_run(account, installation):
        return installation
    with installation.postgres.open("rb") as program:
        digest = hashlib.file_digest(program, "sha256").hexdigest()[:16]
    copies = _shared(shared_root) / "programs"
    make_directory(copies, mode=0o755)
    target = copies / f"postgresql-{installation.version}-{digest}"
    copied = PostgresInstallation(target / "wheel" / "pginstall" / "bin", installation.version)
    if not target.exists():
        _copy(installation.binaries.parent, target)
    if not _can_run(account, copied):
        raise ConfigurationError(
            f"the user {account.name} can run PostgreSQL neither from {installation.binaries} nor from {target}",
            hint="check that the file system of the latter allows programs to run (mount option noexec), or start "
            "Assay as an ordinary user",
            code="not_writable",
        )
    return copied


def _can_run(account: Account, installation: PostgresInstallation) -> bool:
    share = installation.binaries.parent
    return all(can(account, "-x", path) for path in (installation.postgres, installation.initdb, share))


def _copy(installed: Path, target: Path) -> None:
    """Copy an installation with the libraries that its wheel keeps beside the package, as the programs expect them."""
    with explained(target.parent):
        unfinished = Path(tempfile.mkdtemp(prefix=".copying-", dir=target.parent))
        try:
            for name in ("bin", "lib", "share"):
                shutil.copytree(
                    installed / name,
                    unfinished / "wheel" / "pginstall" / name,
                    ignore=shutil.ignore_patterns("*.a", "pgxs", "pkgconfig"),
                )
            libraries = installed.parent.with_name(f"{installed.parent.name}.libs")
            if libraries.is_dir():
                shutil.copytree(libraries, unfinished / libraries.name)
            for folder, _, files in os.walk(unfinished):
                Path(folder).chmod(0o755)
                for name in files:
                    path = Path(folder, name)
                    path.chmod(0o755 if path.stat().st_mode & 0o100 else 0o644)
            # another start may have finished the same copy meanwhile: then this one is not needed
            with contextlib.suppress(OSError):
                unfinished.rename(target)
        finally:
            shutil.rmtree(unfinished, ignore_errors=True)


def _shared(root: Path) -> Path:
    make_directory(root, mode=0o711)
    status = root.stat()
    if status.st_uid != os.geteuid() or status.st_mode & 0o022:
        raise ConfigurationError(
            f"{root} belongs to another user or can be written by others",
            hint=f"run: chown root {root} && chmod 711 {root}",
            code="not_writable",
        )
    return root
