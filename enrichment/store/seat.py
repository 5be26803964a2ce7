"""The seat of the active dispatcher: who holds it, under which epoch, and since when nothing was heard of it."""

from __future__ import annotations

from enrichment.store.advisory import Lock
from enrichment.store.database import Tx
from schemas.errors import AssayError


class SeatLostError(AssayError):
    """Another dispatcher has taken over; this one must stop publishing at once."""

    code = "seat_lost"


def take(connection: Tx) -> int | None:
    """Try to become the active dispatcher on a direct connection; gives the new epoch, or null while it is taken."""
    row = connection.execute("SELECT pg_try_advisory_lock(%s) AS got", (Lock.SEAT.value,)).fetchone()
    if row is None or not row["got"]:
        return None
    epoch = connection.execute(
        """
        INSERT INTO dispatcher (seat, epoch, backend_pid, heartbeat_at)
        VALUES (1, 1, pg_backend_pid(), clock_timestamp())
        ON CONFLICT (seat) DO UPDATE SET epoch = dispatcher.epoch + 1, backend_pid = pg_backend_pid(),
                                         heartbeat_at = clock_timestamp()
        RETURNING epoch
        """
    ).fetchone()
    return None if epoch is None else int(epoch["epoch"])


def heartbeat(connection: Tx, epoch: int) -> None:
    """Show that the holder lives.

    Raises:
        SeatLostError: the seat has a newer epoch.
    """
    if (
        connection.execute(
            "UPDATE dispatcher SET heartbeat_at = clock_timestamp() WHERE seat = 1 AND epoch = %s", (epoch,)
        ).rowcount
        != 1
    ):
        raise SeatLostError("another dispatcher has the seat")


def database_name(connection: Tx) -> str:
    """What people call the database of this fleet, told from others by its server."""
    row = connection.execute(
        "SELECT format('%s at %s:%s', current_database(), host(inet_server_addr()), inet_server_port()) AS name"
    ).fetchone()
    return str(row["name"]) if row is not None else ""


def unseat_silent(connection: Tx, *, silent_seconds: float) -> bool:
    """Terminate the backend of a holder that has been silent, which frees its lock."""
    row = connection.execute(
        """
        SELECT pg_terminate_backend(a.pid) AS ended FROM dispatcher d
        JOIN pg_stat_activity a ON a.pid = d.backend_pid AND a.backend_start <= d.heartbeat_at
        WHERE d.seat = 1 AND d.heartbeat_at < clock_timestamp() - make_interval(secs => %s)
        """,
        (silent_seconds,),
    ).fetchone()
    return row is not None and bool(row["ended"])


def check_epoch(tx: Tx, epoch: int) -> None:
    """First statement of every dispatch transaction: the epoch cannot change until it commits."""
    if tx.execute("SELECT 1 FROM dispatcher WHERE seat = 1 AND epoch = %s FOR SHARE", (epoch,)).fetchone() is None:
        raise SeatLostError("another dispatcher has the seat")
