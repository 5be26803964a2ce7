"""The PostgreSQL data: made once, configured before every start."""

from __future__ import annotations

import secrets
import shutil
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from schemas.errors import TerminalError
from workers.embedded.accounts import Account
from workers.embedded.binaries import PostgresInstallation
from workers.embedded.failures import start_failure
from workers.embedded.managed import environment
from workers.embedded.servers import DATABASE, OWNER, REFOLD, REFOLDERS, ROLES, SUPERUSER

#: For a small machine. What can lose committed data stays at its safe default: fsync, full pages, synchronous commit.
SETTINGS: Mapping[str, str] = {
    "listen_addresses": "127.0.0.1",
    # no socket: its path may have 107 bytes at most, and data directories may be deeper than that
    "unix_socket_directories": "",
    "password_encryption": "scram-sha-256",
    "max_connections": "200",
    "shared_buffers": "256MB",
    "effective_cache_size": "1GB",
    "work_mem": "16MB",
    "maintenance_work_mem": "128MB",
    "random_page_cost": "1.1",
    "fsync": "on",
    "synchronous_commit": "on",
    "full_page_writes": "on",
    "wal_compression": "on",
    # a new segment gets its length, not 16 MB of zeros that the log is written over a moment later
    "wal_init_zero": "off",
    "max_wal_size": "2GB",
    "checkpoint_timeout": "15min",
    # rows of work change their status many times a minute
    "autovacuum_naptime": "15s",
    "jit": "off",
    "max_logical_replication_workers": "0",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "lc_messages": "C",
    "log_line_prefix": "%m [%p] %q%u@%d ",
    "log_min_duration_statement": "-1",
    "logging_collector": "off",
}

_HBA = """\
# Written by Assay at every start. Nobody is trusted, not even locally.
host all all 127.0.0.1/32 scram-sha-256
"""


@dataclass(frozen=True, slots=True)
class Cluster:
    """The data in `path`, the programs that run them and the user they run as (None: the one who runs Assay)."""

    path: Path
    installation: PostgresInstallation
    account: Account | None

    @property
    def major(self) -> int | None:
        return recorded_major(self.path)

    def initialise(self, passwords: Mapping[str, str]) -> None:
        """Fill the empty directory with a database system, the roles and the database.

        Raises:
            TerminalError: the disk is full (`disk_full`), or initdb failed for another reason (`start_failed`).
            ConfigurationError: initdb may not write (`not_writable`).
        """
        # UTF-8 throughout, sorted by code point: the same order on every machine and after every upgrade of libc
        locale = ["--encoding=UTF8", "--locale=C", "--lc-ctype=C.UTF-8"]
        if self.installation.major >= 17:
            locale = ["--encoding=UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        result = self._initdb(locale)
        if result.returncode != 0 and "invalid locale name" in result.stderr:
            self._empty()
            result = self._initdb(["--encoding=UTF8", "--locale=C"])
        if result.returncode != 0:
            raise start_failure("initdb", result.stderr, where=self.path)
        self._write("postgresql.conf", "include 'assay.conf'\ninclude_if_exists 'local.conf'\n", append=True)
        self.configure(port=5432, extra={})
        self.provision(passwords, [f"CREATE DATABASE {DATABASE} OWNER {OWNER};"])
        # initdb ran without flushing each file; one pass at the end is much quicker and as safe
        result = self._run([str(self.installation.initdb), "--sync-only", "-D", str(self.path)])
        if result.returncode != 0:
            raise start_failure("initdb", result.stderr, where=self.path)

    def _initdb(self, locale: Sequence[str]) -> subprocess.CompletedProcess[str]:
        command = [str(self.installation.initdb), "-D", str(self.path), "-U", SUPERUSER, *locale]
        options = ("--no-sync", "--no-instructions", "--data-checksums", "--auth-host=reject", "--auth-local=reject")
        return self._run([*command, *options])

    def _empty(self) -> None:
        for entry in self.path.iterdir():
            if entry.is_dir():
                shutil.rmtree(entry)
            else:
                entry.unlink()

    def configure(self, *, port: int, extra: Mapping[str, str]) -> None:
        """Write configuration and access rules; `extra` settings override ours.

        Raises:
            TerminalError: the disk is full (`disk_full`).
        """
        settings = {**SETTINGS, "port": str(port), **extra}
        lines = "".join(f"{name} = {_quoted(value)}\n" for name, value in settings.items())
        self._write("assay.conf", f"# Written by Assay at every start; own settings belong into local.conf.\n{lines}")
        self._write("pg_hba.conf", _HBA)

    def _write(self, name: str, text: str, *, append: bool = False) -> None:
        # as the owner of the data: root has no business writing into a directory in which another user can place links
        replace = 'umask 077 && cat > "$1.new" && mv -f "$1.new" "$1"'
        script = 'cat >> "$1"' if append else replace
        result = self._run(["/bin/sh", "-c", script, "sh", str(self.path / name)], text)
        if result.returncode != 0:
            raise start_failure("PostgreSQL", result.stderr, where=self.path)

    def provision(self, passwords: Mapping[str, str], after: Iterable[str] = ()) -> None:
        """Make the roles that are missing and set every password, while the server is down.

        Raises:
            TerminalError: the disk is full (`disk_full`), or a statement failed (`start_failed`).
        """
        statements = []
        for role, password in passwords.items():
            if role != SUPERUSER:
                statements.append(
                    f"DO $$ BEGIN IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = {_quoted(role)}) "
                    f"THEN CREATE ROLE {role}; END IF; END $$;"
                )
            statements.append(f"ALTER ROLE {role} LOGIN PASSWORD {_quoted(password)};")
        statements += refold_statements()
        # in single-user mode one line is one statement; a failed one must neither go unnoticed nor log its password
        options = {"exit_on_error": "on", "log_min_error_statement": "panic", "log_checkpoints": "off"}
        command = [str(self.installation.postgres), "--single", "-D", str(self.path)]
        command += [word for name, value in options.items() for word in ("-c", f"{name}={value}")]
        result = self._run([*command, "postgres"], "\n".join([*statements, *after, ""]))
        if result.returncode != 0:
            raise start_failure("PostgreSQL (single-user mode)", result.stderr, where=self.path)

    def _run(self, command: Sequence[str], text: str = "") -> subprocess.CompletedProcess[str]:
        account = self.account
        try:
            return subprocess.run(  # noqa: S603 - PostgreSQL's own programs, without a shell
                list(command),
                input=text,
                cwd="/",
                env=environment(),
                user=None if account is None else account.uid,
                group=None if account is None else account.gid,
                extra_groups=None if account is None else [],
                check=False,
                capture_output=True,
                text=True,
                errors="replace",
                timeout=600,
            )
        except subprocess.TimeoutExpired as error:
            raise TerminalError(
                f"{command[0]} did not finish within ten minutes",
                hint="check the disk of the data directory, then start again",
                code="start_failed",
            ) from error


def refold_statements() -> list[str]:
    """The role that may delete from targets, and who may take it: only for a transaction that asks for it."""
    made = (
        f"DO $$ BEGIN IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = {_quoted(REFOLD)}) "
        f"THEN CREATE ROLE {REFOLD} NOLOGIN; END IF; END $$;"
    )
    # first no inheritance, then membership: newer servers note the one when they grant the other
    members = [line for role in REFOLDERS for line in (f"ALTER ROLE {role} NOINHERIT;", f"GRANT {REFOLD} TO {role};")]
    return [made, *members]


def recorded_major(path: Path) -> int | None:
    """Major version of the data in `path`; None where there are none."""
    try:
        return int((path / "PG_VERSION").read_text(encoding="ascii").strip())
    except (FileNotFoundError, ValueError):
        return None


def new_passwords(existing: Mapping[str, str]) -> dict[str, str]:
    """One password per role; those that exist are kept."""
    return {role: existing.get(role) or secrets.token_urlsafe(24) for role in (SUPERUSER, *ROLES)}


def _quoted(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"
