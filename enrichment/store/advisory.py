"""The numbers of all advisory locks, in one place: two purposes with one number would wait for each other."""

from __future__ import annotations

from enum import IntEnum, unique

from enrichment.store.database import Tx


@unique
class Lock(IntEnum):
    """Releases that run side by side must mean the same lock: a number is never given anew."""

    MIGRATION = 4_157_351_041
    #: held by the active dispatcher's session
    SEAT = 4_157_351_042
    GRANTS = 4_157_351_043
    #: who writes events follows the other until its commit: an id that a reader sees has none before it to come
    COMPENSATIONS = 4_157_351_044
    #: whoever writes to a target shares it until the commit; whoever freezes, or changes a precedence, takes it alone
    FREEZES = 4_157_351_045
    RETENTION = 4_157_351_046


@unique
class Named(IntEnum):
    """Locks of which there is one for each name. PostgreSQL keeps their numbers apart from those above."""

    #: who counts on what stands shares it until the commit; who lets items fall back takes it alone
    COUNTING = 1


def hold(tx: Tx, lock: Lock) -> None:
    """Alone until the transaction ends; waits for whoever has it."""
    tx.execute("SELECT pg_advisory_xact_lock(%s)", (lock.value,))


def share(tx: Tx, lock: Lock) -> None:
    """With all others that share it, until the transaction ends; waits for whoever holds it alone."""
    tx.execute("SELECT pg_advisory_xact_lock_shared(%s)", (lock.value,))


def is_free(tx: Tx, lock: Lock) -> bool:
    """As `hold`, but false where somebody has it."""
    row = tx.execute("SELECT pg_try_advisory_xact_lock(%s) AS got", (lock.value,)).fetchone()
    return row is not None and bool(row["got"])


def hold_named(tx: Tx, lock: Named, name: str) -> None:
    """As `hold`. Names of one hash mean the same lock, which costs a wait and nothing else."""
    tx.execute("SELECT pg_advisory_xact_lock(%s::int, hashtext(%s))", (lock.value, name))


def may_share_named(tx: Tx, lock: Named, name: str) -> bool:
    """As `share`, but false where somebody holds it alone, or waits to: it waits for nobody."""
    row = tx.execute(
        "SELECT pg_try_advisory_xact_lock_shared(%s::int, hashtext(%s)) AS got", (lock.value, name)
    ).fetchone()
    return row is not None and bool(row["got"])
