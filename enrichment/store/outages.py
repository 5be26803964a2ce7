"""What a server says when it does not go through with something now, and what a person can do about it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from psycopg import Error, InterfaceError, OperationalError, errors
from psycopg_pool import PoolTimeout

from schemas.errors import ConfigurationError, OutageError, TransientError

#: What passes: nothing is wrong with what was asked. A server that became a standby, and one that ended a session which
#: stood still, say so by errors of another class.
PASSING: Final = (
    OperationalError,
    InterfaceError,
    PoolTimeout,
    errors.ReadOnlySqlTransaction,
    errors.IdleInTransactionSessionTimeout,
    errors.TransactionTimeout,
)
#: What anybody would be told now, whatever was asked. A connection that was lost is not among it: a statement may have
#: brought its server down, and would again.
_AWAY: Final = (
    PoolTimeout,
    errors.DiskFull,
    errors.LockNotAvailable,
    errors.ReadOnlySqlTransaction,
    errors.TooManyConnections,
)
_REMEDIES: Final[dict[type[Exception], str]] = {
    errors.DiskFull: "make room on the disk of PostgreSQL; work goes on by itself then",
    errors.ReadOnlySqlTransaction: "the server takes no writes: is it a standby, or default_transaction_read_only on?",
    errors.LockNotAvailable: "try again in a minute; who holds it for long is told by pg_locks and pg_stat_activity",
    errors.QueryCanceled: "a statement took longer than the server's statement_timeout, or somebody cancelled it",
    PoolTimeout: "is PostgreSQL up, and are its max_connections not used up?",
}
_HELD: Final = "{} is in the hands of something that runs, and was not let go in time"
_NOT_NOW: Final = "the database did not go through with it"
#: Of a server that answers and lets nobody in now; before these words the driver tells of the attempt.
_ANSWERED: Final = "FATAL: "


def is_raised(error: Error) -> bool:
    """Whether somebody's function raised it: RAISE takes any state, also one that the server uses for itself."""
    return error.diag.source_function == "exec_stmt_raise"


def passing(error: Exception) -> TransientError:
    """The error that says to try again."""
    hint = next((remedy for kind, remedy in _REMEDIES.items() if isinstance(error, kind)), "is PostgreSQL up?")
    raised = isinstance(error, Error) and is_raised(error)
    made = OutageError if isinstance(error, _AWAY) and not raised else TransientError
    said = _HELD.format("what it would change") if isinstance(error, errors.LockNotAvailable) else type(error).__name__
    return made(f"{_NOT_NOW}: {said}", hint=hint, code="database")


def held_table(table: str, holders: Sequence[str]) -> TransientError:
    """The user's table is locked by others, each named."""
    return OutageError(
        f"{_NOT_NOW}: {_HELD.format(f'the table {table}')}",
        hint=f"it goes on once they let go of it, or are ended: {'; '.join(holders)}",
        code="database",
    )


def not_granted(error: errors.InsufficientPrivilege) -> ConfigurationError:
    """A right that somebody took: nothing is wrong with the work, which goes on once it is given back."""
    return ConfigurationError(
        f"the database refuses it: {error.diag.message_primary}",
        hint="run: assay migrate, which grants anew; what another role owns, its owner has to grant (assay doctor)",
        code="not_granted",
    )


def no_connection(error: BaseException | None, *, hint: str) -> TransientError:
    """A connection that was not made: nobody answered, or the server said why not."""
    _, answered, words = str(error).partition(_ANSWERED)
    if not answered:
        return TransientError("the database cannot be reached", hint=hint, code="database")
    return TransientError(
        f"the database lets nobody in now: {words.strip().splitlines()[0]}",
        hint="see the log of PostgreSQL, its disk and its max_connections",
        code="database",
    )
